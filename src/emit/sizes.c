#include "emit/sizes.h"

#include "emit/nature.h"

#include <limits.h>
#include <string.h>

enum { FACTORS_MAX = RANK_MAX * 2 };

/* The value of sums and differences of sizes known when compiling, as a window's extent is. */
static bool value_within(const struct node *node, int depth, double *value)
{
    bool difference = is_operator(node, OPERATOR_SUBTRACT);
    if (!difference && !is_operator(node, OPERATOR_ADD)) {
        return node_known(node, value);
    }
    double left, right;
    if (depth == 0 || !value_within(node->arguments[0], depth - 1, &left) ||
        !value_within(node->arguments[1], depth - 1, &right)) {
        return false;
    }
    *value = difference ? left - right : left + right;
    return true;
}

static bool known_value(const struct node *node, double *value)
{
    return value_within(node, RANK_MAX, value) && *value >= 0;
}

static void insert_factor(struct amount_term *term, const struct node *factor)
{
    int i = term->count++;
    for (; i > 0 && term->factors[i - 1]->id > factor->id; i--) {
        term->factors[i] = term->factors[i - 1];
    }
    term->factors[i] = factor;
}

/* A product taken apart; what is neither a number nor a product is a factor. */
static struct amount_term term_of(const struct node *node, bool fold)
{
    struct amount_term term = {.coefficient = 1};
    const struct node *stack[FACTORS_MAX];
    int depth = 0;
    stack[depth++] = node;
    while (depth > 0) {
        node = stack[--depth];
        double value;
        if ((fold || node->kind == NODE_NUMBER) && node_known(node, &value) && value >= 0) {
            term.coefficient *= value;
        } else if (is_operator(node, OPERATOR_MULTIPLY) && depth + term.count + 2 < FACTORS_MAX) {
            stack[depth++] = node->arguments[1];
            stack[depth++] = node->arguments[0];
        } else if (is_operator(node, OPERATOR_POWER) && node_known(node->arguments[1], &value) &&
                   (value == 2 || value == 3) && depth + term.count + 3 < FACTORS_MAX) {
            for (int i = 0; i < (int)value; i++) {
                stack[depth++] = node->arguments[0];
            }
        } else {
            insert_factor(&term, node);
        }
    }
    return term;
}

static bool same_factors(const struct amount_term *left, const struct amount_term *right)
{
    return left->count == right->count &&
           memcmp(left->factors, right->factors, (size_t)left->count * sizeof left->factors[0]) ==
               0;
}

static void add_term(struct arena *arena, struct amount *amount, struct amount_term term)
{
    for (size_t i = 0; i < amount->count; i++) {
        if (same_factors(&amount->terms[i], &term)) {
            amount->terms[i].coefficient += term.coefficient;
            return;
        }
    }
    if (term.coefficient > 0) {
        ARENA_PUSH(arena, amount->terms, amount->count, amount->capacity, term);
    }
}

static struct amount take_apart(struct arena *arena, const struct node *size, bool fold)
{
    struct amount amount = {0};
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(arena, stack, depth, capacity, size);
    while (depth > 0) {
        const struct node *node = stack[--depth];
        if (is_operator(node, OPERATOR_ADD)) {
            ARENA_PUSH(arena, stack, depth, capacity, node->arguments[1]);
            ARENA_PUSH(arena, stack, depth, capacity, node->arguments[0]);
        } else {
            add_term(arena, &amount, term_of(node, fold));
        }
    }
    arena_give_back(arena, stack, capacity, sizeof stack[0]);
    return amount;
}

void amount_give_back(struct arena *arena, struct amount *amount)
{
    arena_give_back(arena, amount->terms, amount->capacity, sizeof amount->terms[0]);
    *amount = (struct amount){0};
}

struct amount amount_of(struct arena *arena, const struct node *size)
{
    return take_apart(arena, size, false);
}

struct amount amount_folded(struct arena *arena, const struct node *size)
{
    return take_apart(arena, size, true);
}

void amount_add(struct arena *arena, struct amount *amount, const struct amount *other)
{
    for (size_t i = 0; i < other->count; i++) {
        add_term(arena, amount, other->terms[i]);
    }
}

bool amount_within(const struct amount *left, const struct amount *right)
{
    for (size_t i = 0; i < left->count; i++) {
        bool within = false;
        for (size_t k = 0; k < right->count && !within; k++) {
            within = same_factors(&left->terms[i], &right->terms[k]) &&
                     left->terms[i].coefficient <= right->terms[k].coefficient;
        }
        if (!within) {
            return false;
        }
    }
    return true;
}

/* ---- Spelling ---- */

static void append_call(struct speller *speller, struct text *text, const char *name)
{
    embedding_call(speller->embedding, name, strlen(name));
    text_format(text, "%s(", name);
}

/* A factor that is no dimension is a difference of dimensions and small numbers, or the larger of
 * two sizes; below 0 it means that there is no element. */
static void append_factor(struct speller *speller, struct text *text, const struct node *factor)
{
    text_append(text, "(size_t)");
    if (factor->kind == NODE_SIZE) {
        expression_append(speller, text, factor, TYPE_WHOLE, LEVEL_CAST);
        return;
    }
    append_call(speller, text, "larger");
    expression_append(speller, text, factor, TYPE_WHOLE, LEVEL_ANY);
    text_append(text, ", 0)");
}

/* ---- Sums of products in checked arithmetic ---- */

/* Terms that differ in sizes known when compiling alone: those make one number. */
struct group {
    const struct node *unknown[FACTORS_MAX];
    int unknown_count;
    double value;      /* of the known part */
    struct text known; /* its C */
};

