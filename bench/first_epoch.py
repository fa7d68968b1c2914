"""first_epoch.py - from a model to parameters that one epoch has trained, all included: symgrad and
gcc and the run, against a script's imports and its run. examples/digits.expr, 45 steps of Adam."""
import os
import re
import statistics
import sys
import time

from contestants import CC, SYMGRAD, run
from problems import HERE
from tables import Table, time_text

EXAMPLES = HERE.parent / "examples"


def trained_by_symgrad(folder, epochs, flags):
    """The model compiled and trained: seconds until the C, the program, and the parameters were there."""
    model = folder / "digits.expr"
    text = (EXAMPLES / "digits.expr").read_text().replace("data/digits.csv", str(EXAMPLES / "data/digits.csv"))
    model.write_text(re.sub(r"epochs = \d+", f"epochs = {epochs}", text))
    start = time.perf_counter()
    run(SYMGRAD, model, "-o", folder / "digits.c")
    emitted = time.perf_counter()
    run(CC, *flags, folder / "digits.c", "-lm", "-o", folder / "digits")
    compiled = time.perf_counter()
    run(folder / "digits", "--save", folder / "digits.params", "--quiet", cwd=folder)
    return emitted - start, compiled - start, time.perf_counter() - start


def trained_by_torch(epochs):
    """One thread, which for so small a network is faster than two."""
    start = time.perf_counter()
    run(sys.executable, HERE / "digits_torch.py", EXAMPLES / "data/digits.csv", epochs,
        env=dict(os.environ, OMP_NUM_THREADS="1"))
    return time.perf_counter() - start


def tables(folder, options):
    rows = []
    for epochs, compilers in (1, (["-O0"], ["-O2"], ["-O3", "-march=native"])), (50, (["-O2"],)):
        for flags in compilers:
            runs = [trained_by_symgrad(folder, epochs, flags) for _ in range(3)]
            stages = [statistics.median(stage) for stage in zip(*runs)]
            rows.append([f"symgrad, {CC} {' '.join(flags)}", epochs, *map(time_text, stages)])
        script = statistics.median(trained_by_torch(epochs) for _ in range(3))
        rows.append(["PyTorch", epochs, "", "", time_text(script)])
    yield Table("From a model to trained parameters: digits.expr",
                ["by", "epochs", "C is there after", "program after", "parameters after"], rows)
