#!/usr/bin/env python3
"""Makes values.tsv and scalars.tsv, the exact figures that the library is tested by.

Each NAME.expr here makes up its inputs from sines and calls functions of the library; its rows of
values.tsv are what those calls give where every parameter is 0. The inputs are made up here once
more, and the functions are computed from their textbook definitions, in 50 digits, by loops over
single numbers: what stability asks of the library (a maximum taken out, log1p) is left out here.
scalars.tsv holds functions of one number in the tails, with their derivatives. Needs mpmath.
"""

import itertools
import os

import mpmath
from mpmath import mpf, sin, cos, exp, log, sqrt, tanh, pi, gamma, mp

mp.dps = 50
HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = []


class Tensor:
    """Entries by a tuple of subscripts; t[i, j], and t[i] is a row of it."""

    def __init__(self, shape, entry):
        self.shape = shape
        self.entries = {s: entry(*s) for s in itertools.product(*map(range, shape))}

    def __getitem__(self, subscripts):
        s = subscripts if isinstance(subscripts, tuple) else (subscripts,)
        if len(s) == len(self.shape):
            return self.entries[s]
        return Tensor(self.shape[len(s):], lambda *rest: self.entries[s + rest])

    def get(self, *subscripts):
        return self.entries.get(subscripts, mpf(0))

    def all(self):
        return list(self.entries.values())

    def map(self, f):
        return Tensor(self.shape, lambda *s: f(self.entries[s]))


def number(text):
    """The double nearest to a decimal."""
    return mpf(float(text))


def tensor(shape, entry):
    return Tensor(shape, lambda *s: mpf(entry(*map(mpf, s))))


def wave(*coefficients):
    """cos(c0*i + c1*j + ...)"""
    return lambda *s: cos(sum(c * k for c, k in zip(coefficients, s)))


def weighted(t, *coefficients):
    w = wave(*coefficients)
    return mpmath.fsum(w(*s) * e for s, e in t.entries.items())


def ranges(*ends):
    return itertools.product(*map(range, ends))


def total(terms):
    return mpmath.fsum(terms)


def sigmoid(x):
    return 1 / (1 + exp(-x))


def mean(values):
    return total(values) / len(values)


def variance(values):
    m = mean(values)
    return mean([(v - m)**2 for v in values])


def length(values):
    return sqrt(total(v * v for v in values))


def softmax(values):
    s = total(exp(v) for v in values)
    return [exp(v) / s for v in values]


def dot(a, b):
    return total(x * y for x, y in zip(a, b))


def distance(a, b):
    return length([x - y for x, y in zip(a, b)])


def cosine(a, b):
    return dot(a, b) / (length(a) * length(b))


def model(name, values):
    for key, value in values.items():
        ROWS.append("%s\t%s_at\t%s" % (name, key, mpmath.nstr(mpf(value), 25)))


# ---- vectors ----

def vectors():
    A = tensor((3, 4), lambda i, j: sin(1 + 3*i + number(0.7)*j))
    v = tensor((4,), lambda j: cos(2*j + number(0.3)))
    a, b = A.all(), v.all()
    soft = softmax(b)
    masked = 0
    for i in range(3):
        weights = softmax([A[i, j] for j in range(i + 1)])
        masked += total(cos(i + 2*j) * weights[j] for j in range(i + 1))
    model("vectors", {
        "size": 12 * v[0],
        "mean": mean(a) + mean(b)**2,
        "variance": variance(a),
        "dot": dot(A[0].all(), b),
        "norm": length(a),
        "distance": distance(A[1].all(), b),
        "cosine_similarity": cosine(A[1].all(), b),
        "transpose": weighted(A, 1, 2),
        "logsumexp": log(total(map(exp, a))) + log(total(map(exp, b))),
        "large_logsumexp": log(total(exp(800*e) for e in b)) + log(total(exp(-800*e) for e in b)),
        "softmax": total(cos(j) * soft[j] for j in range(4)),
        "masked_softmax": masked,
        "logsoftmax": total(cos(j) * log(soft[j]) for j in range(4)),
    })


# ---- activations ----

def gaussian_cdf(x):
    return mpmath.erfc(-x / sqrt(2)) / 2


def elu(x, alpha):
    return x if x > 0 else alpha * (exp(x) - 1)


def celu(x, alpha):
    return x if x > 0 else alpha * (exp(x / alpha) - 1)


def selu(x):
    # The fixed point (0, 1) of mean and variance, Klambauer et al. 2017, equation 14.
    e = mpmath.e
    alpha = -sqrt(2 / pi) / (mpmath.erfc(1 / sqrt(2)) * exp(mpf(1) / 2) - 1)
    scale = (1 - mpmath.erfc(1 / sqrt(2)) * sqrt(e)) * sqrt(2 * pi) / sqrt(
        2 * mpmath.erfc(sqrt(2)) * e**2 + pi * mpmath.erfc(1 / sqrt(2))**2 * e
        - 2 * (2 + pi) * mpmath.erfc(1 / sqrt(2)) * sqrt(e) + pi + 2)
    return scale * elu(x, alpha)


def mish(x):
    return x * tanh(log(1 + exp(x)))


def tanh_gelu(x):
    return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + number(0.044715) * x**3)))


def hard_sigmoid(x):
    return mpf(0) if x <= -3 else mpf(1) if x >= 3 else x / 6 + mpf(1) / 2


def soft_threshold(x, t):
    return x - t if x > t else x + t if x < -t else mpf(0)


