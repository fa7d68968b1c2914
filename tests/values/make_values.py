#!/usr/bin/env python3
"""Makes scalars.tsv and kinks.tsv, the exact values that scalar formulas are tested by.

    make_values.py [--skip-sympy] [--doubles]

Each row of scalars.tsv is a formula, a point, its value, gradient and Hessian (row by row) there, to 25
digits. A number in a formula or a point means the double nearest to it; pi is exact, and so is 1/3. All
comes from reference.py: mpmath and differences in hundreds of digits. Where SymPy can, it differentiates
the same formula by its own rules, and the two must agree to 22 digits. kinks.tsv holds the conventions of
the language at points where there is no derivative or no value; those are written here by hand.
With --doubles it lists the rows that doubles cannot get to 1e-13. Needs Python 3 with mpmath and SymPy.
"""

import os
import sys

import mpmath
import sympy
from mpmath import mpf

import check_operators
import notation
import reference

HERE = os.path.dirname(os.path.abspath(__file__))
DIGITS = 25

# ---- The operators, each at points ordinary, small, large and near its edges ----

EVERYWHERE = "0.5 -0.5 1 -1 -2 3.25 -0.1 0.01 -0.7 1.5 0.3 -5 10 -12.5 1e-6 -1e-6 1e-8 -1e-8 1e-12"
OPERATORS = {
    "-x": "0.5 -2 1e-6",
    "abs(x)": EVERYWHERE,
    "sign(x)": "0.5 -2 1e-6 -1e300",
    "floor(x)": "0.5 -2.5 1e-6 -1e-6 123456789.5",
    "ceil(x)": "0.5 -2.5 1e-6 -1e-6",
    "round(x)": "0.4 0.6 -2.6 2.4999999",
    "trunc(x)": "0.5 -2.5 1e-6 -1e-6",
    "sqrt(x)": "0.5 2 1e-6 1e-12 1e10 1e100",
    "cbrt(x)": "0.5 -2 8 1e-6 -1e-6 1e10",
    "exp(x)": EVERYWHERE + " 20 -20 300 -300 700 -650",
    "exp2(x)": EVERYWHERE + " 20 -20 1000 -900",
    "expm1(x)": EVERYWHERE + " 20 -20 -650",
    "log(x)": "0.5 2 1e-6 0.999999 1.000001 1e10 1e100 1e-100",
    "log2(x)": "0.5 3 1e-6 0.999999 1.000001 1e10",
    "log10(x)": "0.5 3 1e-6 0.999999 1.000001 1e10",
    "log1p(x)": "0.5 -0.5 1e-6 -1e-6 1e-12 -0.999999 1e10",
    "sin(x)": EVERYWHERE + " 10 1000 1.5707963267948966 3.141592653589793",
    "cos(x)": EVERYWHERE + " 10 1000 1.5707963267948966 3.141592653589793",
    "tan(x)": EVERYWHERE + " 10 1.57 1.5707963 3.141592653589793",
    "cot(x)": "0.5 -0.5 1 -2 3.25 1e-6 -1e-6 1.57 3.1415926",
    "sec(x)": EVERYWHERE + " 10 1.57 1.5707963",
    "csc(x)": "0.5 -0.5 1 -2 3.25 1e-6 -1e-6 1.57 3.1415926",
    "asin(x)": "0 0.5 -0.5 0.9 -0.1 1e-6 -1e-6 0.999999 -0.999999 0.9999999999",
    "acos(x)": "0 0.5 -0.5 0.9 -0.1 1e-6 -1e-6 0.999999 -0.999999 0.9999999999",
    "atan(x)": EVERYWHERE + " 100 -1e6 1e10",
    "acot(x)": "0.5 -0.5 1 -2 3.25 1e-6 -1e-6 1e10",
    "asec(x)": "1.5 -1.5 2 -10 1.000001 -1.000001 1.0000000001 1e6",
    "acsc(x)": "1.5 -1.5 2 -10 1.000001 -1.000001 1.0000000001 1e6",
    "sinh(x)": EVERYWHERE + " 20 -20 700",
    "cosh(x)": EVERYWHERE + " 20 -20 700",
    "tanh(x)": EVERYWHERE + " 5 -10 20 -20 100 -300",
    "coth(x)": "0.5 -0.5 1 -2 1e-6 -1e-6 10 -20 100",
    "sech(x)": EVERYWHERE + " 5 -10 20 -20 100 -300",
    "csch(x)": "0.5 -0.5 1 -2 1e-6 -1e-6 10 -20 100 -300",
    "asinh(x)": EVERYWHERE + " 20 -1e6 1e10",
    "acosh(x)": "1.5 2 10 1.000001 1.0000000001 1e10",
    "atanh(x)": "0 0.5 -0.5 0.9 1e-6 -1e-6 0.999999 -0.999999 0.9999999999",
    "acoth(x)": "1.5 -1.5 2 -10 1.000001 -1.000001 1.0000000001 1e6",
    "asech(x)": "0.5 0.9 0.1 1e-6 0.999999 0.9999999999",
    "acsch(x)": "0.5 -0.5 2 -10 1e-6 -1e-6 1e6",
    "erf(x)": EVERYWHERE + " 2 -5 8 25",
    "erfc(x)": EVERYWHERE + " 2 -5 8 25",
    "gauss(x)": EVERYWHERE + " 5 -10 20 25.3",
    "normal_density(x)": EVERYWHERE + " 5 -10 20 35.7",
    "normal_cdf(x)": EVERYWHERE + " -0.99 -1.01 5 -5 -5.7 -10 -20 -35.7",
    "lgamma(x)": "0.5 1 1.000001 2 1.999999 3.25 1e-6 10 1000 1e10 -0.5 -2.25 -10.7",
    "digamma(x)": "0.5 1 1.4616321 1.4616321449683622 2 3.25 1e-6 10 1000 1e10 -0.75 -2.25 -10.7",
    "trigamma(x)": "0.5 1 2 3.25 1e-6 10 1000 -0.5 -2.25 -10.7",
    "polygamma(2, x)": "0.5 1 2 3.25 1e-3 10 1000 -0.75 -2.25",
    "polygamma(3, x)": "0.5 1 3.25 1e-3 10 1000 -0.5",
    "polygamma(7, x)": "0.5 1 3.25 10 -0.25",
    "sigmoid(x)": EVERYWHERE + " 5 -5 20 -20 100 -100 300 -600",
    "relu(x)": "0.5 -0.5 1e-6 -1e-6 1e10",
    "softplus(x)": EVERYWHERE + " 5 -5 20 -20 100 -100 300 -600",
    "gelu(x)": EVERYWHERE + " 5 -5 8 -10 -20 -35",
    "silu(x)": EVERYWHERE + " 5 -5 20 -20 100 -100 -600",
    "stop(x)": "0.5 -2",
    "stop(x)*x": "0.5 -2",
    "step(x)": "0.5 -2 1e-6 -1e-6",
    "flat(x)": "0.5 -2",
    "sqrt0(x)": "0.5 2 1e-6 1e10",
}
PAIRS = "0.5,2 -1.5,0.25 3,-7 1e-6,2 1e6,-1e-6"
BINARY = {
    "x + y": "0.5,2 -1.5,0.25 1e-6,2",
    "x - y": "0.5,2 -1.5,0.25 1e-6,2",
    "x*y": PAIRS,
    "x/y": PAIRS,
    "x^y": "0.5,2 2,0.5 3,-7 1e-6,1.5 0.9,1e3 1,5 10,0 1.5,-0.25 100,30.5 2.5,1e-6",
    "max(x, y)": PAIRS,
    "min(x, y)": PAIRS,
    "mod(x, y)": "7.5,2 -7.5,2 7.5,-2 0.3,0.1 1,0.1 1e6,0.7",
    "atan2(x, y)": PAIRS + " -1,-2 1,-1e-6 1e100,2e100 1e-100,2e-100",
    "hypot(x, y)": PAIRS + " 3,4 1e-6,1e-6 1e100,2e100 1e-100,2e-100",
    "direction(x, y)": PAIRS + " 3,4 1e-6,1e-6 1e100,2e100",
    "ratio0(x, y)": PAIRS,
    "xlogy(x, y)": "0.5,2 -1.5,0.25 1e-6,1e-6 3,0.999999",
    "xlog1py(x, y)": "0.5,2 -1.5,0.25 1e-6,1e-6 3,-0.999999",
    "x < y": "1,2 2,1",
    "(x <= y) + (x > y)*2 + (x >= y)*4 + (x == y)*8 + (x != y)*16": "1,2 2,1",
    "(x > 0 and y > 0) + (x > 0 or y > 0)*2 + (not x > 0)*4": "1,2 -1,2 -1,-2",
}

