#include "equations/affine.h"

#include "equations/fold.h"

#include <math.h>
#include <string.h>

#define WHOLE_MAX 9007199254740992.0 /* 2^53: whole doubles up to here are exact */

/* Terms are set when they are added: clearing them all would be most of the work. */
static struct affine without_terms(bool valid, long constant)
{
    struct affine affine;
    affine.valid = valid;
    affine.constant = constant;
    affine.count = 0;
    return affine;
}

static struct affine invalid(void)
{
    return without_terms(false, 0);
}

static struct affine of_constant(long constant)
{
    return without_terms(true, constant);
}

static struct affine of_atom(const struct node *atom)
{
    struct affine affine = of_constant(0);
    affine.count = 1;
    affine.terms[0].atom = atom;
    affine.terms[0].coefficient = 1;
    return affine;
}

static bool multiply(long left, long right, long *product)
{
    return !__builtin_mul_overflow(left, right, product);
}

static bool add_term(struct affine *affine, const struct node *atom, long coefficient)
{
    for (int i = 0; i < affine->count; i++) {
        if (affine->terms[i].atom == atom) {
            if (__builtin_add_overflow(affine->terms[i].coefficient, coefficient,
                                       &affine->terms[i].coefficient)) {
                return false;
            }
            if (affine->terms[i].coefficient == 0) {
                affine->terms[i] = affine->terms[--affine->count];
            }
            return true;
        }
    }
    if (coefficient == 0) {
        return true;
    }
    if (affine->count == AFFINE_TERMS_MAX) {
        return false;
    }
    affine->terms[affine->count].atom = atom;
    affine->terms[affine->count++].coefficient = coefficient;
    return true;
}

struct affine affine_add(struct affine left, struct affine right, long factor)
{
    long scaled;
    if (!left.valid || !right.valid || !multiply(right.constant, factor, &scaled) ||
        __builtin_add_overflow(left.constant, scaled, &left.constant)) {
        return invalid();
    }
    for (int i = 0; i < right.count; i++) {
        if (!multiply(right.terms[i].coefficient, factor, &scaled) ||
            !add_term(&left, right.terms[i].atom, scaled)) {
            return invalid();
        }
    }
    return left;
}

static bool whole_constant(const struct node *node, long *value)
{
    if (node->kind != NODE_NUMBER || fabs(node->number) > WHOLE_MAX ||
        node->number != rint(node->number)) {
        return false;
    }
    *value = (long)node->number;
    return true;
}

static struct affine of_product(const struct node *left, const struct node *right)
{
    struct affine x = affine_of(left), y = affine_of(right);
    if (x.valid && x.count == 0) {
        return affine_add(of_constant(0), y, x.constant);
    }
    if (y.valid && y.count == 0) {
        return affine_add(of_constant(0), x, y.constant);
    }
    return invalid();
}

/* Whether a node that is not affine itself still has whole values. */
static bool is_whole_atom(const struct node *node)
{
    if (node->kind == NODE_INDEX || node->kind == NODE_SIZE) {
        return true;
    }
    if (node->kind == NODE_LOAD) {
        return node->tensor->whole;
    }
    if (node->kind == NODE_REDUCE) {
        return node->reduction->id == REDUCTION_ARGMAX || node->reduction->id == REDUCTION_ARGMIN;
    }
    return node->kind == NODE_APPLY &&
           (node->operation->id == OPERATOR_FLOOR || node->operation->id == OPERATOR_CEIL ||
            node->operation->id == OPERATOR_ROUND || node->operation->id == OPERATOR_MOD ||
            node->operation->id == OPERATOR_MULTIPLY || node->operation->id == OPERATOR_IF ||
            node->operation->id == OPERATOR_MIN || node->operation->id == OPERATOR_MAX);
}

