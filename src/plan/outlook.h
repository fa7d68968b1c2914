/* Steps as they are where some things are known: the value of a flag that a recurrence stops by,
 * and whatever follows from it. Branches that are not taken are gone, and so are variables that
 * hold a number. */
#ifndef SYMGRAD_PLAN_OUTLOOK_H
#define SYMGRAD_PLAN_OUTLOOK_H

#include "plan/loops.h"

struct outlook {
    struct graph *graph;
    const struct tensor *flag; /* 0 up to a step, and 1 from there on: see tensor->stops */
    const struct index *index; /* of the loop whose steps are looked at */
    const struct node *first;  /* the loop's index is looked at from here on, */
    const struct node *end;    /* up to here */
    bool stopped;              /* the flag is 1 at index + offset and behind, else 0 up to it */
    long offset;
    bool elements; /* variables that hold an element are gone as well: to read, not to run */

    struct table *known;    /* variable to its value */
    struct table *assigned; /* variables that are set again after they are declared */
    struct table *open;     /* variable to the step that declares it without a value */
    bool grown;             /* one more was found to be assigned */
    size_t changes;         /* of nodes */
};

/* What a list of steps comes to. The list itself stays as it is. */
struct step_list outlook_of(struct outlook *outlook, const struct step_list *steps);

/* Drops variables that nothing reads, and loops and branches in which nothing happens. */
void steps_drop_idle(struct arena *arena, struct step_list *steps);

/* The subscript by the loop's index: the index + *distance; false for another form. */
bool subscript_distance(const struct node *subscript, const struct index *index, long *distance);

/* A copy of a step, without what is inside. */
struct step *step_copy(struct arena *arena, const struct step *step);
void steps_push(struct arena *arena, struct step_list *list, struct step *step);
void steps_insert(struct arena *arena, struct step_list *list, size_t position, struct step *step);

#endif
