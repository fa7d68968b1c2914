"""networks.py - the losses of the networks, for each framework as its users write them."""
import math


def log_likelihood_jax(z, label):
    import jax
    rows = jax.numpy.arange(len(label))
    return jax.numpy.mean(-jax.nn.log_softmax(z)[rows, label])


def log_likelihood_torch(z, label):
    import torch
    return torch.nn.functional.cross_entropy(z, label)


def mlp_jax(p, d):
    import jax
    z = jax.nn.relu(d["x"] @ p["W"].T + p["a"])
    return log_likelihood_jax(z @ p["V"].T + p["b"], d["label"])


def mlp_torch(p, d):
    import torch.nn.functional as F
    z = F.relu(F.linear(d["x"], p["W"], p["a"]))
    return log_likelihood_torch(F.linear(z, p["V"], p["b"]), d["label"])


def cnn_jax(p, d):
    import jax

    def layer(x, K, b):
        y = jax.lax.conv_general_dilated(x, K, (1, 1), "VALID")
        y = jax.nn.relu(y + b[:, None, None])
        return jax.lax.reduce_window(y, -math.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    x = layer(d["x"][:, None], p["K"][:, None], p["a"])
    x = layer(x, p["L"], p["b"])
    return log_likelihood_jax(x.reshape(len(x), -1) @ p["V"].reshape(10, -1).T + p["c"], d["label"])


def cnn_torch(p, d):
    import torch.nn.functional as F
    x = F.max_pool2d(F.relu(F.conv2d(d["x"][:, None], p["K"][:, None], p["a"])), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, p["L"], p["b"])), 2)
    return log_likelihood_torch(F.linear(x.flatten(1), p["V"].flatten(1), p["c"]), d["label"])


def lstm_layer_jax(p, d):
    import jax
    jnp = jax.numpy
    n, cells = len(d["x"]), p["U"].shape[2]
    W, U, b = p["W"].reshape(4*cells, -1), p["U"].reshape(4*cells, -1), p["b"].reshape(-1)
    given = jnp.swapaxes(d["x"], 0, 1) @ W.T + b

    def step(state, s):
        hidden, cell = state
        i, f, g, o = jnp.split(s + hidden @ U.T, 4, axis=1)
        cell = jax.nn.sigmoid(f)*cell + jax.nn.sigmoid(i)*jnp.tanh(g)
        return (jax.nn.sigmoid(o)*jnp.tanh(cell), cell), None

    start = jnp.zeros((n, cells), given.dtype)
    (hidden, _), _ = jax.lax.scan(step, (start, start), given)
    return log_likelihood_jax(hidden @ p["V"].T + p["c"], d["label"])


def lstm_layer_torch(p, d):
    import torch
    cells = p["U"].shape[2]
    W, U, b = p["W"].reshape(4*cells, -1), p["U"].reshape(4*cells, -1), p["b"].reshape(-1)
    start = torch.zeros(1, len(d["x"]), cells)
    every, _, _ = torch.lstm(d["x"], (start, start), (W, U, b, torch.zeros_like(b)), True, 1, 0.0, True, False, True)
    return log_likelihood_torch(every[:, -1] @ p["V"].T + p["c"], d["label"])


def transformer_jax(p, d):
    import jax
    jnp = jax.numpy
    x, width = d["x"], p["Q"].shape[1]

    def norm(v, i):
        v = v - v.mean(-1, keepdims=True)
        return p["gain"][i]*v/jnp.sqrt((v*v).mean(-1, keepdims=True) + 1e-5) + p["bias"][i]

    z = norm(x, 0)
    q, k, v = (jnp.einsum("btl,hcl->bhtc", z, p[name]) for name in "QKV")
    weight = jax.nn.softmax(jnp.einsum("bhtc,bhuc->bhtu", q, k)/math.sqrt(width))
    r = x + jnp.einsum("bhtu,bhuc,jhc->btj", weight, v, p["O"])
    u = jax.nn.gelu(norm(r, 1) @ p["F"].T + p["a"], approximate=False)
    return jnp.mean((r + u @ p["G"].T + p["b"] - d["y"])**2)


def transformer_torch(p, d):
    import torch
    import torch.nn.functional as F
    x, (heads, width, d_model) = d["x"], p["Q"].shape
    n, T, _ = x.shape
    z = F.layer_norm(x, (d_model,), p["gain"][0], p["bias"][0])
    q, k, v = (F.linear(z, p[name].flatten(0, 1)).view(n, T, heads, width).transpose(1, 2) for name in "QKV")
    attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, T, d_model)
    r = x + F.linear(attended, p["O"].flatten(1))
    g = F.layer_norm(r, (d_model,), p["gain"][1], p["bias"][1])
    out = r + F.linear(F.gelu(F.linear(g, p["F"], p["a"])), p["G"], p["b"])
    return torch.mean((out - d["y"])**2)


def mlp_small(xp, p, d):
    z = xp.tanh(d["x"] @ p["W"].T + p["a"])
    s = xp.tanh(z @ p["V"].T + p["b"])
    return xp.mean((s @ p["u"] + p["c"] - d["y"])**2)
