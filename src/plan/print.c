#include "plan/loops.h"

static void print_steps(struct text *text, const struct step_list *steps, int indent);

static void begin(struct text *text, int indent)
{
    for (int i = 0; i < indent; i++) {
        text_append(text, "    ");
    }
}

static void print_target(struct text *text, const struct step *step)
{
    text_append(text, step->target->name);
    for (int i = 0; i < step->target->rank; i++) {
        text_append(text, i == 0 ? "[" : ",");
        node_print(text, step->subscripts[i]);
    }
    text_append(text, step->target->rank > 0 ? "]" : "");
}

static void print_assignment(struct text *text, const struct step *step)
{
    static const char *const signs[] = {
        [STEP_DECLARE] = " = ", [STEP_ASSIGN] = " = ", [STEP_STORE] = " = ", [STEP_ADD] = " += "};
    text_append(text, step->kind == STEP_DECLARE ? "let " : "");
    print_target(text, step);
    if (step->value != NULL) {
        text_append(text, signs[step->kind]);
        node_print(text, step->value);
    }
    text_append(text, "\n");
}

static const char *loop_word(const struct step *loop)
{
    return loop->parallel != NULL  ? "parallel"
           : loop->product != NULL ? "product"
           : loop->reduction       ? "reduce"
           : loop->independent     ? "each"
                                   : "for";
}

/* Under which a parallel loop is one. */
static void print_condition(struct text *text, const struct step *loop)
{
    if (loop->parallel != NULL && loop->parallel->kind != NODE_NUMBER) {
        text_append(text, " if ");
        node_print(text, loop->parallel);
    }
}

static void print_step(struct text *text, const struct step *step, int indent)
{
    begin(text, indent);
    switch (step->kind) {
    case STEP_COMMENT:
        text_append(text, "# ");
        equation_print(text, step->equation);
        text_append(text, "\n");
        break;
    case STEP_LOOP:
        text_format(text, "%s %s in ", loop_word(step),
                    step->index->name == NULL ? "i" : step->index->name);
        node_print(text, step->first);
        text_append(text, " until ");
        node_print(text, step->end);
        print_condition(text, step);
        text_append(text, step->descending ? ", descending\n" : "\n");
        print_steps(text, &step->body, indent + 1);
        break;
    case STEP_IF:
        text_append(text, "if ");
        node_print(text, step->value);
        text_append(text, "\n");
        print_steps(text, &step->body, indent + 1);
        if (step->otherwise.count > 0) {
            begin(text, indent);
            text_append(text, "else\n");
            print_steps(text, &step->otherwise, indent + 1);
        }
        break;
    case STEP_DECLARE:
    case STEP_ASSIGN:
    case STEP_STORE:
    case STEP_ADD:
        print_assignment(text, step);
        break;
    case STEP_LEAVE:
        text_append(text, "leave\n");
        break;
    }
}

static void print_steps(struct text *text, const struct step_list *steps, int indent)
{
    for (size_t i = 0; i < steps->count; i++) {
        print_step(text, steps->items[i], indent);
    }
}

static void print_buffer(struct text *text, const struct buffer *buffer)
{
    static const char *const places[] = {[PLACE_GIVEN] = "given",
                                         [PLACE_RESULT] = "result",
                                         [PLACE_WORKSPACE] = "workspace",
                                         [PLACE_CHUNK] = "chunk",
                                         [PLACE_VARIABLE] = "variable"};
    text_format(text, "%-12s %-10s ", buffer->tensor->name, places[buffer->place]);
    node_print(text, buffer->size);
    if (buffer->offset != NULL) {
        text_append(text, " at ");
        node_print(text, buffer->offset);
    }
    text_append(text, "\n");
}

void plan_print(struct text *text, const struct plan *plan)
{
    for (size_t i = 0; i < plan->buffer_count; i++) {
        print_buffer(text, &plan->buffers[i]);
    }
    for (size_t i = 0; i < plan->part_count; i++) {
        text_format(text, "%spart %zu\n", i > 0 || plan->buffer_count > 0 ? "\n" : "", i + 1);
        print_steps(text, &plan->parts[i].steps, 1);
    }
}