def activations():
    x = tensor((3, 4), lambda i, j: 2*sin(1 + 3*i + number(0.7)*j))
    y = tensor((3, 4), lambda i, j: cos(2*i + j))
    pairs = list(zip(x.all(), y.all()))

    def over(f):
        return total(map(f, x.all()))

    model("activations", {
        "leaky_relu": over(lambda x: x if x > 0 else number(0.1) * x),
        "relu6": over(lambda x: sorted((mpf(0), 5*x, mpf(6)))[1]),
        "elu": over(lambda x: elu(x, number(1.2))),
        "celu": over(lambda x: celu(x, number(1.2))),
        "selu": over(selu),
        "swish": total(x / (1 + exp(-y * x)) for x, y in pairs),
        "mish": over(mish),
        "tanh_gelu": over(tanh_gelu),
        "log_sigmoid": over(lambda x: log(sigmoid(x))),
        "logit": over(lambda x: log(sigmoid(x) / 2 / (1 - sigmoid(x) / 2))),
        "softsign": over(lambda x: x / (1 + abs(x))),
        "hard_sigmoid": over(lambda x: hard_sigmoid(2*x)),
        "hard_tanh": over(lambda x: sorted((mpf(-1), x, mpf(1)))[1]),
        "hard_swish": over(lambda x: 2*x * hard_sigmoid(2*x)),
        "soft_threshold": weighted(x.map(lambda x: soft_threshold(x, mpf(1) / 2)), 1, 2),
        "glu": total(x * sigmoid(y) for x, y in pairs),
        "swiglu": total(x * y * sigmoid(y) for x, y in pairs),
    })


# ---- layers ----

def layers():
    x = tensor((3,), lambda l: sin(1 + 2*l))
    y = tensor((4,), lambda m: cos(1 + m))
    b = tensor((4,), cos)
    W = tensor((4, 3), lambda j, l: sin(j + 2*l))
    A = tensor((4, 3, 4), lambda j, l, m: sin(j + 2*l + 3*m))
    E = tensor((5, 3), lambda w, c: cos(3*w + c))
    model("layers", {
        "dense": total(cos(j) * (total(W[j, l] * x[l] for l in range(3)) + b[j])
                       for j in range(4)),
        "dense_each": total(
            cos(i + 2*j) * (total(W[j, l] * E[i, l] for l in range(3)) + b[j])
            for i, j in ranges(5, 4)),
        "dense2d": total(
            cos(j) * (b[j] + total(sin(j + 2*l + 3*i + m) * cos(l + 2*i + m)
                                   for l, i, m in ranges(3, 4, 4))) for j in range(4)),
        "bilinear": total(cos(j) * (total(A[j, l, m] * x[l] * y[m] for l, m in ranges(3, 4))
                                    + b[j]) for j in range(4)),
        "embedding": total(cos(i + 2*c) * E[4 - i, c] for i, c in ranges(5, 3)),
        "dropout": total(cos(j) * y[j] for j in range(4)),   # for it is measured, not trained
        "highway": total(cos(j) * (sigmoid(y[j]) * b[j] + (1 - sigmoid(y[j])) * y[j])
                         for j in range(4)),
    })


# ---- convolutions and pooling: plain loops ----

def conv1d(x, K, b, stride=1, dilation=1, before=0, after=0):
    channels, width = x.shape
    outs, _, size = K.shape
    places = (width + before + after - dilation * (size - 1) - 1) // stride + 1
    return Tensor((outs, places), lambda o, r: b[o] + total(
        K[o, q, u] * x.get(q, stride*r + dilation*u - before)
        for q, u in ranges(channels, size)))


def conv2d(x, K, b, stride=1, dilation=1, padding=0):
    channels, height, width = x.shape
    outs, _, rows, columns = K.shape
    down = (height + 2*padding - dilation * (rows - 1) - 1) // stride + 1
    across = (width + 2*padding - dilation * (columns - 1) - 1) // stride + 1
    return Tensor((outs, down, across), lambda o, r, s: b[o] + total(
        K[o, q, u, v] * x.get(q, stride*r + dilation*u - padding, stride*s + dilation*v - padding)
        for q, u, v in ranges(channels, rows, columns)))


def convolutions():
    x = tensor((2, 9), lambda q, m: sin(1 + 2*q + number(0.9)*m))
    image = tensor((2, 7, 8), lambda q, m, n: sin(1 + 2*q + number(0.9)*m + number(1.7)*n))
    K = tensor((3, 2, 3), lambda o, q, u: cos(o + 2*q + 3*u))
    L = tensor((3, 2, 2, 3), lambda o, q, u, v: cos(o + 2*q + 3*u + 5*v))
    b = tensor((3,), sin)
    model("convolutions", {
        "pad1d": total(cos(q + 2*(m + 2)) * x[q, m] for q, m in ranges(2, 9)),
        "pad2d": total(cos(q + 2*(m + 1) + 3*(n + 1)) * image[q, m, n]
                       for q, m, n in ranges(2, 7, 8)),
        "pad_past": total(cos(q + 2*(m + 2)) * x[q, m] for q, m in ranges(2, 9)),
        "conv1d": weighted(conv1d(x, K, b), 1, 2),
        "conv2d": weighted(conv2d(image, L, b), 1, 2, 3),
        "padded_conv1d": weighted(conv1d(x, K, b, before=1, after=1), 1, 2),
        "padded_conv2d": weighted(conv2d(image, L, b, padding=1), 1, 2, 3),
        "causal_conv1d": weighted(conv1d(x, K, b, before=2), 1, 2),
        "strided_conv1d": weighted(conv1d(x, K, b, stride=2), 1, 2),
        "strided_conv2d": weighted(conv2d(image, L, b, stride=2), 1, 2, 3),
        "padded_strided_conv1d": weighted(conv1d(x, K, b, stride=3, before=1, after=1), 1, 2),
        "dilated_conv1d": weighted(conv1d(x, K, b, dilation=3), 1, 2),
        "dilated_conv2d": weighted(conv2d(image, L, b, dilation=2), 1, 2, 3),
    })


def transposed(x, K, b, stride, rank):
    """Every entry of x adds a copy of the kernel, times itself."""
    outs = K.shape[1]
    shape = tuple(stride * (x.shape[1 + k] - 1) + K.shape[2 + k] for k in range(rank))
    y = {s: b[s[0]] for s in ranges(outs, *shape)}
    for (q, *place), value in x.entries.items():
        for (p, o, *offset), weight in K.entries.items():
            if p == q:
                y[(o,) + tuple(stride*m + u for m, u in zip(place, offset))] += weight * value
    return Tensor((outs,) + shape, lambda *s: y[s])


