#!/usr/bin/env python3
"""reference.py FOLDER > expected.tsv - what the objectives come to, with numpy: value, length of the
gradient, and its product with the vector v[i] = (7919*i mod 1009)/1009. Of an output, such as a
Jacobian, the same, where the value is the sum of all absolute values. Derivatives are complex steps,
exact to rounding. FOLDER holds the instances of ADBench."""
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


def show_output(name, entries):
    show(name, np.abs(entries).sum(), np.ravel(entries))


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


def derivatives(f, x):
    """By each of the last axis of x, upon which f depends row by row."""
    columns = []
    for k in range(x.shape[-1]):
        moved = x.astype(complex)
        moved[..., k] += 1e-30j
        columns.append(f(moved).imag / 1e-30)
    return np.stack(columns, -1)


def ba(name, cam, X, w, seen, camera, point):
    def residuals(p):
        r, centre, focal, principal, bend = p[:, :3], p[:, 3:6], p[:, 6:7], p[:, 7:9], p[:, 9:11]
        x, w = p[:, 11:14] - centre, p[:, 14:15]
        still = (r.real == 0).all(1, keepdims=True)
        angle = np.sqrt((np.where(still, 1, r)**2).sum(1, keepdims=True))
        axis = r/angle
        turned = (np.cos(angle)*x + np.sin(angle)*np.cross(axis, x)
                  + axis*(axis*x).sum(1, keepdims=True)*(1 - np.cos(angle)))
        u = np.where(still, x + np.cross(r, x), turned)
        v = u[:, :2]/u[:, 2:]
        far = (v**2).sum(1, keepdims=True)
        error = w*(focal*(1 + bend[:, :1]*far + bend[:, 1:]*far**2)*v + principal - seen)
        return np.hstack([error, 1 - w**2])

    start = np.hstack([cam[camera], X[point], w[:, None]])
    e, jacobian = residuals(start.astype(complex)).real, derivatives(residuals, start)
    slope = np.einsum("ij,ijk->ik", e, jacobian)
    dcam, dX = np.zeros(cam.shape), np.zeros(X.shape)
    np.add.at(dcam, camera, slope[:, :11])
    np.add.at(dX, point, slope[:, 11:14])
    show(name, (e**2).sum()/2, np.concatenate([dcam.ravel(), dX.ravel(), slope[:, 14]]))
    show_output(name + " error", e[:, :2])
    show_output(name + " slack", e[:, 2])
    show_output(name + " error_by_camera", jacobian[:, :2, :11])
    show_output(name + " error_by_point", jacobian[:, :2, 11:14])
    show_output(name + " error_by_weight", jacobian[:, :2, 14])
    show_output(name + " slack_by_weight", jacobian[:, 2, 14])


def ba_adbench(name):
    rows = [line.split() for line in open(f"{FOLDER}/{name}.txt")]
    cameras, points, observations = map(int, rows[0])
    cam, X, w, seen = (np.array(row, float) for row in rows[1:5])
    i = np.arange(observations)
    ba(name, np.tile(cam, (cameras, 1)), np.tile(X, (points, 1)), np.tile(w, observations),
       np.tile(seen, (observations, 1)), i % cameras, i % points)


def ba_made():
    cam, i = test_vector(33).reshape(3, 11) - 0.5, np.arange(7)
    cam[1, :3] = 0      # it stands upright
    ba("ba", cam, test_vector(12).reshape(4, 3) + [0, 0, 5], test_vector(7),
       test_vector(14).reshape(7, 2), i % 3, i % 4)


