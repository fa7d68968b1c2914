"""growth.py - how the time of the derivative, and the most memory, grow as a size doubles."""
from dataclasses import replace

import numpy as np

from competition import measured_alone
from problems import PROBLEMS, Problem, lstm_layer, mlp
from tables import Table, ratio_text, time_text

BY_NAME = {problem.name: problem for problem in PROBLEMS}


def deep(layers, d=64, batch=64):
    def inputs(rng):
        return {"x": rng.normal(size=(batch, d))}, {"W": 0.1*rng.normal(size=(layers, d, d))}
    return inputs


def decay(rows):
    def inputs(rng):
        return ({"t": rng.uniform(0, 5, rows), "y": rng.normal(size=rows)},
                {"a": np.array(1.0), "b": np.array(1.0), "c": np.array(0.0)})
    return inputs


def sized(name, inputs, **sizes):
    problem = BY_NAME[name]
    return replace(problem, inputs=inputs, sizes={**problem.sizes, **sizes})


def layers(count):
    return Problem("deep", "models/deep.expr", "growth", deep(count), {"n": 64, "layers": count}, real="float")


SERIES = {
    "rows, of decay": [(n, sized("decay", decay(n), n=n)) for n in (250_000, 500_000, 1_000_000, 2_000_000)],
    "batch, of mlp": [(n, sized("mlp", lambda rng, n=n: mlp(rng, n), n=n)) for n in (32, 64, 128, 256)],
    "parameters, of mlp: hidden units": [(h, sized("mlp", lambda rng, h=h: mlp(rng, h=h), h=h))
                                         for h in (64, 128, 256, 512)],
    "layers of 64 by 64": [(count, layers(count)) for count in (4, 8, 16, 32)],
    "steps, of lstm_layer": [(T, sized("lstm_layer", lambda rng, T=T: lstm_layer(rng, T=T), T=T))
                             for T in (16, 32, 64, 128)],
}


def tables(folder, options):
    rows = []
    for what, series in SERIES.items():
        before = None
        for size, problem in series:
            times = measured_alone(problem, folder, options)
            rows.append([what if before is None else "", size, time_text(times["derivative"]),
                         ratio_text(times["derivative"]/before) if before else "",
                         f"{times['memory']/1024:.0f} MiB"])
            before = times["derivative"]
    yield Table("Sizes doubled: one thread", ["size", "is", "derivative", "by the one before", "most memory"], rows)
