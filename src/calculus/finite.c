#include "calculus/finite.h"

#include "equations/affine.h"

#include <math.h>

/* What a value is: made of numbers and sizes alone, finite, or neither for certain. */
struct nature {
    bool constant, finite;
};

static const struct nature constant_nature = {true, true}, finite_nature = {false, true},
                           uncertain_nature = {false, false};

struct finite finite_create(struct arena *arena)
{
    return (struct finite){table_create(arena), table_create(arena)};
}

static const struct nature *nature_of(struct finite *finite, const struct node *node);

static const struct nature *nature_of_reduction(const struct node *reduce,
                                                const struct nature *element)
{
    bool may_be_empty = reduce->argument_count == 2;
    bool empty_is_finite =
        reduce->reduction->id != REDUCTION_MAX && reduce->reduction->id != REDUCTION_MIN;
    return element->finite && (empty_is_finite || !may_be_empty) ? &finite_nature
                                                                 : &uncertain_nature;
}

/* Division by a constant, and a constant whole power, are as good as products. */
static bool is_like_product(struct finite *finite, const struct node *apply)
{
    const struct node *second = apply->argument_count == 2 ? apply->arguments[1] : NULL;
    if (apply->operation->id == OPERATOR_DIVIDE) {
        return nature_of(finite, second)->constant;
    }
    return apply->operation->id == OPERATOR_POWER && second->kind == NODE_NUMBER &&
           second->number >= 0 && second->number == floor(second->number);
}

static const struct nature *nature_of_apply(struct finite *finite, const struct node *apply)
{
    bool constant = true, all_finite = true;
    for (int i = 0; i < apply->argument_count; i++) {
        const struct nature *argument = nature_of(finite, apply->arguments[i]);
        constant = constant && argument->constant;
        all_finite = all_finite && argument->finite;
    }
    if (constant) {
        return &constant_nature;
    }
    bool safe = (apply->operation->flags & OPERATOR_FINITE) != 0 || is_like_product(finite, apply);
    return all_finite && safe ? &finite_nature : &uncertain_nature;
}

static const struct nature *find_nature(struct finite *finite, const struct node *node)
{
    switch (node->kind) {
    case NODE_NUMBER:
        return isfinite(node->number) ? &constant_nature : &uncertain_nature;
    case NODE_SIZE:
        return &constant_nature;
    case NODE_INDEX:
        return &finite_nature;
    case NODE_LOAD:
        /* Beside its tensor a load reads anything. */
        return table_find(finite->uncertain, node->tensor) == NULL && load_stays_in_bounds(node)
                   ? &finite_nature
                   : &uncertain_nature;
    case NODE_REDUCE:
        return nature_of_reduction(node, nature_of(finite, node->arguments[0]));
    case NODE_APPLY:
        break;
    }
    return nature_of_apply(finite, node);
}

static const struct nature *nature_of(struct finite *finite, const struct node *node)
{
    const struct nature *nature = table_find(finite->nature, node);
    if (nature == NULL) {
        nature = find_nature(finite, node);
        table_store(finite->nature, node, (void *)(uintptr_t)nature);
    }
    return nature;
}

bool is_finite(struct finite *finite, const struct node *node)
{
    return nature_of(finite, node)->finite;
}

void finite_survey(struct finite *finite, const struct node *const *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        nature_of(finite, order[i]);
    }
}

/* In a recurrence a definition is looked at before one that it reads: what has been found to be
 * uncertain goes round until nothing new is. */
void finite_learn(struct finite *finite, struct arena *arena, const struct program *program,
                  size_t count)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < count; i++) {
            const struct equation *equation = program->equations[i];
            size_t length;
            const struct node **order = node_order(arena, &equation->body, 1, &length);
            finite_survey(finite, order, length);
            if (table_find(finite->uncertain, equation->target) == NULL &&
                !is_finite(finite, equation->body)) {
                table_store(finite->uncertain, equation->target,
                            (void *)(uintptr_t)equation->target);
                again = program->recurrent;
            }
        }
        if (again) {
            finite->nature = table_create(arena);
        }
    }
}
