#!/usr/bin/env python3
"""Checks operators.def and special.c against exact values.

    check_operators.py [--quick] [OPERATOR ...]

Every rule is applied as the compiler does it, twice for second derivatives, spelt as C, compiled with
special.c and run at many points of the operator's domain: ordinary ones, near 0, near the edges, in the
tails. The judge is reference.py. An error is counted in units: 2^-53 times the sizes of the terms that
the sums of the formula add up, since no double can know more. Exit status 1 if one passes the limit.
Needs Python 3 with mpmath, and cc (or $CC).
"""

import itertools
import math
import os
import random
import subprocess
import sys
import tempfile

import mpmath
from mpmath import mpf

import notation
import reference
from notation import Node, number

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIMIT = 8  # units
LIMITS = {"trigamma": 16, "polygamma": 64}  # second derivatives are powers up to the 41st
FLUSHED = mpf(10) ** -290  # a derivative this small may come out as 0: 1/(1 + x^2) far out
TINY = mpf(2) ** -1074
LARGE = mpf(sys.float_info.max)

ROWS = {row.name: row for row in notation.read_rows(os.path.join(ROOT, "grammar", "operators.def"))}
LETTERS = ("x", "y", "z")
ZERO, ONE = number(0), number(1)

# ---- The calculus, as simple as it can be ----


def value_of(node):
    return float(node.arguments[0]) if node.operator == "number" else None


def apply(operator, *arguments):
    """A node, without what is plain to see: neutral elements and zeros."""
    x, y = (arguments + (None,))[:2]
    if operator == "+":
        return y if x is ZERO else x if y is ZERO else Node("+", x, y)
    if operator == "-":
        return x if y is ZERO else apply("negate", y) if x is ZERO else Node("-", x, y)
    if operator == "*":
        if x is ZERO or y is ZERO:
            return ZERO
        if x is ONE or y is ONE:
            return y if x is ONE else x
        for left, right in ((x, y), (y, x)):
            if left.operator == "negate":
                return apply("negate", apply("*", left.arguments[0], right))
            if right.operator == "/" and right.arguments[0] is ONE:
                return apply("/", left, right.arguments[1])
        return Node("*", x, y)
    if operator == "/":
        if x is ZERO or y is ONE:
            return x
        return apply("negate", apply("/", x.arguments[0], y)) if x.operator == "negate" else Node("/", x, y)
    if operator == "negate":
        return ZERO if x is ZERO else x.arguments[0] if x.operator == "negate" else Node("negate", x)
    if operator == "^":
        return ONE if y is ZERO else x if y is ONE else Node("^", x, y)
    if operator == "if" and arguments[1] is arguments[2]:
        return arguments[1]
    return Node(operator, *arguments)


def substitute(node, names):
    if node.operator == "number":
        return node
    if node.operator == "name":
        return names.get(node.arguments[0], node)
    return apply(node.operator, *(substitute(argument, names) for argument in node.arguments))


def rule(node, place):
    row = ROWS[node.operator]
    if node.operator == "^" and node.arguments[1].operator == "number":
        if place == 1:
            return ZERO
        exponent = value_of(node.arguments[1])
        lower = number(repr(exponent - 1).removesuffix(".0"))
        return apply("*", node.arguments[1], apply("^", node.arguments[0], lower))
    variadic = "VARIADIC" in row.flags
    names = dict(zip(LETTERS, node.arguments), f=node)
    if variadic:
        ties = ZERO
        for argument in node.arguments:
            ties = apply("+", ties, Node("==", argument, node))
        names = {"x": node.arguments[place], "ties": ties, "f": node}
    return substitute(notation.read(row.derivatives[0 if variadic else place]), names)


def differentiate(node, name, known):
    if node not in known:
        if node.operator in ("number", "name"):
            known[node] = ONE if node.operator == "name" and node.arguments[0] == name else ZERO
        elif node.operator == "if":
            yes, no = (differentiate(a, name, known) for a in node.arguments[1:])
            known[node] = apply("if", node.arguments[0], yes, no)
        else:
            total = ZERO
            for place, argument in enumerate(node.arguments):
                inner = differentiate(argument, name, known)
                if inner is not ZERO:
                    total = apply("+", total, apply("*", rule(node, place), inner))
            known[node] = total
    return known[node]


def stabilize(node, known):
    """What the STABLE rows of rewrites.def do to differences of squares."""
    if node.operator in ("number", "name"):
        return node
    if node not in known:
        node_new = Node(node.operator, *(stabilize(argument, known) for argument in node.arguments))
        if node.operator == "-":
            roots = []
            for side in node_new.arguments:
                square = side.operator == "^" and value_of(side.arguments[1]) == 2
                roots.append(side.arguments[0] if square else ONE if side is ONE else None)
            if None not in roots and roots != [ONE, ONE]:
                node_new = Node("*", Node("-", *roots), Node("+", *roots))
        known[node] = node_new
    return known[node]


