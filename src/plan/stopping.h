/* A recurrence that stops, and the loops over its steps, while they are being changed: what
 * plan/stop.c, which leaves its loop, plan/shorten.c, which has others end with it, and
 * plan/passed.c, which hands on elements that are passed over, have in common. */
#ifndef SYMGRAD_PLAN_STOPPING_H
#define SYMGRAD_PLAN_STOPPING_H

#include "plan/held.h"
#include "plan/scope.h"

/* A loop that runs over the steps taken alone. */
struct taken {
    struct step_list *list; /* that it stands in */
    struct step *loop;
    const struct node *first, *end; /* of all the steps it had */
    const struct node *until;       /* where it ends now */
    long offset;                    /* it ends at `reached` - offset */
    struct held_list held;
    struct step_list tail; /* an iteration behind the last step */
};

/* A recurrence whose loop is left. */
struct stopping {
    struct plan *plan;
    struct tree *tree;
    struct graph *graph;
    struct arena *arena;
    const struct tensor *flag;
    const struct step *store;       /* of the flag, in the loop */
    const struct step *nest;        /* the step of the loop's body that holds the store, or is it */
    const struct tensor *reached;   /* the variable that says where it stopped: the first step that
                                       is not taken */
    const struct node *first, *end; /* of the loop */
    struct table *running;          /* index to a loop behind it that it runs */
    struct taken **taken;           /* the loop itself first */
    size_t count, capacity;
    bool read; /* the flag is */
};

/* node + offset. */
const struct node *stopping_plus(const struct stopping *stopping, const struct node *node,
                                 long offset);
/* The variable that says where the recurrence stopped, plus an offset. */
const struct node *stopping_reached(const struct stopping *stopping, long offset);
/* Whether the loop computes one flag for all of its elements: then what it is before the loop is
 * left, and behind that, is known. */
bool stopping_is_alone(const struct stopping *stopping);
/* A loop's steps where the recurrence has stopped, or has not. */
struct outlook stopping_outlook(const struct stopping *stopping, const struct step *loop,
                                bool stopped, long offset);
/* NULL for a loop that does more behind the last step than to hand on. */
struct taken *stopping_take(struct stopping *stopping, struct step_list *list, struct step *loop,
                            long offset);
void stopping_add(struct stopping *stopping, struct taken *taken);
struct step *stopping_step(const struct stopping *stopping, enum step_kind kind,
                           const struct tensor *target, const struct node *value);

size_t step_position(const struct step_list *list, const struct step *step);
bool step_contains(const struct step *step, const struct step *wanted);
/* The step of a loop's body that holds a step, or is it. */
const struct step *step_inside(const struct step *loop, const struct step *wanted);

/* shorten.c: has the loops from a position on end with the steps that were taken, where that is all
 * the same. */
void shorten_loops(struct stopping *stopping, struct step_list *list, size_t position);

/* passed.c: finds what is read of the elements that loops pass over; hands these on. */
void passed_judge(struct stopping *stopping);
void passed_hand_on(struct stopping *stopping, struct taken *taken);

#endif
