/* Text rules at work: reading a row, matching its left side, putting arguments into its right. */
#ifndef SYMGRAD_CALCULUS_RULES_H
#define SYMGRAD_CALCULUS_RULES_H

#include "calculus/simplify.h"

/* What the letters of a rule stand for. */
struct binding {
    const char *name; /* interned */
    const struct node *value;
};

#define BINDINGS_MAX 16

struct bindings {
    int count;
    struct binding items[BINDINGS_MAX];
};

struct rule {
    const struct expression *left;
    const char *right_text, *when_text;    /* `when_text` "": always */
    const struct expression *right, *when; /* read when first asked; NULL till then */
};

struct rule_list {
    struct rule *items;
    size_t count, capacity;
};

struct rules {
    struct graph *graph;
    struct parse_context *context;
    struct rule_list exact[OPERATOR_COUNT],
        stable[OPERATOR_COUNT]; /* by the left side's operator */
    struct expression *derivatives[OPERATOR_COUNT][OPERATOR_ARITY_MAX]; /* read when first asked */
    struct simplifier simplifier;
};

/* The text of a rule, which calls nothing but operators. */
struct expression *rule_read(struct rules *rules, const char *text);

/* The expression with the letters' values put in. */
const struct node *rule_build(struct rules *rules, const struct expression *expression,
                              const struct bindings *bindings);

/* The right side of the first rule that matches operator(arguments); NULL for none. */
const struct node *rules_rewrite(struct rules *rules, const struct rule_list *list, int count,
                                 const struct node *const *arguments);

/* 1 or 0 for a comparison that the ranges of its indices decide; NULL for any other. */
const struct node *simplify_comparison(struct graph *graph, const struct operation *operation,
                                       const struct node *const *arguments);

/* Algebra of reductions; NULL where nothing simpler is known. */
const struct node *simplify_reduction(struct graph *graph, const struct reduction *reduction,
                                      int index_count, const struct index *const *indices,
                                      const struct node *element, const struct node *condition);

#endif
