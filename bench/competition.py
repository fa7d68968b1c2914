"""competition.py - contestants of one problem against each other, in turn."""
import statistics
import sys

import numpy as np

from contestants import CONTESTANTS, Unavailable, symgrad
from predictions import operations, reals_held
from problems import PROBLEMS
from tables import Table, ratio_text, time_text


def write_inputs(problem, folder):
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for part in problem.arrays():
        for name, numbers in part.items():
            numbers.tofile(inputs / f"{name}.bin")
    return inputs


def built(problem, folder, threads):
    for build in CONTESTANTS:
        try:
            yield build(problem, folder, threads)
        except Unavailable as reason:
            if str(reason) != "not written":
                print(f"    {problem.name}: {reason}", file=sys.stderr)


def distance(a, b):
    """The largest difference, as a part of the largest number."""
    if a.shape != b.shape:
        return np.inf
    return np.abs(a - b).max() / max(np.abs(b).max(), np.finfo(a.dtype).tiny)


def start(problem, contestants, inputs, folder, threads):
    """Starts them; those that agree with the first."""
    agreeing, expected = [], None
    for contestant in contestants:
        try:
            loss = np.array([contestant.start(inputs, folder, threads)])
        except Unavailable as reason:
            print(f"    {reason}", file=sys.stderr)
            continue
        result = np.fromfile(contestant.result, problem.dtype)
        expected = expected or (loss, result)
        wrong = max(distance(loss, expected[0]), distance(result, expected[1]))
        if wrong <= problem.tolerance:
            agreeing.append(contestant)
        else:
            print(f"    {problem.name}: {contestant.name} differs by {wrong:.2g}", file=sys.stderr)
            contestant.stop()
    return agreeing


def measure(contestants, seconds, rounds):
    """Each in turn; medians of the times of the loss and of the derivative, and memory."""
    times = {contestant.name: {"loss": [], "derivative": []} for contestant in contestants}
    for number in range(rounds):
        turn = number % len(contestants)
        for contestant in contestants[turn:] + contestants[:turn]:
            for what, samples in times[contestant.name].items():
                samples.append(contestant.ask(f"{what} {seconds}"))
    medians = {name: {what: statistics.median(samples) for what, samples in kinds.items()}
               for name, kinds in times.items()}
    for contestant in contestants:
        medians[contestant.name]["memory"] = contestant.ask("memory")
    return medians


def compete(problem, threads, folder, options):
    """The medians of all that agree."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "messages").write_bytes(b"")
    inputs = write_inputs(problem, folder)
    contestants = start(problem, list(built(problem, folder, threads)), inputs, folder, threads)
    medians = measure(contestants, options.seconds, options.rounds)
    for contestant in contestants:
        contestant.stop()
    return medians


def measured_alone(problem, folder, options):
    """Emitted C by itself."""
    folder = folder / problem.name
    folder.mkdir(parents=True, exist_ok=True)
    inputs = write_inputs(problem, folder)
    contestant = symgrad(problem, folder, 1)
    contestant.start(inputs, folder, 1)
    times = measure([contestant], options.seconds, options.rounds)[contestant.name]
    contestant.stop()
    return times


OTHERS = ["by hand", "by hand, fast-math", "PyTorch", "PyTorch compiled", "JAX", "CasADi SX", "CasADi MX"]
GROUPS = {"regression": "Regression: loss and gradient, a million rows, double",
          "networks": "Networks: a step of descent, float (mlp_small: loss and gradient, double)",
          "gradbench": "The objectives of GradBench: loss and gradient, or Jacobian, double"}


def row(problem, threads, medians, counted):
    ours = medians["symgrad"]
    others = [ratio_text(medians[name]["derivative"]/ours["derivative"]) if name in medians else ""
              for name in OTHERS]
    return [problem.name, threads, time_text(ours["loss"]), time_text(ours["derivative"]),
            ratio_text(ours["derivative"]/ours["loss"]), f"{counted/ours['derivative']/1e9:.3g}", *others]


def loss_row(problem, threads, medians):
    """How many losses a derivative costs, of each."""
    return [problem.name, threads, *(ratio_text(medians[name]["derivative"]/medians[name]["loss"])
                                     if name in medians else "" for name in ["symgrad", *OTHERS])]


def memory_row(problem, medians, held, data):
    size = 8 if problem.real == "double" else 4
    return [problem.name, f"{data/2**20:.1f}", f"{held*size/2**20:.2f}",
            *(f"{medians[name]['memory']/1024:.0f}" if name in medians else ""
              for name in ("symgrad", "by hand", "PyTorch", "JAX"))]


def tables(group, folder, options):
    rows, ratios, memory = [], [], []
    for problem in PROBLEMS:
        if problem.group != group or not options.wanted(problem.name):
            continue
        for threads in problem.threads:
            place = folder / problem.name
            medians = compete(problem, threads, place, options)
            if "symgrad" not in medians:
                continue
            header = place / "model.h"
            rows.append(row(problem, threads, medians, operations(header, problem.sizes)))
            ratios.append(loss_row(problem, threads, medians))
            if threads == 1:
                data = sum(a.nbytes for part in problem.arrays() for a in part.values())
                memory.append(memory_row(problem, medians, reals_held(header, problem.sizes), data))
    if rows:
        yield Table(GROUPS[group], ["problem", "threads", "loss", "derivative", "derivative/loss", "GFLOP/s",
                                    *OTHERS], rows)
        yield Table("A derivative's time by a loss's", ["problem", "threads", "symgrad", *OTHERS], ratios)
        yield Table("Memory in MiB: inputs, what the header predicts beside them, the most that was had",
                    ["problem", "inputs", "predicted", "symgrad", "by hand", "PyTorch", "JAX"], memory)
