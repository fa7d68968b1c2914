#include "emit/head.h"

#include "emit/comment.h"
#include "syntax/print.h"

#include <inttypes.h>
#include <string.h>

/* ---- The model ---- */

uint64_t model_hash(const struct model *model)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; model->source != NULL && i < model->source->length; i++) {
        hash = (hash ^ (unsigned char)model->source->text[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static const char *file_name(const struct functions *functions)
{
    const struct model *model = functions->model;
    const char *path = functions->emitter->options->model_path;
    if (path == NULL) {
        path =
            model->source == NULL || model->source->name == NULL ? "a model" : model->source->name;
    }
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void emit_title(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    enum emit_what what = emitter->options->what;
    const char *does = what == EMIT_MAIN     ? "trains the model of"
                       : what == EMIT_HEADER ? "declares the functions of"
                                             : "loss, gradient and steps of";
    struct text name = text_create(emitter->arena);
    comment_append_name(&name, file_name(functions));
    emit(emitter, "/* %s.%c - %s %s; made by symgrad.\n", emitter->prefix,
         what == EMIT_HEADER ? 'h' : 'c', does, name.bytes);
    if (what == EMIT_MAIN) {
        const char *libraries = emitter->options->blas ? "-llapack -lblas -lm" : "-lm";
        emit(emitter, " *\n *     cc -O2 %s.c %s -o %s && ./%s --help\n", emitter->prefix,
             libraries, emitter->prefix, emitter->prefix);
    } else if (what != EMIT_HEADER) {
        emit(emitter, " *\n *     cc -O2 -c %s.c\n", emitter->prefix);
    }
    emit(emitter, " *\n * The model, %016" PRIx64 "\n *\n", model_hash(functions->model));
}

static void emit_model_text(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    const struct statement_list *statements = &functions->model->statements;
    enum { MANY = 60 }; /* a comment that a reader would skip is not worth its bytes */
    for (size_t i = 0; i < statements->count; i++) {
        if (i == MANY && statements->count > MANY + 1) {
            emit(emitter, " *     ... and %zu statements more\n", statements->count - MANY);
            break;
        }
        struct text text = text_create(emitter->arena);
        print_statement(&text, statements->items[i]);
        for (const char *line = text.bytes; *line != '\0';) {
            size_t length = strcspn(line, "\n");
            struct text safe = text_create(emitter->arena);
            comment_append(&safe, line, length);
            emit_wrapped(emitter, " *     ", safe.bytes);
            line += length + (line[length] == '\n');
        }
    }
    emit(emitter, " *\n");
}

/* ---- Memory and operations ---- */

static void add_tensor(struct emitter *emitter, struct amount *amount, const struct tensor *tensor)
{
    struct amount own = amount_folded(emitter->arena, tensor_extent(emitter->graph, tensor));
    amount_add(emitter->arena, amount, &own);
}

static void emit_amount(struct emitter *emitter, const char *label, const struct amount *amount)
{
    struct text text = text_create(emitter->arena);
    amount_print(&text, amount);
    emit(emitter, " *     %-22s", label);
    comment_append(emitter->text, text.bytes, text.length);
    emit(emitter, "\n");
}

static struct amount workspace_for_people(struct functions *functions, size_t *alternatives)
{
    struct emitter *emitter = functions->emitter;
    struct amount *amounts = functions_workspaces(functions, alternatives);
    struct amount folded = {0};
    for (size_t i = 0; *alternatives > 0 && i < amounts[0].count; i++) {
        struct amount_term term = amounts[0].terms[i];
        const struct node *product = node_number(emitter->graph, term.coefficient);
        for (int k = 0; k < term.count; k++) {
            product = node_binary(emitter->graph, OPERATOR_MULTIPLY, product, term.factors[k]);
        }
        struct amount one = amount_folded(emitter->arena, product);
        amount_add(emitter->arena, &folded, &one);
    }
    return folded;
}

static void emit_memory(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    const struct model *model = functions->model;
    struct amount params = {0}, state = {0}, total = {0};
    for (size_t i = 0; i < model->parameter_count; i++) {
        add_tensor(emitter, &params, model->parameters[i].tensor);
    }
    amount_add(emitter->arena, &state, &params);
    for (size_t i = 0; i < model->objective_count; i++) {
        for (size_t k = 0; k < model->objectives[i].over_count; k++) {
            for (size_t s = 0; s < model->objectives[i].updates[k].state_count; s++) {
                add_tensor(emitter, &state, model->objectives[i].updates[k].states[s]);
            }
        }
    }
    size_t alternatives;
    struct amount work = workspace_for_people(functions, &alternatives);
    amount_add(emitter->arena, &total, &params);
    amount_add(emitter->arena, &total, &state);
    amount_add(emitter->arena, &total, &work);
    emit(emitter, " * Memory, in %ss\n *\n", emitter->real);
    emit_amount(emitter, "parameters", &params);
    emit_amount(emitter, "gradient and state", &state);
    emit_amount(emitter, alternatives > 1 ? "workspace, at least" : "workspace", &work);
    emit_amount(emitter, "peak, without data", &total);
    emit(emitter, " *\n");
}

static void emit_operations(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    if (functions->model->objective_count == 0) {
        return;
    }
    bool leaves = false;
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        leaves = leaves || functions->objectives[i].loss->leaves ||
                 functions->objectives[i].gradient->leaves;
    }
    emit(emitter, " * Operations%s\n *\n", leaves ? ", if no recurrence stops early" : "");
    for (size_t i = 0; i < functions->model->objective_count; i++) {
        const struct plan *plans[] = {functions->objectives[i].loss,
                                      functions->objectives[i].gradient};
        const char *labels[] = {"loss", "loss and gradient"};
        for (size_t k = 0; k < 2; k++) {
            struct amount amount =
                amount_folded(emitter->arena, cost_operations(emitter->graph, &plans[k]->cost));
            emit_amount(emitter, labels[k], &amount);
        }
    }
    emit(emitter, " *\n");
}

/* ---- Kinks ---- */

/* The operator that a node is for a reader of the kinks: max of a reduction is max. */
static const struct operation *kinked_operator(const struct node *node)
{
    if (node->kind == NODE_REDUCE && node->reduction->id == REDUCTION_MAX) {
        return operator_get(OPERATOR_MAX);
    }
    if (node->kind == NODE_REDUCE && node->reduction->id == REDUCTION_MIN) {
        return operator_get(OPERATOR_MIN);
    }
    bool steady = node->kind == NODE_APPLY && node->operation->id == OPERATOR_POWER &&
                  node->arguments[1]->kind == NODE_NUMBER;
    return node->kind == NODE_APPLY && !steady ? node->operation : NULL;
}

static void emit_kink(struct functions *functions, const struct operation *operation,
                      const struct equation *equation)
{
    struct emitter *emitter = functions->emitter;
    struct text line = text_create(emitter->arena), place = text_create(emitter->arena);
    const char *text =
        arena_format(emitter->arena, "%s: %s", operation->spelling, operation->kinks);
    comment_append(&line, text, strlen(text));
    place_append(&place, &emitter->places, equation->span);
    if (place.length > 0) {
        text_format(&line, "   %s", place.bytes);
    }
    emit_wrapped(emitter, " *     ", line.bytes);
}

/* Takes note of what a body has that is made of numbers, sizes, indices and data of whole numbers:
 * it stands still, and so has neither a derivative nor a kink. */
static void note_still(struct emitter *emitter, struct table *still,
                       const struct equation *equation)
{
    size_t count;
    const struct node **order = node_order(emitter->arena, &equation->body, 1, &count);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = order[i];
        bool stands = node->kind != NODE_LOAD || node->tensor->class_count != NULL ||
                      table_find(still, node->tensor) != NULL;
        for (int k = 0; k < node->argument_count; k++) {
            stands = stands && table_find(still, node->arguments[k]) != NULL;
        }
        if (stands) {
            table_store(still, node, still);
        }
    }
    if (table_find(still, equation->body) != NULL) {
        table_store(still, equation->target, still);
    }
}

/* Whether a value may come to a kink of the operator: a branch does by its condition alone. */
static bool comes_to_kink(const struct table *still, const struct node *node)
{
    bool chooses = node->kind == NODE_APPLY && node->operation->id == OPERATOR_IF;
    return table_find(still, chooses ? node->arguments[0] : node) == NULL;
}

/* The nodes of a body that a derivative goes through: what stands under stop() has none. */
static const struct node **moving_nodes(struct emitter *emitter, const struct node *body,
                                        size_t *count)
{
    struct table *seen = table_create(emitter->arena);
    const struct node **stack = NULL, **found = NULL;
    size_t depth = 0, stack_capacity = 0, capacity = 0;
    *count = 0;
    ARENA_PUSH(emitter->arena, stack, depth, stack_capacity, body);
    while (depth > 0) {
        const struct node *node = stack[--depth];
        bool stopped = node->kind == NODE_APPLY && (node->operation->id == OPERATOR_STOP ||
                                                    node->operation->id == OPERATOR_ANCHOR);
        if (stopped || table_find(seen, node) != NULL) {
            continue;
        }
        table_store(seen, node, seen);
        ARENA_PUSH(emitter->arena, found, *count, capacity, node);
        for (int i = node->argument_count; i > 0; i--) {
            ARENA_PUSH(emitter->arena, stack, depth, stack_capacity, node->arguments[i - 1]);
        }
    }
    return found;
}

/* Each kinked operator once, where the model uses it first. */
static void emit_kinks(struct functions *functions)
{
    struct emitter *emitter = functions->emitter;
    bool seen[OPERATOR_COUNT] = {false}, any = false;
    const struct program *program = functions->model->program;
    struct table *still = table_create(emitter->arena);
    for (size_t i = 0; i < program->count; i++) {
        size_t count;
        note_still(emitter, still, program->equations[i]);
        const struct node **order = moving_nodes(emitter, program->equations[i]->body, &count);
        for (size_t k = 0; k < count; k++) {
            const struct operation *operation = kinked_operator(order[k]);
            if (operation == NULL || operation->kinks[0] == '\0' || seen[operation->id] ||
                !comes_to_kink(still, order[k])) {
                continue;
            }
            emit(emitter, "%s", any ? "" : " * Kinks, and what was chosen there\n *\n");
            any = seen[operation->id] = true;
            emit_kink(functions, operation, program->equations[i]);
        }
    }
    emit(emitter, "%s", any ? "" : " * Kinks: none.\n");
}

void head_emit(struct functions *functions)
{
    emit_title(functions);
    emit_model_text(functions);
    emit_memory(functions);
    emit_operations(functions);
    emit_kinks(functions);
    emit(functions->emitter, " */\n");
}

/* ---- Vector code ---- */

/* gcc would copy whole nests of loops for their conditions, and give registers loop by loop: the
 * one makes code longer, the other takes a sixth of its time; neither makes anything faster. */
static const char begin_vectors[] =
    "#ifdef __FAST_MATH__\n"
    "#error \"-ffast-math breaks the functions below, and would not make them faster\"\n"
    "#endif\n"
    "#if defined __GNUC__ && !defined __clang__ && defined __OPTIMIZE__\n"
    "#pragma GCC push_options\n"
    "#pragma GCC optimize(\"O3\", \"no-math-errno\", \"no-trapping-math\")\n"
    "#pragma GCC optimize(\"no-unswitch-loops\", \"ira-region=one\")\n"
    "#ifdef __AVX512F__\n"
    "#pragma GCC target(\"prefer-vector-width=512\")\n"
    "#endif\n"
    "#endif\n\n";

static const char end_vectors[] =
    "#if defined __GNUC__ && !defined __clang__ && defined __OPTIMIZE__\n"
    "#pragma GCC pop_options\n"
    "#endif\n\n";

/* What the functions that the C library repairs are: gcc calls such a one once for a vector. */
static const char each_lane[] =
    "#if defined __GNUC__ && !defined __clang__ && defined __OPTIMIZE__ && defined __x86_64__\n"
    "#define EACH_LANE __attribute__((simd(\"notinbranch\"), noinline))\n"
    "#pragma GCC optimize(\"no-tree-sink\") /* into a branch, where they would stay */\n"
    "#else\n"
    "#define EACH_LANE inline\n"
    "#endif\n\n";

/* gcc cannot prove of more than a few arrays that iterations have nothing to do with each other,
 * nor tell memory from memory where a loop gathers, and asks at each short loop elsewhere. */
static const char independent[] = "/* No iteration of the loop needs what another one does. */\n"
                                  "#if defined __GNUC__ && !defined __clang__\n"
                                  "#define INDEPENDENT _Pragma(\"GCC ivdep\")\n"
                                  "#else\n"
                                  "#define INDEPENDENT\n"
                                  "#endif\n\n";

/* Whatever it is told, gcc believes that its sqrt sets errno, which keeps loops from being vector
 * code. C++ would want more words. */
static const char square_root[] =
    "/* gcc would keep it scalar: it takes it to set errno, whatever it is told. */\n"
    "#if defined __GNUC__ && !defined __cplusplus\n"
    "extern %s %s(%s) __attribute__((const));\n"
    "#endif\n\n";

/* clang does not inline long functions by itself. */
static const char always_inline[] = "#ifdef __clang__\n"
                                    "#define ALWAYS_INLINE __attribute__((always_inline))\n"
                                    "#else\n"
                                    "#define ALWAYS_INLINE\n"
                                    "#endif\n\n";

/* gcc takes -O3 to make vectors, and does not for what might trap or set errno: so it is told here,
 * for the model's functions alone, and only where it is to optimise at all. Copies of whole nests
 * of loops, for what is decided before them, would take a quarter of its time and gain nothing. */
void head_open_vectors(struct emitter *emitter, const char *text)
{
    const char *functions = embedding_text(&emitter->embedding);
    const char *root = emitter->single ? "sqrtf" : "sqrt";
    const char *call = arena_format(emitter->arena, "%s(", root);
    emit(emitter, "%s", begin_vectors);
    emit(emitter, "%s", strstr(functions, "EACH_LANE") != NULL ? each_lane : "");
    emit(emitter, "%s", strstr(text, "INDEPENDENT\n") != NULL ? independent : "");
    emit(emitter, "%s", strstr(functions, "ALWAYS_INLINE") != NULL ? always_inline : "");
    if (strstr(text, call) != NULL || strstr(functions, call) != NULL) {
        emit(emitter, square_root, emitter->real, root, emitter->real);
    }
}

void head_close_vectors(struct emitter *emitter)
{
    emit(emitter, "%s", end_vectors);
}

/* ---- Code that runs now and then ---- */

static const char begin_seldom[] =
    "/* What runs now and then is compiled in half the time, and no faster than it has to be. */\n"
    "#if defined __clang__\n"
    "#pragma clang attribute push(__attribute__((minsize)), apply_to = function)\n"
    "#elif defined __GNUC__ && defined __OPTIMIZE__\n"
    "#pragma GCC push_options\n"
    "#pragma GCC optimize(\"Og\")\n"
    "#endif\n\n";

static const char end_seldom[] = "#if defined __clang__\n"
                                 "#pragma clang attribute pop\n"
                                 "#elif defined __GNUC__ && defined __OPTIMIZE__\n"
                                 "#pragma GCC pop_options\n"
                                 "#endif\n\n";

void head_open_seldom(struct emitter *emitter)
{
    emit(emitter, "%s", begin_seldom);
}

void head_close_seldom(struct emitter *emitter)
{
    emit(emitter, "%s", end_seldom);
}
