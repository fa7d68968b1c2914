"""compiling.py - what compiling takes: symgrad on every example, gcc on what it makes of it, and
models that grow up to 100,000 definitions."""
import os
import statistics
import subprocess

from contestants import CC, SYMGRAD
from problems import HERE
from tables import Table, time_text

EXAMPLES = HERE.parent / "examples"
LIMITS = {"symgrad": 0.05, "gcc -O2": 5}


def processor_time(*command):
    """Of a command that must succeed."""
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        messages = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]}: {messages.decode()[-500:]}")
    return usage.ru_utime + usage.ru_stime


def median_time(count, *command):
    return statistics.median(processor_time(*command) for _ in range(count))


def examples(folder, options):
    rows = []
    for model in sorted(EXAMPLES.glob("*.expr")):
        emitted = folder / f"{model.stem}.c"
        ours = median_time(options.rounds, SYMGRAD, model, "-o", emitted)
        theirs = processor_time(CC, "-O2", "-c", emitted, "-o", folder / "object.o")
        beyond = [name for name, took in (("symgrad", ours), ("gcc -O2", theirs)) if took > LIMITS[name]]
        rows.append([model.stem, time_text(ours), time_text(theirs), len(emitted.read_text().splitlines()),
                     ", ".join(beyond)])
    return Table("Compiling the examples (symgrad within 50 ms, gcc -O2 within 5 s)",
                 ["example", "symgrad", "gcc -O2", "lines of C", "beyond its limit"], rows)


def chain(count):
    """A model of so many definitions, each of the one before it."""
    lines = ["param w = 0.5", "x0 = sin(w)"]
    lines += [f"x{i} = sin(x{i - 1} + {i}*w)" for i in range(1, count)]
    return "\n".join([*lines, f"loss = x{count - 1}^2", "minimize loss with gd(rate = 0.1), steps = 1"]) + "\n"


def growing(folder, options):
    rows = []
    for count in (1000, 3000, 10_000, 30_000, 100_000):
        model = folder / "chain.expr"
        model.write_text(chain(count))
        took = processor_time(SYMGRAD, model, "-o", folder / "chain.c")
        size = (folder / "chain.c").stat().st_size
        rows.append([count, time_text(took), f"{took/count*1e6:.3g} us", f"{size/1e6:.3g} MB"])
        if took > 60:
            break
    return Table("Definitions, each of the one before it", ["definitions", "symgrad", "for each", "C"], rows)


def tables(folder, options):
    yield examples(folder, options)
    yield growing(folder, options)