# ---- Formulas as they stand in textbooks ----

FORMULAS = {
    # polynomials and rational functions
    "3*x^2 - 2*x + 1": "x=0.5 x=-2 x=1e-6",
    "x^3": "x=0.5 x=-2 x=0 x=1e-6 x=1e50",
    "x^7 - 3*x^5 + x": "x=0.7 x=-1.3",
    "x^-2": "x=0.5 x=-2 x=1e-6 x=1e30",
    "x^0.5": "x=0.25 x=1e-6",
    "x^1.5": "x=0.25 x=1e-6 x=1e10",
    "x^-0.5": "x=0.25 x=1e-6",
    "x^(1/3)": "x=8 x=0.1",
    "x^1": "x=0 x=-3",
    "x^100": "x=0.9 x=-1.01 x=0",
    "2^x": "x=0.5 x=-20 x=100",
    "x^x": "x=0.5 x=2 x=1e-3",
    "x^y^2": "x=1.5,y=1.2 x=0.3,y=-0.7",
    "-x^2": "x=3 x=-0.1",
    "(x + y)^2": "x=0.5,y=2 x=1e-6,y=3",
    "(x^2 + 1)/(x^2 + 2)": "x=0.5 x=-3 x=10",
    "1/(1 + x^2)": "x=0 x=0.5 x=-3 x=1e3",
    "x/(x + y)": "x=0.3,y=0.7 x=1e-6,y=1",
    "x*y/(x + y)": "x=0.3,y=0.7 x=2,y=5",
    "(x - y)/(x + y)": "x=3,y=1 x=30,y=1",
    "x*y*z": "x=2,y=-3,z=0.5 x=0,y=0,z=1",
    "x*y*z/(x + y + z)": "x=2,y=3,z=0.5",
    "x^2*y^3*z": "x=1.1,y=-0.7,z=3",
    "1 - x^2": "x=0.999999 x=-0.9999999999 x=0.5",
    "x^2 - y^2": "x=1.000001,y=1 x=3,y=2",
    "(1 - x)^2 + 100*(y - x^2)^2": "x=-1.2,y=1 x=1,y=1 x=0.5,y=0.25",
    "1/x + 1/y": "x=0.3,y=0.7 x=1e-3,y=-20",
    # exponentials and logarithms
    "exp(-x^2)": "x=0.5 x=-2 x=1e-6 x=5",
    "exp(-x^2/2)/sqrt(2*pi)": "x=0 x=0.5 x=-3 x=10",
    "exp(-(x - m)^2/(2*s^2))/(s*sqrt(2*pi))": "x=0.3,m=0.1,s=0.7 x=2,m=-1,s=1.5",
    "-log(s) - (x - m)^2/(2*s^2) - log(2*pi)/2": "x=0.3,m=0.1,s=0.7 x=2,m=-1,s=1.5",
    "exp(x*y)": "x=0.5,y=2 x=-3,y=1.5 x=1e-6,y=1e-6",
    "exp(sin(x))": "x=0.5 x=-2",
    "exp(-exp(-x))": "x=0.5 x=-2 x=5",
    "exp(-a*t)*cos(w*t)": "a=0.3,t=1.7,w=4 a=1e-3,t=20,w=0.1",
    "x*exp(-x)": "x=0.5 x=2 x=30",
    "log(x)/x": "x=2 x=0.1 x=1e6",
    "x*log(x)": "x=0.3 x=1e-6 x=40",
    "-x*log(x) - (1 - x)*log(1 - x)": "x=0.3 x=1e-3 x=0.75",
    "x*log(x/y)": "x=0.3,y=0.4 x=0.9,y=1e-3",
    "log(x*y)": "x=0.5,y=2.5 x=3,y=0.25",
    "log(x + sqrt(1 + x^2))": "x=0.5 x=3 x=100",
    "log(1 + x)": "x=1e-6 x=1e-12 x=-1e-9 x=2",
    "log(1 - x)": "x=1e-6 x=1e-12 x=-1e-9 x=0.5",
    "exp(x) - 1": "x=1e-6 x=-1e-12 x=2",
    "1 - exp(-x)": "x=1e-6 x=1e-12 x=2 x=40",
    "(exp(x) - 1)/x": "x=0.5 x=2",
    "log(log(x))": "x=3 x=20 x=1e10",
    "log(1 + x^2)": "x=0.5 x=1e-6 x=1e5",
    "sqrt(1 + x^2)": "x=0.5 x=1e-6 x=30",
    "sqrt(x^2 + y^2)": "x=3,y=4 x=1e-6,y=1",
    "sqrt(x^2 + y^2 + z^2)": "x=1,y=2,z=2 x=0.1,y=-5,z=0",
    "sqrt(1 + x) - 1": "x=0.5 x=3",
    "1/sqrt(x)": "x=0.5 x=1e-6 x=1e10",
    # losses
    "log(1 + exp(x))": "x=0.5 x=-30 x=30 x=300 x=-600",
    "log(1 + exp(-y*(w*x + b)))": "y=1,w=0.5,x=2,b=-0.3 y=-1,w=3,x=10,b=1 y=1,w=3,x=20,b=1",
    "-log(sigmoid(x))": "x=0.5 x=-30 x=30 x=300 x=-600",
    "-y*log(sigmoid(x)) - (1 - y)*log(1 - sigmoid(x))": "x=0.5,y=1 x=-30,y=0.25 x=20,y=0",
    "1/(1 + exp(-x))": "x=0.5 x=-30 x=30 x=-300",
    "exp(x)/(1 + exp(x))": "x=0.5 x=-30 x=30",
    "exp(x)/(exp(x) + exp(y) + exp(z))": "x=0.1,y=0.7,z=-2 x=1,y=1,z=1",
    "log(exp(x) + exp(y))": "x=0.1,y=0.7 x=-3,y=2",
    "softplus(x*y)": "x=0.5,y=2 x=-5,y=7 x=9,y=3",
    "softplus(softplus(x))": "x=0.5 x=-20 x=20",
    "sigmoid(x)*sigmoid(-x)": "x=0.5 x=-20 x=200",
    "sigmoid(w*x + b)": "w=0.5,x=2,b=-0.3 w=-4,x=5,b=1",
    "(y - w*x - b)^2/2": "y=1,w=0.5,x=2,b=-0.3",
    "(y - tanh(w*x + b))^2": "y=0.3,w=0.5,x=2,b=-0.3 y=-1,w=3,x=3,b=1",
    "y - a*exp(-b*x)": "y=1,a=2,b=0.3,x=4",
    "if abs(x) < 1 then x^2/2 else abs(x) - 1/2": "x=0.5 x=-0.999 x=2 x=-1.001",
    "log(cosh(x))": "x=0.5 x=-2 x=3",
    "max(0, 1 - y*x)": "x=0.5,y=1 x=2,y=1 x=-3,y=1",
    "-log(x/(x + y))": "x=0.3,y=0.7 x=1e-3,y=5",
    "y*log(m) - m - lgamma(y + 1)": "y=3,m=2.5 y=0.5,m=1e-2",
    "lgamma(a) + lgamma(b) - lgamma(a + b)": "a=0.5,b=0.5 a=2.5,b=7 a=1e-3,b=3",
    "a*log(b) - lgamma(a) + (a - 1)*log(x) - b*x": "a=2.5,b=0.7,x=3",
    "x - log(x) - 1": "x=2 x=0.3",
    "log(1 + x^2/v)*(v + 1)/2": "x=1.5,v=4 x=-30,v=1.5",
    # activations in use
    "relu(w*x + b)": "w=0.5,x=2,b=-0.3 w=0.5,x=-2,b=-0.3",
    "x*sigmoid(x)": "x=0.5 x=-20 x=20",
    "x*tanh(softplus(x))": "x=0.5 x=-2 x=10",
    "x*normal_cdf(x)": "x=0.5 x=-5 x=5",
    "x/2*(1 + erf(x/sqrt(2)))": "x=0.5 x=2",
    "max(x, 0.01*x)": "x=0.5 x=-2",
    "if x > 0 then x else exp(x) - 1": "x=0.5 x=-2 x=-1e-6",
    "x/(1 + abs(x))": "x=0.5 x=-3",
    "tanh(x)^2": "x=0.5 x=-3 x=1e-6",
    "1 - tanh(x)^2": "x=0.5 x=4 x=-2",
    # trigonometry
    "sin(x)^2 + cos(x)^2": "x=0.5",
    "sin(x)*cos(y)": "x=0.5,y=2 x=-3,y=0.1",
    "sin(x*y)": "x=0.5,y=2 x=-3,y=0.1 x=10,y=10",
    "sin(x)/x": "x=0.5 x=2 x=30",
    "sin(x^2)": "x=0.5 x=3",
    "cos(x)^3": "x=0.5 x=-2",
    "1 - cos(x)": "x=0.5 x=1e-6 x=3",
    "(1 - cos(x))/x^2": "x=0.5 x=2",
    "tan(x)/(1 + x^2)": "x=0.5 x=-1.2",
    "sin(cos(sin(x)))": "x=0.5 x=-2",
    "atan(y/x)": "x=2,y=0.5 x=-3,y=5",
    "x*cos(t) - y*sin(t)": "x=2,y=0.5,t=0.7",
    "acos((x*u + y*v)/sqrt((x^2 + y^2)*(u^2 + v^2)))": "x=1,y=2,u=-1,v=0.7",
    "sqrt((1 - x)^2*(2 - y^2))": "x=0.3,y=0.7",
    "asin(x/2) + acos(y)": "x=0.5,y=-0.25",
    # physics
    "g*m*n/r^2": "g=6.674e-11,m=5e24,n=80,r=6.4e6",
    "m*c^2/sqrt(1 - v^2/c^2)": "m=2,v=0.6,c=1 m=1,v=0.1,c=3",
    "4*e*((s/r)^12 - (s/r)^6)": "e=0.5,s=1.1,r=1.5 e=1,s=1,r=3",
    "1/(exp(x) - 1)": "x=0.5 x=5 x=40",
    "1/(exp((e - m)/t) + 1)": "e=1.5,m=1,t=0.1 e=0.5,m=1,t=0.3",
    "x^3/(exp(x) - 1)": "x=0.5 x=2.8 x=20",
    "r*exp(-r/a)*sin(t)": "r=2,a=0.5,t=0.3",
    "p*(1 + r)^n": "p=100,r=0.05,n=10 p=3,r=1e-3,n=200",
    "v*x/(k + x)": "v=2,x=0.5,k=1.5",
    "l/(1 + exp(-k*(x - a)))": "l=3,k=2,x=0.5,a=0.1 l=1,k=10,x=-2,a=1",
    # choices
    "if x > y then x^2 else y^3": "x=2,y=1 x=1,y=2",
    "if x > 0 then log(x) else x": "x=0.5 x=-3",
    "if x > 0 then sqrt(x) else sqrt(-x)": "x=0.5 x=-3",
    "if x > 0 and y > 0 then x*y else x/y": "x=2,y=3 x=-2,y=3",
    "if not x > 0 then exp(x) else 1 + x": "x=-0.5 x=0.5",
    "if x == 0 then 1 else sin(x)/x": "x=0.5 x=-2",
    "abs(x - y)": "x=2,y=3 x=3,y=2",
    "abs(x)^3": "x=-0.5 x=2",
    "max(x, y, z)": "x=1,y=3,z=2 x=-1,y=-3,z=-2",
    "min(x, y, z, 0.5)": "x=1,y=3,z=2 x=-1,y=-3,z=-2",
    "max(x^2, sin(y))": "x=0.5,y=1.5 x=2,y=1.5",
    "x - floor(x)": "x=2.25 x=-0.75",
    "mod(x, 1)^2": "x=2.25 x=-0.75",
    "stop(x)^2*y + x": "x=1.5,y=2",
    "exp(stop(x) - x)": "x=1.5",
    # of everything a little
    "x*exp(-y*x)": "x=0.5,y=2 x=-1.5,y=0.3",
    "x*log(y)": "x=0.5,y=2 x=-1.5,y=0.3 x=3,y=1e-6",
    "x^2*y^3": "x=0.5,y=2 x=-1.5,y=0.3",
    "x/(x^2 + y^2)": "x=0.5,y=2 x=-1.5,y=0.3",
    "x*y*sin(x)*cos(y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "y*exp(-x/3) + 1": "x=0.5,y=2 x=-1.5,y=0.3",
    "tan(x)*y": "x=0.5,y=2 x=-1.5,y=0.3",
    "sqrt(sqrt(x) + y)": "x=0.5,y=2 x=1e-6,y=0.3",
    "sqrt(1 - x^2/100)": "x=0.5 x=-9.99",
    "softplus(x)*softplus(y)": "x=0.5,y=2 x=-15,y=3",
    "sinh(x)/cosh(y)": "x=0.5,y=2 x=-1.5,y=0.3 x=30,y=30",
    "silu(x + y)": "x=0.5,y=2 x=-15,y=0.3",
    "sigmoid(x - y)": "x=0.5,y=2 x=-15,y=3",
    "sec(x*y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "mod(x, y)*x": "x=7.5,y=2 x=-1.3,y=0.25",
    "min(x, y, 1)": "x=0.5,y=2 x=3,y=2",
    "log2(x + y)": "x=0.5,y=2",
    "log1p(x)/y": "x=0.5,y=2 x=-1e-6,y=0.3",
    "log(x/y)": "x=0.5,y=2",
    "log(1 + exp(x*y))": "x=0.5,y=2 x=-15,y=3",
    "gelu(x)*y": "x=0.5,y=2 x=-5,y=0.3",
    "exp2(x*y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "exp(x)/(exp(x) + exp(y))": "x=0.5,y=2 x=-15,y=3",
    "exp(exp(x/5))": "x=0.5 x=-3 x=9",
    "exp(-(x - y)^2/(2*y^2))": "x=0.5,y=2 x=-1.5,y=0.3",
    "erf(x/y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "digamma(x)*y": "x=0.5,y=2 x=3.3,y=0.3",
    "coth(x + y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "cos(x) - 1": "x=0.5 x=1e-6",
    "cbrt(x*y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "atanh(x/(1 + x + y))": "x=0.5,y=2",
    "atan(x/y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "1/(x*y)": "x=0.5,y=2 x=-1.5,y=0.3",
    "1/(1 + exp(-x*y))": "x=0.5,y=2 x=-15,y=3",
    "-log(sigmoid(x*y))": "x=0.5,y=2 x=-15,y=3",
    "(x^2 - y^2)^2": "x=0.5,y=2 x=1.000001,y=1",
    "(x + y)^2.5": "x=0.5,y=2",
    "(x*y)^3/(1 + x^4)": "x=0.5,y=2 x=-1.5,y=0.3",
    "(1 - x)/(1 + x)": "x=0.5 x=0.999999",
    "tanh(x*y + 1)": "x=0.5,y=2 x=-1.5,y=0.3",
    "asin(x/(1 + y^2))": "x=0.5,y=2 x=-1.5,y=0.9",
    "acosh(1 + x^2)": "x=0.5 x=3",
    "asech(sigmoid(x))": "x=0.5 x=-3",
    "lgamma(x*y)": "x=0.5,y=2 x=3,y=1.7",
    # deep
    "sqrt(1 + sqrt(1 + sqrt(1 + x)))": "x=0.5 x=20",
    "exp(-exp(-exp(-x)))": "x=0.5 x=-1",
    "x/(1 + x/(1 + x/(1 + x)))": "x=0.5 x=7",
    "tanh(x*tanh(y*tanh(z)))": "x=0.5,y=2,z=-1",
    "((x + 1)*(x + 2)*(x + 3))/((x - 1)*(x - 2)*(x - 3))": "x=0.5 x=7",
    "log(1 + exp(sin(x*y) + z^2))/sqrt(1 + x^2)": "x=0.5,y=2,z=-1",
}

