"""The exact values that the tests go by: each operator by its textbook definition in mpmath, and
derivatives by differences in some hundred digits. Nothing here knows a rule of operators.def.
"""

import mpmath
from mpmath import mpf

mp = mpmath.mp


def floor_mod(x, y):
    return x - y * mpmath.floor(x / y)


def power(x, y):
    if y == 0:
        return mpf(1)
    if x == 0:
        return mpf(0) if y > 0 else mpmath.inf
    if x < 0 and y != mpmath.floor(y):
        return mpmath.nan
    return x ** int(y) if y == mpmath.floor(y) and abs(y) < 10000 else mpmath.power(x, y)


def real(function):
    def inner(*arguments):
        value = function(*arguments)
        return value.real if isinstance(value, mpmath.mpc) and value.imag == 0 else (
            mpmath.nan if isinstance(value, mpmath.mpc) else value)
    return inner


def log_gamma(x):
    return mpmath.loggamma(x).real if x > 0 else mpmath.log(abs(mpmath.gamma(x)))


def normal_cdf(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def round_away(x):
    return mpmath.sign(x) * mpmath.floor(abs(x) + mpf(1) / 2)


def x_times(x, logarithm):
    return mpf(0) if x == 0 else x * logarithm()


FUNCTIONS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "negate": lambda x: -x,
    "^": power,
    "<": lambda x, y: mpf(x < y),
    "<=": lambda x, y: mpf(x <= y),
    ">": lambda x, y: mpf(x > y),
    ">=": lambda x, y: mpf(x >= y),
    "==": lambda x, y: mpf(x == y),
    "!=": lambda x, y: mpf(x != y),
    "and": lambda x, y: mpf(x != 0 and y != 0),
    "or": lambda x, y: mpf(x != 0 or y != 0),
    "not": lambda x: mpf(x == 0),
    "abs": abs,
    "sign": mpmath.sign,
    "max": max,
    "min": min,
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "round": round_away,
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(abs(x)),
    "mod": floor_mod,
    "sqrt": real(mpmath.sqrt),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.root(abs(x), 3),
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.power(2, x),
    "expm1": lambda x: mpmath.exp(x) - 1,
    "log": real(mpmath.log),
    "log2": real(lambda x: mpmath.log(x) / mpmath.log(2)),
    "log10": real(lambda x: mpmath.log(x) / mpmath.log(10)),
    "log1p": real(lambda x: mpmath.log(1 + x)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "cot": mpmath.cot,
    "sec": mpmath.sec,
    "csc": mpmath.csc,
    "asin": real(mpmath.asin),
    "acos": real(mpmath.acos),
    "atan": mpmath.atan,
    "acot": lambda x: mpmath.atan(1 / x),
    "asec": real(lambda x: mpmath.acos(1 / x)),
    "acsc": real(lambda x: mpmath.asin(1 / x)),
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "coth": lambda x: mpmath.cosh(x) / mpmath.sinh(x),
    "sech": lambda x: 1 / mpmath.cosh(x),
    "csch": lambda x: 1 / mpmath.sinh(x),
    "asinh": lambda x: mpmath.sign(x) * mpmath.log(abs(x) + mpmath.sqrt(x * x + 1)),
    "acosh": real(mpmath.acosh),
    "atanh": real(lambda x: mpmath.log((1 + x) / (1 - x)) / 2),
    "acoth": real(lambda x: mpmath.log((x + 1) / (x - 1)) / 2),
    "asech": real(lambda x: mpmath.acosh(1 / x)),
    "acsch": lambda x: mpmath.sign(x) * mpmath.log(1 / abs(x) + mpmath.sqrt(1 / (x * x) + 1)),
    "atan2": mpmath.atan2,
    "hypot": lambda x, y: mpmath.sqrt(x * x + y * y),
    "direction": lambda x, y: mpf(0) if x == 0 and y == 0 else x / mpmath.sqrt(x * x + y * y),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "gauss": lambda x: mpmath.exp(-x * x),
    "normal_density": lambda x: mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi),
    "normal_cdf": normal_cdf,
    "lgamma": log_gamma,
    "digamma": mpmath.digamma,
    "trigamma": lambda x: mpmath.psi(1, x),
    "polygamma": lambda n, x: mpmath.psi(int(n), x),
    "sigmoid": sigmoid,
    "relu": lambda x: x if x > 0 else mpf(0),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "gelu": lambda x: x * normal_cdf(x),
    "silu": lambda x: x * sigmoid(x),
    "stop": lambda x: x,
    "step": lambda x: mpf(x > 0),
    "flat": lambda x: mpf(0),
    "sqrt0": real(mpmath.sqrt),
    "ratio0": lambda x, y: mpf(0) if y == 0 else x / y,
    "xlogy": lambda x, y: x_times(x, lambda: mpmath.log(y)),
    "xlog1py": lambda x, y: x_times(x, lambda: mpmath.log(1 + y)),
}

