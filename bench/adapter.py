"""adapter.py - makes a contestant of an emitted library: C text between its header and harness.h."""
import re

MEMBER = re.compile(r"(?:const )?(ptrdiff_t|double|float|int) (\*?)(\w+)(\[.*\])?;(?: +/\* (\w+))?")

TEXT = """\
/* Made by adapter.py of {model}. */
#include "harness.h"
#include "model.h"

#include <string.h>

static struct model_data data;
static struct model_params params;
{declarations}
static real *work;

void prepare(void)
{{
{preparation}
    work = reals(model_workspace_size(&data));
}}

double loss(void)
{{
    return (double)model_loss(&params, &data, work);
}}

double derivative(void)
{{
{derivative}
}}

void results(void)
{{
{results}
}}
"""

DECLARATIONS = {
    "gradient": "static struct model_params gradient;",
    "step": "static struct model_params start;\nstatic struct model_state state;",
    "outputs": "static struct model_outputs outputs;",
}

DERIVATIVES = {
    "gradient": "    return (double)model_loss_grad(&params, &data, &gradient, work);",
    "step": "    return (double)model_step(&params, &state, &data, work, step_rate);",
    "outputs": "    model_predict(&params, &data, work, &outputs);\n    return 0;",
}


def members(header, struct):
    """Of a struct of the model: type, whether it is a pointer, its name in C and in the model."""
    found = re.search(rf"^struct model_{struct} {{\n(.*?)^}};", header, re.M | re.S)
    return [(kind, bool(star), name, original or name)
            for kind, star, name, _, original in MEMBER.findall(found[1])] if found else []


def read_member(kind, pointer, name, original, sizes):
    if kind == "ptrdiff_t":
        return f"data.{name} = {sizes[name.removesuffix('_total')]};"
    return f'data.{name} = input("{original}", NULL);'


def read_parameter(pointer, name, original):
    if not pointer:
        return f'memcpy(&params.{name}, input("{original}", NULL), sizeof params.{name});'
    return f'params.{name} = input("{original}", NULL);'


def differences(name):
    """The parameters before a step less those after it: the gradient, for a rate of 1."""
    return (f"    for (size_t i = 0; i < sizeof params.{name} / sizeof(real); i++)\n"
            f"        ((real *)&start.{name})[i] -= ((const real *)&params.{name})[i];\n"
            f"    result((const real *)&start.{name}, sizeof start.{name} / sizeof(real));")


def adapter(model, header, sizes, counts, kind):
    """`sizes`: of the dimensions that the data decide. `counts`: of the numbers in each tensor."""
    params, outputs = members(header, "params"), members(header, "outputs")
    preparation = [read_member(*member, sizes) for member in members(header, "data")
                   if member[2] != "nothing"]
    preparation += [read_parameter(*member[1:]) for member in params]
    if kind == "outputs":
        preparation += [f"outputs.{name} = reals({counts[original]});" for _, _, name, original in outputs]
        results = [f"    result(outputs.{name}, {counts[original]});" for _, _, name, original in outputs]
    elif kind == "step":
        preparation += ["start = params;"]
        results = [differences(name) for _, _, name, _ in params]
    else:
        preparation += [f"gradient.{name} = reals({counts[original]});"
                        for _, pointer, name, original in params if pointer]
        results = [f"    result(gradient.{name}, {counts[original]});" if pointer else
                   f"    result((const real *)&gradient.{name}, sizeof gradient.{name} / sizeof(real));"
                   for _, pointer, name, original in params]
    return TEXT.format(model=model, declarations=DECLARATIONS[kind], derivative=DERIVATIVES[kind],
                       preparation="\n".join("    " + line for line in preparation),
                       results="\n".join(results))
