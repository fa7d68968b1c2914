"""casadi_functions.py SX|MX PROBLEM FOLDER - C by CasADi: the loss and the gradient of mlp_small.

MX keeps the products of matrices. SX writes out every operation: here of one sample, which is then
mapped over the batch, for gcc does not come to an end with the 211,000 lines of all 64."""
import os
import sys

import casadi

from problems import PROBLEMS


def symbols(symbol, arrays):
    return {name: symbol.sym(name, *(a.shape if a.ndim == 2 else (a.size, 1))) for name, a in arrays.items()}


def squared_errors(x, y, p):
    """The sum of them; a sample is a column of x."""
    n = x.shape[1]
    z = casadi.tanh(casadi.mtimes(p["W"], x) + casadi.repmat(p["a"], 1, n))
    s = casadi.tanh(casadi.mtimes(p["V"], z) + casadi.repmat(p["b"], 1, n))
    return casadi.sumsqr(casadi.mtimes(p["u"].T, s) + p["c"] - y)


def of_all(data, params):
    """Loss and gradient in matrices."""
    loss = squared_errors(data["x"].T, data["y"].T, params)/data["y"].shape[0]
    return loss, [casadi.gradient(loss, parameter) for parameter in params.values()]


def of_each(data, params, symbol):
    """The same, from a function of one sample."""
    n = data["y"].shape[0]
    p = {name: symbol.sym(name, *parameter.shape) for name, parameter in params.items()}
    x, y = symbol.sym("x", data["x"].shape[1]), symbol.sym("y")
    loss = squared_errors(x, y, p)/n
    inputs, gradients = [x, y, *p.values()], [casadi.gradient(loss, parameter) for parameter in p.values()]
    of_one = [casadi.Function("loss_of_one", inputs, [loss]),
              casadi.Function("gradient_of_one", inputs, [loss, *gradients])]
    summed = [f.map("all", "serial", n, list(range(2, len(inputs))), list(range(f.n_out())))
              for f in of_one]
    arguments = [data["x"].T, data["y"].T, *params.values()]
    found = summed[1].call(arguments)
    return summed[0].call(arguments)[0], found


def main():
    kind, name, folder = sys.argv[1:]
    problem = next(problem for problem in PROBLEMS if problem.name == name)
    data, params = (symbols(casadi.MX, part) for part in problem.arrays())
    if kind == "MX":
        loss, gradients = of_all(data, params)
        found = [loss, *gradients]
    else:
        loss, found = of_each(data, params, casadi.SX)
    arguments = [*data.values(), *params.values()]
    os.chdir(folder)
    code = casadi.CodeGenerator(f"{kind}.c", {"with_header": True})
    code.add(casadi.Function("casadi_loss", arguments, [loss]))
    code.add(casadi.Function("casadi_gradient", arguments, found))
    code.generate()


if __name__ == "__main__":
    main()
