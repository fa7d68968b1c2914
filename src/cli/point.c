#include "cli/point.h"

#include "base/file.h"
#include "cli/compile.h"

#include <math.h>
#include <string.h>

/* ---- Reading ---- */

static const char *next_word(const char **text, size_t *length)
{
    const char *word = *text + strspn(*text, " \n");
    *length = strcspn(word, " \n");
    *text = word + *length;
    return word;
}

static void skip_words(const char **text, int count)
{
    size_t length;
    for (int i = 0; i < count; i++) {
        next_word(text, &length);
    }
}

static double next_number(const char **text)
{
    size_t length;
    double number;
    const char *word = next_word(text, &length);
    return number_read(word, length, &number) ? number : (double)NAN;
}

static void read_point(struct session *session, struct model *model, const char *text,
                       struct point *point)
{
    long *sizes =
        ARENA_ARRAY(session->arena, long, (size_t)graph_dimension_count(model->graph) + 1);
    skip_words(&text, 5); /* symgrad numbers of NAME sizes */
    const size_t count = (size_t)next_number(&text);
    for (size_t i = 0; i < count; i++) {
        skip_words(&text, 1);
        const long size = (long)next_number(&text);
        if (i < model->dimension_count) { /* the rest are sizes that the model says itself */
            sizes[model->dimensions[i]->id] = size;
        }
    }
    *point = (struct point){model, sizes, text};
}

/* ---- Asking ---- */

static const char *ask_in(struct session *session, struct model *model, const char *directory,
                          int *status)
{
    size_t length;
    char *text = session_emit(session, model, &length);
    if (text == NULL) {
        *status = session_report(session);
        return NULL;
    }
    const char *program = compile_c(session, directory, "model", text, length, COMPILE_TO_TEST);
    const char *file = arena_format(session->arena, "%s/numbers", directory);
    const char *const arguments[] = {"--numbers", file, NULL};
    *status = program == NULL ? STATUS_SYSTEM : run_trainer(session, program, arguments);
    if (*status != STATUS_DONE) {
        return NULL;
    }
    const char *reason;
    const char *numbers = file_read(session->arena, file, &length, &reason);
    if (numbers == NULL) {
        *status = session_failure("cannot read '%s': %s", file, reason);
    }
    return numbers;
}

bool point_ask(struct session *session, struct model *model, struct point *point, int *status)
{
    *status = STATUS_SYSTEM;
    const char *directory = scratch_create(session);
    if (directory == NULL) {
        return false;
    }
    const char *numbers = ask_in(session, model, directory, status);
    scratch_remove(session, directory);
    if (numbers != NULL) {
        read_point(session, model, numbers, point);
    }
    return numbers != NULL;
}

/* ---- Placing ---- */

static void place(struct interpreter *interpreter, const struct tensor *tensor, const char **text)
{
    size_t count;
    double *values = interpreter_values(interpreter, tensor, &count);
    skip_words(text, 1); /* name and shape */
    for (size_t k = 0; k < count; k++) {
        values[k] = next_number(text);
    }
}

void point_place(const struct point *point, struct interpreter *interpreter)
{
    const char *text = point->tensors;
    for (size_t i = 0; i < point->model->parameter_count; i++) {
        place(interpreter, point->model->parameters[i].tensor, &text);
    }
    for (size_t i = 0; i < point->model->input_count; i++) {
        place(interpreter, point->model->inputs[i].tensor, &text);
    }
}

void point_place_step(const struct model *model, struct interpreter *interpreter)
{
    const struct tensor *inputs[] = {model->draw_number, model->training, model->row_scale};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        size_t count;
        if (inputs[i] != NULL) {
            interpreter_values(interpreter, inputs[i], &count)[0] = 1;
        }
    }
}
