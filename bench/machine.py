"""machine.py - what the machine is, and the most that it can do."""
import os
import platform
import subprocess
from importlib import metadata

from contestants import CC, FAST, run
from problems import HERE
from tables import Table


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]


def processor():
    with open("/proc/cpuinfo") as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))


def openblas(folder):
    """OpenBLAS's release and the kernels that it chose."""
    source = folder / "openblas.c"
    source.write_text("#include <stdio.h>\nchar *openblas_get_config(void);\n"
                      "int main(void)\n{\n    return puts(openblas_get_config()) < 0;\n}\n")
    run(CC, source, "-lopenblas", "-o", folder / "openblas")
    words = run(folder / "openblas").split()
    return f"{words[1]}, kernels for {words[-2]}"


def described(folder):
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "jax", "casadi", "numpy"))
    rows = [("processor", f"{processor()}, {os.cpu_count()} cores"), ("system", platform.platform()),
            ("compiler", first_line(CC, "--version")), ("flags", " ".join(FAST)),
            ("OpenBLAS", openblas(folder)), ("Python", f"{platform.python_version()}, {versions}")]
    return Table("Machine", ["what", "which"], rows)


def roofline(folder):
    rates = {}
    for real in ("double", "float"):
        program = folder / f"roofline_{real}"
        run(CC, *FAST, "-fopenmp", f"-DREAL={real}", HERE / "roofline.c", "-o", program)
        for threads in (1, 2):
            rates[real, threads] = run(program, env=dict(os.environ, OMP_NUM_THREADS=str(threads))).split()
    rows = [[threads, rates["double", threads][0], rates["float", threads][0], rates["double", threads][1]]
            for threads in (1, 2)]
    return Table("The most that it can do",
                 ["threads", "GFLOP/s, double", "GFLOP/s, float", "GB/s from memory"], rows)


def tables(folder, options):
    yield described(folder)
    yield roofline(folder)
