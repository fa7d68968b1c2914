#!/usr/bin/env python3
"""bench.py [--seconds S] [--rounds N] [NAME...] - measures contestants against each other, in turn.

Every problem of problems.py, or those that are named, is computed by emitted C and by its
counterparts. Only those whose loss and derivative agree are timed: each in turn, N rounds of S
seconds, of which the medians are printed."""
import argparse
import json
import statistics
import sys
from pathlib import Path

import numpy as np

from contestants import CONTESTANTS, Unavailable
from predictions import operations
from problems import HERE, PROBLEMS

WORK = HERE / "work"


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


def compete(problem, threads, seconds, rounds):
    folder = WORK / problem.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "messages").write_bytes(b"")
    inputs = write_inputs(problem, folder)
    contestants = start(problem, list(built(problem, folder, threads)), inputs, folder, threads)
    medians = measure(contestants, seconds, rounds)
    for contestant in contestants:
        contestant.stop()
    return {"problem": problem.name, "group": problem.group, "threads": threads, "kind": problem.kind,
            "real": problem.real, "operations": operations(folder / "model.h", problem.sizes),
            "times": medians}


def show(row):
    ours = row["times"]["symgrad"]
    print(f"{row['problem']}, {row['threads']} thread{'s' * (row['threads'] > 1)}, {row['real']}: "
          f"{row['operations']/ours['derivative']/1e9:.2f} GFLOP/s")
    for name, times in row["times"].items():
        print(f"    {name:20} loss {times['loss']*1e6:12.2f} us   {row['kind']} {times['derivative']*1e6:12.2f} us   "
              f"ratio {times['derivative']/times['loss']:6.2f}   by symgrad's "
              f"{times['derivative']/ours['derivative']:7.2f}   {times['memory']/1024:7.0f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rows = []
    for problem in PROBLEMS:
        if options.names and problem.name not in options.names:
            continue
        for threads in problem.threads:
            try:
                rows.append(compete(problem, threads, options.seconds, options.rounds))
                show(rows[-1])
            except Exception as reason:
                print(f"    {problem.name}: {reason!r}", file=sys.stderr)
    (WORK / "results.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
