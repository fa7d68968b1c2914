#include "program.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DIMENSIONS = 3,
    AXES = 3,
    TENSORS = 24,
    INDICES = 12,
    ROWS = 0,         /* the dimension that the data decide */
    SCALAR_DEPTH = 4, /* of formulas */
};

static const char *const dimension_names[DIMENSIONS + 1] = {"n", "a", "b", "c"};

struct tensor {
    char name[8];
    size_t rank, axes[AXES]; /* its dimensions */
    size_t classes;          /* of labels: the dimension they count; ROWS for reals */
    bool parameter;
};

struct index {
    char name[8];
    size_t dimension;
};

struct writer {
    struct tape *tape;
    FILE *out;
    int sizes[DIMENSIONS + 1]; /* 0: the data decide */
    struct tensor tensors[TENSORS];
    size_t tensor_count;
    struct index scope[INDICES]; /* of the formula that is being written */
    size_t scope_count;
    unsigned fresh; /* indices named so far */
    bool has_function, has_vectors;
};

static size_t choose(struct writer *writer, size_t count)
{
    return tape_choose(writer->tape, count);
}

static bool chance(struct writer *writer, unsigned percent)
{
    return tape_chance(writer->tape, percent);
}

static void put(struct writer *writer, const char *text)
{
    fputs(text, writer->out);
}

static void real(struct writer *writer, int depth);

/* ---- Indices ---- */

static struct index *open_index(struct writer *writer, size_t dimension)
{
    struct index *index = &writer->scope[writer->scope_count++];
    snprintf(index->name, sizeof index->name, "i%u", writer->fresh++ % 1000);
    index->dimension = dimension;
    return index;
}

/* An index in scope over a dimension, by its number among them; NULL: none. */
static struct index *find_index(struct writer *writer, size_t dimension)
{
    struct index *found[INDICES];
    size_t count = 0;
    for (size_t i = writer->scope_count; i-- > 0;) {
        if (writer->scope[i].dimension == dimension) {
            found[count++] = &writer->scope[i];
        }
    }
    return count == 0 ? NULL : found[choose(writer, count)];
}

/* ---- Loads ---- */

/* Labels that count the dimension and whose own axes all have an index in scope; NULL: none. */
static struct tensor *find_labels(struct writer *writer, size_t dimension)
{
    for (size_t i = 0; i < writer->tensor_count; i++) {
        struct tensor *tensor = &writer->tensors[i];
        if (tensor->classes == dimension && tensor->classes != ROWS &&
            find_index(writer, tensor->axes[0]) != NULL) {
            return tensor;
        }
    }
    return NULL;
}

/* A subscript along the dimension; true where it may leave the bounds. */
static bool subscript(struct writer *writer, size_t dimension, char *text, size_t size)
{
    const int extent = writer->sizes[dimension];
    struct index *index = find_index(writer, dimension);
    switch (choose(writer, 15)) {
    case 12:
        if (index != NULL && writer->scope_count > 0) {
            /* As in a convolution. */
            const struct index *other = &writer->scope[choose(writer, writer->scope_count)];
            snprintf(text, size, "%s+%s-%zu", index->name, other->name, choose(writer, 2));
            return true;
        }
        break;
    case 7:
        if (index != NULL) {
            const char *sign = chance(writer, 50) ? "+" : "-";
            snprintf(text, size, "%s%s%zu", index->name, sign, 1 + choose(writer, 2));
            return true;
        }
        break;
    case 8:
        if (index != NULL && extent > 1) {
            snprintf(text, size, "min(%s+1, %d)", index->name, extent - 1);
            return false;
        }
        break;
    case 9:
        if (index != NULL && extent > 0) {
            snprintf(text, size, "%d-%s", extent - 1, index->name);
            return false;
        }
        break;
    case 10: {
        struct tensor *labels = find_labels(writer, dimension);
        if (labels != NULL) {
            snprintf(text, size, "%s[%s]", labels->name, find_index(writer, labels->axes[0])->name);
            return false;
        }
        break;
    }
    case 11:
        if (index != NULL && extent > 0) {
            snprintf(text, size, "mod(%s+%zu, %d)", index->name, choose(writer, 3), extent);
            return false;
        }
        if (index != NULL) {
            snprintf(text, size, "2*%s-1", index->name);
            return true;
        }
        break;
    default:
        break;
    }
    if (index != NULL) {
        snprintf(text, size, "%s", index->name);
        return false;
    }
    snprintf(text, size, "%d", extent > 0 ? (int)choose(writer, (size_t)extent) : 0);
    return extent == 0;
}