def groups():
    x = tensor((2, 3, 7), lambda g, q, m: sin(1 + g + 2*q + number(0.9)*m))
    image = tensor((2, 2, 5, 6),
                   lambda g, q, m, n: sin(1 + g + 2*q + number(0.9)*m + number(1.7)*n))
    K = tensor((2, 3, 3, 2), lambda g, o, q, u: cos(g + o + 2*q + 3*u))
    L = tensor((2, 3, 2, 2, 3), lambda g, o, q, u, v: cos(g + o + 2*q + 3*u + 5*v))
    b = tensor((2, 3), lambda g, o: sin(g + o))

    def alone(kernel):
        return Tensor((1, 1) + kernel.shape, lambda o, q, *s: kernel[s])

    def each_channel(x, K, b, conv):
        return [conv(Tensor((1,) + x.shape[1:], lambda _, *s: x[(q,) + s]), alone(K[q]), b[q])
                for q in range(x.shape[0])]

    depth1 = each_channel(x[0], K[0, 0], [[b[0, q]] for q in range(3)], conv1d)
    depth2 = each_channel(image[0], L[0, 0], [[b[q, 0]] for q in range(2)], conv2d)
    one = [conv1d(x[g], K[g], b[g]) for g in range(2)]
    two = [conv2d(image[g], L[g], b[g]) for g in range(2)]
    kernel = Tensor((2, 3, 2, 3), lambda q, o, u, v: L[0, o, q, u, v])
    model("groups", {
        "grouped_conv1d": total(cos(g + o + 2*r) * e for g in range(2)
                                for (o, r), e in one[g].entries.items()),
        "grouped_conv2d": total(cos(g + o + 2*r + 3*s) * e for g in range(2)
                                for (o, r, s), e in two[g].entries.items()),
        "depthwise_conv1d": total(cos(q + 2*r) * e for q in range(3)
                                  for (_, r), e in depth1[q].entries.items()),
        "depthwise_conv2d": total(cos(q + 2*r + 3*s) * e for q in range(2)
                                  for (_, r, s), e in depth2[q].entries.items()),
        "transposed_conv1d": weighted(transposed(x[0], K[0], b[0], 2, 1), 1, 2),
        "transposed_conv2d": weighted(transposed(image[0], kernel, b[0], 2, 2), 1, 2, 3),
    })