# ---- C ----


def spell(roots, name):
    """A C function that stores the values of the roots, each node computed once."""
    lines, names = [], {}

    def visit(node):
        if node in names:
            return names[node]
        if node.operator == "number":
            text = repr(float(node.arguments[0]))
        elif node.operator == "name":
            text = {"pi": "3.14159265358979323846", "inf": "HUGE_VAL"}.get(
                node.arguments[0], "v_" + node.arguments[0])
        elif node.operator == "^" and value_of(node.arguments[1]) == 2:
            text = "%s*%s" % ((visit(node.arguments[0]),) * 2)
        elif node.operator == "if":
            text = None
            lines.append("double %s;" % fresh())
            result = "t%d" % (counter[0] - 1)
            condition = visit(node.arguments[0])
            # the branches are pure, and evaluating both traps nothing
            yes, no = (visit(argument) for argument in node.arguments[1:])
            lines.append("%s = %s != 0 ? %s : %s;" % (result, condition, yes, no))
            names[node] = result
            return result
        else:
            row = ROWS[node.operator]
            arguments = [visit(argument) for argument in node.arguments]
            while len(arguments) > 2 and "VARIADIC" in row.flags:
                first = fill(row.c, arguments[:2])
                arguments = [first] + arguments[2:]
            text = fill(row.c, arguments)
        names[node] = fresh()
        lines.append("const double %s = %s;" % (names[node], text))
        return names[node]

    counter = [0]

    def fresh():
        counter[0] += 1
        return "t%d" % (counter[0] - 1)

    def fill(template, arguments):
        table = dict(zip(LETTERS, arguments))
        return notation.re.sub(r"\b[xyz]\b", lambda m: table[m.group()], template)

    stores = ["out[%d] = %s;" % (i, visit(root)) for i, root in enumerate(roots)]
    body = "\n    ".join(lines + stores)
    return "static void %s(const double *v, double *out)\n{\n    %s\n}\n" % (name, body)


def compile_and_run(formulas):
    """formulas: lists of (roots, names, points). The values of all roots at all points, in doubles."""
    code = ["#include <math.h>", "#include <stdio.h>", '#include "runtime/special.h"']
    calls = []
    for place, (roots, names, points) in enumerate(formulas):
        function = spell(roots, "row%d" % place)
        unpack = "".join("    const double v_%s = v[%d];\n    (void)v_%s;\n" % (n, i, n)
                         for i, n in enumerate(names))
        code.append(function.replace("{\n", "{\n" + unpack, 1))
        flat = ", ".join(value.hex() if math.isfinite(value) else repr(value)
                         for point in points for value in point) or "0"
        code.append("static const double points%d[] = {%s};" % (place, flat))
        calls.append("    for (i = 0; i < %d; i++) { row%d(points%d + %d * i, out); "
                     "for (k = 0; k < %d; k++) printf(\"%%a \", out[k]); printf(\"\\n\"); }"
                     % (len(points), place, place, len(names), len(roots)))
    code.append("int main(void)\n{\n    double out[64];\n    int i, k;\n%s\n    return 0;\n}\n"
                % "\n".join(calls))
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "rows.c"), os.path.join(folder, "rows")
        with open(source, "w", encoding="utf-8") as file:
            file.write("\n".join(code))
        command = [os.environ.get("CC", "cc"), "-std=c11", "-O1", "-ffp-contract=off", "-w",
                   "-I", os.path.join(ROOT, "src"), source,
                   os.path.join(ROOT, "src", "runtime", "special.c"), "-o", program, "-lm"]
        subprocess.run(command, check=True)
        output = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = iter(output.strip().split("\n"))
    return [[[float.fromhex(word) for word in next(lines).split()] for _ in points]
            for _, _, points in formulas]


# ---- Sizes ----