static void load(struct writer *writer, const struct tensor *tensor)
{
    char text[AXES][40];
    bool loose = false;
    for (size_t i = 0; i < tensor->rank; i++) {
        loose = subscript(writer, tensor->axes[i], text[i], sizeof text[i]) || loose;
    }
    fprintf(writer->out, "%s%s", loose ? "(" : "", tensor->name);
    for (size_t i = 0; i < tensor->rank; i++) {
        fprintf(writer->out, "%s%s%s", i == 0 ? "[" : ",", text[i],
                i + 1 == tensor->rank ? "]" : "");
    }
    if (loose) {
        static const char *const outside[] = {"0", "1", "-0.5"};
        fprintf(writer->out, " else %s)", outside[choose(writer, 3)]);
    }
}

static bool lies_along(const struct tensor *tensor, size_t dimension)
{
    for (size_t i = 0; i < tensor->rank; i++) {
        if (tensor->axes[i] == dimension) {
            return true;
        }
    }
    return false;
}

/* One of the tensors of reals, later ones more often, and mostly one along the innermost index. */
static const struct tensor *pick(struct writer *writer)
{
    const bool along = writer->scope_count > 0 && chance(writer, 85);
    const struct tensor *found = NULL;
    for (int tries = 0; tries < 8; tries++) {
        size_t number = choose(writer, writer->tensor_count);
        if (chance(writer, 30)) {
            number = writer->tensor_count - 1 - number / 2;
        }
        const struct tensor *tensor = &writer->tensors[number];
        if (tensor->classes != ROWS) {
            continue;
        }
        found = tensor;
        if (!along || lies_along(tensor, writer->scope[writer->scope_count - 1].dimension)) {
            break;
        }
    }
    return found == NULL ? &writer->tensors[0] : found;
}

static void number(struct writer *writer)
{
    static const char *const numbers[] = {"1", "0.5", "2", "-0.75", "0", "0.1", "-1", "1/3"};
    put(writer, numbers[choose(writer, sizeof numbers / sizeof numbers[0])]);
}

static void leaf(struct writer *writer)
{
    switch (choose(writer, 20)) {
    case 18:
        number(writer);
        break;
    case 19:
        if (writer->scope_count > 0) {
            fprintf(writer->out, "%s/8", writer->scope[choose(writer, writer->scope_count)].name);
            break;
        }
        number(writer);
        break;
    default:
        load(writer, pick(writer));
    }
}

/* ---- Conditions ---- */

static void index_condition(struct writer *writer, const struct index *index)
{
    static const char *const relations[] = {"<=", "!=", "<", "==", ">=", ">"};
    const char *relation = relations[choose(writer, 6)];
    const struct index *other = find_index(writer, index->dimension);
    switch (choose(writer, 4)) {
    case 3:
        fprintf(writer->out, "mod(%s, 2) == %zu", index->name, choose(writer, 2));
        break;
    case 2:
        if (other != NULL && other != index) {
            fprintf(writer->out, "%s + %zu %s %s", index->name, choose(writer, 2), relation,
                    other->name);
            break;
        }
        /* falls through */
    default:
        fprintf(writer->out, "%s %s %zu", index->name, relation, choose(writer, 4));
    }
}

static void condition(struct writer *writer, int depth)
{
    switch (choose(writer, 6)) {
    case 3:
        condition(writer, depth - 1 > 0 ? depth - 1 : 0);
        put(writer, chance(writer, 50) ? " and " : " or ");
        real(writer, 0);
        put(writer, " < 0.3");
        break;
    case 4:
        put(writer, "not (");
        real(writer, depth - 1);
        put(writer, " > 0.2)");
        break;
    case 5:
        real(writer, depth - 1);
        put(writer, " < ");
        real(writer, 0);
        break;
    default:
        if (writer->scope_count > 0) {
            index_condition(writer, &writer->scope[choose(writer, writer->scope_count)]);
        } else {
            real(writer, depth - 1);
            put(writer, " > 0.1");
        }
    }
}

/* ---- Formulas ---- */