# Dear at a thousand digits, and with no tail that needs them.
GAMMA = ("lgamma", "digamma", "trigamma", "polygamma")


def evaluate(node, point, frozen=None):
    """The value of a formula; what stands inside stop(...) is taken at the frozen point."""
    frozen = frozen or point
    if node.operator == "number":
        return mpf(float(node.arguments[0]))
    if node.operator == "name":
        name = node.arguments[0]
        return point[name] if name in point else {"pi": +mpmath.pi, "inf": mpmath.inf}[name]
    if node.operator == "if":
        condition = evaluate(node.arguments[0], point, frozen)
        return evaluate(node.arguments[1 if condition != 0 else 2], point, frozen)
    if node.operator == "stop":
        return evaluate(node.arguments[0], frozen, frozen)
    arguments = [evaluate(argument, point, frozen) for argument in node.arguments]
    return FUNCTIONS[node.operator](*arguments)


def uses(node, operators):
    if node.operator in ("number", "name"):
        return False
    return node.operator in operators or any(uses(a, operators) for a in node.arguments)


def derivatives(function, point, names, digits):
    """Value, gradient and Hessian of function(point) at a dictionary of doubles, by central
    differences in many digits: the step is 1e-200, or 1e-60 where digits are dear, beside the size of
    each variable."""
    small = mpf(10) ** (-200 if digits >= 900 else -60)
    with mpmath.workdps(digits):
        point = {name: mpf(value) for name, value in point.items()}
        steps = {name: small * (min(abs(point[name]), 1) or 1) for name in names}

        def at(**moves):
            moved = dict(point)
            for name, count in moves.items():
                moved[name] = moved[name] + count * steps[name]
            return function(moved)

        def clean(value, scale, step):
            """What is nothing but the error of the differences is 0."""
            error = max(mpf(10) ** (12 - digits) / step, small ** 2 * mpf(10) ** 15)
            return mpf(0) if abs(value) <= error * max(1, *map(abs, scale)) else value

        value = at()
        gradient, hessian = [], []
        for a in names:
            up, down = at(**{a: 1}), at(**{a: -1})
            gradient.append(clean((up - down) / (2 * steps[a]), (up, down, value), steps[a]))
            row = []
            for b in names:
                if a == b:
                    second = (up - 2 * value + down) / steps[a] ** 2
                    row.append(clean(second, (up, down, value), steps[a] ** 2))
                    continue
                corners = [at(**{a: i, b: j}) for i, j in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
                area = steps[a] * steps[b]
                second = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * area)
                row.append(clean(second, corners, area))
            hessian.append(row)
        return value, gradient, hessian


def formula_derivatives(node, point, names, digits=None):
    if digits is None:
        digits = 320 if uses(node, GAMMA) else 900
    frozen = {name: mpf(value) for name, value in point.items()}
    with mpmath.workdps(digits):
        frozen = {name: mpf(value) for name, value in point.items()}
        return derivatives(lambda at: evaluate(node, at, frozen), point, names, digits)
