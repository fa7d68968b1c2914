#include "options.h"

enum options_kind {
    OPTIONS_FLAG,
    OPTIONS_FILE,
    OPTIONS_COUNT,    /* 0, 1, 2, ... */
    OPTIONS_POSITIVE, /* 1, 2, ... */
    OPTIONS_RATE,
    OPTIONS_SEED,
    OPTIONS_DATA
};

struct options_row {
    const char *name;
    const char *argument; /* NULL: none */
    const char *help;
    enum options_kind kind;
    size_t place; /* in struct options */
};

static const struct options_row options_rows[] = {
    {"--data", "x,y=FILE", "read these inputs from FILE", OPTIONS_DATA, 0},
    {"--steps", "N", "end after N steps", OPTIONS_COUNT, offsetof(struct options, steps)},
    {"--epochs", "N", "end after N passes over the rows", OPTIONS_COUNT,
     offsetof(struct options, epochs)},
    {"--patience", "N", "end after N epochs without a smaller loss on the rows held out",
     OPTIONS_POSITIVE, offsetof(struct options, patience)},
    {"--batch", "N", "use N rows in a step", OPTIONS_POSITIVE, offsetof(struct options, batch)},
    {"--rate", "R", "use R as the optimiser's rate", OPTIONS_RATE, offsetof(struct options, rate)},
    {"--seed", "S", "draw all that is random from S; the default is 1", OPTIONS_SEED,
     offsetof(struct options, seed)},
    {"--save", "FILE", "write the parameters to FILE at the end", OPTIONS_FILE,
     offsetof(struct options, save)},
    {"--load", "FILE", "start from the parameters in FILE", OPTIONS_FILE,
     offsetof(struct options, load)},
    {"--checkpoint", "FILE", "write all that training goes on from to FILE, now and then",
     OPTIONS_FILE, offsetof(struct options, checkpoint)},
    {"--every", "N", "write the checkpoint every N steps, not once a minute", OPTIONS_POSITIVE,
     offsetof(struct options, every)},
    {"--resume", "FILE", "go on from the checkpoint in FILE", OPTIONS_FILE,
     offsetof(struct options, resume)},
    {"--predict", "FILE", "write the model's outputs for every row to FILE, as CSV", OPTIONS_FILE,
     offsetof(struct options, predict)},
    {"--log", "FILE", "write loss and reports of each epoch to FILE, as CSV", OPTIONS_FILE,
     offsetof(struct options, log)},
    {"--plot", "FILE", "draw loss and reports over the steps into FILE, as SVG", OPTIONS_FILE,
     offsetof(struct options, plot)},
    {"--stream", "FOLDER", "keep the data in a file in FOLDER, not in memory", OPTIONS_FILE,
     offsetof(struct options, stream)},
    {"--threads", "N", "have N threads share the work, if compiled with -fopenmp", OPTIONS_POSITIVE,
     offsetof(struct options, threads)},
    {"--check", NULL, "only compare the gradient with a numeric one", OPTIONS_FLAG,
     offsetof(struct options, check)},
    {"--numbers", "FILE", "only write to FILE what the first batch is computed from", OPTIONS_FILE,
     offsetof(struct options, numbers)},
    {"--quiet", NULL, "show no progress", OPTIONS_FLAG, offsetof(struct options, quiet)},
    {"--help", NULL, "print this and end", OPTIONS_FLAG, offsetof(struct options, help)},
};

enum { OPTIONS_ROW_COUNT = sizeof options_rows / sizeof options_rows[0] };

static bool options_wrong_value(const struct options_row *row, const char *value,
                                const char *wanted, struct failure *failure)
{
    struct failure_quotation quotation;

    return failure_set(failure, FAILURE_USAGE, "%s takes %s, not %s", row->name, wanted,
                       failure_quote(&quotation, value, strlen(value)));
}

/* A row of decimal digits, nothing else. */
static bool options_whole(const char *text, uint64_t *value)
{
    char *end;
    uintmax_t whole;

    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    whole = strtoumax(text, &end, 10);
    *value = (uint64_t)whole;
    return errno == 0 && whole <= UINT64_MAX;
}

static bool options_set_count(struct options *options, const struct options_row *row,
                              const char *value, struct failure *failure)
{
    const bool positive = row->kind == OPTIONS_POSITIVE;
    ptrdiff_t count;
    uint64_t whole;

    if (!options_whole(value, &whole) || whole > PTRDIFF_MAX || (positive && whole == 0))
        return options_wrong_value(row, value,
                                   positive ? "a whole number above 0" : "a whole number", failure);
    count = (ptrdiff_t)whole;
    memcpy((char *)options + row->place, &count, sizeof count);
    return true;
}

static bool options_set_rate(struct options *options, const struct options_row *row,
                             const char *value, struct failure *failure)
{
    if (!decimal_read(value, strlen(value), &options->rate) || options->rate <= 0.0)
        return options_wrong_value(row, value, "a number above 0", failure);
    return true;
}

static bool options_set_seed(struct options *options, const struct options_row *row,
                             const char *value, struct failure *failure)
{
    if (!options_whole(value, &options->seed))
        return options_wrong_value(row, value, "a whole number below 2^64", failure);
    return true;
}

static bool options_set_file(struct options *options, const struct options_row *row,
                             const char *value, struct failure *failure)
{
    if (value[0] == '\0')
        return options_wrong_value(row, value, "the name of a file", failure);
    memcpy((char *)options + row->place, &value, sizeof value);
    return true;
}

/* Writes the names of the inputs, parted by commas; a list that is too long is cut. */
static void options_list_inputs(const struct trainer_model *model, char *text, size_t size)
{
    size_t end = 0;

    text[0] = '\0';
    for (int i = 0; i < model->input_count && end + 1 < size; i++) {
        snprintf(text + end, size - end, "%s%s", i == 0 ? "" : ",", model->inputs[i].name);
        end += strlen(text + end);
    }
}

