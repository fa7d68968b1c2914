/* What lexer and grammar share: the state of one parse, and the makers of tree nodes. */
#ifndef SYMGRAD_SYNTAX_BUILDER_H
#define SYMGRAD_SYNTAX_BUILDER_H

#include "syntax/parse.h"

/* A bracket that waits for its partner. */
struct bracket {
    char sign;  /* ( [ { */
    bool binds; /* [: the indices of a reduction stand in it */
    unsigned place;
    unsigned column; /* {: of the statement that holds it */
};

/* A token as its neighbours see it. */
struct seen_token {
    int kind;
    struct span span;
};

struct parser {
    struct parse_context *context;
    struct arena *arena;
    const struct source *source;
    char *buffer;    /* the source's text, bad bytes replaced, for the scanner to write into */
    void *scanner;   /* flex's yyscan_t */
    int start_token; /* the grammar's entry: handed out before all others */

    /* Layout: which line ends end a statement. */
    struct bracket *brackets; /* the open ones, NESTING_MAX at most */
    size_t bracket_count;
    bool bound; /* the bracket closed last did bind indices */
    struct seen_token previous, current;
    const char *function; /* the last name read as that of a function before a bracket */
    int pending;          /* a token to hand out before the scan goes on; 0: none */
    unsigned line_start;  /* where the current line begins */
    unsigned line_first;  /* where its first token begins */
    unsigned column;      /* of the current statement's first line */
    unsigned counted, counted_column; /* a place of the current line, and its column */

    /* Of the statement at hand. */
    bool spoilt; /* a bad byte or character was reported: what follows from it is not */
    bool lost;   /* after an error brackets do not count, so that the next line starts anew */

    bool too_deep;     /* reported already */
    unsigned reported; /* where the last error of the scan ends */

    /* Names with brackets that hide a function: `param beta[k]` though there is fn beta. */
    struct table *hidden;  /* by name: anything but NULL */
    struct table *reduced; /* by name: the span where it was read as a reduction */
    bool in_function;      /* what is hidden now is hidden until the function ends */
    const char **local;    /* these names */
    size_t local_count, local_capacity;

    struct statement_list statements; /* the result */
    struct expression *expression;    /* the result of parse_expression */
};

/* The lexer, in lexer.l. `length` bytes of the buffer are text, two NULs follow. */
void lexer_open(struct parser *parser, size_t length);
int lexer_scan(struct parser *parser, void *value, struct span *span);
/* The scan goes back to the start of the current token. */
void lexer_rewind(struct parser *parser);

/* Errors. */
struct diagnostic *parser_error(struct parser *parser, struct span span, const char *message,
                                const char *help);
void parser_nested_too_deeply(struct parser *parser, struct span span);
/* The current token cannot stand here; the words are those of the grammar. */
void parser_unexpected(struct parser *parser, const char *found, const char *const *expected,
                       size_t count);

/* A statement ends, good or bad. */
void parser_end_statement(struct parser *parser);
void parser_add_statement(struct parser *parser, struct statement *statement);
void parser_add_statements(struct parser *parser, const struct statement_list *statements);

bool parser_is_function(const struct parser *parser, const char *name);
/* The model declares `name` with brackets, here or further on: it hides a function that is known
 * before the model is read. */
void parser_foresee(struct parser *parser, const char *name);

/* Lists: each call returns the list it was given, or a new one for NULL. */
struct expression_list *expressions_add(struct parser *parser, struct expression_list *list,
                                        struct expression *expression);
struct binder_list *binders_add(struct parser *parser, struct binder_list *list,
                                const struct binder *binder);
struct option_list *options_add(struct parser *parser, struct option_list *list,
                                const struct option *option);
struct declarator_list *declarators_add(struct parser *parser, struct declarator_list *list,
                                        const struct declarator *declarator);
struct statement_list *statements_add(struct parser *parser, struct statement_list *list,
                                      struct statement *statement);
void statements_copy(struct statement_list *list, const struct statement_list *from);

/* Expressions. Lists that are NULL are empty. */
struct expression *make_number(struct parser *parser, double number, struct span span);
struct expression *make_name(struct parser *parser, const char *name, struct span span);
/* A sign of operators.def, by its spelling; operands that are not there are NULL. */
struct expression *make_operation(struct parser *parser, const char *sign, struct expression *first,
                                  struct expression *second, struct expression *third,
                                  struct span span);
/* left sign right, where the sign is * or / or @ */
struct expression *make_product(struct parser *parser, char sign, struct expression *left,
                                struct expression *right, struct span span);
/* a < b < c: an error, read as a < b and b < c */
struct expression *make_chained(struct parser *parser, struct expression *left, const char *sign,
                                struct expression *right, struct span span);
struct expression *make_call(struct parser *parser, const char *name, struct span name_span,
                             unsigned primes, const struct expression_list *arguments,
                             struct span span);
struct expression *make_subscript(struct parser *parser, const char *name, struct span name_span,
                                  const struct expression_list *subscripts, struct span span);
/* element[subscripts], where the element is more than a name */
struct expression *make_element(struct parser *parser, struct expression *element,
                                const struct expression_list *subscripts, struct span span);
/* x[i][j]: an error, read as x[i,j] */
struct expression *make_second_subscript(struct parser *parser, struct expression *subscript,
                                         const struct expression_list *more, struct span span);
struct expression *make_fallback(struct parser *parser, struct expression *subscript,
                                 struct expression *fallback, struct span span);
struct expression *make_reduction(struct parser *parser, const char *name, struct span name_span,
                                  const struct binder_list *binders, struct expression *body,
                                  struct span span);

/* Indices. On a left side, what is no name is a constant; before `in` it must be a name. */
struct binder *make_index(struct parser *parser, const char *name, struct span span);
struct binder *make_place(struct parser *parser, struct expression *place);
struct binder *make_place_index(struct parser *parser, struct expression *place);

/* Declarators, options and statements. A name declared with brackets hides the function of that
 * name, which would otherwise read `name[i] e` as a reduction. */
struct declarator *make_declarator(struct parser *parser, const char *name, struct span span,
                                   const struct expression_list *axes);
struct option *make_option(struct parser *parser, const char *name, struct span span,
                           struct expression *value);
struct statement *make_statement(struct parser *parser, enum statement_kind kind, struct span span);
struct statement *make_declaration(struct parser *parser, enum statement_kind kind,
                                   const struct declarator_list *declarators, struct span span);
struct statement *make_left_side(struct parser *parser, const char *name, struct span span,
                                 const struct binder_list *places);
struct statement *make_definition(struct statement *left, enum statement_kind kind,
                                  struct expression *body, struct span span);
/* The head of a function, which is known from here on. */
struct statement *make_function(struct parser *parser, const char *name, struct span name_span,
                                const struct declarator_list *parameters,
                                const struct binder_list *places);
struct statement *make_optimizer(struct parser *parser, const char *name, struct span name_span,
                                 const struct option_list *defaults,
                                 const struct statement_list *block, struct span span);
struct statement *make_objective(struct parser *parser, struct expression *goal, bool maximize,
                                 struct span span);
struct statement *add_options(struct statement *objective, const struct expression_list *over,
                              const struct option_list *options, struct span span);
void set_optimizer(struct statement *objective, const char *name, struct span span,
                   const struct option_list *settings);
struct statement *make_report(struct parser *parser, const struct expression *named,
                              struct expression *body, struct span span);

#endif