struct affine affine_of(const struct node *node)
{
    long value;
    if (whole_constant(node, &value)) {
        return of_constant(value);
    }
    if (node->kind == NODE_APPLY) {
        const struct node *const *arguments = node->arguments;
        struct affine result = invalid();
        switch (node->operation->id) {
        case OPERATOR_ADD:
            result = affine_add(affine_of(arguments[0]), affine_of(arguments[1]), 1);
            break;
        case OPERATOR_SUBTRACT:
            result = affine_add(affine_of(arguments[0]), affine_of(arguments[1]), -1);
            break;
        case OPERATOR_NEGATE:
            result = affine_add(of_constant(0), affine_of(arguments[0]), -1);
            break;
        case OPERATOR_MULTIPLY:
            result = of_product(arguments[0], arguments[1]);
            break;
        default:
            break;
        }
        if (result.valid) {
            return result;
        }
    }
    return is_whole_atom(node) ? of_atom(node) : invalid();
}

/* Indices first, then sizes, each by id: the order in which people write 2*i + j - n + 1. */
static bool goes_before(const struct node *left, const struct node *right)
{
    if ((left->kind == NODE_INDEX) != (right->kind == NODE_INDEX)) {
        return left->kind == NODE_INDEX;
    }
    return left->id < right->id;
}

static void sort_terms(struct affine *affine)
{
    for (int i = 1; i < affine->count; i++) {
        for (int j = i; j > 0 && goes_before(affine->terms[j].atom, affine->terms[j - 1].atom);
             j--) {
            const struct node *atom = affine->terms[j].atom;
            long coefficient = affine->terms[j].coefficient;
            affine->terms[j] = affine->terms[j - 1];
            affine->terms[j - 1].atom = atom;
            affine->terms[j - 1].coefficient = coefficient;
        }
    }
}

static const struct node *scaled_atom(struct graph *graph, const struct node *atom, long factor)
{
    return factor == 1
               ? atom
               : node_binary(graph, OPERATOR_MULTIPLY, node_number(graph, (double)factor), atom);
}

/* Positive terms first, so that u - 1 does not become -1 + u, nor n - i become -i + n. */
const struct node *affine_node(struct graph *graph, const struct affine *affine)
{
    struct affine sorted = *affine;
    sort_terms(&sorted);
    const struct node *sum = NULL;
    for (int i = 0; i < sorted.count; i++) {
        if (sorted.terms[i].coefficient > 0) {
            const struct node *term =
                scaled_atom(graph, sorted.terms[i].atom, sorted.terms[i].coefficient);
            sum = sum == NULL ? term : node_binary(graph, OPERATOR_ADD, sum, term);
        }
    }
    if (sum == NULL) {
        sum = node_number(graph, (double)sorted.constant);
    } else if (sorted.constant > 0) {
        sum = node_binary(graph, OPERATOR_ADD, sum, node_number(graph, (double)sorted.constant));
    }
    bool negative_constant = sorted.constant < 0 && !node_is_number(sum, (double)sorted.constant);
    for (int i = 0; i < sorted.count; i++) {
        if (sorted.terms[i].coefficient < 0) {
            sum =
                node_binary(graph, OPERATOR_SUBTRACT, sum,
                            scaled_atom(graph, sorted.terms[i].atom, -sorted.terms[i].coefficient));
        }
    }
    if (negative_constant) {
        sum = node_binary(graph, OPERATOR_SUBTRACT, sum,
                          node_number(graph, -(double)sorted.constant));
    }
    return sum;
}

const struct node *affine_normalize(struct graph *graph, const struct node *node)
{
    struct affine affine = affine_of(node);
    return affine.valid ? affine_node(graph, &affine) : node;
}

const struct node *affine_at_least(struct graph *graph, const struct node *left,
                                   const struct node *right)
{
    struct affine difference = affine_add(affine_of(left), affine_of(right), -1);
    if (!difference.valid) {
        return node_binary(graph, OPERATOR_GREATER_EQUAL, left, right);
    }
    struct affine positive = of_constant(0), negative = of_constant(0);
    for (int i = 0; i < difference.count; i++) {
        struct affine *side = difference.terms[i].coefficient > 0 ? &positive : &negative;
        side->terms[side->count] = difference.terms[i];
        if (side == &negative) {
            side->terms[side->count].coefficient = -difference.terms[i].coefficient;
        }
        side->count++;
    }
    bool indices_left = false, indices_right = false;
    for (int i = 0; i < RANK_MAX; i++) {
        indices_left =
            indices_left || (i < positive.count && positive.terms[i].atom->kind == NODE_INDEX);
        indices_right =
            indices_right || (i < negative.count && negative.terms[i].atom->kind == NODE_INDEX);
    }
    if (positive.count == 0 || (indices_right && !indices_left)) {
        /* 3 - i >= 0 is i <= 3. */
        positive.constant = difference.constant;
        return node_binary(graph, OPERATOR_LESS_EQUAL, affine_node(graph, &negative),
                           affine_node(graph, &positive));
    }
    negative.constant = -difference.constant;
    return node_binary(graph, OPERATOR_GREATER_EQUAL, affine_node(graph, &positive),
                       affine_node(graph, &negative));
}

