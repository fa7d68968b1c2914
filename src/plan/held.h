/* What a recurrence's iterations do once it has stopped: each of them hands on what the one before
 * has left. So they need not run, where what they would leave is put where it is read. */
#ifndef SYMGRAD_PLAN_HELD_H
#define SYMGRAD_PLAN_HELD_H

#include "plan/outlook.h"

/* A tensor whose elements the iterations pass on along an axis. */
struct held {
    const struct tensor *tensor;
    int axis;
    bool inside; /* elements that are passed over are read: */
    bool last;   /* the last of them, and no other */
};

struct held_list {
    struct held *items;
    size_t count, capacity;
};

/* Whether all that the steps, seen from where the flag is 1, do in an iteration of `loop` is to
 * hand on elements, or to set them to a number; lists what they set, but for rows that stay as
 * they are. */
bool steps_only_hold(struct arena *arena, const struct step *loop, const struct step_list *steps,
                     struct held_list *held);

/* The steps for the tensors of `held` that are wanted as `inside` or `last` say: these of an
 * iteration. With `from` and `to`, both along the axis, one copy from there to there instead. */
struct step_list steps_for_held(struct arena *arena, const struct step_list *steps,
                                const struct held_list *held, bool inside, const struct node *to,
                                const struct node *from);

#endif
