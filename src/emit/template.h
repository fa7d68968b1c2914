/* Operators spelt by their C in operators.def. */
#ifndef SYMGRAD_EMIT_TEMPLATE_H
#define SYMGRAD_EMIT_TEMPLATE_H

#include "emit/writer.h"

/* What an operator takes its arguments as. */
enum c_type argument_type(struct speller *speller, const struct node *node);

/* How the operators of truths are spelt; the others are in operators.def. */
const char *operator_c(const struct operation *operation);

/* The name of the function that an operator's C calls: "f" of "f(x, y)". */
const char *called_name(struct writer *writer, const char *c);

/* The arguments put into the operator's C, in place of x, y, z. */
enum c_level form_template(struct writer *writer, const char *c,
                           const struct node *const *arguments, enum c_type type);

/* f(f(a, b), c): an operator of many arguments folded from the left. */
enum c_level form_fold(struct writer *writer, const char *name, const struct node *node,
                       enum c_type type);

#endif
