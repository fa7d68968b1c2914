/* The grammar of the language.
 *
 * What the lexer settles before the grammar sees it: which line ends end a statement; which words
 * are names (a word of the language is one only where it can mean something); and whether a name
 * before a bracket is that of a function, FUNCTION, whose brackets bind indices: `sum[i] x[i]`.
 *
 * There are no conflicts. Two choices make it so: a reduction has no end of its own, so it may only
 * be the last factor of a product; and `if` has none either, so it is only a whole expression. */
%require "3.6"

%define api.pure full
%define api.prefix {grammar_}
%define api.token.prefix {TOKEN_}
%define api.value.type union
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%param { struct parser *parser }

%code requires {
#include "syntax/builder.h"
}

%code top {
/* What bison writes is not for our warnings to judge. */
#if defined __GNUC__
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#endif
}

%code {
/* The stack grows in the arena, up to YYMAXDEPTH. The exploratory stack of LAC has no parser at
 * hand: it sees the one declared here, and makes do with the room it starts with. */
#define YYMAXDEPTH 20000
#define YYMALLOC(size) stack_allocate(parser, (size))
#define YYFREE(block) ((void)(block))

static struct parser *const parser = NULL;

static void *stack_allocate(struct parser *owner, size_t size)
{
    return owner ? arena_allocate(owner->arena, size, 1) : NULL;
}

#define YYLLOC_DEFAULT(Current, Rhs, N)                                                            \
    do {                                                                                           \
        (Current) = YYRHSLOC(Rhs, (N) ? 1 : 0);                                                    \
        if (!(N))                                                                                  \
            (Current).begin = (Current).end;                                                       \
        (Current).end = YYRHSLOC(Rhs, N).end;                                                      \
    } while (0)

int grammar_lex(GRAMMAR_STYPE *value, struct span *span, struct parser *parser);
static void grammar_error(struct span *span, struct parser *parser, const char *message);
}

%initial-action { @$ = (struct span){.source = parser->source}; }

%token END 0 "end of file"
%token NEWLINE "end of line"
%token MODEL "a whole model" FORMULA "a single formula"
%token <double> NUMBER "a number"
%token <const char *> NAME "a name" FUNCTION "a function" STRING "a string"
%token <unsigned> PRIMES "a prime"
%token DIM "dim" DATA "data" PARAM "param" CONST "const" DRAW "draw" STATE "state" FN "fn"
%token OPTIMIZER "optimizer" MINIMIZE "minimize" MAXIMIZE "maximize" REPORT "report" OUTPUT "output"
%token FROM "from" OVER "over" WITH "with" WHERE "where" DERIVATIVE "derivative"
%token UNTIL "until" AT_MOST "at most"
%token IN "in" IF "if" THEN "then" ELSE "else" AND "and" OR "or" NOT "not"
%token ASSIGN ":=" RANGE ".." EQUAL "==" UNEQUAL "!=" LESS_EQUAL "<=" GREATER_EQUAL ">="

%type <struct expression *> expression disjunction conjunction inversion comparison compared
%type <struct expression *> sum term product unary power operand subscript element call reduction
%type <struct expression *> distribution named
%type <struct expression_list *> expressions arguments names
%type <const char *> relation
%type <char> times
%type <struct binder *> index place
%type <struct binder_list *> indices index_list places place_list
%type <struct declarator *> variable dim field param bounded const draw state parameter
%type <struct declarator_list *> dims fields params consts draws states parameters parameter_list
%type <struct option *> default setting option
%type <struct option_list *> defaults default_list settings setting_list options
%type <struct statement *> statement declaration left equation definition update
%type <struct statement *> function function_head optimizer goal objective report output inner
%type <struct statement *> given file
%type <struct statement_list *> where derivative equations block lines reports sources files

%start input

%%

input
  : MODEL model
  | FORMULA expression                  { parser->expression = $expression; }
  ;

model
  : %empty
  | model NEWLINE
  | model statement NEWLINE             { parser_add_statement(parser, $statement); }
  | model "data" sources NEWLINE        { parser_add_statements(parser, $sources); }
  | model "report" reports NEWLINE      { parser_add_statements(parser, $reports); }
  | model error NEWLINE                 { parser_end_statement(parser); yyerrok; }
  ;