# ---- The conventions of the language: formula, point, value, gradient, Hessian where it is not 0 ----

LOG2, LOG2_SQUARED = "0.6931471805599453094172321", "0.4804530139182014246671025"
THIRD, HALF_PI = "0.3333333333333333333333333", "1.570796326794896619231322"
KINKS = [
    # abs, sign, relu at 0
    ("abs(x)", "x=0", "0", "0"),
    ("abs(x)", "x=-0.0", "0", "0"),
    ("abs(x)", "x=inf", "inf", "1"),
    ("abs(x - y)", "x=2,y=2", "0", "0,0"),
    ("sign(x)", "x=0", "0", "0"),
    ("relu(x)", "x=0", "0", "0"),
    ("relu(x)", "x=-inf", "0", "0"),
    ("relu(x)", "x=inf", "inf", "1"),
    ("relu(x)^2", "x=0", "0", "0"),
    ("step(x)", "x=0", "0", "0"),
    # steps: 0 everywhere, but NaN goes through
    ("floor(x)", "x=2", "2", "0"),
    ("ceil(x)", "x=2", "2", "0"),
    ("round(x)", "x=2", "2", "0"),
    ("round(x)", "x=2.5", "3", "0"),
    ("round(x)", "x=-2.5", "-3", "0"),
    ("trunc(x)", "x=-2", "-2", "0"),
    ("floor(x)", "x=nan", "nan", "nan", "nan"),
    ("ceil(x)", "x=nan", "nan", "nan", "nan"),
    ("round(x)", "x=nan", "nan", "nan", "nan"),
    ("sign(x)", "x=nan", "nan", "nan", "nan"),
    ("abs(x)", "x=nan", "nan", "nan", "nan"),
    ("relu(x)", "x=nan", "nan", "nan", "nan"),
    ("mod(x, y)", "x=6,y=2", "0", "1,-3"),
    ("mod(x, y)", "x=-6,y=2", "0", "1,3"),
    # max and min share among those that tie
    ("max(x, y)", "x=1,y=1", "1", "0.5,0.5"),
    ("min(x, y)", "x=1,y=1", "1", "0.5,0.5"),
    ("max(x, y, z)", "x=1,y=1,z=1", "1", ",".join([THIRD] * 3)),
    ("max(x, y, 1)", "x=1,y=1", "1", ",".join([THIRD] * 2)),
    ("max(x, y, z)", "x=1,y=0,z=1", "1", "0.5,0,0.5"),
    ("min(x, y, z)", "x=1,y=0,z=0", "0", "0,0.5,0.5"),
    ("max(x, x)", "x=3", "3", "1"),
    ("max(x, -x)", "x=0", "0", "0"),
    ("max(0, x)", "x=0", "0", "0.5"),
    ("max(x, y)", "x=-inf,y=1", "1", "0,1"),
    ("min(x, y)", "x=inf,y=1", "1", "0,1"),
    # the branch taken decides, also at its edge
    ("if x > 0 then x else 2*x", "x=0", "0", "2"),
    ("if x >= 0 then x else 2*x", "x=0", "0", "1"),
    ("if x == 0 then 1 else sin(x)/x", "x=0", "1", "0"),
    ("if x > 0 then sqrt(x) else 0", "x=0", "0", "0"),
    ("if x > 0 then sqrt(x) else 0", "x=-1", "0", "0"),
    ("if x > 0 then log(x) else x", "x=0", "0", "1"),
    ("if x > 0 then 1/x else 0", "x=0", "0", "0"),
    ("if x < 1 then x else 1", "x=1", "1", "0"),
    ("if abs(x) <= 1 then x^2/2 else abs(x) - 1/2", "x=1", "0.5", "1", "1"),
    # powers
    ("x^0", "x=0", "1", "0"),
    ("x^0", "x=2", "1", "0"),
    ("x^1", "x=0", "0", "1"),
    ("x^2", "x=0", "0", "0", "2"),
    ("x^3", "x=-2", "-8", "12", "-12"),
    ("x^-1", "x=-2", "-0.5", "-0.25", "-0.25"),
    ("x^0.5", "x=0", "0", "inf", "-inf"),
    ("x^1.5", "x=0", "0", "0", "inf"),
    ("x^0.5", "x=-1", "nan", "nan", "nan"),
    ("x^y", "x=0,y=0", "1", "0,0"),
    ("x^y", "x=0,y=2", "0", "0,0", "2,0,0,0"),
    ("x^y", "x=2,y=0", "1", "0," + LOG2, "0,0.5,0.5," + LOG2_SQUARED),
    ("x^x", "x=0", "1", "0"),
    ("2^x", "x=0", "1", LOG2, LOG2_SQUARED),
    ("0^x", "x=2", "0", "0"),
    ("0^x", "x=0", "1", "0"),
    # a factor 0 before a logarithm
    ("x*log(x)", "x=0", "0", "-inf", "inf"),
    ("xlogy(x, x)", "x=0", "0", "-inf", "inf"),
    ("xlogy(x, y)", "x=0,y=2", "0", LOG2 + ",0", "0,0.5,0.5,0"),
    # roots and lengths
    ("sqrt(x)", "x=0", "0", "inf", "-inf"),
    ("cbrt(x)", "x=0", "0", "inf", "nan"),
    ("sqrt0(x)", "x=0", "0", "0"),
    ("hypot(x, y)", "x=0,y=0", "0", "0,0"),
    ("sqrt(x^2 + y^2)", "x=0,y=0", "0", "0,0"),
    ("hypot(x, y)", "x=0,y=-2", "2", "0,-1", "0.5,0,0,0"),
    ("direction(x, y)", "x=0,y=0", "0", "0,0"),
    ("ratio0(x, y)", "x=3,y=0", "0", "0,0"),
    ("atan2(x, y)", "x=0,y=2", "0", "0.5,0", "0,-0.25,-0.25,0"),
    # edges of domains, and beyond
    ("1/x", "x=0", "inf", "-inf", "inf"),
    ("-3/x", "x=0", "-inf", "inf", "-inf"),
    ("1/x^2", "x=0", "inf", "-inf", "inf"),
    ("2/x^3", "x=0", "inf", "-inf", "inf"),
    ("log(x)", "x=0", "-inf", "inf", "-inf"),
    ("log1p(x)", "x=-1", "-inf", "inf", "-inf"),
    ("asin(x)", "x=1", HALF_PI, "inf", "inf"),
    ("acos(x)", "x=1", "0", "-inf", "-inf"),
    ("atanh(x)", "x=1", "inf", "inf", "inf"),
    ("acot(x)", "x=0", HALF_PI, "-1"),
    ("sqrt(x)", "x=-1", "nan", "nan", "nan"),
    ("log(x)", "x=-1", "nan", "nan", "nan"),
    ("log2(x)", "x=-1", "nan", "nan", "nan"),
    ("log10(x)", "x=-1", "nan", "nan", "nan"),
    ("log1p(x)", "x=-2", "nan", "nan", "nan"),
    ("atanh(x)", "x=2", "nan", "nan", "nan"),
    ("acoth(x)", "x=0.5", "nan", "nan", "nan"),
    ("asech(x)", "x=-0.5", "nan", "nan", "nan"),
    ("lgamma(x)", "x=nan", "nan", "nan", "nan"),
    ("xlogy(x, y)", "x=1,y=-1", "nan", "nan,nan", "nan,nan,nan,nan"),
    ("max(x, y)", "x=nan,y=1", "nan", "nan,nan", "nan,nan,nan,nan"),
    ("min(x, y)", "x=1,y=nan", "nan", "nan,nan", "nan,nan,nan,nan"),
    ("asin(x)", "x=2", "nan", "nan", "nan"),
    ("acosh(x)", "x=0", "nan", "nan", "nan"),
    ("acosh(x)", "x=-2", "nan", "nan", "nan"),
    # far out
    ("exp(x)", "x=-inf", "0", "0"),
    ("exp(x)", "x=1000", "inf", "inf", "inf"),
    ("sigmoid(x)", "x=1000", "1", "0"),
    ("sigmoid(x)", "x=-1000", "0", "0"),
    ("softplus(x)", "x=1000", "1000", "1"),
    ("softplus(x)", "x=-1000", "0", "0"),
    ("tanh(x)", "x=1000", "1", "0"),
    ("log(1 + exp(x))", "x=1000", "1000", "1"),
    ("-log(sigmoid(x))", "x=-1000", "1000", "-1"),
    ("gelu(x)", "x=-1000", "0", "0"),
    # no derivative
    ("stop(x)", "x=2", "2", "0"),
    ("stop(x)*x", "x=3", "9", "3"),
    ("x < y", "x=1,y=1", "0", "0,0"),
    ("x <= y", "x=1,y=1", "1", "0,0"),
]

