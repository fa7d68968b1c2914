#!/usr/bin/env python3
"""Prints the coefficients of src/runtime/elementary.c and elementary_single.c, highest power first.

Each is a polynomial through Chebyshev's points, which is within a fraction of the best possible one,
computed by mpmath to 60 digits. After its name stands its largest error."""
from mpmath import (atanh, chebyfit, cos, cosh, erf, erfc, exp, log, mp, mpf, nstr, pi, sin, sinh,
                    sqrt)

mp.dps = 60


def fit(name, function, low, high, *counts):
    for count in counts:
        coefficients, error = chebyfit(function, [low, high], count, error=True)
        print(f"{name}, {count} terms, error {nstr(error, 2)}")
        for coefficient in coefficients:
            print("   ", nstr(coefficient, 18, min_fixed=0, max_fixed=0, strip_zeros=False))


def of_square(function, limit):
    """A function of x as one of x^2, with its limit at 0, where it is a quotient of zeros."""
    return lambda square: limit if square < mpf(10) ** -25 else function(sqrt(square))


# Ranges are a hair wider than the reduction of the argument leaves.
WIDER = 1 + mpf(2) ** -18
half = (WIDER * log(2) / 2) ** 2
fit("(cosh(r) - 1)/r^2", of_square(lambda r: (cosh(r) - 1) / r**2, mpf(1) / 2), 0, half, 6, 3)
fit("(sinh(r) - r)/r^3", of_square(lambda r: (sinh(r) - r) / r**3, mpf(1) / 6), 0, half, 5, 3)


def binary(r):
    return log(2) ** 2 / 2 if abs(r) < mpf(10) ** -20 else (2**r - 1 - r * log(2)) / r**2


fit("(2^r - 1 - r*log(2))/r^2", binary, -WIDER / 2, WIDER / 2, 10)

series = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2
fit("(2*atanh(s) - 2*s)/s^3", of_square(lambda s: (2 * atanh(s) - 2 * s) / s**3, mpf(2) / 3), 0,
    series, 7, 3)

eighth = (WIDER * pi / 4) ** 2
fit("(sin(x) - x)/x^3", of_square(lambda x: (sin(x) - x) / x**3, -mpf(1) / 6), 0, eighth, 6, 4)
fit("(cos(x) - 1 + x^2/2)/x^4", of_square(lambda x: (cos(x) - 1 + x**2 / 2) / x**4, mpf(1) / 24), 0,
    eighth, 6, 4)

fit("erf(x)/x - 1", of_square(lambda x: erf(x) / x - 1, 2 / sqrt(pi) - 1), 0, mpf(3) ** 2 / 16, 10, 6)


def complement(t):
    """(1 + 2*x)*exp(x^2)*erfc(x) in t = (x - 4)/(x + 4)."""
    x = 4 * (1 + t) / (1 - t)
    return (1 + 2 * x) * exp(x * x) * erfc(x)


fit("complement, up to 28", complement, mpf(-1), mpf(24) / 32, 23)
fit("complement, up to 11", complement, mpf(-1), mpf(7) / 15, 11)