statement
  : declaration
  | definition
  | update
  | function
  | optimizer
  | objective
  | output
  ;

/* ---- Declarations ---- */

declaration
  : "dim" dims                          { $$ = make_declaration(parser, STATEMENT_DIM, $dims, @$); }
  | "param" params                      { $$ = make_declaration(parser, STATEMENT_PARAM, $params, @$); }
  | "const" consts                      { $$ = make_declaration(parser, STATEMENT_CONST, $consts, @$); }
  | "draw" draws                        { $$ = make_declaration(parser, STATEMENT_DRAW, $draws, @$); }
  | "state" states                      { $$ = make_declaration(parser, STATEMENT_STATE, $states, @$); }
  ;

/* Each file with its fields is a statement of its own. */
sources
  : files
  | given                               { $$ = statements_add(parser, NULL, $given); }
  | files ',' given                     { $$ = statements_add(parser, $files, $given); }
  ;

given
  : fields                              { $$ = make_declaration(parser, STATEMENT_DATA, $fields, @$); }
  ;

files
  : file                                { $$ = statements_add(parser, NULL, $file); }
  | files[list] ',' file                { $$ = statements_add(parser, $list, $file); }
  ;

file
  : fields "from" STRING                { $$ = make_declaration(parser, STATEMENT_DATA, $fields, @$);
                                          $$->file = $STRING;
                                          $$->file_span = @STRING; }
  ;

variable
  : NAME                                { $$ = make_declarator(parser, $NAME, @NAME, NULL); }
  | NAME '[' expressions ']'            { $$ = make_declarator(parser, $NAME, @NAME, $expressions); }
  | FUNCTION '[' expressions ']'        { $$ = make_declarator(parser, $FUNCTION, @FUNCTION, $expressions); }
  ;

dims
  : dim                                 { $$ = declarators_add(parser, NULL, $dim); }
  | dims[list] ',' dim                  { $$ = declarators_add(parser, $list, $dim); }
  ;

dim
  : NAME                                { $$ = make_declarator(parser, $NAME, @NAME, NULL); }
  | NAME '=' expression                 { $$ = make_declarator(parser, $NAME, @NAME, NULL);
                                          $$->value = $expression; }
  ;

fields
  : field                               { $$ = declarators_add(parser, NULL, $field); }
  | fields[list] ',' field              { $$ = declarators_add(parser, $list, $field); }
  ;

field
  : variable
  | variable "in" expression            { $$ = $variable; $$->class_count = $expression; }
  ;

params
  : param                               { $$ = declarators_add(parser, NULL, $param); }
  | params[list] ',' param              { $$ = declarators_add(parser, $list, $param); }
  ;

param
  : bounded
  | bounded "in" '(' expression[low] ',' expression[high] ')'
      { $$ = $bounded; $$->lower = $low; $$->upper = $high; $$->lower_open = $$->upper_open = true; }
  | bounded "in" '(' expression[low] ',' expression[high] ']'
      { $$ = $bounded; $$->lower = $low; $$->upper = $high; $$->lower_open = true; }
  | bounded "in" '[' expression[low] ',' expression[high] ')'
      { $$ = $bounded; $$->lower = $low; $$->upper = $high; $$->upper_open = true; }
  | bounded "in" '[' expression[low] ',' expression[high] ']'
      { $$ = $bounded; $$->lower = $low; $$->upper = $high; }
  ;

bounded
  : variable
  | variable '=' expression             { $$ = $variable; $$->value = $expression; }
  | variable '~' distribution           { $$ = $variable; $$->distribution = $distribution; }
  ;

distribution
  : NAME                                { $$ = make_name(parser, $NAME, @NAME); }
  | call
  ;

consts
  : const                               { $$ = declarators_add(parser, NULL, $const); }
  | consts[list] ',' const              { $$ = declarators_add(parser, $list, $const); }
  ;

const
  : variable '=' expression             { $$ = $variable; $$->value = $expression; }
  ;

draws
  : draw                                { $$ = declarators_add(parser, NULL, $draw); }
  | draws[list] ',' draw                { $$ = declarators_add(parser, $list, $draw); }
  ;

draw
  : variable '~' distribution           { $$ = $variable; $$->distribution = $distribution; }
  ;