# ---- SymPy, for a second opinion ----

NO_SYMPY = ("floor", "ceil", "round", "trunc", "mod", "stop", "step", "flat", "sign", "lgamma", "<", "<=",
            ">", ">=", "==", "!=", "and", "or", "not")


def sympy_function(name):
    table = {
        "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
        "/": lambda x, y: x / y, "^": lambda x, y: x ** y, "negate": lambda x: -x,
        "abs": sympy.Abs, "max": sympy.Max, "min": sympy.Min,
        "exp2": lambda x: 2 ** x, "expm1": lambda x: sympy.exp(x) - 1,
        "log2": lambda x: sympy.log(x) / sympy.log(2), "log10": lambda x: sympy.log(x) / sympy.log(10),
        "log1p": lambda x: sympy.log(1 + x), "hypot": lambda x, y: sympy.sqrt(x ** 2 + y ** 2),
        "direction": lambda x, y: x / sympy.sqrt(x ** 2 + y ** 2), "gauss": lambda x: sympy.exp(-x ** 2),
        "normal_density": lambda x: sympy.exp(-x ** 2 / 2) / sympy.sqrt(2 * sympy.pi),
        "normal_cdf": lambda x: sympy.erfc(-x / sympy.sqrt(2)) / 2,
        "digamma": lambda x: sympy.polygamma(0, x), "trigamma": lambda x: sympy.polygamma(1, x),
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)), "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
        "silu": lambda x: x / (1 + sympy.exp(-x)), "relu": lambda x: sympy.Piecewise((x, x > 0), (0, True)),
        "gelu": lambda x: x * sympy.erfc(-x / sympy.sqrt(2)) / 2, "sqrt0": sympy.sqrt,
        "ratio0": lambda x, y: x / y, "xlogy": lambda x, y: x * sympy.log(y),
        "xlog1py": lambda x, y: x * sympy.log(1 + y),
        "cbrt": lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3),
    }
    return table.get(name) or getattr(sympy, name)


