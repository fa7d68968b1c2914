"""predictions.py - what a header says that the emitted code costs, as a number."""
import math
import re


def closing(text, start):
    """Where the parenthesis that opens at `start` closes."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    raise ValueError(text)


def in_python(formula):
    """(sum[r in 24] e) as Python says it."""
    while found := re.search(r"\(sum\[(\w+) in ([^\]]+)\] ", formula):
        end = closing(formula, found.start())
        formula = (formula[:found.start()] + f"sum(({formula[found.end():end]}) for {found[1]} in "
                   f"range(int({found[2]})))" + formula[end + 1:])
    return formula.replace("^", "**")


def promised(header, sizes, title, what):
    """What the header's comment says under a title."""
    text = re.sub(r"\n \* {20,}", " ", header.read_text())
    dims = {name: int(size) for name, size in re.findall(r"\bmodel_(\w+) = (\d+)", text)}
    formula = re.search(rf"{title}\n.*?\* +{what}  +(.*)", text, re.S)[1].split("\n")[0]
    return eval(in_python(formula), {"floor": math.floor, "max": max, "min": min, "sum": sum, "range": range,
                                     "int": int, **dims, **sizes})


def operations(header, sizes):
    return promised(header, sizes, r"Operations[^\n]*", "loss and gradient")


def reals_held(header, sizes):
    return promised(header, sizes, "Memory, in (?:doubles|floats)", "peak, without data")
