#include "program.h"
#include "formula.h"

#include <stdlib.h>

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
        put_in_brackets(writer, i, tensor->rank, dimension_names[tensor->axes[i]]);
    }
}

/* Of a sum of 70^3 equal terms rounding alone leaves 12 digits, and the interpreter takes minutes:
 * only the first axis may be long. */
static void keep_small(const struct writer *writer, struct tensor *tensor)
{
    for (size_t i = 1; i < tensor->rank; i++) {
        if (writer->sizes[tensor->axes[i]] > 9) {
            tensor->axes[i] = 2;
        }
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
        keep_small(writer, w);
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
    tensor->longer = backwards;
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
    const bool fits = first->rank == 2 && second->rank == 2 && first->axes[1] == second->axes[0];
    tensor->longer = first->longer;
    if (fits && !second->longer) {
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
    tensor->longer = from->longer;
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
        put_in_brackets(writer, i, from->rank - 1, writer->scope[i].name);
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
    }
    keep_small(writer, tensor);
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
            put_in_brackets(writer, k, tensor->rank, writer->scope[k].name);
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