static bool options_set_input_file(struct options *options, const struct trainer_model *model,
                                   const char *name, size_t length, const char *file,
                                   struct failure *failure)
{
    struct failure_quotation quotation;
    char known[FAILURE_TEXT / 2];

    for (int i = 0; i < model->input_count; i++) {
        const char *candidate = model->inputs[i].name;
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0) {
            options->files[i] = file;
            return true;
        }
    }
    options_list_inputs(model, known, sizeof known);
    return failure_set(failure, FAILURE_USAGE, "--data: the model has no data %s%s%s",
                       failure_quote(&quotation, name, length),
                       model->input_count > 0 ? "; it has " : "", known);
}

/* x,y=FILE */
static bool options_set_data(struct options *options, const struct options_row *row,
                             const struct trainer_model *model, const char *value,
                             struct failure *failure)
{
    const char *equals = strchr(value, '=');
    const char *name = value;

    if (equals == NULL || equals == value || equals[1] == '\0')
        return options_wrong_value(row, value, "names and a file, as in x,y=FILE", failure);
    while (name <= equals) {
        const size_t length = strcspn(name, ",=");
        if (!options_set_input_file(options, model, name, length, equals + 1, failure))
            return false;
        name += length + 1;
    }
    return true;
}

static bool options_set(struct options *options, const struct options_row *row,
                        const struct trainer_model *model, const char *value,
                        struct failure *failure)
{
    const bool on = true;

    switch (row->kind) {
    case OPTIONS_FLAG:
        memcpy((char *)options + row->place, &on, sizeof on);
        return true;
    case OPTIONS_FILE:
        return options_set_file(options, row, value, failure);
    case OPTIONS_COUNT:
    case OPTIONS_POSITIVE:
        return options_set_count(options, row, value, failure);
    case OPTIONS_RATE:
        return options_set_rate(options, row, value, failure);
    case OPTIONS_SEED:
        return options_set_seed(options, row, value, failure);
    case OPTIONS_DATA:
        return options_set_data(options, row, model, value, failure);
    }
    return false;
}

static const struct options_row *options_find(const char *name, size_t length)
{
    for (int i = 0; i < OPTIONS_ROW_COUNT; i++)
        if (strlen(options_rows[i].name) == length &&
            memcmp(options_rows[i].name, name, length) == 0)
            return &options_rows[i];
    return NULL;
}

/* One option, spelt `--name value` or `--name=value`; moves `*index` past it. */
static bool options_take(struct options *options, const struct trainer_model *model,
                         int argument_count, char **arguments, int *index, struct failure *failure)
{
    struct failure_quotation quotation;
    const char *argument = arguments[(*index)++];
    const size_t length = strcspn(argument, "=");
    const struct options_row *row = options_find(argument, length);
    const char *value = argument[length] == '=' ? argument + length + 1 : NULL;

    if (row == NULL)
        return failure_set(failure, FAILURE_USAGE, "unknown %s %s; --help lists the options",
                           argument[0] == '-' ? "option" : "argument",
                           failure_quote(&quotation, argument, strlen(argument)));
    if (row->argument == NULL)
        return value == NULL ? options_set(options, row, model, "", failure)
                             : failure_set(failure, FAILURE_USAGE, "%s takes no value", row->name);
    if (value == NULL) {
        if (*index >= argument_count)
            return failure_set(failure, FAILURE_USAGE, "%s needs a value: %s %s", row->name,
                               row->name, row->argument);
        value = arguments[(*index)++];
    }
    return options_set(options, row, model, value, failure);
}

/* What makes no sense together. */
static bool options_agree(const struct options *options, struct failure *failure)
{
    if (options->every != TRAINER_NONE && options->checkpoint == NULL)
        return failure_set(failure, FAILURE_USAGE, "--every needs --checkpoint");
    if (options->load != NULL && options->resume != NULL)
        return failure_set(failure, FAILURE_USAGE, "--load and --resume exclude each other");
    return true;
}

static bool options_parse(struct options *options, const struct trainer_model *model,
                          const char **files, int argument_count, char **arguments,
                          struct failure *failure)
{
    int index = 1;

    memset(options, 0, sizeof *options);
    options->files = files;
    options->steps = TRAINER_NONE;
    options->epochs = TRAINER_NONE;
    options->batch = TRAINER_NONE;
    options->every = TRAINER_NONE;
    options->patience = TRAINER_NONE;
    options->threads = TRAINER_NONE;
    options->seed = 1;
    for (int i = 0; i < model->input_count; i++)
        files[i] = model->inputs[i].file;
    while (index < argument_count)
        if (!options_take(options, model, argument_count, arguments, &index, failure))
            return false;
    return options_agree(options, failure);
}

static void options_print_help(const struct trainer_model *model, FILE *stream)
{
    fprintf(stream, "Trains the model %s.\n\nusage: %s [options]\n\n", model->name, model->name);
    for (int i = 0; i < OPTIONS_ROW_COUNT; i++) {
        const struct options_row *row = &options_rows[i];
        fprintf(stream, "  %-12s %-9s  %s\n", row->name, row->argument == NULL ? "" : row->argument,
                row->help);
    }
    fprintf(stream, "\nWith --load, it trains only where --steps or --epochs is given.\n");
    for (int i = 0; i < model->input_count; i++) {
        const struct trainer_input *input = &model->inputs[i];
        fprintf(stream, "%s  %s: %s\n", i == 0 ? "\nData:\n" : "", input->name,
                input->file == NULL ? "given by --data" : input->file);
    }
}