static struct group group_begin(struct arena *arena, const struct amount_term *term)
{
    struct group group = {.known = text_create(arena)};
    double value;
    for (int i = 0; i < term->count; i++) {
        if (!known_value(term->factors[i], &value)) {
            group.unknown[group.unknown_count++] = term->factors[i];
        }
    }
    return group;
}

static bool group_takes(const struct group *group, const struct amount_term *term)
{
    double value;
    int matched = 0;
    for (int i = 0; i < term->count; i++) {
        if (!known_value(term->factors[i], &value)) {
            if (matched == group->unknown_count || group->unknown[matched] != term->factors[i]) {
                return false;
            }
            matched++;
        }
    }
    return matched == group->unknown_count;
}

/* `cast` stands before what ints could not hold. */
static void group_add(struct speller *speller, struct group *group, const struct amount_term *term,
                      const char *cast)
{
    double value, product = term->coefficient;
    bool begun = false;
    text_append(&group->known, group->known.length > 0 ? " + " : "");
    for (int i = 0; i < term->count; i++) {
        if (!known_value(term->factors[i], &value)) {
            continue;
        }
        text_append(&group->known, begun ? " * " : cast);
        if (!begun && term->coefficient != 1) {
            text_format(&group->known, "%.0f * ", term->coefficient);
        }
        expression_append(speller, &group->known, term->factors[i], TYPE_WHOLE, LEVEL_CAST);
        begun = true;
        product *= value;
    }
    if (!begun) {
        text_format(&group->known, "%.0f", term->coefficient);
    }
    group->value += product;
}

/* The known part was computed here as well: it overflows nowhere or at once. */
static void group_append(struct speller *speller, struct text *text, const struct group *group)
{
    bool overflows = group->value > 0x1p62, one = group->value == 1;
    int factors = group->unknown_count - (one && group->unknown_count > 0);
    for (int i = 0; i < factors; i++) {
        append_call(speller, text, "size_product");
    }
    for (int i = 0; i < group->unknown_count; i++) {
        text_append(text, i > 0 ? ", " : "");
        append_factor(speller, text, group->unknown[i]);
        text_append(text, i > 0 ? ")" : "");
    }
    if (group->unknown_count == 0 || !one) {
        text_append(text, group->unknown_count > 0 ? ", " : "");
        text_append(text, overflows ? "SIZE_MAX" : group->known.bytes);
        text_append(text, group->unknown_count > 0 ? ")" : "");
    }
}

/* The sum of all terms' known parts: no group is larger. */
static double known_total(const struct amount *amount)
{
    double total = 0, value;
    for (size_t i = 0; i < amount->count; i++) {
        double product = amount->terms[i].coefficient;
        for (int k = 0; k < amount->terms[i].count; k++) {
            product *= known_value(amount->terms[i].factors[k], &value) ? value : 1;
        }
        total += product;
    }
    return total;
}

void amount_append(struct speller *speller, struct text *text, const struct amount *amount)
{
    const char *cast = known_total(amount) < INT_MAX ? "" : "(size_t)";
    struct group *groups = ARENA_ARRAY(speller->arena, struct group, amount->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < amount->count; i++) {
        size_t k = 0;
        while (k < count && !group_takes(&groups[k], &amount->terms[i])) {
            k++;
        }
        if (k == count) {
            groups[count++] = group_begin(speller->arena, &amount->terms[i]);
        }
        group_add(speller, &groups[k], &amount->terms[i], cast);
    }
    text_append(text, count == 0 ? "0" : "");
    for (size_t i = 1; i < count; i++) {
        append_call(speller, text, "size_sum");
    }
    for (size_t i = 0; i < count; i++) {
        text_append(text, i > 0 ? ", " : "");
        group_append(speller, text, &groups[i]);
        text_append(text, i > 0 ? ")" : "");
    }
}

/* ---- The same where nothing can overflow ---- */

static void plain_term_append(struct speller *speller, struct text *text,
                              const struct amount_term *term)
{
    bool has_number = term->coefficient != 1 || term->count == 0;
    double known = term->coefficient, value;
    for (int i = 0; i < term->count; i++) {
        known *= known_value(term->factors[i], &value) ? value : INT_MAX;
    }
    bool narrow = term->count == 0 || is_narrow(speller, term->factors[0]);
    text_append(text, narrow && known >= INT_MAX ? "(ptrdiff_t)" : "");
    if (has_number) {
        text_format(text, "%.0f", term->coefficient);
    }
    for (int i = 0; i < term->count; i++) {
        text_append(text, i > 0 || has_number ? " * " : "");
        expression_append(speller, text, term->factors[i], TYPE_WHOLE, LEVEL_CAST);
    }
}

void amount_plain_append(struct speller *speller, struct text *text, const struct amount *amount)
{
    text_append(text, amount->count == 0 ? "0" : "");
    for (size_t i = 0; i < amount->count; i++) {
        text_append(text, i > 0 ? " + " : "");
        plain_term_append(speller, text, &amount->terms[i]);
    }
}

/* ---- For people ---- */

void amount_print(struct text *text, const struct amount *amount)
{
    if (amount->count == 0) {
        text_append(text, "0");
    }
    for (size_t i = 0; i < amount->count; i++) {
        const struct amount_term *term = &amount->terms[i];
        text_append(text, i == 0 ? "" : " + ");
        bool has_number = term->coefficient != 1 || term->count == 0;
        if (has_number) {
            text_append_number(text, term->coefficient);
        }
        for (int k = 0; k < term->count; k++) {
            bool plain = term->factors[k]->kind == NODE_SIZE;
            text_append(text, k > 0 || has_number ? "*" : "");
            text_append(text, plain ? "" : "(");
            node_print(text, term->factors[k]);
            text_append(text, plain ? "" : ")");
        }
    }
}