static void wrapped(struct writer *writer, const char *before, const char *after, int depth)
{
    put(writer, before);
    real(writer, depth - 1);
    put(writer, after);
}

static void two(struct writer *writer, const char *before, const char *between, const char *after,
                int depth)
{
    put(writer, before);
    real(writer, depth - 1);
    put(writer, between);
    real(writer, depth - 1);
    put(writer, after);
}

/* Functions of one argument, finite everywhere. */
static void unary(struct writer *writer, int depth)
{
    static const char *const functions[][2] = {
        {"tanh(", ")"},
        {"sin(", ")"},
        {"sigmoid(", ")"},
        {"cos(", ")"},
        {"exp(-(", ")^2)"},
        {"log(1 + (", ")^2)"},
        {"sqrt(1 + (", ")^2)"},
        {"abs(", ")"},
        {"relu(", ")"},
        {"softplus(", ")"},
        {"(", ")^2/4"},
        {"erf(", ")"},
        {"atan(", ")"},
        {"gelu(", ")"},
        {"1/(1 + (", ")^2)"},
        {"(-(", "))"},
        {"exp(tanh(", "))"},
        {"log1p((", ")^2)"},
        {"expm1(sin(", "))"},
        {"(", ")^3/9"},
        {"silu(", ")"},
        {"sqrt(0.1 + abs(", "))"},
        {"floor(", ")/3"},
        {"(0.5 + sigmoid(", "))^1.5"},
        {"2^tanh(", ")"},
        {"stop(", ")"},
        {"log(sigmoid(", "))/3"},
        {"sign(", ")/4"},
        {"round(2*tanh(", "))/4"},
        {"elu(", ", 0.7)"},
    };
    const size_t which = choose(writer, sizeof functions / sizeof functions[0]);
    wrapped(writer, functions[which][0], functions[which][1], depth);
}

static void binary(struct writer *writer, int depth)
{
    static const char *const functions[][3] = {
        {"(", " + ", ")"},
        {"(", " - ", ")"},
        {"(", " * ", ")"},
        {"max(", ", ", ")"},
        {"min(", ", ", ")"},
        {"hypot(", ", ", ")"},
        {"(", ")/(1.5 + tanh(", "))"},
        {"(1 + (", ")^2)^tanh(", ")"},
        {"atan2(", ", 2 + abs(", "))"},
    };
    const size_t which = choose(writer, sizeof functions / sizeof functions[0]);
    two(writer, functions[which][0], functions[which][1], functions[which][2], depth);
}

/* The range of an index, in brackets of a reduction. */
static void range(struct writer *writer, const struct index *index, bool parts)
{
    const int extent = writer->sizes[index->dimension];
    fprintf(writer->out, "%s", index->name);
    if (parts && extent > 2 && chance(writer, 15)) {
        fprintf(writer->out, " in 1..%d", extent - 1 - (int)choose(writer, 2));
    } else {
        fprintf(writer->out, " in %s", dimension_names[index->dimension]);
    }
}

static size_t pick_dimension(struct writer *writer)
{
    return (1 + choose(writer, DIMENSIONS + 1)) % (DIMENSIONS + 1);
}

static void reduction(struct writer *writer, int depth)
{
    static const char *const kinds[][2] = {
        {"sum", ""},       {"mean", ""}, {"sum", ""},  {"max", ""}, {"logsumexp", ""},
        {"prod", "(1 + "}, {"min", ""},  {"norm", ""}, {"sum", ""}, {"argmax", ""},
    };
    const size_t kind = choose(writer, sizeof kinds / sizeof kinds[0]);
    const bool is_sum = kind == 0 || kind == 2 || kind == 8;
    const size_t before = writer->scope_count;
    if (before + 2 > INDICES) {
        leaf(writer);
        return;
    }
    const size_t count = is_sum && chance(writer, 25) ? 2 : 1;
    fprintf(writer->out, "(%s[", kinds[kind][0]);
    for (size_t i = 0; i < count; i++) {
        put(writer, i > 0 ? "," : "");
        range(writer, open_index(writer, pick_dimension(writer)), kind != 4);
    }
    if (is_sum && chance(writer, 35)) {
        put(writer, " : ");
        if (chance(writer, 80)) {
            index_condition(writer, &writer->scope[before]);
        } else {
            condition(writer, 1);
        }
    }
    fprintf(writer->out, "] %s(", kind == 5 ? "(1 + tanh(" : "");
    real(writer, depth - 1);
    fprintf(writer->out, ")%s)%s", kind == 5 ? ")/8)" : "",
            is_sum || kind == 5 || kind == 9 ? "/5" : "");
    writer->scope_count = before;
}

