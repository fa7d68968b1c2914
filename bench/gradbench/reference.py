#!/usr/bin/env python3
"""reference.py FOLDER > expected.tsv - what the objectives come to, with numpy: value, length of the
gradient, and its product with the vector v[i] = (7919*i mod 1009)/1009. Derivatives are complex
steps, exact to rounding. FOLDER holds the instances of ADBench."""
import math
import sys

import numpy as np

FOLDER = sys.argv[1]


def test_vector(count, modulus=1009):
    return np.arange(count) * 7919 % modulus / modulus


def gradient(f, x):
    result = np.zeros(len(x))
    for i in range(len(x)):
        moved = x.astype(complex)
        moved[i] += 1e-30j
        result[i] = f(moved).imag / 1e-30
    return result


def logsumexp(x, axis=-1):
    top = x.real.max(axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(x - top).sum(axis))


def show(name, value, slope):
    along = slope @ test_vector(len(slope))
    print(f"{name}\t{value:.17g}\t{math.sqrt(slope @ slope):.17g}\t{along:.17g}")


def differentiated(name, f, x):
    show(name, f(x.astype(complex)).real, gradient(f, x))


def llsq(x):
    t = 2 * np.arange(1024) / 1023 - 1
    return ((np.sign(t) - t[:, None] ** np.arange(len(x)) @ x) ** 2).sum() / 2


def ode(x, steps=20):
    h, y = 2/steps, np.zeros(len(x), complex)
    slope = lambda y: x*np.concatenate([[1], y[:-1]])
    for _ in range(steps):
        a = slope(y)
        b = slope(y + h/2*a)
        c = slope(y + h/2*b)
        y = y + h/6*(a + 2*b + 2*c + slope(y + h*c))
    return y[-1]


def particle(w):
    charges = lambda: np.array([[10, 10 - w[0]], [10, 0]])
    x, v = np.array([0, 8], complex), np.array([0.75, 0], complex)
    while (x + 0.1*v)[1].real > 0:
        away = x - charges()
        x, v = x + 0.1*v, v + 0.1*(away/((away**2).sum(1, keepdims=True))**1.5).sum(0)
    return (x[0] - v[0]*x[1]/v[1])**2


def saddle(x):
    y, moved = np.ones(2), 1
    while moved >= 1e-5:
        y, moved = 0.8*y, 0.2*np.linalg.norm(y)
    return (x**2).sum() - (y**2).sum()


def kmeans():
    points = test_vector(8000, 10007).reshape(1000, 8)

    def f(c):
        far = ((points[:, None, :] - c.reshape(10, 8)) ** 2).sum(2)
        return np.take_along_axis(far, far.real.argmin(1)[:, None], 1).sum()

    differentiated("kmeans", f, points[-10:].ravel())


def gmm(name, prior):
    rows = [line.split() for line in open(f"{FOLDER}/{name}.txt")]
    d, k, n = map(int, rows[0])
    numbers = lambda a, b: np.array(rows[a:b], float)
    alpha, mu, icf, x = numbers(1, k + 1), numbers(k + 1, 2*k + 1), numbers(2*k + 1, 3*k + 1), numbers(3*k + 1, 3*k + n + 1)
    gamma, m = float(rows[-1][0]), float(rows[-1][1])
    assert gamma == 1 and m == 0
    lower = [(a, b) for b in range(d) for a in range(b + 1, d)]
    nu = d + m + 1
    c = nu*d*math.log(gamma/math.sqrt(2)) - d*(d - 1)/4*math.log(math.pi) - sum(math.lgamma((nu - j)/2) for j in range(d))

    def f(p):
        parts = np.split(p, np.cumsum([k, k*d, k*d]))
        alpha, mu, q, l = parts[0], parts[1].reshape(k, d), parts[2].reshape(k, d), parts[3].reshape(k, -1)
        s = []
        for j in range(k):
            root = np.diag(np.exp(q[j]))
            for number, (a, b) in enumerate(lower):
                root[a, b] = l[j, number]
            s.append(alpha[j] + q[j].sum() - (((x - mu[j]) @ root.T) ** 2).sum(1) / 2)
        fit = logsumexp(np.array(s).T).sum() - n*(d/2*math.log(2*math.pi) + logsumexp(alpha))
        return fit + prior*(k*c - gamma**2/2*((np.exp(q)**2).sum() + (l**2).sum()) + m*q.sum())

    start = np.concatenate([alpha.ravel(), mu.ravel(), icf[:, :d].ravel(), icf[:, d:].ravel()])
    differentiated(name + (" adbench" if prior < 0 else ""), f, start)