def to_sympy(node, symbols):
    if node.operator == "number":
        return sympy.Rational(float(node.arguments[0]))
    if node.operator == "name":
        return sympy.pi if node.arguments[0] == "pi" else symbols[node.arguments[0]]
    return sympy_function(node.operator)(*(to_sympy(argument, symbols) for argument in node.arguments))


SYMPY_KNOWN = {}


def sympy_agrees(node, point, names, value, gradient, hessian):
    """Whether SymPy finds the same; None where it is not asked."""
    if reference.uses(node, NO_SYMPY + ("if",)):
        return None
    key = (node, tuple(names))
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    if key not in SYMPY_KNOWN:
        expression = to_sympy(node, symbols)
        firsts = [sympy.diff(expression, symbols[name]) for name in names]
        seconds = [sympy.diff(first, symbols[name]) for first in firsts for name in names]
        SYMPY_KNOWN[key] = sympy.lambdify(list(symbols.values()), [expression] + firsts + seconds, "mpmath")
    with mpmath.workdps(700 if not reference.uses(node, reference.GAMMA) else 100):
        try:
            found = SYMPY_KNOWN[key](*(mpf(point[name]) for name in names))
        except NameError:  # DiracDelta and the like, at kinks off the point
            return None
        exact = [value] + gradient + [entry for row in hessian for entry in row]
        for ours, theirs in zip(exact, found):
            if abs(ours - theirs) > mpf(10) ** -22 * abs(ours) + mpf(10) ** -500:
                print("SymPy differs:", node, point, mpmath.nstr(ours, 30), mpmath.nstr(theirs, 30))
                return False
    return True