states
  : state                               { $$ = declarators_add(parser, NULL, $state); }
  | states[list] ',' state              { $$ = declarators_add(parser, $list, $state); }
  ;

state
  : variable '=' expression             { $$ = $variable; $$->value = $expression; }
  ;

/* ---- Definitions ---- */

definition
  : equation
  | equation "until" expression         { $$ = $equation; $$->span = @$; $$->until = $expression; }
  | equation "until" expression[stop] ',' "at most" expression[limit]
      { $$ = $equation; $$->span = @$; $$->until = $stop; $$->limit = $limit; }
  ;

equation
  : left '=' expression                 { $$ = make_definition($left, STATEMENT_DEFINE, $expression, @$); }
  ;

update
  : left ":=" expression                { $$ = make_definition($left, STATEMENT_UPDATE, $expression, @$); }
  ;

left
  : NAME                                { $$ = make_left_side(parser, $NAME, @NAME, NULL); }
  | NAME '[' places ']'                 { $$ = make_left_side(parser, $NAME, @NAME, $places); }
  | FUNCTION '[' places ']'             { $$ = make_left_side(parser, $FUNCTION, @FUNCTION, $places); }
  ;

places
  : place_list
  | place_list ':' expression           { $$ = $place_list; $$->condition = $expression; }
  ;

place_list
  : place                               { $$ = binders_add(parser, NULL, $place); }
  | place_list[list] ',' place          { $$ = binders_add(parser, $list, $place); }
  ;

place
  : sum                                 { $$ = make_place(parser, $sum); }
  | sum[name] "in" sum[count]           { $$ = make_place_index(parser, $name);
                                          $$->count = $count; }
  | sum[name] "in" sum[first] ".." sum[last]
                                        { $$ = make_place_index(parser, $name);
                                          $$->first = $first;
                                          $$->last = $last; }
  ;

/* ---- Functions and optimisers ---- */

function
  : function_head '=' expression where derivative
      { $$ = $function_head;
        $$->body = $expression;
        statements_copy(&$$->block, $where);
        statements_copy(&$$->derivatives, $derivative);
        $$->span = @$; }
  ;

/* From here on the function is known: its own body may call it. */
function_head
  : fn NAME '(' parameters ')'          { $$ = make_function(parser, $NAME, @NAME, $parameters, NULL); }
  | fn NAME '(' parameters ')' '[' places ']'
                                        { $$ = make_function(parser, $NAME, @NAME, $parameters, $places); }
  ;

fn
  : "fn"                                { parser->in_function = true; }
  ;

parameters
  : %empty                              { $$ = NULL; }
  | parameter_list
  ;

parameter_list
  : parameter                           { $$ = declarators_add(parser, NULL, $parameter); }
  | parameter_list[list] ',' parameter  { $$ = declarators_add(parser, $list, $parameter); }
  ;

parameter
  : variable
  ;

where
  : %empty                              { $$ = NULL; }
  | "where" block                       { $$ = $block; }
  | "where" equations                   { $$ = $equations; }
  ;

derivative
  : %empty                              { $$ = NULL; }
  | "derivative" equations              { $$ = $equations; }
  ;

equations
  : equation                            { $$ = statements_add(parser, NULL, $equation); }
  | equations[list] ',' equation        { $$ = statements_add(parser, $list, $equation); }
  ;

optimizer
  : "optimizer" NAME defaults block     { $$ = make_optimizer(parser, $NAME, @NAME, $defaults, $block, @$); }
  ;

defaults
  : %empty                              { $$ = NULL; }
  | '(' ')'                             { $$ = NULL; }
  | '(' default_list ')'                { $$ = $default_list; }
  ;

default_list
  : default                             { $$ = options_add(parser, NULL, $default); }
  | default_list[list] ',' default      { $$ = options_add(parser, $list, $default); }
  ;

default
  : NAME                                { $$ = make_option(parser, $NAME, @NAME, NULL); }
  | NAME '=' expression                 { $$ = make_option(parser, $NAME, @NAME, $expression); }
  ;

block
  : '{' lines '}'                       { $$ = $lines; }
  | '{' lines inner '}'                 { $$ = statements_add(parser, $lines, $inner); }
  | '{' lines error '}'                 { $$ = $lines; yyerrok; }
  ;