/* A sum of products, as of matrices. */
static void contraction(struct writer *writer)
{
    const size_t before = writer->scope_count;
    const size_t count = chance(writer, 30) ? 2 : 1;
    if (before + count > INDICES) {
        leaf(writer);
        return;
    }
    put(writer, "(sum[");
    for (size_t i = 0; i < count; i++) {
        put(writer, i > 0 ? "," : "");
        range(writer, open_index(writer, pick_dimension(writer)), true);
    }
    put(writer, "] ");
    load(writer, pick(writer));
    put(writer, "*");
    load(writer, pick(writer));
    if (chance(writer, 20)) {
        put(writer, "*");
        load(writer, pick(writer));
    }
    put(writer, ")/4");
    writer->scope_count = before;
}

/* One entry of a function from vectors to vectors. */
static void vector_function(struct writer *writer, int depth)
{
    const size_t before = writer->scope_count;
    if (before == 0) {
        unary(writer, depth);
        return;
    }
    struct index *index = &writer->scope[choose(writer, before)];
    fprintf(writer->out, "(softmax[%s in %s] (", index->name, dimension_names[index->dimension]);
    real(writer, depth - 1);
    put(writer, "))");
}

static void real(struct writer *writer, int depth)
{
    if (depth <= 0 || ftell(writer->out) > 2500) {
        leaf(writer);
        return;
    }
    switch (choose(writer, 14)) {
    case 0:
    case 1:
        leaf(writer);
        break;
    case 11:
    case 12:
        contraction(writer);
        break;
    case 2:
    case 3:
    case 4:
        binary(writer, depth);
        break;
    case 5:
    case 6:
        unary(writer, depth);
        break;
    case 7:
    case 8:
    case 9:
        reduction(writer, depth);
        break;
    case 10:
        put(writer, "(if ");
        condition(writer, depth - 1);
        two(writer, " then ", " else ", ")", depth);
        break;
    default:
        if (writer->has_function && chance(writer, 40)) {
            two(writer, "mix(", ", ", ")", depth);
        } else {
            vector_function(writer, depth);
        }
    }
}

/* ---- Statements ---- */

static struct tensor *declare(struct writer *writer, char letter, size_t rank)
{
    struct tensor *tensor = &writer->tensors[writer->tensor_count];
    *tensor = (struct tensor){.rank = rank, .classes = ROWS};
    snprintf(tensor->name, sizeof tensor->name, "%c%zu", letter, writer->tensor_count % 100);
    return tensor;
}

static void axes(struct writer *writer, const struct tensor *tensor)
{
    for (size_t i = 0; i < tensor->rank; i++) {
        fprintf(writer->out, "%s%s%s", i == 0 ? "[" : ",", dimension_names[tensor->axes[i]],
                i + 1 == tensor->rank ? "]" : "");
    }
}

static void dimensions(struct writer *writer)
{
    static const int sizes[] = {2, 3, 4, 1, 5, 8, 7, 9, 16, 17, 33, 70};
    put(writer, "dim   ");
    for (size_t i = 1; i <= DIMENSIONS; i++) {
        writer->sizes[i] = sizes[choose(writer, i == 1 ? 12 : 8)];
        fprintf(writer->out, "%s%s = %d", i > 1 ? ", " : "", dimension_names[i], writer->sizes[i]);
    }
    put(writer, "\n");
}

