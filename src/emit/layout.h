/* The structs of an emitted file: what the caller owns, and how functions reach it. */
#ifndef SYMGRAD_EMIT_LAYOUT_H
#define SYMGRAD_EMIT_LAYOUT_H

#include "emit/emitter.h"
#include "emit/function.h"

struct layout {
    struct emitter *emitter;
    struct model *model;
    bool has_pointers;      /* some parameter's size is known at run time only */
    const char *rows_total; /* the member of NAME_data: the rows that those present stand for */
    const char *draw, *training; /* members of NAME_data; NULL where the model asks for neither */
    const char **steps;          /* by objective: the member of NAME_state that counts its steps */
};

/* Names every member and size. False where a shape is beyond what the structs can hold. */
bool layout_create(struct layout *layout, struct emitter *emitter, struct model *model);

/* The constants and structs, each once. */
void layout_emit(struct layout *layout);

/* One more struct NAME_`name`, of tensors that have names for their members. */
void layout_emit_struct(struct layout *layout, const char *comment, const char *name,
                        const struct tensor *const *tensors, size_t count);
/* Names a tensor's member in such a struct, unless it has a name. */
void layout_name(struct layout *layout, const struct tensor *tensor);

/* The name of a tensor's member; NULL: it has none. */
const char *member_name(const struct layout *layout, const struct tensor *tensor);

/* Whether a tensor's size is known when compiling, so that its struct can hold it. */
bool has_known_size(const struct tensor *tensor);

/* Ways to reach things: each puts an access into a function's table. */
void access_params(struct layout *layout, struct table *accesses, bool writable);
void access_data(struct layout *layout, struct table *accesses);
void access_gradient(struct layout *layout, struct table *accesses,
                     const struct objective *objective, const struct tensor *const *gradient);
void access_update(struct layout *layout, struct table *accesses, const struct objective *objective,
                   size_t objective_number, size_t k);
void access_one(struct layout *layout, struct table *accesses, const struct tensor *tensor,
                const char *path, const char *parameter);

/* The number of elements of a tensor as a whole-number expression over NAME_data's members, and
 * in checked size_t arithmetic; `data->` stands before each member. */
const char *count_text(struct layout *layout, const struct tensor *tensor);
const char *extent_text(struct layout *layout, const struct axis *axis);
const char *checked_text(struct layout *layout, const struct amount *amount);

#endif
