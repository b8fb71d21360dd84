"""Preconditioners of Adam and its like: what a step divides the gradient of each weight by.

Cohen et al. 2022, Adaptive gradient methods at the edge of stability, arXiv:2207.14484: with the
diagonal P of these numbers, training stays where the largest eigenvalue of P⁻¹H is what the
learning rate bears, as that of the Hessian H does with gradient descent.
"""

from typing import Any

import torch

from lr_atlas.training.configuration import grouping
from lr_atlas.training.optimizer import defaults, is_of_torch

_ADAM, _RMSPROP = ("adam", "adamw"), "rmsprop"
#: Rows of the compiled steps' states that torch keeps under these names.
_ROWS = {
    "adam": {"exp_avg_sq": 1, "max_exp_avg_sq": -1},
    "adamw": {"exp_avg_sq": 1, "max_exp_avg_sq": -1},
    "rmsprop": {"square_avg": 0, "grad_avg": -1},
}


def has_preconditioner(optimizer: dict) -> bool:
    """Return whether an optimizer of a run's configuration has a preconditioner known here.

    Methods whose weights are trained in groups have more than one learning rate, and none.
    """
    return optimizer["name"] in _ROWS and not grouping(optimizer)


def arguments_of(optimizer: dict) -> dict[str, Any]:
    """Return all arguments of one of torch's optimizers, its defaults among them."""
    return {**defaults(optimizer["name"]), **optimizer} if is_of_torch(optimizer["name"]) else {}


def preconditioner(optimizer: dict, state: dict) -> torch.Tensor | None:
    """Return the diagonal of P, float64 [weights]; None of an optimizer that has none.

    state: of the steps, after one at least. Of Adam with the correction for its first steps, by
    which the paper multiplies P too.
    """
    if not has_preconditioner(optimizer):
        return None
    name, given = optimizer["name"], arguments_of(optimizer)
    if name == _RMSPROP:
        squares = _of_weights(name, state, "square_avg")
        if given["centered"]:
            squares = squares - _of_weights(name, state, "grad_avg").square()
        return squares.clamp(min=0).sqrt() + given["eps"]
    beta1, beta2 = given["betas"]
    squares = _of_weights(name, state, "max_exp_avg_sq" if given["amsgrad"] else "exp_avg_sq")
    steps = _steps(state)
    roots = (squares / (1 - beta2**steps)).sqrt()
    return (roots + given["eps"]) * (1 - beta1**steps)


def bears(optimizer: dict, rate: float) -> float | None:
    """Return the eigenvalue of P⁻¹H above which steps along its direction grow; None of others.

    Of Adam (2 + 2 beta1)/((1 - beta1) lr), of RMSprop as of gradient descent with momentum. A
    decoupled weight decay shrinks the weights beside the step, so it takes its share of that; with
    a coupled one, which P divides too, it is another value for each weight.
    """
    if not has_preconditioner(optimizer) or rate <= 0:
        return None
    name, given = optimizer["name"], arguments_of(optimizer)
    decay = given["weight_decay"]
    is_decoupled = name in _ADAM and (name == "adamw" or given["decoupled_weight_decay"])
    if decay and not is_decoupled:
        return None
    if name == _RMSPROP:
        return float((2 + 2 * given["momentum"]) / rate)
    beta1 = given["betas"][0]
    return float((1 + beta1) / (1 - beta1) * (2 / rate - decay))


def _of_weights(name: str, state: dict, key: str) -> torch.Tensor:
    """Return a state of each weight in the order of the network, float64 [weights]."""
    if "states" in state:
        return state["states"][_ROWS[name][key]].double()
    return torch.cat([each[key].flatten() for each in _of_torch(state)]).double().cpu()


def _steps(state: dict) -> float:
    return float(state["steps"] if "steps" in state else next(iter(_of_torch(state)))["step"])


def _of_torch(state: dict) -> list[dict]:
    """Return torch's state of each parameter in their order."""
    return [state["state"][index] for index in sorted(state["state"])]
