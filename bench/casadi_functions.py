"""casadi_functions.py SX|MX PROBLEM FOLDER - C by CasADi: `loss` and `gradient` of mlp_small."""
import os
import sys

import casadi

from problems import PROBLEMS


def mlp_small(symbol, data, params):
    p = {name: symbol.sym(name, *(a.shape if a.ndim == 2 else (a.size, 1))) for name, a in params.items()}
    d = {name: symbol.sym(name, *(a.shape if a.ndim == 2 else (a.size, 1))) for name, a in data.items()}
    n = d["y"].shape[0]
    z = casadi.tanh(casadi.mtimes(p["W"], d["x"].T) + casadi.repmat(p["a"], 1, n))
    s = casadi.tanh(casadi.mtimes(p["V"], z) + casadi.repmat(p["b"], 1, n))
    f = casadi.mtimes(p["u"].T, s).T + p["c"]
    return p, d, casadi.sumsqr(f - d["y"])/n


def main():
    kind, name, folder = sys.argv[1:]
    problem = next(problem for problem in PROBLEMS if problem.name == name)
    p, d, loss = mlp_small(getattr(casadi, kind), *problem.arrays())
    slopes = [casadi.gradient(loss, parameter) for parameter in p.values()]
    arguments = [*d.values(), *p.values()]
    os.chdir(folder)
    code = casadi.CodeGenerator(f"{kind}.c", {"with_header": True})
    code.add(casadi.Function("casadi_loss", arguments, [loss]))
    code.add(casadi.Function("casadi_gradient", arguments, [loss, *slopes]))
    code.generate()


if __name__ == "__main__":
    main()
