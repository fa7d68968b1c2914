"""gradbench.py - the objectives of GradBench, vectorised as JAX and PyTorch want them."""
import math


def gmm(xp, p, d):
    """The Cholesky factors as matrices, all components at once."""
    x, (k, width) = d["x"], p["mu"].shape
    lower = [(a, b) for b in range(width) for a in range(b + 1, width)]
    place = [[0]*width for _ in range(width)]
    for number, (a, b) in enumerate(lower):
        place[a][b] = number
    mask = xp.tril(xp.ones((width, width), dtype=x.dtype), -1)
    scale = xp.exp(p["q"])
    root = p["l"][:, xp.asarray(place)]*mask + scale[:, :, None]*xp.eye(width, dtype=x.dtype)
    far = x[:, None, :] - p["mu"]
    turned = xp.einsum("kab,ikb->ika", root, far)
    s = p["alpha"] + p["q"].sum(1) - (turned**2).sum(2)/2
    nu = width + 1
    constant = (nu*width*math.log(1/math.sqrt(2)) - width*(width - 1)/4*math.log(math.pi)
                - sum(math.lgamma((nu - j)/2) for j in range(width)))
    fit = log_sum_exp(xp, s).sum() - len(x)*(width/2*math.log(2*math.pi) + log_sum_exp(xp, p["alpha"]))
    return fit + k*constant - ((scale**2).sum() + (p["l"]**2).sum())/2


def log_sum_exp(xp, s):
    if xp.__name__ == "torch":
        return xp.logsumexp(s, -1)
    import jax
    return jax.scipy.special.logsumexp(s, -1)


def lse(xp, p, d):
    return log_sum_exp(xp, p["x"])


def llsq(xp, p, d):
    t = xp.linspace(-1, 1, 2048, dtype=p["x"].dtype)
    powers = t[:, None]**xp.arange(128)
    return ((xp.sign(t) - powers @ p["x"])**2).sum()/2


def kmeans(xp, p, d):
    """The centres nearest by |p|^2 - 2 p.c + |c|^2, then their distances exactly."""
    far = (p["c"]**2).sum(1) - 2*d["p"] @ p["c"].T
    return ((d["p"] - p["c"][far.argmin(1)])**2).sum()


def lstm_jax(p, d):
    import jax
    jnp, layers = jax.numpy, len(p["main"])

    def step(state, s):
        x, after = s*p["extra"][0], []
        for (hidden, cell), (w, b) in zip(state, p["main"]):
            forget, out = jax.nn.sigmoid(x*w[0] + b[0]), jax.nn.sigmoid(x*w[2] + b[2])
            cell = forget*cell + jax.nn.sigmoid(hidden*w[1] + b[1])*jnp.tanh(hidden*w[3] + b[3])
            x = out*jnp.tanh(cell)
            after.append((x, cell))
        return after, x*p["extra"][1] + p["extra"][2]

    s = d["s"]
    _, y = jax.lax.scan(step, [(d["state"][l, 0], d["state"][l, 1]) for l in range(layers)], s[:-1])
    log_sum = jnp.log(2 + jnp.exp(y).sum(1, keepdims=True))
    return -(s[1:]*(y - log_sum)).sum()/s[1:].size


def lstm_torch(p, d):
    import torch
    s, outputs = d["s"], []
    state = [(hidden, cell) for hidden, cell in d["state"]]
    for row in s[:-1]*p["extra"][0]:
        x = row
        for l, (hidden, cell) in enumerate(state):
            w, b = p["main"][l]
            forget, out = torch.sigmoid(x*w[0] + b[0]), torch.sigmoid(x*w[2] + b[2])
            cell = forget*cell + torch.sigmoid(hidden*w[1] + b[1])*torch.tanh(hidden*w[3] + b[3])
            x = out*torch.tanh(cell)
            state[l] = x, cell
        outputs.append(x*p["extra"][1] + p["extra"][2])
    y = torch.stack(outputs)
    return -(s[1:]*(y - torch.log(2 + torch.exp(y).sum(1, keepdim=True)))).sum()/s[1:].numel()


def ode_jax(p, d, steps=20):
    import jax
    jnp, x, h = jax.numpy, p["x"], 2/steps

    def slope(y):
        return x*jnp.concatenate([jnp.ones(1, y.dtype), y[:-1]])

    def step(y, _):
        a = slope(y)
        b = slope(y + h/2*a)
        c = slope(y + h/2*b)
        return y + h/6*(a + 2*b + 2*c + slope(y + h*c)), None

    return jax.lax.scan(step, jnp.zeros_like(x), None, length=steps)[0][-1]


