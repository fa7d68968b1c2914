/* The loop tree on its way: scopes, and in each what happens in it in order. */
#ifndef SYMGRAD_PLAN_SCOPE_H
#define SYMGRAD_PLAN_SCOPE_H

#include "plan/statement.h"

enum entry_kind {
    ENTRY_STATEMENT, /* the statement's work, in its innermost loop */
    ENTRY_OPEN,      /* its accumulator is set to the unit */
    ENTRY_CLOSE,     /* its accumulator is complete */
    ENTRY_LOOP
};

struct entry {
    enum entry_kind kind;
    struct statement *statement;
    struct scope *scope; /* LOOP */
};

/* A loop, a branch, or the whole of a part. */
struct scope {
    struct scope *outer, *jump; /* `jump` leads further out, for a short way to any depth */
    unsigned depth;
    bool branch;                    /* taken or not */
    const struct node *owner;       /* the `if`, `and` or `or` whose branch it is; NULL: none */
    const struct index *index;      /* a loop's */
    const struct node *first, *end; /* a loop's; may depend on outer indices */
    bool descending;                /* a loop's */
    bool carries;                   /* a recurrence's loop */
    bool runs;                      /* surely at least once */
    const struct scope *guard;      /* the innermost around that may not be entered; NULL: none */
    struct entry *entries;
    size_t entry_count, entry_capacity;
    unsigned begin, end_position; /* of what happens in it, see struct statement */

    struct step_list steps;
};

struct scope *scope_create(struct arena *arena, struct scope *outer);
struct scope *scope_create_branch(struct arena *arena, struct scope *outer,
                                  const struct node *owner);
/* The innermost scope around both. */
struct scope *scope_common(struct scope *left, struct scope *right);
/* NULL left or right: the other one. */
struct scope *scope_inner(struct scope *left, struct scope *right);

/* From when to when something happens, see struct statement. */
struct stay {
    unsigned begin, end;
};

struct tree {
    struct statements *statements;
    struct graph *graph;
    struct arena *arena; /* the statements' */
    struct scope **parts;
    size_t part_count, part_capacity;
    struct table *taken; /* indices that already run a loop */
    bool again;          /* a statement was set apart: fusion must be done anew */
    struct row **rows;   /* that no statement has: filled where something is lowered */
    size_t row_count, row_capacity;
    struct table *dropped; /* tensors that nothing stores or reads any more; NULL: none */
};

/* fuse.c: puts all statements into loops, shared as far as possible. */
void tree_create(struct tree *tree, struct statements *statements);

/* The innermost loop that a statement's work stands in, and that in which its value is complete. */
struct scope *statement_scope(const struct tree *tree, const struct statement *statement);
struct scope *statement_value_scope(const struct tree *tree, const struct statement *statement);
/* When a statement does its work in `home`, a scope around it: in all iterations of the loops
 * inside. */
struct stay scope_stay(const struct tree *tree, const struct statement *statement,
                       const struct scope *home);

/* contract.c: what is used only in the iteration that computes it becomes a local variable, or a
 * row in place of the whole tensor. */
void tree_contract(struct tree *tree);

#endif
