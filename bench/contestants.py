"""contestants.py - builds the contestants for a problem, and talks to them."""
import os
import re
import subprocess
import sys
from dataclasses import dataclass

import adapter
from problems import HERE

SYMGRAD = os.environ.get("SYMGRAD", str(HERE.parent / "symgrad"))
CC = os.environ.get("CC", "cc")
FAST = ["-O3", "-march=native"]


class Unavailable(Exception):
    """Why there is no such contestant here."""


@dataclass
class Contestant:
    name: str
    command: list

    def start(self, inputs, folder, threads):
        """Begins and computes what is checked: the loss and the bytes of the result."""
        self.result = folder / f"{self.name.replace(' ', '_')}.result"
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads),
                           MKL_NUM_THREADS=str(threads), TF_CPP_MIN_LOG_LEVEL="3", JAX_PLATFORMS="cpu",
                           CUDA_VISIBLE_DEVICES="", PYTHONWARNINGS="ignore",
                           TORCHINDUCTOR_CACHE_DIR=str(folder.parent / "inductor"))
        cores = sorted(os.sched_getaffinity(0))[-threads:]      # frameworks ask how many there are
        with open(folder / "messages", "ab") as messages:
            self.process = subprocess.Popen(
                [*map(str, self.command), str(inputs), str(self.result)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=messages, text=True, env=environment,
                preexec_fn=lambda: os.sched_setaffinity(0, cores))
        for line in self.process.stdout:
            if line.startswith("ready "):
                return float(line.split()[1])
        raise Unavailable(f"{self.name} ended: see {folder / 'messages'}")

    def ask(self, request):
        print(request, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise Unavailable(f"{self.name} ended when asked for {request}")
        return float(answer)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode:
        raise Unavailable(f"{command[0]}: {done.stderr[-2000:]}")
    return done.stdout


def compiled(name, problem, sources, folder, *flags):
    """A contestant of C sources and the harness."""
    program = folder / name.replace(" ", "_")
    run(CC, *FAST, *flags, f"-DREAL={problem.real}", f"-I{HERE}", f"-I{folder}", HERE / "harness.c",
        *sources, "-lm", "-o", program)
    return Contestant(name, [program])


def model_text(problem):
    """The model, its dims set to the problem's sizes."""
    lines = (HERE / problem.model).read_text().splitlines()
    for number, line in enumerate(lines):
        if line.startswith("dim "):
            for size, value in problem.sizes.items():
                line = re.sub(rf"\b{size} = \d+", f"{size} = {value}", line)
            lines[number] = line
    return "\n".join(lines) + "\n"


def emitted(problem, folder):
    model = folder / "model.expr"
    model.write_text(model_text(problem))
    for kind, output in ("lib", "model.c"), ("header", "model.h"):
        run(SYMGRAD, model, "--emit", kind, "--real", problem.real, "--name", "model", "-o", folder / output)
    data, params = problem.arrays()
    sizes = {name: a.size for name, a in params.items()} | problem.outputs
    text = adapter.adapter(problem.model, (folder / "model.h").read_text(), problem.sizes, sizes, problem.kind)
    (folder / "adapter.c").write_text(text)
    return [folder / "adapter.c", folder / "model.c"]


def symgrad(problem, folder, threads):
    flags = ["-fopenmp"] if threads > 1 else []
    return compiled("symgrad", problem, emitted(problem, folder), folder, *flags)


def by_hand(problem, folder, threads, name="by hand", flags=()):
    source = HERE / "hand" / f"{problem.counterpart}.c"
    if not source.exists():
        raise Unavailable("not written")
    sizes = [f"-DSIZE_{name}={value}" for name, value in problem.sizes.items()]
    libraries = ["-fopenmp"] if threads > 1 else []
    if "network.h" in source.read_text():
        libraries.append("-lopenblas")
    return compiled(name, problem, [source, *libraries], folder, *sizes, *flags)


def by_hand_fast(problem, folder, threads):
    return by_hand(problem, folder, threads, "by hand, fast-math", ["-ffast-math"])


def framework(name, words):
    def contestant(problem, folder, threads):
        if "compiled" in words and problem.group == "gradbench":
            raise Unavailable("not written")        # its loops would be unrolled, a thousand steps long
        module = HERE / "counterparts" / f"{problem.group}.py"
        if not re.search(rf"^def {problem.counterpart}(_{words[0]}(_parts)?)?\(", module.read_text(), re.M):
            raise Unavailable("not written")
        return Contestant(name, [sys.executable, HERE / "contestant.py", *words, problem.name])
    return contestant


def casadi(kind):
    def contestant(problem, folder, threads):
        if problem.name != "mlp_small":
            raise Unavailable("not written")
        run(sys.executable, HERE / "casadi_functions.py", kind, problem.name, folder)
        return compiled(f"CasADi {kind}", problem, [HERE / "casadi_adapter.c", folder / f"{kind}.c"], folder,
                        f'-DCASADI_HEADER="{kind}.h"', f"-DSIZE_n={problem.sizes['n']}")
    return contestant


CONTESTANTS = [
    symgrad,
    by_hand,
    by_hand_fast,
    framework("PyTorch", ["torch"]),
    framework("PyTorch compiled", ["torch", "compiled"]),
    framework("JAX", ["jax"]),
    casadi("SX"),
    casadi("MX"),
]