def size(node, point, known):
    """The value of a node and the size of the terms behind it."""
    if node not in known:
        if node.operator in ("number", "name"):
            value = reference.evaluate(node, point)
            known[node] = value, abs(value)
        elif node.operator == "if":
            condition = size(node.arguments[0], point, known)[0]
            known[node] = size(node.arguments[1 if condition != 0 else 2], point, known)
        else:
            parts = [size(argument, point, known) for argument in node.arguments]
            try:
                value = reference.FUNCTIONS[node.operator](*(part[0] for part in parts))
            except (ZeroDivisionError, ValueError):
                value = mpmath.nan
            if node.operator in ("+", "-"):
                known[node] = value, parts[0][1] + parts[1][1]
            elif node.operator == "*":
                known[node] = value, parts[0][1] * parts[1][1]
            elif node.operator in ("/", "ratio0") and parts[1][0] != 0:
                known[node] = value, parts[0][1] / abs(parts[1][0])
            elif node.operator == "negate":
                known[node] = value, parts[0][1]
            elif node.operator in reference.GAMMA and parts[-1][0] < 0:
                # the reflection takes the difference of two terms
                order = {"digamma": 0, "trigamma": 1}.get(node.operator, parts[0][0])
                other = 0 if node.operator == "lgamma" else abs(mpmath.psi(int(order), 1 - parts[-1][0]))
                known[node] = value, abs(value) + other
            elif node.operator == "^" and node.arguments[1].operator not in ("number", "name"):
                # the rounding of a computed exponent counts by the logarithm of the base
                known[node] = value, abs(value) * max(1, abs(mpmath.log(parts[0][0])) * parts[1][1])
            else:
                known[node] = value, abs(value)
    return known[node]


def units(result, exact, terms):
    """The error of a double in units of rounding, and relative to the exact value."""
    if mpmath.isnan(exact):
        return (0, 0) if math.isnan(result) else (math.inf, math.inf)
    if abs(exact) > LARGE:
        return (0, 0) if math.isinf(result) and (result > 0) == (exact > 0) else (math.inf, math.inf)
    if terms > LARGE:
        return 0, 0
    if not math.isfinite(result):
        near = abs(exact) > LARGE / 2 and math.isinf(result)
        return (0, 0) if near else (math.inf, math.inf)
    error = abs(mpf(result) - exact)
    if abs(exact) < FLUSHED and abs(result) < FLUSHED:
        return 0, 0
    if error <= 8 * TINY:
        return 0, 0
    scale = max(abs(exact), terms if mpmath.isfinite(terms) else 0)
    relative = float(error / abs(exact)) if exact != 0 else math.inf
    # near the smallest normal number intermediate results have fewer digits
    scale = max(scale, mpf(2) ** -1008)
    return float(error / (scale * mpf(2) ** -53)), relative


# ---- Where to look ----

ORDINARY = (0.1, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 1.1, 1.4616321449683622, 1.5, 2.0, 2.5, 3.0, 3.7,
            5.0, 7.5, 9.99, 10.0, 12.3)
NEAR_ZERO = (1e-300, 1e-160, 1e-100, 1e-20, 1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
NEAR_ONE = (0.99, 0.9999, 1 - 1e-6, 1 - 1e-10, 1 - 2.0 ** -53, 1.0, 1 + 2.0 ** -52, 1 + 1e-10, 1 + 1e-6,
            1.0001, 1.01)
TAILS = (15.0, 20.5, 26.5, 30.0, 37.5, 50.0, 100.0, 300.0, 372.5, 700.0, 709.5, 720.0, 740.0)
FAR = (1e3, 1e6, 1e10, 1e100, 1e154, 1e160, 1e300)
SINGLES = ORDINARY + NEAR_ZERO + NEAR_ONE + TAILS + FAR
PAIRS = (1e-140, 1e-20, 1e-8, 1e-3, 0.3, 0.75, 1.0, 1 + 1e-10, 2.0, 2.5, 10.0, 40.0, 700.0, 1e8, 1e100)
# As far out as a row goes: mpmath takes too long, or x^2 overflows in a second derivative.
DISTANT = {"^": 1e100, "asec": 1e150, "acsc": 1e150, "lgamma": 1e10, "digamma": 1e10, "trigamma": 1e10, "polygamma": 1e10}
NEAREST = {"^": 1e-100}


def in_domain(row, point):
    if row.domain == "":
        return True
    try:
        return reference.evaluate(notation.read(row.domain), point) != 0
    except ZeroDivisionError:
        return False


def points_of(row, quick):
    generator = random.Random(row.id)
    count = 30 if quick else 200

    def some():
        return generator.choice((-1, 1)) * 10 ** generator.uniform(-4, 2.5)

    if row.name == "polygamma":
        whole = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 13.0, 20.0, 24.0, 25.0, 40.0)
        values = (1e-6, 0.1, 0.5, 1.0, 1.4616321449683622, 3.3, 7.5, 30.0, 1e3, -0.2, -0.5, -0.75, -3.3, -30.6)
        found = list(itertools.product(whole, values))
    elif row.arity == 1:
        found = [(s * v,) for v in SINGLES for s in (1, -1)] + [(some(),) for _ in range(count)]
    else:
        signed = [s * v for v in PAIRS for s in (1, -1)]
        found = list(itertools.product(signed, signed)) + [(some(), some()) for _ in range(count)]
        found = generator.sample(found, min(len(found), 120 if quick else 700))
    far = DISTANT.get(row.name, math.inf)
    near = NEAREST.get(row.name, 0)
    return [point for point in found if max(map(abs, point)) <= far and min(map(abs, point)) >= near
            and in_domain(row, {n: mpf(v) for n, v in zip(LETTERS, point)})]