long affine_coefficient(const struct affine *affine, const struct node *atom)
{
    for (int i = 0; i < affine->count; i++) {
        if (affine->terms[i].atom == atom) {
            return affine->terms[i].coefficient;
        }
    }
    return 0;
}

/* The c of mod(e, c) or floor(e/c) for a whole e and a constant whole c > 0; 0 for all else. */
static long divisor_of(const struct node *atom, struct affine *dividend)
{
    long divisor = 0;
    const struct node *quotient = atom;
    if (atom->kind == NODE_APPLY && atom->operation->id == OPERATOR_FLOOR) {
        quotient = atom->arguments[0];
    }
    bool fits = quotient->kind == NODE_APPLY &&
                quotient->operation->id == (quotient == atom ? OPERATOR_MOD : OPERATOR_DIVIDE) &&
                whole_constant(quotient->arguments[1], &divisor) && divisor > 0;
    if (fits) {
        *dividend = affine_of(quotient->arguments[0]);
    }
    return fits && dividend->valid ? divisor : 0;
}

/* A form that is at most the given one and free of rounded quotients of sizes, as far as they go:
 * e - c + 1 <= c*floor(e/c) <= e. */
static struct affine without_quotients(struct affine sizes)
{
    for (int i = 0; i < sizes.count && sizes.valid;) {
        struct affine dividend;
        const struct node *atom = sizes.terms[i].atom;
        long coefficient = sizes.terms[i].coefficient;
        long divisor = atom->kind == NODE_APPLY && atom->operation->id == OPERATOR_FLOOR
                           ? divisor_of(atom, &dividend)
                           : 0;
        if (divisor == 0 || coefficient % divisor != 0) {
            i++;
            continue;
        }
        if (coefficient > 0) {
            dividend = affine_add(dividend, of_constant(divisor - 1), -1);
        }
        sizes = affine_add(sizes, of_atom(atom), -coefficient);
        sizes = affine_add(sizes, dividend, coefficient / divisor);
        i = 0;
    }
    return sizes;
}

/* Whether a form over sizes is never negative: known sizes put in, unknown ones at least 1. */
static bool is_positive_sum(const struct affine *sizes)
{
    if (!sizes->valid) {
        return false;
    }
    long total = sizes->constant;
    for (int i = 0; i < sizes->count; i++) {
        const struct node *atom = sizes->terms[i].atom;
        long coefficient = sizes->terms[i].coefficient, value = 1, product;
        double constant;
        if (node_constant(atom->graph, atom, &constant)) {
            value = (long)constant;
        } else if (atom->kind != NODE_SIZE || coefficient < 0) {
            return false;
        }
        if (!multiply(coefficient, value, &product) ||
            __builtin_add_overflow(total, product, &total)) {
            return false;
        }
    }
    return total >= 0;
}

static bool never_negative(const struct affine *sizes)
{
    struct affine simpler = without_quotients(*sizes);
    return is_positive_sum(sizes) || is_positive_sum(&simpler);
}

/* mod(x, n) of whole numbers lies in 0..n-1, for n of at least 1. */
static struct affine remainder_bound(const struct node *remainder, bool smallest)
{
    struct affine last = affine_add(affine_of(remainder->arguments[1]), of_constant(1), -1);
    bool known = affine_of(remainder->arguments[0]).valid && never_negative(&last);
    return !known ? invalid() : smallest ? of_constant(0) : last;
}

