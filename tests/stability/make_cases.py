#!/usr/bin/env python3
"""Makes cases.tsv: textbook formulas that fail when computed as they are written, at ordinary and
extreme arguments, with their exact values and derivatives. The models here are written so that
they lose nothing; exponents of mpmath know no bounds. Needs mpmath."""
from pathlib import Path

import mpmath
from mpmath import asinh, atan, cosh, diff, erfc, exp, expm1, log, log1p, mp, mpf, pi, sin, sinh, sqrt, tan, tanh

mp.dps = 800


def softplus(x):
    return x + log1p(exp(-x)) if x > 0 else log1p(exp(x))


def sigmoid(x):
    return exp(-softplus(-x))


def log_sum(*z):
    largest = max(z)
    others = list(z)
    others.remove(largest)
    return largest + log1p(sum(exp(a - largest) for a in others))


def steps(x):
    return log_sum(0, x, 2 * x, 3 * x)


def tails(x):
    return -softplus(-x) - softplus(-2 * x)


def normal_cdf(x):
    return erfc(-x / sqrt(2)) / 2


def normal_density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def normal_hazard(x):
    return normal_density(x) / normal_cdf(-x)


def root_less(x):
    return 1 / (sqrt(x * x + 1) + x) if x > 0 else sqrt(x * x + 1) - x


def ratio(function, limit, power=1):
    """function(x)/x^power, and its limit at 0, where mpmath's differences do not come to."""
    return lambda x: function(x) / x**power if x else mpf(limit)


FUNCTIONS = {
    name: getattr(mpmath, name)
    for name in "exp log sin cos tan sinh cosh tanh acos acosh asin atan atanh sqrt erf erfc".split()
}
FUNCTIONS |= {"normal_cdf": normal_cdf, "normal_density": normal_density}
BESIDE = mpf(10) ** -100


def written(formula):
    """The formula as it is written: 800 digits leave enough of what cancels. Where both sides of a
    quotient are 0, its value hardly any way beside."""
    code = compile(formula.replace("^", "**"), formula, "eval")

    def model(*at):
        try:
            return eval(code, FUNCTIONS, dict(zip("xyz", at)))
        except ZeroDivisionError:
            return model(*(part + (k + 1) * BESIDE for k, part in enumerate(at)))

    return model


ORDINARY = "0.3 -1.7 2.5 0.001 12"
SMALL = "0 1e-9 -1e-9 1e-4 -1e-4"
EXTREME = "1e-9 -1e-9 40 -40 700 -700 750 -750 1e5 -1e5"
POSITIVE = "1e-9 -1e-9 40 700 750 1e5"  # else 1 + exp(x) is 1, and its logarithm 0
PAIRS = "0.3,-1.7 1,1 1000,1000.5 -1000,-1001 1e5,-1e5 -1e5,1e5 750,10 0.25,-745 0,-40 -40,0"
APART = "0.3,-1.7 1,0.5 1000.5,1000 -1000,-1001 1e5,-1e5 750,10 0,-40 0,-1e-9"