def windows(x, width, stride, combine):
    places = [(n - width) // stride + 1 for n in x.shape[1:]]
    return Tensor((x.shape[0], *places), lambda q, *s: combine(
        [x[(q,) + tuple(stride*r + u for r, u in zip(s, offset))]
         for offset in ranges(*[width] * len(s))]))


def pooling():
    x = tensor((2, 9), lambda q, m: sin(1 + 2*q + number(0.9)*m))
    image = tensor((2, 7, 8), lambda q, m, n: sin(1 + 2*q + number(0.9)*m + number(1.7)*n))
    model("pooling", {
        "max_pool1d": weighted(windows(x, 3, 2, max), 1, 2),
        "max_pool2d": weighted(windows(image, 2, 2, max), 1, 2, 3),
        "mean_pool1d": weighted(windows(x, 3, 2, mean), 1, 2),
        "mean_pool2d": weighted(windows(image, 3, 1, mean), 1, 2, 3),
        "global_mean_pool": total(cos(q) * mean(image[q].all()) for q in range(2)),
    })


# ---- normalisation ----

def standardised(values):
    m, s = mean(values), sqrt(variance(values) + number(1e-3))
    return [(v - m) / s for v in values]


def like(t, values):
    entries = dict(zip(t.entries, values))
    return Tensor(t.shape, lambda *s: entries[s])


def normalisation():
    x = tensor((4, 3), lambda i, j: sin(1 + 3*i + number(0.7)*j))
    image = tensor((2, 2, 3, 4),
                   lambda i, q, m, n: sin(1 + i + 2*q + number(0.9)*m + number(1.7)*n))
    gain, bias = tensor((3,), cos), tensor((3,), sin)
    gains = tensor((2, 2), lambda h, q: cos(h + 2*q))
    layer, rms = {}, {}
    for i in range(4):
        row = standardised(x[i].all())
        square = sqrt(mean([e*e for e in x[i].all()]) + number(1e-3))
        for j in range(3):
            layer[i, j] = gain[j]*row[j] + bias[j]
            rms[i, j] = gain[j]*x[i, j]/square
    columns = [standardised([x[i, j] for i in range(4)]) for j in range(3)]
    batch = []
    for q in range(2):
        of_channel = [s for s in image.entries if s[1] == q]
        batch += zip(of_channel, standardised([image[s] for s in of_channel]))
    instance = [like(image[1, q], standardised(image[1, q].all())) for q in range(2)]
    group = [like(image[h], standardised(image[h].all())) for h in range(2)]

    def response(q, m, n):
        near = total(image[0, p, m, n]**2 for p in range(2) if abs(p - q) <= 1)
        return image[0, q, m, n] / (2 + near/2)**(mpf(3)/4)

    model("normalisation", {
        "standardise": weighted(like(x, standardised(x.all())), 1, 2),
        "normalise": total(cos(j) * x[1, j] for j in range(3)) / length(x[1].all()),
        "layer_norm": weighted(Tensor((4, 3), lambda *s: layer[s]), 1, 2),
        "rms_norm": weighted(Tensor((4, 3), lambda *s: rms[s]), 1, 2),
        "batch_norm": total(cos(i + 2*j) * (gain[j]*columns[j][i] + bias[j])
                            for i, j in ranges(4, 3)),
        "batch_norm2d": total(cos(i + q + 2*m + 3*n) * (gains[0, q]*e + gains[1, q])
                              for (i, q, m, n), e in batch),
        "fixed_norm": total(
            cos(i + 2*j) * (gain[j]*(x[i, j] - gain[j])/sqrt(exp(x[1, j]) + number(1e-3)) + bias[j])
            for i, j in ranges(4, 3)),
        "instance_norm": total(
            cos(q + 2*m + 3*n) * (gains[0, q]*instance[q][m, n] + gains[1, q])
            for q, m, n in ranges(2, 3, 4)),
        "group_norm": total(
            cos(h + q + 2*m + 3*n) * (gains[h, q]*group[h][q, m, n] + gains[h, q])
            for h, q, m, n in ranges(2, 2, 3, 4)),
        "local_response_norm": weighted(Tensor((2, 3, 4), response), 1, 2, 3),
        "weight_norm": gain[1] * total(cos(j) * x[2, j] for j in range(3)) / length(x[2].all()),
    })


# ---- attention ----

def score(q, k, t, u):
    width = q.shape[1]
    return total(q[t, c] * k[u, c] for c in range(width)) / sqrt(mpf(width))


def attend(q, k, v, seen=lambda t, u: True, extra=lambda t, u: 0):
    """Each query's values, weighed by the exponentials of its scores."""
    rows = {}
    for t in range(q.shape[0]):
        weight = {u: exp(score(q, k, t, u) + extra(t, u)) for u in range(k.shape[0]) if seen(t, u)}
        for e in range(v.shape[1]):
            rows[t, e] = total(w * v[u, e] for u, w in weight.items()) / total(weight.values())
    return Tensor((q.shape[0], v.shape[1]), lambda *s: rows[s])


def project(x, W):
    return Tensor((x.shape[0], W.shape[0]),
                  lambda t, c: total(W[c, l] * x[t, l] for l in range(x.shape[1])))


def heads(x, y, Q, K, V, O, seen=lambda t, u: True):
    each = [attend(project(x, Q[h]), project(y, K[h]), project(y, V[h]), seen) for h in range(2)]
    return Tensor((x.shape[0], O.shape[0]), lambda t, j: total(
        O[j, h, e] * each[h][t, e] for h, e in ranges(2, V.shape[1])))


def own(x, A, seen=lambda t, u: True):
    back = Tensor((3, 2, 2), lambda l, h, c: A[3, h, c, l])
    return heads(x, x, A[0], A[1], A[2], back, seen)


def forward(x, F, a, G, b):
    hidden = [max(0, dot(F[f].all(), x.all()) + a[f]) for f in range(F.shape[0])]
    return Tensor((G.shape[0],), lambda l: dot(G[l].all(), hidden) + b[l])


def rows(x, f):
    each = [f(x[t]) for t in range(x.shape[0])]
    return Tensor((x.shape[0], each[0].shape[0]), lambda t, l: each[t][l])


def normed(x, change, gain, bias):
    """Layer normalisation of the sum of both."""
    def row(both):
        mu = mean(both.all())
        s = mean([(e - mu)**2 for e in both.all()])
        return Tensor(both.shape, lambda l: gain[l]*(both[l] - mu)/sqrt(s + number(1e-5)) + bias[l])
    return rows(Tensor(x.shape, lambda t, l: x[t, l] + change[t, l]), row)


def turned(q, base):
    """The pairs (2k, 2k + 1) as complex numbers, turned."""
    width = q.shape[1]

    def entry(t, c):
        pair = mpmath.mpc(q[t, c - c % 2], q[t, c - c % 2 + 1])
        angle = t * mpf(base)**(-mpf(2 * (c // 2)) / width)
        pair *= mpmath.expj(angle)
        return pair.real if c % 2 == 0 else pair.imag

    return Tensor(q.shape, entry)


def attention():
    q = tensor((5, 4), lambda t, c: sin(1 + 3*t + number(0.7)*c))
    k = tensor((6, 4), lambda u, c: cos(1 + 2*u + number(0.9)*c))
    v = tensor((6, 3), lambda u, e: sin(u + 2*e))
    Q = tensor((2, 4, 4), lambda h, c, l: cos(h + c + 2*l))
    K = tensor((2, 4, 3), lambda h, c, m: sin(h + c + 2*m))
    V = tensor((2, 3, 3), lambda h, e, m: cos(h + 3*e + m))
    O = tensor((2, 2, 3), lambda j, h, e: sin(j + h + 2*e))

    A = tensor((4, 2, 2, 3), lambda p, h, c, l: sin(p + h + 2*c + 3*l))
    F = K[0]
    G = tensor((3, 4), lambda l, f: Q[1][f, l] - sin(l))

    def wavelength(t, c):
        angle = t / mpf(100)**(mpf(2 * (c // 2)) / 4)
        return sin(angle) if c % 2 == 0 else cos(angle)

    model("attention", {
        "attention_scores": weighted(Tensor((5, 6), lambda t, u: score(q, k, t, u)), 1, 2),
        "attention": weighted(attend(q, k, v), 1, 2),
        "causal_attention": weighted(attend(q, k, v, lambda t, u: u <= t), 1, 2),
        "local_attention": weighted(attend(q, k, v, lambda t, u: abs(t - u) <= 1), 1, 2),
        "masked_attention": weighted(attend(q, k, v, lambda t, u: u < 4), 1, 2),
        "biased_attention": weighted(
            attend(q, k, v, extra=lambda t, u: -2 * score(q, k, t, u)), 1, 2),
        "project": weighted(project(q, Q[0]), 1, 2),
        "multi_head_attention": weighted(heads(q, v, Q, K, V, O), 1, 2),
        "causal_multi_head_attention": weighted(
            heads(v, v, K, K, V, O, lambda t, u: u <= t), 1, 2),
        "self_attention": weighted(own(v, A), 1, 2),
        "causal_self_attention": weighted(own(v, A, lambda t, u: u <= t), 1, 2),
        "feed_forward": total(cos(l) * forward(v[0], F, q[0], G, v[1])[l] for l in range(3)),
        "attention_block": weighted(normed(v, own(v, A), v[1], v[2]), 1, 2),
        "feed_forward_block": weighted(normed(
            v, rows(v, lambda x: forward(x, F, q[0], G, v[1])), v[2], v[3]), 1, 2),
        "position_angle": total(q[t, c] * t / mpf(100)**(mpf(2 * (c // 2)) / 4)
                                for t, c in ranges(5, 4)),
        "sinusoidal_positions": total(q[t, c] * wavelength(t, c) for t, c in ranges(5, 4)),
        "rotary": weighted(turned(q, 100), 1, 2),
    })


# ---- cells ----

def cells():
    x = tensor((3,), lambda l: sin(1 + 2*l))
    h = tensor((4,), lambda k: cos(1 + k))
    memory = tensor((4,), lambda k: sin(3*k))
    W = tensor((4, 4, 3), lambda g, j, l: cos(g + j + 2*l))
    U = tensor((4, 4, 4), lambda g, j, k: sin(g + 2*j + k))
    B = tensor((4, 4), lambda g, j: cos(2*g + j))

    def joined(g, j, h):
        return (total(W[g, j, l] * x[l] for l in range(3)) +
                total(U[g, j, k] * h[k] for k in range(4)) + B[g, j])

    def gate(g, j):
        return sigmoid(joined(g, j, h))

    reset = [gate(0, k) * h[k] for k in range(4)]
    update = [gate(1, j) * h[j] + (1 - gate(1, j)) * tanh(joined(2, j, reset)) for j in range(4)]

    def over(f):
        return total(cos(j) * f(j) for j in range(4))

    model("cells", {
        "joined": over(lambda j: joined(0, j, h)),
        "rnn_cell": over(lambda j: tanh(joined(0, j, h))),
        "gate": over(lambda j: gate(1, j)),
        "gru_cell": over(lambda j: update[j]),
        "lstm_memory": over(lambda j: gate(1, j)*memory[j] + gate(0, j)*tanh(joined(2, j, h))),
        "lstm_output": over(lambda j: gate(3, j)*tanh(memory[j])),
    })


# ---- recurrent layers: states from the first place to the last ----

def recurrent():
    places, inputs, states = 5, 2, 3
    x = tensor((places, inputs), lambda t, l: sin(1 + t + 2*l))
    h = [cos(mpf(1 + j)) for j in range(states)]
    memory = [sin(mpf(3*j)) for j in range(states)]
    W = tensor((4, states, inputs), lambda g, j, l: cos(g + j + 2*l))
    U = tensor((4, states, states), lambda g, j, k: sin(g + 2*j + k))
    B = tensor((4, states), lambda g, j: cos(2*g + j))
    V = tensor((2, 4, states, inputs), lambda a, g, j, l: sin(a + g + j + 2*l))
    R = tensor((2, 4, states, states), lambda a, g, j, k: cos(3*a + g + 2*j + k))
    C = tensor((2, 4, states), lambda a, g, j: sin(a + 2*g + j))
    rest = [mpf(0)] * states

    def joined(x, h, W, U, B):
        return [dot(W[j].all(), x) + dot(U[j].all(), h) + B[j] for j in range(states)]

    def rnn_step(state, x, W, U, B):
        return [list(map(tanh, joined(x, state[0], W, U, B)))]

    def gru_step(state, x, W, U, B):
        h = state[0]
        reset, update = (list(map(sigmoid, joined(x, h, W[g], U[g], B[g]))) for g in (0, 1))
        candidate = joined(x, [r*e for r, e in zip(reset, h)], W[2], U[2], B[2])
        return [[u*e + (1 - u)*tanh(c) for u, e, c in zip(update, h, candidate)]]

    def lstm_step(state, x, W, U, B):
        h, memory = state
        i, f, c, o = (joined(x, h, W[g], U[g], B[g]) for g in range(4))
        memory = [sigmoid(f[j])*memory[j] + sigmoid(i[j])*tanh(c[j]) for j in range(states)]
        return [[sigmoid(o[j])*tanh(memory[j]) for j in range(states)], memory]

    def run(step, state, x, W, U, B):
        outputs = []
        for row in x:
            state = step(state, row, W, U, B)
            outputs.append(state[0])
        return outputs

    def backwards(step, state, x, W, U, B):
        return run(step, state, x[::-1], W, U, B)[::-1]

    def both(step, state, V, R, C):
        ways = zip(run(step, state, rows, V[0], R[0], C[0]),
                   backwards(step, state, rows, V[1], R[1], C[1]))
        return [a + b for a, b in ways]

    def summed(outputs):
        return total(cos(t + 2*j) * e for t, row in enumerate(outputs) for j, e in enumerate(row))

    def first_gate(T):
        return Tensor((2,) + T.shape[2:], lambda a, *s: T[(a, 0) + s])

    rows = [x[t].all() for t in range(places)]
    simple = (rows, W[0], U[0], B[0])
    gated = (rows, W, U, B)
    once = run(rnn_step, [rest], *simple)
    model("recurrent", {
        "rnn": summed(once),
        "rnn_from": summed(run(rnn_step, [h], *simple)),
        "gru": summed(run(gru_step, [rest], *gated)),
        "gru_from": summed(run(gru_step, [h], *gated)),
        "lstm": summed(run(lstm_step, [rest, rest], *gated)),
        "lstm_from": summed(run(lstm_step, [h, memory], *gated)),
        "reversed": summed(rows[::-1]),
        "rnn_reversed": summed(backwards(rnn_step, [rest], *simple)),
        "gru_reversed": summed(backwards(gru_step, [rest], *gated)),
        "lstm_reversed": summed(backwards(lstm_step, [rest, rest], *gated)),
        "concatenated": summed([a + b for a, b in zip(rows, rows[::-1])]),
        "bidirectional_rnn": summed(
            both(rnn_step, [rest], first_gate(V), first_gate(R), first_gate(C))),
        "bidirectional_gru": summed(both(gru_step, [rest], V, R, C)),
        "bidirectional_lstm": summed(both(lstm_step, [rest, rest], V, R, C)),
        "stacked_rnn": summed(run(rnn_step, [rest], once, U[1], U[2], B[1])),
    })


# ---- sequences: paths one by one ----

def sequences():
    places, classes = 6, 4
    z = tensor((places, classes), lambda t, c: sin(1 + 2*t + 3*c))
    A = tensor((classes, classes), lambda c, d: cos(c + 2*d))
    x = [1 + sin(mpf(3*t))/2 for t in range(places)]
    path = [(2*t + 1) % classes for t in range(places)]
    kept = number(0.9)
    average = x[:1]
    for e in x[1:]:
        average.append(kept*average[-1] + (1 - kept)*e)
    y = [softmax(z[t].all()) for t in range(places)]
    paths = list(itertools.product(range(classes), repeat=places))

    def score(path):
        return (total(z[t, c] for t, c in enumerate(path)) +
                total(A[c, d] for c, d in zip(path, path[1:])))

    def collapsed(path):
        return [c for c, _ in itertools.groupby(path) if c != 0]

    def ctc(labels):
        return -log(total(mpmath.fprod(y[t][c] for t, c in enumerate(path))
                          for path in paths if collapsed(path) == labels))

    def over(values):
        return total(cos(t) * e for t, e in enumerate(values))

    partition = log(total(exp(score(p)) for p in paths))
    model("sequences", {
        "sequence_mean": total(
            cos(c) * mean([z[t, c] for t in range(places)]) for c in range(classes)),
        "cumulative_sum": over(total(x[:t + 1]) for t in range(places)),
        "cumulative_product": over(mpmath.fprod(x[:t + 1]) for t in range(places)),
        "exponential_average": over(average),
        "discounted_return": over(
            total(kept**k * e for k, e in enumerate(x[t:])) for t in range(places)),
        "path_score": score(path),
        "crf_log_partition": partition,
        "crf_log_likelihood": score(path) - partition,
        "viterbi_score": max(map(score, paths)),
        "logaddexp": over(log(exp(z[t, 0]) + exp(z[t, 1])) + z[t, 0] for t in range(places)),
        "ctc": ctc([1, 2, 3]) + ctc([1, 1, 1]),
    })


# ---- matrices: by mpmath's own ----

def matrices():
    n = 5
    A = tensor((n, n), lambda i, j: sin(1 + 3*i + 2*i*j + number(0.7)*j**2))
    a = mpmath.matrix([A[i].all() for i in range(n)])
    b = mpmath.matrix([cos(mpf(1 + i)) for i in range(n)])
    B = mpmath.matrix([[sin(mpf(i + 2*c)) for c in range(3)] for i in range(n)])
    positive = a*a.T + mpmath.eye(n)
    shifted = a + 4*mpmath.eye(n)

    def triangle(keeps):
        return mpmath.matrix([[shifted[i, j] if keeps(i, j) else 0 for j in range(n)]
                              for i in range(n)])

    def summed(m):
        return total(cos(i + 2*j) * m[i, j] for i, j in ranges(m.rows, m.cols))

    model("matrices", {
        "trace": total(a[i, i] for i in range(n)),
        "solve_lower": summed(mpmath.lu_solve(triangle(lambda i, j: i >= j), b)),
        "solve_upper": summed(mpmath.lu_solve(triangle(lambda i, j: i <= j), b)),
        "cholesky": summed(mpmath.cholesky(positive)),
        "logdet": log(mpmath.det(positive)),
        "solve_positive": summed(mpmath.lu_solve(positive, b)),
        "identity": total(a[i, i] for i in range(n)),
        "solve_columns": summed(mpmath.inverse(a)*B),
        "solve": summed(mpmath.lu_solve(a, b)),
        "inv": summed(mpmath.inverse(a)),
        "det": mpmath.det(a),
    })


# ---- losses ----

def kl(p, q):
    return total(x * log(x / y) for x, y in zip(p, q))


def losses():
    z = tensor((3, 4), lambda i, c: sin(1 + 3*i + number(0.7)*c))
    y = tensor((3, 4), lambda i, c: cos(1 + 2*i + number(0.9)*c))
    a = [softmax(z[i].all()) for i in range(3)]
    b = [softmax(y[i].all()) for i in range(3)]
    flat_a, flat_b = sum(a, []), sum(b, [])
    errors = [x - t for x, t in zip(z.all(), y.all())]
    delta, smoothing = number(0.7), number(0.1)
    truth = [-log(a[i][i + 1]) for i in range(3)]

    def binary(p, t):
        return -t*log(p) - (1 - t)*log(1 - p)

    def squares(p, t):
        return total((e - f)**2 for e, f in zip(p, t))

    def similar(i, j):
        return cosine(z[i].all(), y[j].all()) * 2

    def middle(i):
        return [(s + t)/2 for s, t in zip(a[i], b[i])]

    def hinges(i):
        return max(0, 1 + max(z[i, c] for c in range(4) if c != i + 1) - z[i, i + 1])

    hits = [max(range(4), key=lambda c: z[i, c] - y[i, c]) == 3 - i for i in range(3)]
    model("losses", {
        "accuracy": squares(z.all(), [0] * 12) * mean([mpf(hit) for hit in hits]),
        "huber": total(e*e/2 if abs(e) <= delta else delta*(abs(e) - delta/2) for e in errors),
        "log_cosh": total(log(mpmath.cosh(e)) for e in errors),
        "pinball": total(number(0.3)*e if e > 0 else (number(0.3) - 1)*e for e in errors),
        "mse": mean([e*e for e in errors]),
        "rmse": sqrt(mean([e*e for e in errors])),
        "mae": mean([abs(e) for e in errors]),
        "cross_entropy": mean(truth),
        "smoothed_cross_entropy": mean(
            [(1 - smoothing)*truth[i] - smoothing*mean([log(p) for p in a[i]]) for i in range(3)]),
        "soft_cross_entropy": mean([-dot(b[i], map(log, a[i])) for i in range(3)]),
        "binary_cross_entropy": total(binary(sigmoid(x), t) for x, t in zip(z.all(), flat_b)),
        "binary_cross_entropy_of_probability": total(map(binary, flat_a, flat_b)),
        "focal": mean([(1 - exp(-l))**2 * l for l in truth]),
        "hinge": total(max(0, 1 - (z[i, c] if (i + c) % 2 == 0 else -z[i, c]))
                       for i, c in ranges(3, 4)),
        "multiclass_hinge": total(map(hinges, range(3))),
        "entropy": -total(p*log(p) for p in flat_a),
        "kl_divergence": kl(flat_a, flat_b),
        "js_divergence": total((kl(a[i], middle(i)) + kl(b[i], middle(i)))/2 for i in range(3)),
        "normal_kl_divergence": total(
            log(exp(s/2) / exp(t)) + (exp(2*t) + (s - t)**2)/(2*exp(s)) - mpf(1)/2
            for s, t in zip(z.all(), y.all())),
        "triplet": max(0, squares(z[0].all(), y[0].all()) - squares(z[0].all(), y[1].all()) + 2)
        + max(0, number(0.1) - squares(z[0].all(), y[1].all())),
        "contrastive": squares(z[0].all(), y[0].all())/2
        + max(0, 9 - distance(z[1].all(), y[2].all()))**2/2,
        "info_nce": mean([-log(softmax([similar(i, j) for j in range(3)])[i]) for i in range(3)]),
        "dice": 1 - (2*dot(flat_a, flat_b) + mpf(1)/2)
        / (dot(flat_a, flat_a) + dot(flat_b, flat_b) + mpf(1)/2),
        "jaccard": 1 - dot(flat_a, flat_b)/total(p + t - p*t for p, t in zip(flat_a, flat_b)),
    })


# ---- distributions: the densities themselves, then their logarithm ----

def distributions():
    x = [sin(mpf(1 + 3*i)) for i in range(4)]
    mu = [cos(mpf(2*i)) for i in range(4)]
    sigma = [exp(sin(mpf(1)/2 + i)) for i in range(4)]
    positive, unit = list(map(exp, x)), list(map(sigmoid, x))
    share, count = list(map(sigmoid, mu)), [2*i for i in range(4)]
    level = list(map(exp, mu))
    soft, other = softmax(x), softmax(mu)

    def over(density, *arguments):
        return total(log(density(*a)) for a in zip(*arguments))

    def normal(x, m, s):
        return mpmath.npdf(x, m, s)

    def student(x, nu, m, s):
        return gamma((nu + 1)/2)/(gamma(nu/2)*sqrt(nu*pi)*s)*(1 + ((x - m)/s)**2/nu)**(-(nu + 1)/2)

    def logistic(x, m, s):
        return exp(-(x - m)/s)/(s*(1 + exp(-(x - m)/s))**2)

    model("distributions", {
        "normal_log_density": over(normal, x, mu, sigma),
        "laplace_log_density": over(lambda x, m, b: exp(-abs(x - m)/b)/(2*b), x, mu, sigma),
        "logistic_log_density": over(logistic, x, mu, sigma),
        "cauchy_log_density": over(lambda x, m, s: 1/(pi*s*(1 + ((x - m)/s)**2)), x, mu, sigma),
        "student_t_log_density": over(student, x, [2 + p for p in positive], mu, sigma),
        "gumbel_log_density": over(
            lambda x, m, b: exp(-((x - m)/b + exp(-(x - m)/b)))/b, x, mu, sigma),
        "exponential_log_density": over(lambda x, r: r*exp(-r*x), positive, sigma),
        "gamma_log_density": over(
            lambda x, k, r: r**k*x**(k - 1)*exp(-r*x)/gamma(k), positive, sigma, level),
        "lognormal_log_density": over(lambda x, m, s: normal(log(x), m, s)/x, positive, mu, sigma),
        "weibull_log_density": over(
            lambda x, k, l: k/l*(x/l)**(k - 1)*exp(-(x/l)**k), positive, sigma, level),
        "log_beta": over(mpmath.beta, positive, sigma),
        "beta_log_density": over(
            lambda x, a, b: x**(a - 1)*(1 - x)**(b - 1)/mpmath.beta(a, b), unit, level, sigma),
        "dirichlet_log_density": log(gamma(total(sigma))) + total(
            log(p**(a - 1)/gamma(a)) for p, a in zip(soft, sigma)),
        "bernoulli_log_mass": over(lambda x, p: p**x*(1 - p)**(1 - x), unit, share),
        "binomial_log_mass": over(
            lambda x, p: mpmath.binomial(7, x)*p**x*(1 - p)**(7 - x), count, share),
        "geometric_log_mass": over(lambda x, p: p*(1 - p)**x, count, share),
        "poisson_log_mass": over(
            lambda x, r: r**x*exp(-r)/mpmath.factorial(x), count, sigma),
        "negative_binomial_log_mass": over(
            lambda x, r, m: gamma(x + r)/(mpmath.factorial(x)*gamma(r))
            * (r/(r + m))**r*(m/(r + m))**x, count, sigma, positive),
        "categorical_log_mass": log(soft[2]) + log(other[0]),
        "multinomial_log_mass": log(mpmath.factorial(12)) + total(
            log(p**n/mpmath.factorial(n)) for p, n in zip(soft, count)),
    })


# ---- draws: inverse distribution functions ----

def draws():
    u = [number(t) for t in ("0.15", "0.35", "0.55", "0.75")]
    v = [number(t) for t in ("0.9", "0.67", "0.44", "0.21")]
    mu = [sin(1 + 3*i) for i in range(4)]
    sigma = [exp(cos(2*i)) for i in range(4)]
    share = softmax([number("0.1")*i for i in range(4)])
    turn = [sqrt(-2*log(a))*cos(2*pi*b) for a, b in zip(u, v)]
    rows = range(4)

    def place(a):
        return sum(1 for c in range(1, 4) if a >= total(share[:c]))

    model("draws", {
        "draw_uniform": total(mu[i] + (sigma[i] - mu[i])*u[i] for i in rows),
        "draw_normal": total(mu[i] + sigma[i]*turn[i] for i in rows),
        "draw_lognormal": total(exp(mu[i] + sigma[i]/4*turn[i]) for i in rows),
        "draw_exponential": total(-log(u[i])/sigma[i] for i in rows),
        "draw_logistic": total(mu[i] + sigma[i]*log(u[i]/(1 - u[i])) for i in rows),
        "draw_gumbel": total(mu[i] - sigma[i]*log(-log(u[i])) for i in rows),
        "draw_laplace": total(mu[i] + sigma[i]*log(u[i])*(1 if v[i] < 0.5 else -1)
                              for i in rows),
        "draw_cauchy": total(mu[i] + sigma[i]*mpmath.tan(pi*(u[i] - mpf(1)/2)) for i in rows),
        "draw_bernoulli": total((1 if u[i] < 0.4 else 0)*(1 + i) for i in rows),
        "draw_categorical": total(place(u[i])*(1 + i) for i in rows),
    })


# ---- Functions of one number, where the textbook's form overflows or loses its digits ----

def scalars():
    mp.dps = 400
    functions = {
        "elu(x, 1.5)": (lambda x: elu(x, mpf(3)/2), "1e-9 -1e-9 -30 40"),
        "celu(x, 1.5)": (lambda x: celu(x, mpf(3)/2), "1e-9 -1e-9 -30 40"),
        "selu(x)": (selu, "1e-9 -1e-9 -30 40"),
        "swish(x, 0.5)": (lambda x: x*sigmoid(x/2), "1e-9 -40 40 -700 800"),
        "mish(x)": (mish, "1e-9 -1 -30 40 -600 800"),
        "tanh_gelu(x)": (tanh_gelu, "1e-9 -1 3 30"),
        "log_sigmoid(x)": (lambda x: log(sigmoid(x)), "1e-9 -40 40 -800 700"),
        "logit(x)": (lambda x: log(x/(1 - x)), "1e-9 0.25 0.75 1e-300"),
        "softsign(x)": (lambda x: x/(1 + abs(x)), "1e-9 -30 30"),
        "huber(x, 0.5)": (lambda x: x*x/2 if abs(x) <= mpf(1)/2 else abs(x)/2 - mpf(1)/8,
                          "1e-9 0.25 -0.25 -3 1e9"),
        "log_cosh(x)": (lambda x: log(mpmath.cosh(x)), "1 -1 30 -30 800 -800"),
        "binary_cross_entropy(x, 1)": (lambda x: log(1 + exp(-x)), "1e-9 -40 40 -800 700"),
        "binary_cross_entropy(x, 0)": (lambda x: log(1 + exp(x)), "1e-9 -40 40 -700 800"),
        "binary_cross_entropy_of_probability(x, 0)": (lambda x: -log(1 - x), "1e-12 1e-300 0.75"),
        "focal(x, 2)": (lambda x: (1 - exp(-x))**2*x, "1e-9 1e-3 1 40"),
        "normal_log_density(x, 1, 0.5)": (
            lambda x: log(mpmath.npdf(x, 1, mpf(1)/2)), "0 1e9 -1e9"),
        "logistic_log_density(x, 0, 1)": (
            lambda x: log(sigmoid(x)) + log(sigmoid(-x)), "1e-3 40 -40 800 -800"),
        "student_t_log_density(x, 3, 0, 1)": (
            lambda x: log(2/(sqrt(mpf(3))*pi)/(1 + x*x/3)**2), "1e-9 1 1e9"),
        "bernoulli_log_mass(0, x)": (lambda x: log(1 - x), "1e-12 1e-300 0.75"),
        "geometric_log_mass(5, x)": (lambda x: log(x) + 5*log(1 - x), "1e-12 0.75"),
        "poisson_log_mass(20, x)": (
            lambda x: 20*log(x) - x - mpmath.loggamma(21), "1e-9 15.5 1e9"),
        "negative_binomial_log_mass(3, 2, x)": (
            lambda x: log(4*(2/(2 + x))**2*(x/(2 + x))**3), "1e-9 1 1e9"),
    }
    lines = ["expression\tat\tvalue\tgradient"]
    for expression, (f, points) in functions.items():
        for point in points.split():
            x = number(point)
            slope = mpmath.diff(f, x, h=mpf(10)**-360 if abs(x) < 1 else mpf(10)**-150)
            lines.append("%s\tx=%s\t%s\t%s" % (expression, point, mpmath.nstr(f(x), 25),
                                               mpmath.nstr(slope, 25)))
    return lines


# ---- schedules ----

def schedules():
    rate = number(0.5) + number(0.75)
    half = lambda share: (1 + cos(pi*share)) / 2
    model("schedules", {
        "exponential_decay": rate * number(0.9)**(number(7)/20),
        "step_decay": rate / 4,
        "linear_decay": rate * (1 - number(7)/20),
        "cosine_decay": rate * half(number(7)/20),
        "warm_up": rate * (number(7)/10 + 1),
        "one_cycle": rate * (number(3)/6 + half((number(11)/20 - number("0.3")) / number("0.7"))),
    })


def write(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def main():
    for make in (vectors, activations, layers, convolutions, groups, pooling, normalisation,
                 attention, cells, recurrent, sequences, matrices, losses, distributions,
                 draws, schedules):
        make()
    write("values.tsv", ["model\tname\tvalue"] + ROWS)
    write("scalars.tsv", scalars())


if __name__ == "__main__":
    main()