# ---- Writing ----


def spell_number(value):
    text = mpmath.nstr(value, DIGITS, min_fixed=-5, max_fixed=16)
    return text[:-2] if text.endswith(".0") else text.replace(".0e", "e")


def spell_point(point):
    return ",".join("%s=%s" % pair for pair in point)


def all_rows():
    """Pairs of a formula and a point: names with the texts of their values."""
    for formula, values in OPERATORS.items():
        for value in dict.fromkeys(values.split()):
            yield formula, [("x", value)]
    for formula, pairs in BINARY.items():
        for pair in pairs.split():
            yield formula, list(zip("xy", pair.split(",")))
    for formula, points in FORMULAS.items():
        for point in points.split():
            yield formula, [tuple(word.split("=")) for word in point.split(",")]


def roots_of(node, names):
    """The formula and its derivatives by the rules of operators.def."""
    firsts = [check_operators.differentiate(node, name, {}) for name in names]
    seconds = [check_operators.differentiate(first, name, {}) for first in firsts for name in names]
    return [check_operators.stabilize(root, {}) for root in [node] + firsts + seconds]


def complain_of_doubles(cases):
    """Shows where doubles that follow the rules are off: formulas too ill-conditioned for a test."""
    formulas = [(roots_of(node, names), names, [[point[name] for name in names]])
                for _, node, names, point, _ in cases]
    for (text, _, names, point, exact), (roots, _, _), (doubles,) in zip(
            cases, formulas, check_operators.compile_and_run(formulas)):
        with mpmath.workdps(700):
            at, known = {name: mpf(value) for name, value in point.items()}, {}
            for root, result, truth in zip(roots, doubles, exact):
                terms = check_operators.size(root, at, known)[1]
                error, relative = check_operators.units(result, truth, terms)
                if error > check_operators.LIMIT or (relative > 1e-13 and truth != 0):
                    print("%.3g units, relative %.0e: %s" % (error, relative, text))


