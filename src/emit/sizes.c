#include "emit/sizes.h"

#include <string.h>

enum { FACTORS_MAX = RANK_MAX * 2 };

static bool is_operator(const struct node *node, enum operator_id id)
{
    return node->kind == NODE_APPLY && node->operator->id == id;
}

static void insert_factor(struct amount_term *term, const struct node *factor)
{
    int i = term->count++;
    for (; i > 0 && term->factors[i - 1]->id > factor->id; i--) {
        term->factors[i] = term->factors[i - 1];
    }
    term->factors[i] = factor;
}

/* A product taken apart; what is neither a number nor a product is a factor. */
static struct amount_term term_of(const struct node *node)
{
    struct amount_term term = {.coefficient = 1};
    const struct node *stack[FACTORS_MAX];
    int depth = 0;
    stack[depth++] = node;
    while (depth > 0) {
        node = stack[--depth];
        if (node->kind == NODE_NUMBER && node->number >= 0) {
            term.coefficient *= node->number;
        } else if (is_operator(node, OPERATOR_MULTIPLY) && depth + term.count + 2 < FACTORS_MAX) {
            stack[depth++] = node->arguments[1];
            stack[depth++] = node->arguments[0];
        } else {
            insert_factor(&term, node);
        }
    }
    return term;
}

static bool same_factors(const struct amount_term *left, const struct amount_term *right)
{
    return left->count == right->count &&
           memcmp(left->factors, right->factors, (size_t)left->count * sizeof left->factors[0]) ==
               0;
}

static void add_term(struct arena *arena, struct amount *amount, struct amount_term term)
{
    for (size_t i = 0; i < amount->count; i++) {
        if (same_factors(&amount->terms[i], &term)) {
            amount->terms[i].coefficient += term.coefficient;
            return;
        }
    }
    if (term.coefficient > 0) {
        ARENA_PUSH(arena, amount->terms, amount->count, amount->capacity, term);
    }
}

struct amount amount_of(struct arena *arena, const struct node *size)
{
    struct amount amount = {0};
    const struct node **stack = NULL;
    size_t depth = 0, capacity = 0;
    ARENA_PUSH(arena, stack, depth, capacity, size);
    while (depth > 0) {
        const struct node *node = stack[--depth];
        if (is_operator(node, OPERATOR_ADD)) {
            ARENA_PUSH(arena, stack, depth, capacity, node->arguments[1]);
            ARENA_PUSH(arena, stack, depth, capacity, node->arguments[0]);
        } else {
            add_term(arena, &amount, term_of(node));
        }
    }
    return amount;
}

bool amount_within(const struct amount *left, const struct amount *right)
{
    for (size_t i = 0; i < left->count; i++) {
        bool within = false;
        for (size_t k = 0; k < right->count && !within; k++) {
            within = same_factors(&left->terms[i], &right->terms[k]) &&
                     left->terms[i].coefficient <= right->terms[k].coefficient;
        }
        if (!within) {
            return false;
        }
    }
    return true;
}

/* ---- Spelling ---- */

static void append_call(struct speller *speller, struct text *text, const char *name)
{
    embedding_call(speller->embedding, name, strlen(name));
    text_format(text, "%s(", name);
}

/* A factor that is no dimension is a difference of dimensions and small numbers, or the larger of
 * two sizes; below 0 it means that there is no element. */
static void append_factor(struct speller *speller, struct text *text, const struct node *factor)
{
    text_append(text, "(size_t)");
    if (factor->kind == NODE_SIZE) {
        expression_append(speller, text, factor, TYPE_WHOLE, LEVEL_CAST);
        return;
    }
    append_call(speller, text, "larger");
    expression_append(speller, text, factor, TYPE_WHOLE, LEVEL_ANY);
    text_append(text, ", 0)");
}

void amount_term_append(struct speller *speller, struct text *text,
                        const struct amount_term *term)
{
    bool has_number = term->coefficient != 1 || term->count == 0;
    int calls = term->count - (has_number ? 0 : 1);
    for (int i = 0; i < calls; i++) {
        append_call(speller, text, "size_product");
    }
    if (has_number) {
        text_format(text, "%.0f", term->coefficient);
    }
    for (int i = 0; i < term->count; i++) {
        bool first = i == 0 && !has_number;
        text_append(text, first ? "" : ", ");
        append_factor(speller, text, term->factors[i]);
        text_append(text, first ? "" : ")");
    }
}

void amount_append(struct speller *speller, struct text *text, const struct amount *amount)
{
    if (amount->count == 0) {
        text_append(text, "0");
    }
    for (size_t i = 1; i < amount->count; i++) {
        append_call(speller, text, "size_sum");
    }
    for (size_t i = 0; i < amount->count; i++) {
        text_append(text, i == 0 ? "" : ", ");
        amount_term_append(speller, text, &amount->terms[i]);
        text_append(text, i == 0 ? "" : ")");
    }
}

void amount_print(struct text *text, const struct amount *amount)
{
    if (amount->count == 0) {
        text_append(text, "0");
    }
    for (size_t i = 0; i < amount->count; i++) {
        const struct amount_term *term = &amount->terms[i];
        text_append(text, i == 0 ? "" : " + ");
        bool has_number = term->coefficient != 1 || term->count == 0;
        if (has_number) {
            text_append_number(text, term->coefficient);
        }
        for (int k = 0; k < term->count; k++) {
            bool plain = term->factors[k]->kind == NODE_SIZE;
            text_append(text, k > 0 || has_number ? "*" : "");
            text_append(text, plain ? "" : "(");
            node_print(text, term->factors[k]);
            text_append(text, plain ? "" : ")");
        }
    }
}
