/* Prints a syntax tree as text in the language: parse(print(tree)) is the same tree. */
#ifndef SYMGRAD_SYNTAX_PRINT_H
#define SYMGRAD_SYNTAX_PRINT_H

#include "base/text.h"
#include "syntax/ast.h"

void print_expression(struct text *text, const struct expression *expression);
void print_statement(struct text *text, const struct statement *statement);

#endif