/* Whether some element surely takes part in a reduction over one index: the first or the last. */
static bool takes_any_part(const struct node *reduce)
{
    struct graph *graph = reduce->graph;
    const struct index *index = reduce->indices[0];
    if (index->first == NULL || !affine_proves_below(index->first, index->end)) {
        return false;
    }
    const struct node *ends[] = {
        index->first, node_binary(graph, OPERATOR_SUBTRACT, index->end, node_number(graph, 1))};
    for (int i = 0; i < 2 && reduce->argument_count == 2; i++) {
        const struct node *there =
            node_substitute(graph, reduce->arguments[1], 1, &index, &ends[i]);
        if (there->kind == NODE_NUMBER && there->number != 0) {
            return true;
        }
    }
    return reduce->argument_count < 2;
}

/* Deeper in each other `if`, min and max are not looked into. */
enum { CHOICES_NESTED_MAX = 6 };

static struct affine extreme(const struct affine *affine, bool smallest, int nested);

/* The bound of `if`, min or max from those of what they choose from, each of which needs one: the
 * outermost, but the innermost of what min takes at most and max at least. */
static struct affine bound_of_choice(const struct node *choice, bool smallest, int nested)
{
    enum operator_id id = choice->operation->id;
    bool innermost = id == (smallest ? OPERATOR_MAX : OPERATOR_MIN);
    struct affine result = invalid();
    int first = id == OPERATOR_IF ? 1 : 0;
    for (int i = first; i < choice->argument_count; i++) {
        struct affine argument = affine_of(choice->arguments[i]);
        struct affine bound = extreme(&argument, smallest, nested - 1);
        struct affine above = affine_add(bound, result, -1), below = affine_add(result, bound, -1);
        bool is_above = never_negative(&above), is_below = never_negative(&below);
        if (!bound.valid || (i > first && !is_above && !is_below && !innermost)) {
            return invalid();
        }
        if (i == first || (smallest != innermost ? is_below : is_above)) {
            result = bound;
        }
    }
    return result;
}

static bool chooses(const struct node *atom)
{
    return atom->kind == NODE_APPLY &&
           (atom->operation->id == OPERATOR_IF || atom->operation->id == OPERATOR_MIN ||
            atom->operation->id == OPERATOR_MAX);
}

/* The smallest (sign 1) or largest (sign -1) value of an atom: a bound in sizes alone. */
static struct affine atom_bound(const struct node *atom, bool smallest, int nested)
{
    if (atom->kind == NODE_SIZE || (atom->kind == NODE_APPLY && atom->free->count == 0)) {
        return of_atom(atom);
    }
    if (atom->kind == NODE_INDEX) {
        if (atom->index->first == NULL || atom->index->end == NULL) {
            return invalid();
        }
        return smallest ? affine_of(atom->index->first)
                        : affine_add(affine_of(atom->index->end), of_constant(1), -1);
    }
    if (atom->kind == NODE_LOAD && atom->tensor->values.first != NULL) {
        return smallest ? affine_of(atom->tensor->values.first)
                        : affine_add(affine_of(atom->tensor->values.end), of_constant(1), -1);
    }
    if (atom->kind == NODE_APPLY && atom->operation->id == OPERATOR_MOD) {
        return remainder_bound(atom, smallest);
    }
    if (chooses(atom) && nested > 0) {
        return bound_of_choice(atom, smallest, nested);
    }
    if (atom->kind == NODE_REDUCE && atom->index_count == 1) {
        struct affine bound =
            atom_bound(&(struct node){.kind = NODE_INDEX, .index = atom->indices[0]}, smallest, 0);
        /* The place of the extreme of nothing is before the first. */
        bool before = smallest && !takes_any_part(atom);
        return before ? affine_add(bound, of_constant(1), -1) : bound;
    }
    return invalid();
}

static struct affine extreme(const struct affine *affine, bool smallest, int nested)
{
    struct affine result = of_constant(affine->constant);
    result.valid = affine->valid;
    for (int i = 0; i < affine->count; i++) {
        long coefficient = affine->terms[i].coefficient;
        struct affine bound =
            atom_bound(affine->terms[i].atom, smallest == (coefficient > 0), nested);
        result = affine_add(result, bound, coefficient);
    }
    return result;
}

