"""Optimizers of a configuration as the compiled steps take them."""

from collections.abc import Sequence

import numpy as np

from lr_atlas.training.optimizer import defaults
from lr_atlas.training.steps.compiled_values import (
    ADAGRAD,
    ADAM,
    NO_OPTIMIZER,
    RMSPROP,
    SGD,
    Arguments,
    Optimizer,
)

#: The optimizers that are compiled too; all others are torch's own.
COMPILED_OPTIMIZERS = {"sgd", "adam", "adamw", "rmsprop", "adagrad"}


def compiled_optimizer(optimizer: dict, weights: np.ndarray, groups: np.ndarray) -> Optimizer:
    """Return an optimizer for the compiled steps, of kind NO_OPTIMIZER if it is not compiled.

    groups: see `groups_of`.
    """
    name = optimizer["name"]
    if name not in COMPILED_OPTIMIZERS:
        none = np.zeros((0, len(weights)), weights.dtype)
        return Optimizer(NO_OPTIMIZER, Arguments(), none, groups)
    given = {**defaults(name), **optimizer}
    arguments = {"lr": given["lr"], "sign": -1 if given["maximize"] else 1}
    arguments["decay"] = given["weight_decay"]
    if name == "sgd":
        kind, states = SGD, int(given["momentum"] > 0)
        arguments |= {key: given[key] for key in ("momentum", "dampening", "nesterov")}
    elif name in ("adam", "adamw"):
        kind, states = ADAM, 3 if given["amsgrad"] else 2
        arguments["beta1"], arguments["beta2"] = given["betas"]
        arguments["decoupled"] = name == "adamw" or given["decoupled_weight_decay"]
        arguments |= {key: given[key] for key in ("eps", "amsgrad")}
    elif name == "rmsprop":
        kind, states = RMSPROP, 1 + int(given["momentum"] > 0) + given["centered"]
        arguments |= {key: given[key] for key in ("momentum", "alpha", "eps", "centered")}
    else:
        kind, states = ADAGRAD, 1
        arguments |= {key: given[key] for key in ("eps", "lr_decay")}
    numbers = Arguments(**{key: float(value) for key, value in arguments.items()})
    begin = given.get("initial_accumulator_value", 0)
    return Optimizer(kind, numbers, np.full((states, len(weights)), begin, weights.dtype), groups)


def groups_of(
    sizes: Sequence[int], lr_factors: Sequence[float], decays: Sequence[bool]
) -> np.ndarray:
    """Return the groups of Optimizer, of neighbours that are treated alike: float64 [groups, 4].

    sizes: of the parameters, in the order of the network. lr_factors, decays: of each its factor of
    the learning rate, and whether weight decay is for it.
    """
    groups: list[list[float]] = []
    end = 0
    for size, lr_factor, decay in zip(sizes, lr_factors, decays, strict=True):
        start, end = end, end + size
        if groups and groups[-1][2:] == [lr_factor, float(decay)]:
            groups[-1][1] = end
        else:
            groups.append([start, end, lr_factor, float(decay)])
    return np.array(groups, np.float64)
