#!/usr/bin/env python3
"""Makes values.h: the elementary functions at points ordinary and extreme, to twice the digits of a
double, as VALUE(function, point, value, what the value's rounding lost). Needs mpmath."""
import random
import re
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 400  # sin(1e300) loses 300 digits

MODELS = {
    "exp2": lambda x: mpf(2) ** x,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "logistic": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
}
POINTS = "0.5 0.75 1 1.5 2 3.25 0.1 0.01 0.3 0.7 5 10 12.5 0.34657 1e-6 1e-9 1e-30 3e-39 1e-310"
HUGE = "1048575 1048577 1e7 3e22 1e36 1e150 1.7976931348623157e308"
SMALLEST = mpf(2) ** -1074

random.seed(1)
row = re.compile(r"FUNCTION\((\w+), (\w+), ([^,]+), ([^,]+), ([^,]+),")


def single(x):
    """x with the 24 digits that float has."""
    return float(mpf(x).__round__(0)) if abs(x) > 1e30 else float(mp.nint(mpf(x) * 2**20) / 2**20)


def points(low, high):
    for text in POINTS.split():
        yield from (float(text), -float(text))
    if high > 1e6:
        yield from map(float, HUGE.split())
    for _ in range(12):
        yield random.uniform(low, high)
        yield single(random.uniform(max(low, -20), min(high, 20)))


def value(model, x):
    with mp.workdps(400 if abs(x) > 1e6 else 60):
        return MODELS.get(model, getattr(mp, model, None))(mpf(x))


with open(Path(__file__).with_name("values.h"), "w") as file:
    print("/* Made by make_values.py: do not edit. */", file=file)
    for line in Path(__file__).with_name("functions.h").read_text().splitlines():
        match = row.match(line)
        if not match:
            continue
        name, model, low, high = match[1], match[2], float(match[3]), float(match[4])
        for x in points(low, high):
            if low < x and (x <= high or high > 1e6):
                exact = value(model, x)
                rounded = float(exact)
                rest = 0.0 if abs(exact) < SMALLEST * 2**60 else float(exact - mpf(rounded))
                print(f"VALUE({name}, {x!r}, {rounded!r}, {rest!r})", file=file)
