#include "calculus/reverse.h"
#include "cli/session.h"
int command_diff(struct session *session)
{
    int status;
    struct model *model = session_model(session, &status);
    if (!model) return status;
    struct text text = text_create(session->arena);
    for (size_t i = 0; i < model->objective_count; i++) {
        struct objective *o = &model->objectives[i];
        struct program *p = program_copy(model->program);
        const struct tensor **adj = ARENA_ARRAY(session->arena, const struct tensor *, o->over_count);
        if (!reverse_differentiate(model->rules, p, o->loss, (const struct tensor *const *)o->over, o->over_count, adj, session->diagnostics))
            return session_report(session);
        program_flatten(p);
        program_inline_parts(p, NULL, 0);
        const char *w = program_verify(p);
        if (w) fprintf(stderr, "VERIFY %s\n", w);
        program_print(&text, p);
    }
    return session_write(session, text.bytes, text.length);
}
