/* check --numeric: which formulas lose digits on the model's own data. */
#ifndef SYMGRAD_CLI_NUMERIC_H
#define SYMGRAD_CLI_NUMERIC_H

#include "cli/session.h"

/* Warns of each definition, and derivative by one, that rounding spoils far more than its numbers
 * deserve, on the first batch and the parameters that the trainer starts from, given the arguments
 * behind "--". Prints how many digits each loss and gradient loses. The exit status. */
int check_numeric(struct session *session, struct model *model);

#endif