struct affine affine_minimum(const struct affine *affine)
{
    return extreme(affine, true, CHOICES_NESTED_MAX);
}

struct affine affine_maximum(const struct affine *affine)
{
    return extreme(affine, false, CHOICES_NESTED_MAX);
}

static bool proves_not_negative(const struct affine *difference)
{
    struct affine least = affine_minimum(difference);
    return difference->valid && never_negative(&least);
}

bool affine_proves_at_most(const struct node *left, const struct node *right)
{
    struct affine difference = affine_add(affine_of(right), affine_of(left), -1);
    return proves_not_negative(&difference);
}

bool affine_proves_below(const struct node *left, const struct node *right)
{
    struct affine difference = affine_add(affine_of(right), affine_of(left), -1);
    difference = affine_add(difference, of_constant(1), -1);
    return proves_not_negative(&difference);
}

bool affine_proves_equal(const struct node *left, const struct node *right)
{
    return left == right ||
           (affine_proves_at_most(left, right) && affine_proves_at_most(right, left));
}

bool affine_proves_apart(const struct node *left, const struct node *right)
{
    return left != right && (affine_proves_below(left, right) || affine_proves_below(right, left));
}

/* More conditions than this are not looked at. */
enum { KNOWN_MAX = 16 };

/* What a comparison says, as a form that is not negative when it holds; invalid when it says
 * nothing of that kind. */
static struct affine known_not_negative(const struct node *comparison, bool reversed)
{
    const struct node *const *sides = comparison->arguments;
    struct affine difference = affine_add(affine_of(sides[1]), affine_of(sides[0]), -1);
    switch (comparison->operation->id) {
    case OPERATOR_LESS:
        return affine_add(difference, of_constant(1), -1);
    case OPERATOR_LESS_EQUAL:
        return difference;
    case OPERATOR_GREATER:
        return affine_add(affine_add(of_constant(0), difference, -1), of_constant(1), -1);
    case OPERATOR_GREATER_EQUAL:
        return affine_add(of_constant(0), difference, -1);
    case OPERATOR_NOT_EQUAL:
    case OPERATOR_EQUAL:
        return reversed ? affine_add(of_constant(0), difference, -1) : difference;
    default:
        return invalid();
    }
}

/* What conditions say, as forms that are not negative where they hold. */
struct knowledge {
    struct affine forms[KNOWN_MAX];
    int count;
    bool absurd; /* something that never holds: anything follows */
};

/* From one condition, some of whose multiples may be needed, or from two together. */
static bool follows_from(const struct affine *difference, const struct knowledge *knowledge)
{
    for (int i = 0; i < knowledge->count; i++) {
        for (long factor = 1; factor <= 4; factor++) {
            struct affine rest = affine_add(*difference, knowledge->forms[i], -factor);
            if (proves_not_negative(&rest)) {
                return true;
            }
        }
    }
    for (int i = 0; i < knowledge->count; i++) {
        struct affine rest = affine_add(*difference, knowledge->forms[i], -1);
        for (int k = i + 1; k < knowledge->count; k++) {
            struct affine both = affine_add(rest, knowledge->forms[k], -1);
            if (proves_not_negative(&both)) {
                return true;
            }
        }
    }
    return false;
}

/* With `apart` what x != y says: apart, and by the rest never on the other side. */
static void know(struct knowledge *knowledge, const struct node *condition, bool apart)
{
    knowledge->absurd = knowledge->absurd || node_is_number(condition, 0);
    if (condition->kind != NODE_APPLY || condition->argument_count != 2) {
        return;
    }
    enum operator_id id = condition->operation->id;
    if (id == OPERATOR_AND) {
        know(knowledge, condition->arguments[0], apart);
        know(knowledge, condition->arguments[1], apart);
        return;
    }
    int sides = id == OPERATOR_EQUAL || id == OPERATOR_NOT_EQUAL ? 2 : 1;
    for (int side = 0; side < sides && apart == (id == OPERATOR_NOT_EQUAL); side++) {
        struct affine form = known_not_negative(condition, side == 1);
        if (!form.valid || knowledge->count == KNOWN_MAX) {
            continue;
        }
        if (!apart) {
            knowledge->forms[knowledge->count++] = form;
        } else if (proves_not_negative(&form) || follows_from(&form, knowledge)) {
            knowledge->forms[knowledge->count++] = affine_add(form, of_constant(1), -1);
        }
    }
}