# ---- The check ----


def check_form(row, complain):
    """The row by itself: every rule reads, knows its names and calls only operators."""
    def visit(node, allowed):
        if node.operator == "number":
            return
        if node.operator == "name":
            if node.arguments[0] not in allowed:
                complain(row, "knows no name " + node.arguments[0])
            return
        if node.operator not in ROWS or len(node.arguments) != ROWS[node.operator].arity:
            complain(row, "cannot apply " + node.operator)
        for argument in node.arguments:
            visit(argument, allowed)

    for place, text in enumerate(row.derivatives):
        if (text == "") != (place >= row.arity):
            complain(row, "has a derivative too many or too few")
        elif text not in ("", "none"):
            visit(notation.read(text), LETTERS[:row.arity] + ("f", "pi", "inf", "ties"))
    if row.domain:
        visit(notation.read(row.domain), LETTERS[:row.arity])
    balance = sum((c == "{") - (c == "}") for c in row.latex.replace("\\{", "").replace("\\}", ""))
    if balance or row.latex.count("\\left") != row.latex.count("\\right"):
        complain(row, "has unbalanced LaTeX")
    if any("#%d" % (i + 1) not in row.latex for i in range(row.arity)):
        complain(row, "misses an argument in its LaTeX")


def formulas_of(row):
    names = LETTERS[:row.arity]
    function = Node(row.name, *(Node("name", name) for name in names))
    labels, roots = ["f"], [function]
    for i, a in enumerate(names):
        if row.derivatives[i] == "none":
            continue
        first = differentiate(function, a, {})
        labels.append("f" + a)
        roots.append(first)
        for j, b in enumerate(names):
            if j <= i and row.derivatives[j] != "none":
                labels.append("f" + b + a)
                roots.append(differentiate(first, b, {}))
    return function, labels, [stabilize(root, {}) for root in roots]


def exact_values(row, function, labels, point):
    names = LETTERS[:row.arity]
    moving = [n for n, text in zip(names, row.derivatives) if text != "none"]
    at = dict(zip(names, point))
    digits = 320 if row.name in reference.GAMMA else 900 + (700 if min(map(abs, point)) < 1e-90 else 0)
    try:
        value, gradient, hessian = reference.formula_derivatives(function, at, moving, digits)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    table = {"f": value}
    for i, a in enumerate(moving):
        table["f" + a] = gradient[i]
        for j, b in enumerate(moving):
            table["f" + b + a] = hessian[i][j]
    return [table[label] for label in labels]


def main():
    quick = "--quick" in sys.argv
    chosen = [word for word in sys.argv[1:] if not word.startswith("--")]
    failures = []

    def complain(row, text):
        failures.append("%s %s" % (row.id, text))
        print("FAIL", failures[-1])

    for row in ROWS.values():
        check_form(row, complain)
        if row.name != "if" and row.name not in reference.FUNCTIONS:
            complain(row, "has no exact value in reference.py")
    rows = [row for row in ROWS.values() if row.name != "if" and (not chosen or row.name in chosen or
                                                                  row.id in chosen)]
    tasks = []
    for row in rows:
        function, labels, roots = formulas_of(row)
        tasks.append((row, function, labels, roots, points_of(row, quick)))
    results = compile_and_run([(roots, LETTERS[:row.arity], points)
                               for row, _, _, roots, points in tasks])
    print("%-15s %6s  %s" % ("operator", "points", "worst error in units of 2^-53 (and relative)"))
    for (row, function, labels, roots, points), values in zip(tasks, results):
        worst = {label: (0, 0, None) for label in labels}
        for point, doubles in zip(points, values):
            exact = exact_values(row, function, labels, point)
            if exact is None:
                continue
            with mpmath.workdps(400):
                at = {name: mpf(value) for name, value in zip(LETTERS, point)}
                known = {}
                for label, root, result, truth in zip(labels, roots, doubles, exact):
                    terms = size(root, at, known)[1]
                    error = units(result, truth, terms)
                    if error[0] > worst[label][0]:
                        worst[label] = error + (point,)
        shown = "  ".join("%s %.1f (%.0e)" % (label, *worst[label][:2]) for label in labels)
        print("%-15s %6d  %s" % (row.name, len(points), shown), flush=True)
        for label in labels:
            if worst[label][0] > LIMITS.get(row.name, LIMIT):
                complain(row, "%s off by %.3g units at %s" % (label, worst[label][0], worst[label][2]))
    print("%d failures" % len(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
