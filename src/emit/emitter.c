#include "emit/emitter.h"

#include "emit/comment.h"

#include <string.h>

struct emitter emitter_create(struct arena *arena, struct graph *graph, const char *name,
                              const struct emit_options *options, struct diagnostics *diagnostics)
{
    struct emitter emitter = {.arena = arena,
                              .graph = graph,
                              .diagnostics = diagnostics,
                              .options = options,
                              .single = options->single};
    emitter.real = options->single ? "float" : "double";
    emitter.prefix = c_prefix(arena, options->name != NULL ? options->name : name);
    emitter.names = c_names_create(arena, emitter.prefix);
    emitter.embedding =
        (struct embedding){.arena = arena, .single = options->single, .blas = options->blas};
    emitter.places.arena = arena;
    emitter.sizes = table_create(arena);
    emitter.members = table_create(arena);
    return emitter;
}

void emit(struct emitter *emitter, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_format_list(emitter->text, format, arguments);
    va_end(arguments);
}

/* ---- Long lines ---- */

/* How unwelcome a break after this byte is: best after a comma or `=`, then after a sum's sign. */
static int break_cost(char before, char after)
{
    if (strchr("+-*/<>=!?:&|", after) != NULL) {
        return 100; /* signs end a line, they do not begin one */
    }
    if (strchr(",=?:;", before) != NULL) {
        return 0;
    }
    return strchr("+-<>&|", before) != NULL ? 1 : before == '*' || before == '/' ? 2 : 6;
}

/* The space to break at so that `width` holds; 0 where there is none. */
static size_t best_break(const char *line, size_t length, size_t width)
{
    enum { SUBSCRIPT = 3 };
    size_t best = 0;
    int depth = 0, best_cost = 0;
    for (size_t i = 0; i + 1 < length && (i <= width || best == 0); i++) {
        depth += (line[i] == '(') - (line[i] == ')');
        depth += SUBSCRIPT * ((line[i] == '[') - (line[i] == ']')); /* best left in one piece */
        if (line[i] != ' ' || i < width / 3) {
            continue;
        }
        int cost = 8 * depth + break_cost(line[i - 1], line[i + 1]);
        if (best == 0 || cost <= best_cost) {
            best = i;
            best_cost = cost;
        }
    }
    return best;
}

/* The columns behind the parentheses that are open at the end of what has been written. */
struct columns {
    size_t open[32];
    size_t depth; /* may be more than the columns kept */
};

static void follow(struct columns *columns, const char *text, size_t length, size_t column)
{
    enum { KEPT = sizeof columns->open / sizeof columns->open[0] };
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '(' || text[i] == '[') {
            if (columns->depth < KEPT) {
                columns->open[columns->depth] = column + i + 1;
            }
            columns->depth++;
        } else if ((text[i] == ')' || text[i] == ']') && columns->depth > 0) {
            columns->depth--;
        }
    }
}

/* Where a line goes on: behind the parenthesis that is open, unless that is far to the right. */
static size_t hanging_column(const struct columns *columns, size_t indent)
{
    enum { KEPT = sizeof columns->open / sizeof columns->open[0], FAR = 60 };
    if (columns->depth > 0 && columns->depth <= KEPT && columns->open[columns->depth - 1] <= FAR) {
        return columns->open[columns->depth - 1];
    }
    return indent + 4;
}

void emit_line(struct emitter *emitter, int indent, const char *statement)
{
    enum { WIDE = 70 }; /* deeper than this is too deep for lines of the usual width */
    struct columns columns = {.depth = 0};
    size_t length = strlen(statement), column = (size_t)indent;
    for (;;) {
        size_t width = LINE_WIDTH - (column < WIDE ? column : WIDE);
        size_t end = length > width ? best_break(statement, length, width) : 0;
        size_t written = end == 0 ? length : end;
        emit(emitter, "%*s", (int)column, "");
        text_append_length(emitter->text, statement, written);
        emit(emitter, "\n");
        if (end == 0) {
            return;
        }
        follow(&columns, statement, written, column);
        statement += end + 1;
        length -= end + 1;
        column = hanging_column(&columns, (size_t)indent);
    }
}

/* The length of the first line of a text that must be broken to fit `room`, and how far the next
 * one is; 0 where the text is one line. */
static size_t first_line(const char *text, size_t room, size_t *next)
{
    size_t length = strlen(text);
    size_t end = length > room ? best_break(text, length, room) : 0;
    *next = end + strspn(text + end, " ");
    while (end > 0 && text[end - 1] == ' ') {
        end--;
    }
    return end;
}

void emit_comment(struct emitter *emitter, int indent, const char *comment)
{
    size_t room = LINE_WIDTH - 7 - (size_t)indent, next, length;
    const char *mark = "/*";
    while ((length = first_line(comment, room, &next)) > 0) {
        emit(emitter, "%*s%s %.*s\n", indent, "", mark, (int)length, comment);
        comment += next;
        mark = " *  ";
    }
    emit(emitter, "%*s%s %s */\n", indent, "", mark, comment);
}

void emit_wrapped(struct emitter *emitter, const char *margin, const char *text)
{
    size_t room = LINE_WIDTH - strlen(margin) - 4, next, length;
    const char *hang = "";
    while ((length = first_line(text, room, &next)) > 0) {
        emit(emitter, "%s%s%.*s\n", margin, hang, (int)length, text);
        text += next;
        hang = "    ";
    }
    emit(emitter, "%s%s%s\n", margin, hang, text);
}

void emit_signature(struct emitter *emitter, const char *head, const char *const *parameters,
                    size_t count)
{
    size_t column = strlen(head) + 1, margin = column;
    emit(emitter, "%s(", head);
    for (size_t i = 0; i < count; i++) {
        size_t width = strlen(parameters[i]) + 1;
        if (i > 0 && column + width + 2 > LINE_WIDTH) {
            emit(emitter, "\n%*s", (int)margin, "");
            column = margin;
        } else if (i > 0) {
            emit(emitter, " ");
            column++;
        }
        emit(emitter, "%s%s", parameters[i], i + 1 < count ? "," : "");
        column += width;
    }
    emit(emitter, count == 0 ? "void)" : ")");
}

/* ---- Shapes ---- */

void emit_shape(struct emitter *emitter, struct text *text, const struct tensor *tensor)
{
    struct text shape = text_create(emitter->arena);
    text_append(&shape, tensor->name == NULL ? "part" : tensor->name);
    for (int i = 0; i < tensor->rank; i++) {
        text_append(&shape, i == 0 ? "[" : ",");
        node_print(&shape, axis_extent(emitter->graph, &tensor->axes[i]));
    }
    text_append(&shape, tensor->rank > 0 ? "]" : "");
    comment_append(text, shape.bytes, shape.length);
}