static void inputs(struct writer *writer)
{
    struct tensor *x = declare(writer, 'x', 1 + choose(writer, 3));
    x->axes[2] = 1 + choose(writer, DIMENSIONS);
    x->axes[1] = 1 + choose(writer, DIMENSIONS);
    put(writer, "data  ");
    put(writer, x->name);
    axes(writer, x);
    writer->tensor_count++;
    if (chance(writer, 50)) {
        struct tensor *labels = declare(writer, 'y', 1);
        labels->classes = 1 + choose(writer, DIMENSIONS);
        fprintf(writer->out, ", %s[n] in %s", labels->name, dimension_names[labels->classes]);
        writer->tensor_count++;
    }
    put(writer, "\nparam ");
    const size_t parameters = 1 + choose(writer, 3);
    for (size_t i = 0; i < parameters; i++) {
        struct tensor *w = declare(writer, 'w', choose(writer, 8) * 3 / 7);
        for (size_t k = 0; k < w->rank; k++) {
            w->axes[k] = 1 + choose(writer, DIMENSIONS);
        }
        w->parameter = true;
        put(writer, i > 0 ? ", " : "");
        put(writer, w->name);
        axes(writer, w);
        put(writer, chance(writer, 20) ? " = 0.5 in (0.1, inf)" : "");
        writer->tensor_count++;
    }
    put(writer, "\n");
}

static void function(struct writer *writer)
{
    if (chance(writer, 25)) {
        static const char *const bodies[] = {
            "u*v + sin(u)",
            "s*v where s = tanh(u)",
            "if u > v then u*v else sin(v)",
            "s + t where { s = u*t; t = cos(v) }",
        };
        fprintf(writer->out, "fn mix(u, v) = %s\n", bodies[choose(writer, 4)]);
        writer->has_function = true;
    }
    if (chance(writer, 20)) {
        put(writer, "fn scaled(v[k]) = (v - m)/sqrt(0.1 + mean((v - m)^2)) where m = mean(v)\n"
                    "fn cumulated(v[k]) = s where { s[i] = s[i-1]*0.9 + v[i]; s[-1] = 0 }\n");
        writer->has_vectors = true;
    }
}

static void left_side(struct writer *writer, const struct tensor *tensor)
{
    writer->scope_count = 0;
    put(writer, tensor->name);
    for (size_t i = 0; i < tensor->rank; i++) {
        put(writer, i == 0 ? "[" : ",");
        range(writer, open_index(writer, tensor->axes[i]), false);
        put(writer, i + 1 == tensor->rank ? "]" : "");
    }
    put(writer, " = ");
}

/* What is behind the first subscript of a recurrence's own load. */
static void rest_of_own(struct writer *writer, const struct tensor *tensor)
{
    for (size_t i = 1; i < tensor->rank; i++) {
        fprintf(writer->out, ",%s", writer->scope[i].name);
    }
    put(writer, "]");
}

/* The base case of a recurrence at `place`: plain indices and a leaf. */
static void base_case(struct writer *writer, const struct tensor *tensor, int place)
{
    writer->scope_count = 0;
    fprintf(writer->out, "%s[%d", tensor->name, place);
    for (size_t i = 1; i < tensor->rank; i++) {
        put(writer, ",");
        range(writer, open_index(writer, tensor->axes[i]), false);
    }
    put(writer, "] = ");
    leaf(writer);
    put(writer, "\n");
}

static void recurrence(struct writer *writer, struct tensor *tensor)
{
    const int extent = writer->sizes[tensor->axes[0]];
    const bool backwards = chance(writer, 25), twice = chance(writer, 20);
    left_side(writer, tensor);
    const char *time = writer->scope[0].name;
    put(writer, "tanh(");
    real(writer, 2);
    fprintf(writer->out, ")/2 + %s[%s%c1", tensor->name, time, backwards ? '+' : '-');
    rest_of_own(writer, tensor);
    put(writer, "*sin(");
    real(writer, 2);
    put(writer, ")");
    if (twice) {
        fprintf(writer->out, " - cos(%s[%s%c2", tensor->name, time, backwards ? '+' : '-');
        rest_of_own(writer, tensor);
        put(writer, ")/3");
    }
    if (tensor->rank > 1 && chance(writer, 40)) {
        /* The whole row of the step before, mixed. */
        const size_t before = writer->scope_count;
        const char *name = open_index(writer, tensor->axes[1])->name;
        fprintf(writer->out, " + (sum[%s in %s] tanh(", name, dimension_names[tensor->axes[1]]);
        real(writer, 1);
        fprintf(writer->out, ")*%s[%s%c1,%s", tensor->name, time, backwards ? '+' : '-', name);
        put(writer, tensor->rank > 2 ? "," : "]");
        if (tensor->rank > 2) {
            fprintf(writer->out, "%s]", writer->scope[2].name);
        }
        put(writer, ")/7");
        writer->scope_count = before;
    }
    put(writer, "\n");
    base_case(writer, tensor, backwards ? extent : -1);
    if (twice) {
        base_case(writer, tensor, backwards ? extent + 1 : -2);
    }
}