CASES = [
    ("log(1 + exp(x))", softplus, ORDINARY, EXTREME),
    ("log(1/(1 + exp(-x)))", lambda x: -softplus(-x), ORDINARY, EXTREME),
    ("log(1 - 1/(1 + exp(-x)))", lambda x: -softplus(x), ORDINARY, EXTREME),
    ("-log(exp(x)/(1 + exp(x)))", lambda x: softplus(-x), ORDINARY, EXTREME),
    ("1/(1 + exp(-x))", sigmoid, ORDINARY, EXTREME),
    ("exp(x)/(1 + exp(x))", sigmoid, ORDINARY, EXTREME),
    ("1 - 1/(1 + exp(-x))", lambda x: sigmoid(-x), ORDINARY, EXTREME),
    ("log(exp(x))", lambda x: x, ORDINARY, EXTREME),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", tanh, ORDINARY, EXTREME),
    ("log(sum[j in 0..3] exp(j*x))", steps, ORDINARY, POSITIVE),
    ("log(exp(x)/sum[j in 0..3] exp(j*x))", lambda x: x - steps(x), ORDINARY, EXTREME),
    ("exp(x)/sum[j in 0..3] exp(j*x)", lambda x: exp(x - steps(x)), ORDINARY, EXTREME),
    ("log(prod[j in 0..3] exp(-j*x))", lambda x: -6 * x, ORDINARY, EXTREME),
    ("log(prod[j in 1..2] 1/(1 + exp(-j*x)))", tails, ORDINARY, EXTREME),
    ("log(exp(-x^2/2)/sqrt(2*pi))", lambda x: -x * x / 2 - log(2 * pi) / 2, ORDINARY, EXTREME),
    ("log(normal_density(x))", lambda x: -x * x / 2 - log(2 * pi) / 2, ORDINARY, EXTREME),
    ("log(exp(x) + exp(y))", log_sum, PAIRS, ""),
    ("exp(x)/(exp(x) + exp(y))", lambda x, y: sigmoid(x - y), PAIRS, ""),
    ("log(exp(x)/(exp(x) + exp(y)))", lambda x, y: -softplus(y - x), PAIRS, ""),
    ("exp(x)/exp(y)", lambda x, y: exp(x - y), PAIRS, ""),
    ("log(exp(x) - exp(y))", lambda x, y: x + log(-expm1(y - x)), APART, ""),
    ("sin(x)/x", ratio(sin, 1), ORDINARY, SMALL + " 40 1e5"),
    ("sinh(x)/x", ratio(sinh, 1), ORDINARY, SMALL + " 40"),
    ("tanh(x)/x", ratio(tanh, 1), ORDINARY, SMALL + " 40 -700"),
    ("atan(x)/x", ratio(atan, 1), ORDINARY, SMALL + " 40 -1e5"),
    ("tan(x)/x", ratio(tan, 1), "0.3 -1.2 0.001", SMALL),
    ("(exp(x) - 1)/x", ratio(expm1, 1), ORDINARY, SMALL + " 40 -40 700 -700"),
    ("x/(exp(x) - 1)", lambda x: x / expm1(x) if x else mpf(1), ORDINARY, SMALL + " 40 -40 700 -700"),
    ("log(1 + x)/x", ratio(log1p, 1), "0.3 -0.7 2.5 0.001 12", SMALL + " 1e5"),
    ("(1 - cos(x))/x^2", ratio(lambda x: 2 * sin(x / 2) ** 2, 0.5, 2), ORDINARY, SMALL),
    ("(1 - cos(x))/x", ratio(lambda x: 2 * sin(x / 2) ** 2, 0), ORDINARY, SMALL),
    ("log(normal_cdf(x))", lambda x: log(normal_cdf(x)), ORDINARY, "1e-9 -10 -40 -1e3 -1e5 8 30"),
    ("log(1 - normal_cdf(x))", lambda x: log(normal_cdf(-x)), ORDINARY, "1e-9 10 40 1e3 1e5 -8 -30"),
    ("1 - normal_cdf(x)", lambda x: normal_cdf(-x), ORDINARY, "10 30 -8"),
    ("log((1 + erf(x/sqrt(2)))/2)", lambda x: log(normal_cdf(x)), ORDINARY, "1e-9 -10 -40 -1e3 -1e5 8 30"),
    ("normal_density(x)/normal_cdf(x)", lambda x: normal_hazard(-x), ORDINARY, "-10 -40 -1e3 -1e5 8 30"),
    ("normal_hazard(x)", normal_hazard, ORDINARY, "10 40 1e3 1e5 -8 -30"),
    ("1 - erf(x)", erfc, ORDINARY, "10 25 -5"),
    ("log(1 - erf(x))", lambda x: log(erfc(x)), ORDINARY, "10 40 1e3 1e5 -5"),
    ("log(cosh(x))", lambda x: log(cosh(x)), ORDINARY, "1e-4 -1e-4 40 -40 1e3 -1e5"),
    ("log((exp(x) + exp(-x))/2)", lambda x: log(cosh(x)), ORDINARY, "1e-4 -1e-4 40 -40 1e3 -1e5"),
    ("log(sinh(x))", lambda x: log(sinh(x)), "0.3 2.5 0.001 12", "1e-9 40 1e3 1e5"),
    ("log(tanh(x))", lambda x: log1p(-2 / (exp(2 * x) + 1)), "0.3 2.5 0.001 12", "1e-9 40 300"),
    ("1 - tanh(x)", lambda x: 2 / (exp(2 * x) + 1), ORDINARY, "40 -40 300 -1e5"),
    ("log(x + sqrt(x^2 + 1))", asinh, ORDINARY, "1e-9 -1e-9 1e5 -1e5 1e200 -1e200"),
    ("sqrt(x^2 + 1) - x", root_less, ORDINARY, "0 1e-9 1e4 1e9 -1e9 1e150"),
    ("sqrt(x + 1) - sqrt(x)", lambda x: 1 / (sqrt(x + 1) + sqrt(x)), "0.3 2.5 0.001 12", "1e-9 1e4 1e9 1e16"),
    ("1/x - 1/(x + 1)", lambda x: 1 / (x * (x + 1)), "0.3 2.5 0.001 12", "1e-9 1e4 1e9 1e16"),
    ("exp(x)/(1 + exp(x))^2", lambda x: sigmoid(x) * sigmoid(-x), ORDINARY, "40 -40 700 -700"),
    ("log(exp(x) + 1) - x", lambda x: softplus(-x), ORDINARY, "40 -40 700 -1e5"),
    ("sqrt(exp(x))", lambda x: exp(x / 2), ORDINARY, "40 1000 -1000"),
    ("log(1 - exp(-x))", lambda x: log(-expm1(-x)), "0.3 0.001 12 0.7", "1e-9 40 700 745 1e-300"),
]