def main():
    second_opinions, cases = 0, []
    lines = ["expression\tat\tvalue\tgradient\thessian"]
    for formula, pairs in all_rows():
        node = notation.read(formula)
        names = [name for name, _ in pairs]
        point = {name: float(text) for name, text in pairs}
        value, gradient, hessian = reference.formula_derivatives(node, point, names)
        flat = [entry for row in hessian for entry in row]
        if "--skip-sympy" not in sys.argv:
            agrees = sympy_agrees(node, point, names, value, gradient, hessian)
            if agrees is False:
                return 1
            second_opinions += agrees is True
        cases.append(("%s at %s" % (formula, spell_point(pairs)), node, names, point,
                      [value] + gradient + flat))
        for number in [value] + gradient + flat:
            if number != 0 and not mpf(10) ** -295 < abs(number) < mpf(10) ** 305:
                print("beyond doubles: %s at %s" % (formula, spell_point(pairs)))
        lines.append("\t".join((formula, spell_point(pairs), spell_number(value),
                                ",".join(map(spell_number, gradient)), ",".join(map(spell_number, flat)))))
    if "--doubles" in sys.argv:
        complain_of_doubles(cases)
    with open(os.path.join(HERE, "scalars.tsv"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(HERE, "kinks.tsv"), "w", encoding="utf-8") as file:
        file.write("expression\tat\tvalue\tgradient\thessian\n")
        for expression, at, value, gradient, *hessian in KINKS:
            zeros = ",".join(["0"] * len(gradient.split(",")) ** 2)
            file.write("\t".join((expression, at, value, gradient, *(hessian or [zeros]))) + "\n")
    print("%d values, %d of them confirmed by SymPy; %d kinks" % (len(lines) - 1, second_opinions, len(KINKS)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
