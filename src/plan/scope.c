#include "plan/scope.h"

struct scope *scope_create(struct arena *arena, struct scope *outer)
{
    struct scope *scope = ARENA_NEW(arena, struct scope);
    scope->outer = outer;
    if (outer != NULL) {
        const struct scope *far = outer->jump;
        bool even = far != NULL && far->jump != NULL &&
                    outer->depth - far->depth == far->depth - far->jump->depth;
        scope->depth = outer->depth + 1;
        scope->jump = even ? far->jump : outer;
        scope->guard = outer->guard;
    }
    return scope;
}

struct scope *scope_create_branch(struct arena *arena, struct scope *outer,
                                  const struct node *owner)
{
    struct scope *scope = scope_create(arena, outer);
    scope->branch = true;
    scope->owner = owner;
    scope->guard = scope;
    return scope;
}

static struct scope *scope_at_depth(struct scope *scope, unsigned depth)
{
    while (scope->depth > depth) {
        scope = scope->jump->depth >= depth ? scope->jump : scope->outer;
    }
    return scope;
}

struct scope *scope_common(struct scope *left, struct scope *right)
{
    unsigned depth = left->depth < right->depth ? left->depth : right->depth;
    left = scope_at_depth(left, depth);
    right = scope_at_depth(right, depth);
    while (left != right) {
        bool far = left->jump != right->jump;
        left = far ? left->jump : left->outer;
        right = far ? right->jump : right->outer;
    }
    return left;
}

struct scope *scope_inner(struct scope *left, struct scope *right)
{
    if (left == NULL || right == NULL) {
        return left == NULL ? right : left;
    }
    return left->depth >= right->depth ? left : right;
}

static struct scope *scope_at(const struct tree *tree, const struct statement *statement, int level)
{
    return level == 0 ? tree->parts[statement->part - 1] : statement->path[level - 1];
}

struct scope *statement_scope(const struct tree *tree, const struct statement *statement)
{
    return scope_at(tree, statement, statement->loop_count);
}

struct scope *statement_value_scope(const struct tree *tree, const struct statement *statement)
{
    return scope_at(tree, statement, statement->fold);
}

struct stay scope_stay(const struct tree *tree, const struct statement *statement,
                       const struct scope *home)
{
    const struct scope *scope = statement_scope(tree, statement);
    if (scope == home) {
        return (struct stay){statement->first, statement->last};
    }
    while (scope->outer != home) {
        scope = scope->outer;
    }
    return (struct stay){scope->begin, scope->end_position};
}
