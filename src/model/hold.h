/* Models whose stopped values stand still: what a derivative holds fixed, differences have to as
 * well. */
#ifndef SYMGRAD_MODEL_HOLD_H
#define SYMGRAD_MODEL_HOLD_H

#include "model/model.h"

/* The same losses, but what stands under stop() is made of copies of the parameters: that of
 * parameters[k] is parameters[model->parameter_count + k]. NULL where nothing stops. */
struct model *model_hold(const struct model *model);

#endif