def ht(name, parent, base, inverse, rest, weights, points, vertex, share, theta):
    """`vertex` and `share`: the vertices that each point is made of, and by how much."""
    def errors(theta, share):
        absolute = []
        for b in range(22):
            turn, (finger, joint) = np.eye(4, dtype=complex), divmod(b - 1, 4)
            if 0 <= finger < 5 and joint > 0:
                flexion = theta[6 + 4*finger + (joint if joint > 1 else 0)]
                turn[1:3, 1:3] = [[np.cos(flexion), -np.sin(flexion)], [np.sin(flexion), np.cos(flexion)]]
            if 0 <= finger < 5 and joint == 1:
                spread, plane = theta[7 + 4*finger], np.eye(4, dtype=complex)
                plane[:2, :2] = [[np.cos(spread), -np.sin(spread)], [np.sin(spread), np.cos(spread)]]
                turn = plane @ turn
            relative = base[b] @ turn
            absolute.append(relative if parent[b] < 0 else absolute[parent[b]] @ relative)
        moved = np.array(absolute) @ inverse
        skin = np.einsum("vb,bij,vj->vi", weights, moved, np.c_[rest, np.ones(len(rest))])[:, :3]
        angle = np.sqrt((theta[:3]**2).sum())
        x, y, z = theta[:3]/angle
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turn = np.eye(3) + np.sin(angle)*cross + (1 - np.cos(angle))*cross @ cross
        return points - np.einsum("ic,icj->ij", share, (skin @ turn.T + theta[3:6])[vertex])

    by_theta = derivatives(lambda t: errors(t, share), theta)
    # the last share is what the others leave of 1
    whole = lambda u: np.c_[u, 1 - u.sum(1)]
    by_u = derivatives(lambda u: errors(theta, whole(u)), share[:, :-1]) if share.shape[1] > 1 else None
    e = errors(theta, share).real
    slope = [np.einsum("ij,ijk->k", e, by_theta)]
    slope += [] if by_u is None else [np.einsum("ij,ijk->ik", e, by_u).ravel()]
    show(name, (e**2).sum()/2, np.concatenate(slope))
    show_output(name + " error", e)
    show_output(name + " by_theta", by_theta)
    if by_u is not None:
        show_output(name + " by_u", by_u)


def ht_adbench(name):
    bones, vertices, corners = ([line.split(":") for line in open(f"{FOLDER}/hand/model/{part}.txt")]
                                for part in ("bones", "vertices", "triangles"))
    matrices = np.array([bone[2:34] for bone in bones], float).reshape(-1, 2, 4, 4)
    weights = np.zeros((len(vertices), len(bones)))
    for v, line in enumerate(vertices):
        for q in range(int(line[8])):
            weights[v, int(line[9 + 2*q])] += float(line[10 + 2*q])
    numbers = np.array(open(f"{FOLDER}/hand/{name}.txt").read().split(), float)
    n = int(numbers[0])
    seen, rest = numbers[2:2 + 4*n].reshape(n, 4), numbers[2 + 4*n:]
    at, vertex, share = seen[:, 0].astype(int), None, np.ones((n, 1))
    if name.startswith("complicated"):
        vertex, u, rest = np.array(corners, int)[at], rest[:2*n].reshape(n, 2), rest[2*n:]
        share = np.c_[u, 1 - u.sum(1)]
    ht(name, [int(bone[1]) for bone in bones], matrices[:, 0], matrices[:, 1],
       np.array([line[:3] for line in vertices], float), weights, seen[:, 1:],
       at[:, None] if vertex is None else vertex, share, rest)


def ht_made(name):
    matrices = test_vector(22*32).reshape(22, 2, 4, 4)
    matrices[:, :, 3] = [0, 0, 0, 1]
    weights = np.zeros((30, 22))
    for v in range(30):
        for q in range(v % 4 + 1):
            weights[v, (5*v + 7*q) % 22] += 1/(v % 4 + 1)
    i, u = np.arange(7), test_vector(14).reshape(7, 2)
    t = 11*i % 20
    simple = name == "ht"
    ht(name, [-1] + [0 if b % 4 == 1 else b - 1 for b in range(1, 22)], matrices[:, 0], matrices[:, 1],
       test_vector(90).reshape(30, 3), weights, test_vector(21).reshape(7, 3),
       (11*i % 30)[:, None] if simple else np.stack([t, (t + 7) % 30, (3*t + 11) % 30], 1),
       np.ones((7, 1)) if simple else np.c_[u, 1 - u.sum(1)], test_vector(26))


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
ba_made()
ba_adbench("ba1_n49_m7776_p31843")
ht_made("ht")
ht_made("ht_complicated")
for name in "simple_small/hand1_t26_c100", "complicated_small/hand1_t26_c100":
    ht_adbench(name)
lstm("lstm_l2_c1024")