/* Two recurrences, each of which needs the other. */
static void coupled(struct writer *writer, struct tensor *tensor)
{
    struct tensor *partner = tensor + 1;
    *partner = *tensor;
    snprintf(partner->name, sizeof partner->name, "g%zu", writer->tensor_count % 100);
    left_side(writer, tensor);
    const char *time = writer->scope[0].name;
    put(writer, "sin(");
    real(writer, 2);
    fprintf(writer->out, ") + %s[%s-1", partner->name, time);
    rest_of_own(writer, tensor);
    fprintf(writer->out, "*cos(%s[%s-1", tensor->name, time);
    rest_of_own(writer, tensor);
    put(writer, ")/2\n");
    left_side(writer, partner);
    put(writer, "tanh(");
    real(writer, 2);
    fprintf(writer->out, " + %s[%s", tensor->name, writer->scope[0].name);
    rest_of_own(writer, partner);
    put(writer, ")\n");
    base_case(writer, tensor, -1);
    base_case(writer, partner, -1);
    writer->tensor_count++;
}

/* A recurrence that stops on a condition; what is used is its last value. */
static void stopping(struct writer *writer, struct tensor *tensor)
{
    static const char *const conditions[] = {"< 0.3", "> 0.5", "< -5", "> -5"};
    tensor->rank = 0;
    writer->scope_count = 0;
    const char *name = tensor->name;
    fprintf(writer->out, "t%s[0] = ", name);
    real(writer, 1);
    fprintf(writer->out, "\nt%s[t] = t%s[t-1]*0.7 + ", name, name);
    put(writer, "sin(");
    real(writer, 2);
    fprintf(writer->out, " + t%s[t-1])/4 until t%s[t] %s, at most %zu\n", name, name,
            conditions[choose(writer, 4)], 1 + choose(writer, 12));
    fprintf(writer->out, "%s = t%s[last]\n", name, name);
}

/* A formula of whole tensors. */
static void whole(struct writer *writer, struct tensor *tensor)
{
    const struct tensor *first = pick(writer), *second = pick(writer);
    if (first->rank == 2 && second->rank == 2 && first->axes[1] == second->axes[0]) {
        tensor->rank = 2;
        tensor->axes[0] = first->axes[0];
        tensor->axes[1] = second->axes[1];
        fprintf(writer->out, "%s = tanh(%s @ %s)\n", tensor->name, first->name, second->name);
        return;
    }
    static const char *const formulas[] = {
        "tanh(%s)", "0.5*%s + 1", "exp(-%s^2)", "max(%s, 0.1)", "sqrt(1 + %s^2)",
    };
    tensor->rank = first->rank;
    for (size_t i = 0; i < first->rank; i++) {
        tensor->axes[i] = first->axes[i];
    }
    fprintf(writer->out, "%s = ", tensor->name);
    fprintf(writer->out, formulas[choose(writer, 5)], first->name);
    put(writer, "\n");
}

/* A function of rows, of the library or of the model. */
static void of_rows(struct writer *writer, struct tensor *tensor)
{
    const struct tensor *from = pick(writer);
    if (from->rank == 0) {
        whole(writer, tensor);
        return;
    }
    static const char *const functions[] = {"softmax", "scaled", "softmax", "cumulated"};
    const size_t which = choose(writer, writer->has_vectors ? 4 : 1);
    tensor->rank = from->rank;
    for (size_t i = 0; i < from->rank; i++) {
        tensor->axes[i] = from->axes[i];
    }
    writer->scope_count = 0;
    fprintf(writer->out, "%s", tensor->name);
    for (size_t i = 0; i + 1 < from->rank; i++) {
        put(writer, i == 0 ? "[" : ",");
        range(writer, open_index(writer, from->axes[i]), false);
        put(writer, i + 2 == from->rank ? "]" : "");
    }
    fprintf(writer->out, " = %s(%s", functions[which], from->name);
    for (size_t i = 0; i + 1 < from->rank; i++) {
        fprintf(writer->out, "%s%s%s", i == 0 ? "[" : ",", writer->scope[i].name,
                i + 2 == from->rank ? "]" : "");
    }
    put(writer, ")\n");
}