def ba(name):
    rows = [line.split() for line in open(f"{FOLDER}/{name}.txt")]
    cameras, points, observations = map(int, rows[0])
    start = np.array(rows[1] + rows[2] + rows[3], float)
    seen = np.array(rows[4], float)

    def f(p):
        r, centre, focal, principal, bend = p[:3], p[3:6], p[6], p[7:9], p[9:11]
        x, w = p[11:14] - centre, p[14]
        angle = np.sqrt((r**2).sum())
        axis = r/angle
        u = np.cos(angle)*x + np.sin(angle)*np.cross(axis, x) + axis*(axis @ x)*(1 - np.cos(angle))
        v = u[:2]/u[2]
        far = (v**2).sum()
        error = w*(focal*(1 + bend[0]*far + bend[1]*far**2)*v + principal - seen)
        return ((error**2).sum() + (1 - w**2)**2)/2

    one = gradient(f, start)      # all observations are the same one
    i = np.arange(observations)
    cam, X = np.zeros((cameras, 11)), np.zeros((points, 3))
    np.add.at(cam, i % cameras, one[:11])
    np.add.at(X, i % points, one[11:14])
    show(name, observations*f(start.astype(complex)).real, np.concatenate([cam.ravel(), X.ravel(), np.full(observations, one[14])]))


def lstm(name):
    rows = [line.split() for line in open(f"{FOLDER}/{name}.txt") if line.split()]
    layers, length, b = map(int, rows[0])
    numbers = np.cumsum([1, 2*layers, 3, 2*layers, length])
    main, extra, state, sequence = (np.array(rows[i:j], float) for i, j in zip(numbers, numbers[1:]))
    sigmoid = lambda x: 1/(1 + np.exp(-x))

    def f(p):
        main, extra = p[:8*layers*b].reshape(layers, 2, 4, b), p[8*layers*b:].reshape(3, b)
        hidden, cell = list(state[0::2]), list(state[1::2])
        total = 0
        for x, gold in zip(sequence, sequence[1:]):
            x = x*extra[0]
            for l in range(layers):
                w, bias = main[l]
                forget, keep = sigmoid(x*w[0] + bias[0]), sigmoid(hidden[l]*w[1] + bias[1])
                out, change = sigmoid(x*w[2] + bias[2]), np.tanh(hidden[l]*w[3] + bias[3])
                cell[l] = cell[l]*forget + keep*change
                x = hidden[l] = out*np.tanh(cell[l])
            y = x*extra[1] + extra[2]
            total += gold @ (y - np.log(2 + np.exp(y).sum()))
        return -total/((length - 1)*b)

    differentiated(name, f, np.concatenate([main.ravel(), extra.ravel()]))


print("instance\tvalue\tlength\talong")
differentiated("hello", lambda x: x[0]**2, np.array([3.0]))
differentiated("lse", logsumexp, test_vector(2500))
differentiated("llsq", llsq, test_vector(128))
differentiated("det", lambda a: np.linalg.det(a.reshape(8, 8)), test_vector(64))
differentiated("particle", particle, np.array([0.0]))
differentiated("saddle", saddle, np.ones(2))
differentiated("ode", ode, test_vector(21)[1:])
kmeans()
for name in "gmm_n1k_d2_K5", "gmm_n1k_d20_K5":
    gmm(name, 1)
    gmm(name, -1)
ba("ba1_n49_m7776_p31843")
lstm("lstm_l2_c1024")
