"""contestant.py jax|torch [compiled] PROBLEM INPUTS RESULT - what harness.c is for C, for a framework."""
import importlib
import os
import statistics
import sys
import time

import numpy as np

from problems import PROBLEMS

SHORTEST_SAMPLE = 1e-4
CLOCK = time.process_time if os.environ["OMP_NUM_THREADS"] == "1" else time.perf_counter


def load(problem, folder):
    """Data and parameters from the files; the problem knows their shapes."""
    return tuple({name: np.fromfile(f"{folder}/{name}.bin", a.dtype).reshape(a.shape) for name, a in part.items()}
                 for part in problem.arrays())


def find(problem, framework):
    """The counterpart: f(xp, params, data) for any framework, or f_FRAMEWORK(params, data); where
    outputs are asked for, f_FRAMEWORK_parts() gives the loss and the outputs."""
    module = importlib.import_module(f"counterparts.{problem.group}")
    if problem.kind == "outputs":
        return getattr(module, f"{problem.counterpart}_{framework}_parts")()
    own = getattr(module, f"{problem.counterpart}_{framework}", None)
    if own:
        return own
    shared = getattr(module, problem.counterpart)
    library = importlib.import_module("jax.numpy" if framework == "jax" else framework)
    return lambda params, data: shared(library, params, data)


def forward_value_and_grad(f):
    import jax
    return lambda params, data: (f(params, data), jax.jacfwd(f)(params, data))


def jax_contestant(problem, data, params):
    import jax
    if problem.real == "double":
        jax.config.update("jax_enable_x64", True)
    f = find(problem, "jax")
    current = [jax.tree.map(jax.numpy.asarray, params)]
    data = jax.tree.map(jax.numpy.asarray, data)
    if problem.kind == "outputs":
        loss, outputs = (jax.jit(part) for part in f)
        return (lambda: float(loss(current[0], data)),
                lambda rate: jax.block_until_ready(outputs(current[0], data)))
    loss = jax.jit(f)
    value_and_grad = forward_value_and_grad(f) if problem.forward else jax.value_and_grad(f)

    @jax.jit
    def step(params, data, rate):
        value, slopes = value_and_grad(params, data)
        return value, jax.tree.map(lambda p, g: p - rate*g, params, slopes)

    differentiate = jax.jit(value_and_grad)

    def derivative(rate):
        if problem.kind == "gradient":
            return jax.block_until_ready(differentiate(current[0], data))[1]
        before = current[0]
        _, current[0] = jax.block_until_ready(step(before, data, rate))
        return {name: before[name] - current[0][name] for name in before} if rate == 1 else None

    return lambda: float(loss(current[0], data)), derivative


def torch_contestant(problem, data, params, compiled):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    f = find(problem, "torch")
    params = {name: torch.from_numpy(a.copy()).requires_grad_() for name, a in params.items()}
    data = {name: torch.from_numpy(a).long() if a.dtype == np.int32 else torch.from_numpy(a)
            for name, a in data.items()}
    called = torch.compile(f) if compiled else f
    optimizer = torch.optim.SGD(params.values(), lr=1)

    def loss():
        with torch.no_grad():
            return called(params, data).item()

    def derivative(rate):
        optimizer.zero_grad(set_to_none=True)
        called(params, data).backward()
        if problem.kind == "step":
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
        return {name: p.grad for name, p in params.items()}

    return loss, derivative


def median_time(call, seconds):
    calls, samples = 1, []

    def time_of_calls():
        start = CLOCK()
        for _ in range(calls):
            call()
        return CLOCK() - start

    while time_of_calls() < SHORTEST_SAMPLE:
        calls *= 2
    end = time.perf_counter() + seconds
    while not samples or time.perf_counter() < end:
        samples.append(time_of_calls()/calls)
    return statistics.median(samples)


def peak_memory():
    """In KiB, of this program alone."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main():
    *words, name, inputs, result = sys.argv[1:]
    problem = next(problem for problem in PROBLEMS if problem.name == name)
    data, params = load(problem, inputs)
    loss, derivative = (jax_contestant(problem, data, params) if words[0] == "jax" else
                        torch_contestant(problem, data, params, "compiled" in words))
    value, found = loss(), derivative(1)
    order = found if problem.kind == "outputs" else [found[name] for name in params]
    np.concatenate([np.ravel(np.asarray(part)) for part in order]).astype(problem.dtype).tofile(result)
    print(f"ready {value:.17g}", flush=True)
    calls = {"loss": loss, "derivative": lambda: derivative(1e-4)}
    for line in sys.stdin:
        what, *seconds = line.split()
        print(median_time(calls[what], float(seconds[0])) if seconds else
              peak_memory(), flush=True)


if __name__ == "__main__":
    main()