static void derivative_in_formula(struct writer *writer, struct tensor *tensor)
{
    const struct tensor *by = NULL;
    for (size_t i = 0; i < writer->tensor_count && by == NULL; i++) {
        by = writer->tensors[i].parameter ? &writer->tensors[i] : NULL;
    }
    tensor->rank = by->rank;
    for (size_t i = 0; i < by->rank; i++) {
        tensor->axes[i] = by->axes[i];
    }
    left_side(writer, tensor);
    char subscripts[40] = "";
    size_t length = 0;
    for (size_t i = 0; i < by->rank; i++) {
        length += (size_t)snprintf(subscripts + length, sizeof subscripts - length, "%s%s%s",
                                   i == 0 ? "[" : ",", writer->scope[i].name,
                                   i + 1 == by->rank ? "]" : "");
    }
    put(writer, "tanh(grad(");
    writer->scope_count = 0;
    reduction(writer, 3);
    fprintf(writer->out, ", %s)%s)\n", by->name, subscripts);
}

static void definition(struct writer *writer)
{
    struct tensor *tensor = declare(writer, 'f', choose(writer, AXES + 1));
    for (size_t i = 0; i < tensor->rank; i++) {
        tensor->axes[i] = pick_dimension(writer);
        /* Of a sum of 70^3 equal terms rounding alone leaves 12 digits. */
        if (i > 0 && writer->sizes[tensor->axes[i]] > 9) {
            tensor->axes[i] = 2;
        }
    }
    const size_t kind = choose(writer, 16);
    const bool has_steps = tensor->rank > 0 && tensor->axes[0] != ROWS;
    if (kind == 15) {
        derivative_in_formula(writer, tensor);
    } else if (kind == 14) {
        stopping(writer, tensor);
    } else if (kind == 13) {
        whole(writer, tensor);
    } else if (kind == 12) {
        of_rows(writer, tensor);
    } else if (kind == 11 && has_steps) {
        coupled(writer, tensor);
    } else if (kind >= 8 && has_steps) {
        recurrence(writer, tensor);
    } else {
        left_side(writer, tensor);
        const bool squashed = chance(writer, 50);
        put(writer, squashed ? "tanh(" : "");
        real(writer, 1 + (int)choose(writer, SCALAR_DEPTH));
        put(writer, squashed ? ")\n" : "\n");
    }
    writer->tensor_count++;
}

static void loss(struct writer *writer, size_t first)
{
    put(writer, "loss = ");
    for (size_t i = first; i < writer->tensor_count; i++) {
        const struct tensor *tensor = &writer->tensors[i];
        writer->scope_count = 0;
        put(writer, i > first ? " + " : "");
        if (tensor->rank > 0) {
            put(writer, "(mean[");
            for (size_t k = 0; k < tensor->rank; k++) {
                put(writer, k > 0 ? "," : "");
                range(writer, open_index(writer, tensor->axes[k]), false);
            }
            put(writer, "] ");
        }
        put(writer, tensor->name);
        for (size_t k = 0; k < tensor->rank; k++) {
            fprintf(writer->out, "%s%s%s", k == 0 ? "[" : ",", writer->scope[k].name,
                    k + 1 == tensor->rank ? "]" : "");
        }
        put(writer, tensor->rank > 0 ? ")" : "");
    }
    /* A loss that depends on no parameter would be refused. */
    for (size_t i = 0; i < first; i++) {
        if (writer->tensors[i].parameter) {
            fprintf(writer->out, writer->tensors[i].rank > 0 ? " + sum(%s^2)/20" : " + %s^2/20",
                    writer->tensors[i].name);
        }
    }
    put(writer, "\nminimize loss with gd(rate = 0.1), steps = 1\n");
}

char *program_write(struct tape *tape)
{
    struct writer writer = {.tape = tape};
    char *text = NULL;
    size_t size;
    writer.out = open_memstream(&text, &size);
    if (writer.out == NULL) {
        abort();
    }
    dimensions(&writer);
    inputs(&writer);
    function(&writer);
    const size_t first = writer.tensor_count;
    const size_t count = 1 + choose(&writer, 5);
    for (size_t i = 0; i < count; i++) {
        definition(&writer);
    }
    loss(&writer, first);
    fclose(writer.out);
    return text;
}
