"""regression.py - the losses of the regressions. xp is jax.numpy or torch."""


def linear(xp, p, d):
    return xp.mean((d["y"] - (p["w"]*d["x"] + p["b"]))**2)


def linear10(xp, p, d):
    return xp.mean((d["y"] - (d["x"] @ p["w"] + p["b"]))**2)


def logistic_jax(p, d):
    import jax
    z = p["w"]*d["x"] + p["b"]
    return jax.numpy.mean(jax.nn.softplus(z) - d["y"]*z)


def logistic_torch(p, d):
    import torch
    return torch.nn.functional.binary_cross_entropy_with_logits(p["w"]*d["x"] + p["b"], d["y"])


def decay(xp, p, d):
    return xp.mean((d["y"] - (p["a"]*xp.exp(-p["b"]*d["t"]) + p["c"]))**2)


def poisson(xp, p, d):
    z = p["w"]*d["x"] + p["b"]
    return xp.mean(xp.exp(z) - d["y"]*z)