/* Whether a form is not negative where the conditions hold. What `if`, min or max choose from takes
 * their place: all of it in turn, but one is enough where the form grows with the largest. */
static bool follows(const struct affine *form, const struct knowledge *knowledge, int nested)
{
    if (proves_not_negative(form) || follows_from(form, knowledge)) {
        return true;
    }
    int term = 0;
    while (term < form->count && !chooses(form->terms[term].atom)) {
        term++;
    }
    if (term == form->count || nested == 0) {
        return false;
    }
    const struct node *choice = form->terms[term].atom;
    const enum operator_id id = choice->operation->id;
    const long coefficient = form->terms[term].coefficient;
    const bool one_is_enough = id == (coefficient > 0 ? OPERATOR_MAX : OPERATOR_MIN);
    const struct affine rest = affine_add(*form, of_atom(choice), -coefficient);
    for (int i = id == OPERATOR_IF ? 1 : 0; i < choice->argument_count; i++) {
        struct affine chosen = affine_add(rest, affine_of(choice->arguments[i]), coefficient);
        bool holds = chosen.valid && follows(&chosen, knowledge, nested - 1);
        if (holds == one_is_enough) {
            return holds;
        }
    }
    return !one_is_enough;
}

static bool proves_under(const struct affine *difference, const struct node *const *conditions,
                         int condition_count)
{
    struct knowledge knowledge = {.count = 0};
    for (int i = 0; i < 2 * condition_count; i++) {
        know(&knowledge, conditions[i % condition_count], i >= condition_count);
    }
    return knowledge.absurd ||
           (difference->valid && follows(difference, &knowledge, CHOICES_NESTED_MAX));
}

/* Of conditions one of which is an `or`: whether either side of it is enough. */
static bool proves_under_either(const struct node *left, const struct node *right,
                                const struct node *const *conditions, int condition_count,
                                int either)
{
    const struct node **one =
        ARENA_ARRAY(graph_arena(left->graph), const struct node *, (size_t)condition_count);
    bool proven = true;
    for (int side = 0; side < 2 && proven; side++) {
        memcpy(one, conditions, (size_t)condition_count * sizeof *one);
        one[either] = conditions[either]->arguments[side];
        proven = affine_proves_under(left, right, one, condition_count);
    }
    return proven;
}

bool affine_proves_under(const struct node *left, const struct node *right,
                         const struct node *const *conditions, int condition_count)
{
    struct affine difference = affine_add(affine_of(right), affine_of(left), -1);
    if (proves_not_negative(&difference) ||
        proves_under(&difference, conditions, condition_count)) {
        return true;
    }
    for (int i = 0; i < condition_count; i++) {
        if (node_is(conditions[i], OPERATOR_OR)) {
            return proves_under_either(left, right, conditions, condition_count, i);
        }
    }
    return false;
}

bool subscript_stays_in_bounds(const struct node *load, int axis)
{
    const struct axis *bounds = &load->tensor->axes[axis];
    return affine_proves_at_most(bounds->first, load->arguments[axis]) &&
           affine_proves_below(load->arguments[axis], bounds->end);
}

bool load_stays_in_bounds(const struct node *load)
{
    for (int i = 0; i < load->argument_count; i++) {
        if (!subscript_stays_in_bounds(load, i)) {
            return false;
        }
    }
    return true;
}

bool node_stays_in_bounds(struct arena *arena, const struct node *node)
{
    size_t count;
    const struct node **order = node_order(arena, &node, 1, &count);
    for (size_t i = 0; i < count; i++) {
        if (order[i]->kind == NODE_LOAD && !load_stays_in_bounds(order[i])) {
            return false;
        }
    }
    return true;
}