lines
  : %empty                              { $$ = NULL; }
  | lines separator
  | lines[list] inner separator         { $$ = statements_add(parser, $list, $inner); }
  | lines[list] error separator         { $$ = $list; yyerrok; }
  ;

separator
  : NEWLINE
  | ';'
  ;

inner
  : definition
  | update
  | "state" states                      { $$ = make_declaration(parser, STATEMENT_STATE, $states, @$); }
  ;

/* ---- What to do with it ---- */

objective
  : goal options                        { $$ = add_options($goal, NULL, $options, @$); }
  | goal "over" names                   { $$ = add_options($goal, $names, NULL, @$); }
  | goal "with" NAME settings options
      { $$ = add_options($goal, NULL, $options, @$);
        set_optimizer($$, $NAME, @NAME, $settings); }
  | goal "over" names "with" NAME settings options
      { $$ = add_options($goal, $names, $options, @$);
        set_optimizer($$, $NAME, @NAME, $settings); }
  ;

goal
  : "minimize" expression               { $$ = make_objective(parser, $expression, false, @$); }
  | "maximize" expression               { $$ = make_objective(parser, $expression, true, @$); }
  ;

settings
  : %empty                              { $$ = NULL; }
  | '(' ')'                             { $$ = NULL; }
  | '(' setting_list ')'                { $$ = $setting_list; }
  ;

setting_list
  : setting                             { $$ = options_add(parser, NULL, $setting); }
  | setting_list[list] ',' setting      { $$ = options_add(parser, $list, $setting); }
  ;

setting
  : expression                          { $$ = make_option(parser, NULL, @$, $expression); }
  | NAME '=' expression                 { $$ = make_option(parser, $NAME, @NAME, $expression); }
  ;

options
  : %empty                              { $$ = NULL; }
  | options[list] ',' option            { $$ = options_add(parser, $list, $option); }
  ;

option
  : NAME                                { $$ = make_option(parser, $NAME, @NAME, NULL); }
  | NAME '=' expression                 { $$ = make_option(parser, $NAME, @NAME, $expression); }
  | NAME '(' NAME[dimension] ')' '=' expression
      { $$ = make_option(parser, $1, @1, $expression);
        $$->dimension = $dimension; }
  ;

reports
  : report                              { $$ = statements_add(parser, NULL, $report); }
  | reports[list] ',' report            { $$ = statements_add(parser, $list, $report); }
  ;

report
  : named                               { $$ = make_report(parser, $named, $named, @$); }
  | named '=' expression                { $$ = make_report(parser, $named, $expression, @$); }
  ;

output
  : "output" names                      { $$ = make_statement(parser, STATEMENT_OUTPUT, @$);
                                          $$->names = *$names; }
  ;

names
  : named                               { $$ = expressions_add(parser, NULL, $named); }
  | names[list] ',' named               { $$ = expressions_add(parser, $list, $named); }
  ;

named
  : NAME                                { $$ = make_name(parser, $NAME, @NAME); }
  ;

/* ---- Expressions, loosest first ---- */

expression
  : disjunction
  | "if" expression[condition] "then" expression[yes] "else" expression[no]
      { $$ = make_operation(parser, "if", $condition, $yes, $no, @$); }
  ;

disjunction
  : conjunction
  | disjunction[left] "or" conjunction  { $$ = make_operation(parser, "or", $left, $conjunction, NULL, @$); }
  ;

conjunction
  : inversion
  | conjunction[left] "and" inversion   { $$ = make_operation(parser, "and", $left, $inversion, NULL, @$); }
  ;

inversion
  : comparison
  | "not" inversion[operand]            { $$ = make_operation(parser, "not", $operand, NULL, NULL, @$); }
  ;

comparison
  : sum
  | compared
  ;

compared
  : sum[left] relation sum[right]       { $$ = make_operation(parser, $relation, $left, $right, NULL, @$); }
  | compared[left] relation sum         { $$ = make_chained(parser, $left, $relation, $sum, @$); }
  ;

