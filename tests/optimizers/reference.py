#!/usr/bin/env python3
"""Six steps of each optimiser on 2*(a - 3)^2 + (a*b - 1)^2 from a = 1, b = 0.5, written anew from
the papers: prints expected.tsv (name, a, b)."""
from math import copysign, sqrt

STEPS = 6


def gradient(p):
    a, b = p
    return [4 * (a - 3) + 2 * (a * b - 1) * b, 2 * (a * b - 1) * a]


def run(step, states):
    p = [1.0, 0.5]
    memory = [[0.0] * states for _ in p]
    for t in range(1, STEPS + 1):
        g = gradient(p)
        for i in range(2):
            p[i] = step(p[i], g[i], memory[i], t)
    return p


def gd(x, g, m, t):
    return x - 0.01 * g


def momentum(x, g, m, t):
    m[0] = 0.9 * m[0] + g
    return x - 0.01 * m[0]


def nesterov(x, g, m, t):
    m[0] = 0.9 * m[0] + g
    return x - 0.01 * (g + 0.9 * m[0])


def adagrad(x, g, m, t):
    m[0] += g * g
    return x - 0.01 * g / (sqrt(m[0]) + 1e-10)


def adadelta(x, g, m, t):
    m[0] = 0.95 * m[0] + 0.05 * g * g
    d = g * sqrt(m[1] + 1e-6) / sqrt(m[0] + 1e-6)
    m[1] = 0.95 * m[1] + 0.05 * d * d
    return x - d


def rmsprop(x, g, m, t):
    m[0] = 0.9 * m[0] + 0.1 * g * g
    return x - 1e-3 * g / (sqrt(m[0]) + 1e-8)


def moments(m, g, t):
    m[0] = 0.9 * m[0] + 0.1 * g
    m[1] = 0.999 * m[1] + 0.001 * g * g
    return m[0] / (1 - 0.9**t), m[1] / (1 - 0.999**t)


def adam(x, g, m, t):
    first, second = moments(m, g, t)
    return x - 1e-3 * first / (sqrt(second) + 1e-8)


def adamw(x, g, m, t):
    first, second = moments(m, g, t)
    return x - 1e-3 * (first / (sqrt(second) + 1e-8) + 1e-2 * x)


def nadam(x, g, m, t):
    _, second = moments(m, g, t)
    ahead = 0.9 * m[0] / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
    return x - 1e-3 * ahead / (sqrt(second) + 1e-8)


def amsgrad(x, g, m, t):
    first, _ = moments(m, g, t)
    m[2] = max(m[2], m[1])
    return x - 1e-3 * first / (sqrt(m[2] / (1 - 0.999**t)) + 1e-8)


def lion(x, g, m, t):
    c = 0.9 * m[0] + 0.1 * g
    m[0] = 0.99 * m[0] + 0.01 * g
    return x - 1e-4 * (copysign(1, c) if c else 0)


def lars(x, g, m, t):
    local = 1e-3 * abs(x) / abs(g) if x and g else 1
    m[0] = 0.9 * m[0] + 0.01 * local * g
    return x - m[0]


for rule, states in [(gd, 0), (momentum, 1), (nesterov, 1), (adagrad, 1), (adadelta, 2), (rmsprop, 1),
                     (adam, 2), (adamw, 2), (nadam, 2), (amsgrad, 3), (lion, 1), (lars, 1)]:
    a, b = run(rule, states)
    print(f"{rule.__name__}\t{a:.17g}\t{b:.17g}")
