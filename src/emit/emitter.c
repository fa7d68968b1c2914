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
    emitter.embedding = (struct embedding){.arena = arena, .single = options->single};
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
        return 7; /* signs end a line, they do not begin one */
    }
    if (strchr(",=?:;", before) != NULL) {
        return 0;
    }
    return strchr("+-<>&|", before) != NULL ? 1 : before == '*' || before == '/' ? 2 : 6;
}

/* The space to break at so that `width` holds; 0 where there is none. */
static size_t best_break(const char *line, size_t length, size_t width)
{
    size_t best = 0;
    int depth = 0, best_cost = 0;
    for (size_t i = 0; i + 1 < length && (i <= width || best == 0); i++) {
        depth += (line[i] == '(' || line[i] == '[') - (line[i] == ')' || line[i] == ']');
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

void emit_line(struct emitter *emitter, int indent, const char *statement)
{
    size_t length = strlen(statement);
    int hanging = indent;
    for (;;) {
        size_t width = LINE_WIDTH - (size_t)(hanging < LINE_WIDTH / 2 ? hanging : LINE_WIDTH / 2);
        size_t end = length > width ? best_break(statement, length, width) : 0;
        emit(emitter, "%*s", hanging, "");
        if (end == 0) {
            text_append_length(emitter->text, statement, length);
            emit(emitter, "\n");
            return;
        }
        text_append_length(emitter->text, statement, end);
        emit(emitter, "\n");
        statement += end + 1;
        length -= end + 1;
        hanging = indent + 4;
    }
}

void emit_comment(struct emitter *emitter, int indent, const char *comment)
{
    size_t length = strlen(comment), room = LINE_WIDTH - 6 - (size_t)indent;
    const char *mark = "/*";
    while (length > room) {
        size_t end = best_break(comment, length, room);
        if (end == 0) {
            break;
        }
        size_t shown = end;
        while (shown > 0 && comment[shown - 1] == ' ') {
            shown--;
        }
        emit(emitter, "%*s%s %.*s\n", indent, "", mark, (int)shown, comment);
        end += strspn(comment + end, " ");
        comment += end;
        length -= end;
        mark = " *  ";
    }
    emit(emitter, "%*s%s %s */\n", indent, "", mark, comment);
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