relation
  : '<'                                 { $$ = "<"; }
  | "<="                                { $$ = "<="; }
  | '>'                                 { $$ = ">"; }
  | ">="                                { $$ = ">="; }
  | "=="                                { $$ = "=="; }
  | "!="                                { $$ = "!="; }
  ;

sum
  : term
  | sum[left] '+' term                  { $$ = make_operation(parser, "+", $left, $term, NULL, @$); }
  | sum[left] '-' term                  { $$ = make_operation(parser, "-", $left, $term, NULL, @$); }
  ;

term
  : product
  | reduction
  | product times reduction             { $$ = make_product(parser, $times, $product, $reduction, @$); }
  ;

/* It reaches as far as a product does: `sum[i] a[i]*b + c` is `(sum[i] a[i]*b) + c`. */
reduction
  : FUNCTION '[' indices ']' term       { $$ = make_reduction(parser, $FUNCTION, @FUNCTION, $indices, $term, @$); }
  | '-' reduction[operand]              { $$ = make_operation(parser, "-", $operand, NULL, NULL, @$); }
  ;

product
  : unary
  | product[left] times unary           { $$ = make_product(parser, $times, $left, $unary, @$); }
  ;

times
  : '*'                                 { $$ = '*'; }
  | '/'                                 { $$ = '/'; }
  | '@'                                 { $$ = '@'; }
  ;

unary
  : power
  | '-' unary[operand]                  { $$ = make_operation(parser, "-", $operand, NULL, NULL, @$); }
  ;

power
  : operand
  | operand '^' unary                   { $$ = make_operation(parser, "^", $operand, $unary, NULL, @$); }
  ;

operand
  : NUMBER                              { $$ = make_number(parser, $NUMBER, @NUMBER); }
  | NAME                                { $$ = make_name(parser, $NAME, @NAME); }
  | subscript
  | element
  ;

/* A row or an element; of a name as a rule. */
subscript
  : NAME '[' expressions ']'            { $$ = make_subscript(parser, $NAME, @NAME, $expressions, @$); }
  | element '[' expressions ']'         { $$ = make_element(parser, $element, $expressions, @$); }
  | subscript[left] '[' expressions ']' { $$ = make_second_subscript(parser, $left, $expressions, @$); }
  ;

element
  : call
  | '(' expression ')'                  { $$ = $expression; }
  | '(' subscript "else" expression ')' { $$ = make_fallback(parser, $subscript, $expression, @$); }
  ;

call
  : NAME '(' arguments ')'              { $$ = make_call(parser, $NAME, @NAME, 0, $arguments, @$); }
  | NAME PRIMES '(' arguments ')'       { $$ = make_call(parser, $NAME, @NAME, $PRIMES, $arguments, @$); }
  ;

arguments
  : %empty                              { $$ = NULL; }
  | expressions
  ;

expressions
  : expression                          { $$ = expressions_add(parser, NULL, $expression); }
  | expressions[list] ',' expression    { $$ = expressions_add(parser, $list, $expression); }
  ;

/* ---- Indices of a reduction ---- */

indices
  : index_list
  | index_list ':' expression           { $$ = $index_list; $$->condition = $expression; }
  ;

index_list
  : index                               { $$ = binders_add(parser, NULL, $index); }
  | index_list[list] ',' index          { $$ = binders_add(parser, $list, $index); }
  ;

index
  : NAME                                { $$ = make_index(parser, $NAME, @NAME); }
  | NAME "in" sum[count]                { $$ = make_index(parser, $NAME, @NAME);
                                          $$->count = $count; }
  | NAME "in" sum[first] ".." sum[last] { $$ = make_index(parser, $NAME, @NAME);
                                          $$->first = $first;
                                          $$->last = $last; }
  ;

%%

/* Reports a syntax error in the words of the grammar; parse.c phrases it. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parser *parser)
{
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *expected[YYNTOKENS];
    int count = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    for (int i = 0; i < count; i++)
        expected[i] = yysymbol_name(kinds[i]);
    parser_unexpected(parser, yysymbol_name(yypcontext_token(context)), expected,
                      count > 0 ? (size_t)count : 0);
    return 0;
}

/* Bison's own complaint: the stack is full. */
static void grammar_error(struct span *span, struct parser *parser, const char *message)
{
    (void)message;
    parser_nested_too_deeply(parser, *span);
}
