#include "formula.h"

const char *const dimension_names[DIMENSIONS + 1] = {"n", "a", "b", "c"};

size_t choose(struct writer *writer, size_t count)
{
    return tape_choose(writer->tape, count);
}

bool chance(struct writer *writer, unsigned percent)
{
    return tape_chance(writer->tape, percent);
}

void put(struct writer *writer, const char *text)
{
    fputs(text, writer->out);
}

void put_in_brackets(struct writer *writer, size_t place, size_t count, const char *text)
{
    fprintf(writer->out, "%s%s%s", place == 0 ? "[" : ",", text, place + 1 == count ? "]" : "");
}

/* ---- Indices ---- */

struct index *open_index(struct writer *writer, size_t dimension)
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
        put_in_brackets(writer, i, tensor->rank, text[i]);
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

const struct tensor *pick(struct writer *writer)
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

void leaf(struct writer *writer)
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

void range(struct writer *writer, const struct index *index, bool parts)
{
    const int extent = writer->sizes[index->dimension];
    fprintf(writer->out, "%s", index->name);
    if (parts && extent > 2 && chance(writer, 15)) {
        fprintf(writer->out, " in 1..%d", extent - 1 - (int)choose(writer, 2));
    } else {
        fprintf(writer->out, " in %s", dimension_names[index->dimension]);
    }
}

size_t pick_dimension(struct writer *writer)
{
    return (1 + choose(writer, DIMENSIONS + 1)) % (DIMENSIONS + 1);
}

void reduction(struct writer *writer, int depth)
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
        const size_t dimension = pick_dimension(writer);
        /* The derivative of a product takes as many steps as its factors squared. */
        const bool long_product = kind == 5 && writer->sizes[dimension] > 9;
        range(writer, open_index(writer, long_product ? 2 : dimension), kind != 4);
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

void real(struct writer *writer, int depth)
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