TINY = "1e-9 -1e-9 1e-4 -1e-4"
INSIDE = "0.3 -0.7 0.001 1e-9 -1e-9"  # of -1..1
NEAR = "3,2 1.000000001,1"
CASES += [
    (formula, written(formula), at, "")
    for formula, at in [
        ("sqrt(1 + x) - 1", "0.3 -0.7 12 0 " + TINY),
        ("(sqrt(1 + x) - 1)/x", "0.3 -0.7 12 0 1e9 " + TINY),
        ("1 - sqrt(1 - x^2)", INSIDE),
        ("(1 - sqrt(1 - x^2))/x^2", INSIDE + " 0"),
        ("sqrt(1 + x^2) - 1", "0.3 12 0 1e160 " + TINY),
        ("sqrt(1 + x) - sqrt(1 - x)", INSIDE),
        ("1 - 1/sqrt(1 + x^2)", "0.3 12 1e100 " + TINY),
        ("1/sqrt(1 - x^2) - 1", INSIDE),
        ("sqrt(x^2 + y^2) - x", "3,4 1e8,1 1e200,1e190 -3,4"),
        ("sqrt(x^2 + y^2 + z^2)", "3,4,5 1e200,1e200,1e200 1e-200,1e-200,1e-200"),
        ("x/sqrt(x^2 + y^2)", "3,4 1e200,1e200 1e-200,1e-200 1e9,1"),
        ("1 - x/sqrt(1 + x^2)", "0.3 -1.7 12 1e9"),
        ("log(x^2 + y^2)", "3,4 1e200,1e200 1e-200,1e-200"),
        ("sqrt(x^2)", "3 -3 1e200 1e-200"),
        ("sqrt(x) - sqrt(y)", NEAR),
        ("(sqrt(x) - sqrt(y))/(x - y)", "3,2 1,1"),
        ("x^3 - y^3", NEAR),
        ("x^4 - y^4", NEAR),
        ("(x^2 - y^2)/(x - y)", NEAR + " 1,1"),
        ("(x^3 - 1)/(x - 1)", "0.3 1.000000001 1"),
        ("x^2 - 2*x*y + y^2", NEAR),
        ("1/x - 1/y", NEAR),
        ("log(x/y)", "3,2 1.000000001,1"),
        ("log(x) - log(y)", NEAR),
        ("log(x + 1) - log(x)", "0.3 12 1e9 1e16"),
        ("log(1 - x^2)", INSIDE + " 0.999999"),
        ("log((1 + x)/(1 - x))", INSIDE + " 0.999999"),
        ("log(x/(1 - x))", "0.3 0.5000001 0.001 0.999999"),
        ("log(cos(x))", "0.3 -1.2 " + TINY),
        ("-x*log(x) - (1 - x)*log(1 - x)", "0.3 0.001 1e-9"),
        ("log(x)/(x - 1)", "0.3 1.000000001 1"),
        ("(x - 1)/log(x)", "0.3 1.000000001 1"),
        ("exp(x) - exp(y)", NEAR + " 700,-700"),
        ("(exp(x) - exp(y))/(x - y)", NEAR + " 1,1"),
        ("(x^y - 1)/y", "0.3,2.5 2,1e-9 2,0"),
        ("((1 + x)^y - 1)/x", "0.3,2.5 1e-9,2.5 0,2.5"),
        ("(1 + x)^3 - 1", "0.3 12 " + TINY),
        ("exp(x) - 1 - x", ORDINARY + " -40 " + TINY),
        ("(exp(x) - 1 - x)/x^2", ORDINARY + " -40 700 0 " + TINY),
        ("x - sin(x)", ORDINARY + " " + TINY),
        ("(x - sin(x))/x^3", ORDINARY + " 0 " + TINY),
        ("sinh(x) - x", ORDINARY + " " + TINY),
        ("log(1 + x) - x", "0.3 -0.7 12 " + TINY),
        ("(log(1 + x) - x)/x^2", "0.3 -0.7 12 0 " + TINY),
        ("x - atan(x)", ORDINARY + " " + TINY),
        ("cosh(x) - 1", ORDINARY + " " + TINY),
        ("(cosh(x) - 1)/x^2", ORDINARY + " 0 " + TINY),
        ("(exp(x) + exp(-x) - 2)/x^2", ORDINARY + " 0 " + TINY),
        ("1/tanh(x) - 1/x", ORDINARY + " 800 " + TINY),
        ("1/x - 1/tan(x)", "0.3 -1.2 0.001 " + TINY),
        ("(sin(x)/x - cos(x))/x", ORDINARY + " " + TINY),
        ("asin(x)/x", INSIDE + " 0"),
        ("sin(x*y)/x", "0.3,2 1e-9,2 0,2"),
        ("(exp(x*y) - 1)/y", "0.3,2 2,1e-9 2,0"),
        ("(exp(x) - 1)/(2*x)", ORDINARY + " 0 " + TINY),
        ("sin(x)^2/x^2", ORDINARY + " 0 " + TINY),
        ("1 - cos(x)^2", ORDINARY + " " + TINY),
        ("(exp(x) - 1)/(exp(x) + 1)", ORDINARY + " 800 -800 " + TINY),
        ("2/(1 + exp(-2*x)) - 1", ORDINARY + " 800 -800 " + TINY),
        ("exp(x)/(exp(x) - 1)", ORDINARY + " 40 -40 800"),
        ("log(exp(x) - 1)", "0.3 12 1e-9 800"),
        ("log(1 + exp(x) + exp(y))", "1,2 800,1 -800,-801 -40,-41 1e5,-1e5"),
        ("exp(x)/(1 + exp(x) + exp(y))", "1,2 800,1 -40,-41"),
        ("log(exp(x) + exp(y) + exp(z))", "1,2,3 800,1,2 -800,-801,-802 1e5,-1e5,0"),
        ("exp(x^2)*erfc(x)", "0.3 2.5 12 30 1e5"),
        ("normal_cdf(x) - normal_cdf(y)", "1,0.5 10,9 1.000000001,1 -30,-31 2,-3"),
        ("erf(x) - erf(y)", "1,0.5 10,9 1.000000001,1 2,-3"),
        ("acos(1 - x)", "0.3 1e-9 1e-20"),
        ("log(x + sqrt(x^2 - 1))", "2.5 12 1.000000001 1e200"),
        ("x^3/(exp(x) - 1)", "0.3 0.001 12 700 " + TINY),
        ("x^2*exp(x)/(exp(x) - 1)^2", "0.3 0.001 12 " + TINY),
        ("x*exp(-x)/(1 - exp(-x))", "0.3 0.001 12 0 " + TINY),
        ("(exp(-x*z) - exp(-y*z))/(y - x)", "1,2,0.3 2,1,0.3 1.000000001,1,0.3 700,1,2"),
        ("log(exp(-x)/(1 + exp(-x))^2)", ORDINARY + " 800 -800"),
        ("1/cosh(x)", ORDINARY + " 700 800 -800"),
        ("log(exp(x) + exp(-x) + 1)", ORDINARY + " 800 -800"),
        ("log(1 + 2*exp(x))", ORDINARY + " 800 -800"),
        ("log(y + exp(x))", "1,2 800,2 -800,2 -5,1e-300"),
        ("x*normal_cdf(x) + normal_density(x)", ORDINARY + " -10 -30 8"),
        ("acosh(1 + x)", "0.3 12 1e-9"),
    ]
]


def figure(exact):
    """As a double, with the digits that a double has; what is too large or small is inf or 0."""
    return repr(float(mpf(exact)))


def rows():
    for formula, model, ordinary, extreme in CASES:
        for point in (ordinary + " " + extreme).split():
            at = [mpf(float(part)) for part in point.split(",")]
            names = "xyz"[: len(at)]
            figures = [figure(model(*at))]
            for k in range(len(at)):
                order = tuple(int(k == i) for i in range(len(at)))
                step = mpf(10) ** -40 * (abs(at[k]) or 1)
                slope = diff(model, tuple(at), order, h=step) if len(at) > 1 else diff(model, at[0], h=step)
                figures.append(figure(slope))
            where = ",".join(f"{name}={part}" for name, part in zip(names, point.split(",")))
            yield "\t".join([formula, where, ",".join(figures)])


Path(__file__).with_name("cases.tsv").write_text("formula\tat\tvalue and derivatives\n" + "\n".join(rows()) + "\n")