def det_jax(p, d):
    import jax
    return jax.numpy.linalg.det(p["A"])


def det_torch(p, d):
    import torch
    return torch.linalg.det(p["A"])


def turned_jax(r, p):
    """p, turned about r after Rodrigues."""
    import jax
    jnp = jax.numpy
    square = r @ r
    angle = jnp.sqrt(square)
    return (jnp.cos(angle)*p + jnp.sin(angle)/angle*jnp.cross(r, p)
            + (r @ p)*(1 - jnp.cos(angle))/square*r)


def ba_jax_parts():
    """Loss and outputs; the blocks by forward differentiation of one observation, mapped over all."""
    import jax

    def residual(c, x, w, seen):
        u = turned_jax(c[:3], x - c[3:6])
        v = u[:2]/u[2]
        far = v @ v
        return w*(c[6]*(1 + c[9]*far + c[10]*far**2)*v + c[7:9] - seen)

    def chosen(p, d):
        return p["cam"][d["camera"]], p["X"][d["point"]], p["w"], d["seen"]

    def loss(p, d):
        error = jax.vmap(residual)(*chosen(p, d))
        return ((error**2).sum() + ((1 - p["w"]**2)**2).sum())/2

    def outputs(p, d):
        blocks = jax.vmap(jax.jacfwd(residual, argnums=(0, 1, 2)))(*chosen(p, d))
        return jax.vmap(residual)(*chosen(p, d)), 1 - p["w"]**2, *blocks, -2*p["w"]

    return loss, outputs


def ht_jax_parts():
    import jax
    jnp = jax.numpy

    def bend(base, spread, flexion):
        s, f = (jnp.cos(spread), jnp.sin(spread)), (jnp.cos(flexion), jnp.sin(flexion))
        side = s[0]*base[:, 1] - s[1]*base[:, 0]
        return jnp.stack([s[0]*base[:, 0] + s[1]*base[:, 1], f[0]*side + f[1]*base[:, 2],
                          f[0]*base[:, 2] - f[1]*side, base[:, 3]], 1)

    def error(theta, d):
        absolute = []
        for b in range(22):
            joint = (b - 1) % 4 if b else 0
            flexion = 0.0 if joint == 0 else theta[b + 4 if joint == 1 else b + 5]
            relative = bend(d["base"][b], theta[b + 5] if joint == 1 else 0.0, flexion)
            above = 0 if joint == 0 else b - 1
            absolute.append(absolute[above] @ relative if b else relative)
        moved = jnp.stack(absolute) @ d["inverse"]
        v = d["vertex"]
        place = jnp.concatenate([d["rest"][v], jnp.ones((len(v), 1))], 1)
        skin = jnp.einsum("iq,iqjk,ik->ij", d["weight"][v], moved[d["bone"][v]], place)[:, :3]
        return d["seen"] - jax.vmap(turned_jax, (None, 0))(theta[:3], skin) - theta[3:6]

    def loss(p, d):
        return (error(p["theta"], d)**2).sum()/2

    def outputs(p, d):
        return error(p["theta"], d), jax.jacfwd(error)(p["theta"], d)

    return loss, outputs


def particle_jax(p, d):
    """By forward differentiation: the number of steps is known at run time alone."""
    import jax
    jnp, w = jax.numpy, p["w"]

    def potential(z):
        return 1/jnp.hypot(z[0] - 10, z[1] - (10 - w)) + 1/jnp.hypot(z[0] - 10, z[1])

    def flies(state):
        x, v = state
        return x[1] + 0.1*v[1] > 0

    def step(state):
        x, v = state
        return x + 0.1*v, v - 0.1*jax.grad(potential)(x)

    x, v = jax.lax.while_loop(flies, step, (jnp.array([0.0, 8.0]), jnp.array([0.75, 0.0])))
    return (x[0] - v[0]*x[1]/v[1])**2


def saddle_jax(p, d):
    import jax
    jnp, x = jax.numpy, p["x"]

    def f(x, y):
        return (x**2).sum() - (y**2).sum()

    def step(state):
        y = state[0]
        change = 0.1*jax.grad(f, 1)(x, y)
        return y + change, jnp.sqrt((change**2).sum())

    y, _ = jax.lax.while_loop(lambda state: state[1] >= 1e-5, step, (jnp.ones(2), jnp.array(1.0)))
    return f(x, jax.lax.stop_gradient(y))
