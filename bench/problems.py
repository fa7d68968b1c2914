"""problems.py - the work list: of each problem its model, its sizes and its inputs, made from a seed."""
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np

HERE = Path(__file__).resolve().parent


@dataclass
class Problem:
    name: str
    model: str                      # a file beside this one
    group: str                      # where its counterparts in Python are, and its part of the table
    inputs: Callable                # of a random generator: data, parameters
    sizes: dict = field(default_factory=dict)       # put into the model's `dim`s, or decided by data
    kind: str = "gradient"          # or "step", or "outputs"
    real: str = "double"
    threads: tuple = (1,)
    counterpart: str = ""           # the name of it in C and in Python, where not the problem's own
    forward: bool = False           # frameworks differentiate forwards: how often a loop runs is not known
    outputs: dict = field(default_factory=dict)     # how many numbers each output has

    def __post_init__(self):
        self.counterpart = self.counterpart or self.name

    @property
    def tolerance(self):
        return 1e-9 if self.real == "double" else 1e-4

    @property
    def dtype(self):
        return np.float64 if self.real == "double" else np.float32

    def arrays(self):
        """Data and parameters, in the problem's precision."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return tuple({name: np.asarray(a, np.int32 if a.dtype.kind == "i" else self.dtype, order="C")
                      for name, a in part.items()} for part in self.inputs(rng))


def glorot(rng, *shape, fan=None):
    fan = fan or shape[0] + int(np.prod(shape[1:]))
    return rng.uniform(-1, 1, shape) * np.sqrt(6 / fan)


# ---- Regression: a million rows ----

ROWS = 1_000_000


def line(rng):
    x = rng.normal(size=ROWS)
    return {"x": x, "y": 2*x - 1 + rng.normal(size=ROWS)}, {"w": np.array(0.5), "b": np.array(0.25)}


def plane(rng):
    x = rng.normal(size=(ROWS, 10))
    return ({"x": x, "y": x @ rng.normal(size=10) + rng.normal(size=ROWS)},
            {"w": rng.normal(size=10), "b": np.array(0.25)})


def classes(rng):
    x = rng.normal(size=ROWS)
    y = (rng.uniform(size=ROWS) < 1/(1 + np.exp(1 - 2*x))).astype(float)
    return {"x": x, "y": y}, {"w": np.array(0.5), "b": np.array(0.25)}


def decay(rng):
    t = rng.uniform(0, 5, ROWS)
    y = 3*np.exp(-0.7*t) + 0.5 + 0.1*rng.normal(size=ROWS)
    return {"t": t, "y": y}, {"a": np.array(1.0), "b": np.array(1.0), "c": np.array(0.0)}


def counts(rng):
    x = rng.normal(size=ROWS)
    y = rng.poisson(np.exp(0.8*x + 0.3)).astype(float)
    return {"x": x, "y": y}, {"w": np.array(0.5), "b": np.array(0.25)}


# ---- Networks: one step ----

def mlp(rng, batch=64, d=784, h=128, k=10):
    return ({"x": rng.uniform(size=(batch, d)), "label": rng.integers(0, k, batch)},
            {"W": glorot(rng, h, d), "a": np.zeros(h), "V": glorot(rng, k, h), "b": np.zeros(k)})


def cnn(rng, batch=64):
    return ({"x": rng.uniform(size=(batch, 28, 28)), "label": rng.integers(0, 10, batch)},
            {"K": glorot(rng, 8, 5, 5), "a": 0.1*rng.normal(size=8),
             "L": glorot(rng, 16, 8, 5, 5), "b": 0.1*rng.normal(size=16),
             "V": glorot(rng, 10, 16, 4, 4), "c": np.zeros(10)})


def lstm_layer(rng, batch=32, T=32, m=64, h=64, k=10):
    return ({"x": rng.normal(size=(batch, T, m)), "label": rng.integers(0, k, batch)},
            {"W": glorot(rng, 4, h, m, fan=h + m), "U": glorot(rng, 4, h, h, fan=2*h), "b": np.zeros((4, h)),
             "V": glorot(rng, k, h), "c": np.zeros(k)})


def transformer(rng, batch=8, T=64, d=64, heads=4, c=16, f=256):
    normal = rng.normal
    return ({"x": normal(size=(batch, T, d)), "y": normal(size=(batch, T, d))},
            {"Q": glorot(rng, heads, c, d, fan=2*d), "K": glorot(rng, heads, c, d, fan=2*d),
             "V": glorot(rng, heads, c, d, fan=2*d), "O": glorot(rng, d, heads, c),
             "gain": np.ones((2, d)), "bias": np.zeros((2, d)),
             "F": glorot(rng, f, d), "a": np.zeros(f), "G": glorot(rng, d, f), "b": np.zeros(d)})


def mlp_small(rng, batch=64, d=2, h=16):
    x = rng.normal(size=(batch, d))
    return ({"x": x, "y": np.sin(x[:, 0])*x[:, 1]},
            {"W": glorot(rng, h, d), "a": np.zeros(h), "V": glorot(rng, h, h), "b": np.zeros(h),
             "u": 0.3*rng.normal(size=h), "c": np.array(0.0)})


# ---- The objectives of GradBench ----

def gmm(d, k, n=1000):
    def inputs(rng):
        return ({"x": rng.normal(size=(n, d))},
                {"alpha": rng.normal(size=k), "mu": rng.uniform(size=(k, d)),
                 "q": rng.normal(size=(k, d)), "l": rng.normal(size=(k, d*(d - 1)//2))})
    return {"inputs": inputs, "sizes": {"n": n, "d": d, "k": k, "pairs": d*(d - 1)//2},
            "model": "gradbench/gmm.expr", "counterpart": "gmm"}


CAMERAS, POINTS, OBSERVATIONS = 49, 7776, 31843


def ba(rng):
    n = OBSERVATIONS
    cam = np.hstack([0.3*rng.normal(size=(CAMERAS, 3)), 0.1*rng.normal(size=(CAMERAS, 3)),
                     rng.uniform(400, 600, (CAMERAS, 1)), 5*rng.normal(size=(CAMERAS, 2)),
                     0.01*rng.normal(size=(CAMERAS, 2))])
    point = rng.normal(size=(POINTS, 3)) + [0, 0, 8]
    return ({"seen": 100*rng.normal(size=(n, 2)), "camera": rng.integers(0, CAMERAS, n),
             "point": rng.integers(0, POINTS, n)},
            {"cam": cam, "X": point, "w": rng.uniform(size=n)})


def ht(rng, bones=22, vertices=544, n=100):
    """Five fingers of four bones, on a wrist; up to four bones move a vertex."""
    frame = lambda: np.block([[rng.uniform(-1, 1, (bones, 3, 4))], [np.tile([0.0, 0, 0, 1], (bones, 1, 1))]])
    parent = np.array([0] + [0 if b % 4 == 1 else b - 1 for b in range(1, bones)])
    weight = rng.uniform(size=(vertices, 4))
    return ({"parent": parent, "base": frame(), "inverse": frame(), "rest": rng.uniform(size=(vertices, 3)),
             "bone": rng.integers(0, bones, (vertices, 4)), "weight": weight/weight.sum(1, keepdims=True),
             "vertex": rng.integers(0, vertices, n), "seen": rng.uniform(size=(n, 3))},
            {"theta": rng.uniform(-0.5, 0.5, 26)})


def lstm(rng, layers=2, T=1024, b=14):
    return ({"s": rng.integers(0, 2, (T, b)).astype(float), "state": rng.uniform(size=(layers, 2, b))},
            {"main": rng.uniform(size=(layers, 2, 4, b)), "extra": rng.uniform(size=(3, b))})


def kmeans(rng, n=10_000, k=100, d=16):
    p = rng.uniform(size=(n, d))
    return {"p": p}, {"c": p[-k:] + 1e-3}


def uniform(name, *shape):
    return lambda rng: ({}, {name: rng.uniform(size=shape)})


def fixed(name, value):
    return lambda rng: ({}, {name: np.array(value)})


def regression(name, inputs):
    return Problem(name, f"models/{name}.expr", "regression", inputs, {"n": ROWS}, threads=(1, 2))


def network(name, inputs, batch, threads=(1, 2), **options):
    return Problem(name, f"models/{name}.expr", "networks", inputs, {"n": batch}, threads=threads, **options)


def gradbench(name, objective="", model="", **options):
    return Problem(name, model or f"gradbench/{objective or name}.expr", "gradbench", **options)


PROBLEMS = [
    regression("linear", line),
    regression("linear10", plane),
    regression("logistic", classes),
    regression("decay", decay),
    regression("poisson", counts),
    network("mlp", mlp, 64, kind="step", real="float"),
    network("cnn", cnn, 64, kind="step", real="float"),
    network("lstm_layer", lstm_layer, 32, kind="step", real="float"),
    network("transformer", transformer, 8, kind="step", real="float"),
    network("mlp_small", mlp_small, 64, threads=(1,)),
    gradbench("gmm_d10_k25", **gmm(10, 25)),
    gradbench("gmm_d64_k50", **gmm(64, 50)),
    gradbench("ba", inputs=ba, kind="outputs",
              sizes={"n": OBSERVATIONS, "cameras": CAMERAS, "points": POINTS},
              outputs={"error": 2*OBSERVATIONS, "slack": OBSERVATIONS, "error_by_camera": 22*OBSERVATIONS,
                       "error_by_point": 6*OBSERVATIONS, "error_by_weight": 2*OBSERVATIONS,
                       "slack_by_weight": OBSERVATIONS}),
    gradbench("ht", inputs=ht, sizes={"n": 100}, kind="outputs", outputs={"error": 300, "by_theta": 300*26}),
    gradbench("lstm", inputs=lstm),
    gradbench("lse", inputs=uniform("x", 1_000_000), sizes={"n": 1_000_000}),
    gradbench("llsq", inputs=uniform("x", 128), sizes={"n": 2048, "m": 128}),
    gradbench("kmeans", inputs=kmeans, sizes={"n": 10_000, "d": 16, "k": 100}),
    gradbench("ode", inputs=uniform("x", 20), sizes={"n": 20, "steps": 20}),
    gradbench("particle", inputs=fixed("w", 0.0), forward=True),
    gradbench("saddle", inputs=fixed("x", [1.0, 1.0]), forward=True),
    gradbench("det", inputs=uniform("A", 9, 9), sizes={"n": 9}),
]
