"""Optimizers whose step moves the weights of many runs at once, each with numbers of its own.

The formulas are those of torch.optim, in the same order of operations. Weights, gradients and the
state are float32 [runs, parameters]. A number that differs between runs is a column [runs, 1].
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

#: The values of an optimizer at each step of a piece, float64 [steps], by its arguments' names.
Values = Mapping[str, np.ndarray]
State = dict[str, torch.Tensor]
Columns = Sequence[torch.Tensor]

#: Arguments that say how a step is computed by torch, and change nothing that counts here.
_HOW = ("foreach", "fused", "capturable", "differentiable")
#: Arguments that are the same for runs that are stacked, as they choose the formula.
_CHOICES = ("nesterov", "amsgrad", "centered", "maximize", "decoupled_weight_decay")
#: Arguments that choose the formula by being zero or not.
_ZERO_OR_NOT = ("momentum", "weight_decay")


@dataclass(frozen=True)
class StackedOptimizer:
    """Hold the formula of an optimizer.

    Attributes:
        state: Returns the names of the tensors of its state, from its arguments.
        numbers: Returns the numbers of a run, float64 [numbers, steps], from its values and the
            number of each step, from 1.
        update: Moves the weights, in place, by (weights, gradients, state, columns, arguments).
        counts: Whether its state holds the number of steps.
    """

    state: Callable[[dict], tuple[str, ...]]
    numbers: Callable[[Values, np.ndarray], list[np.ndarray]]
    update: Callable[[torch.Tensor, torch.Tensor, State, Columns, dict], None]
    counts: bool = True


def formula_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what runs must have in common to be stacked, of all arguments of an optimizer.

    arguments: with defaults, as in a group of an optimizer of torch.
    """
    choices = {key: bool(arguments[key]) for key in _CHOICES if key in arguments}
    return choices | {key: arguments[key] != 0 for key in _ZERO_OR_NOT if key in arguments}


def plain_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an optimizer that count, each as a number or a choice."""
    plain = {k: v for k, v in arguments.items() if k not in ("name", "params", *_HOW)}
    if "betas" in plain:
        plain["beta1"], plain["beta2"] = plain.pop("betas")
    return plain


def _sgd_state(arguments: dict) -> tuple[str, ...]:
    return ("momentum_buffer",) if arguments["momentum"] else ()


def _sgd_numbers(values: Values, step: np.ndarray) -> list[np.ndarray]:
    # The first step takes the gradient as it is.
    share = np.where(step == 1, 1.0, 1 - values["dampening"])
    return [-values["lr"], values["weight_decay"], values["momentum"], share]


def _sgd(
    weights: torch.Tensor, gradients: torch.Tensor, state: State, columns: Columns, arguments: dict
) -> None:
    rate, decay, momentum, share = columns
    if arguments["weight_decay"]:
        gradients = torch.addcmul(gradients, weights, decay)
    if arguments["momentum"]:
        moved = state["momentum_buffer"].mul_(momentum).addcmul_(gradients, share)
        gradients = torch.addcmul(gradients, moved, momentum) if arguments["nesterov"] else moved
    weights.addcmul_(gradients, rate)


def _adam_state(arguments: dict) -> tuple[str, ...]:
    highest = ("max_exp_avg_sq",) if arguments["amsgrad"] else ()
    return ("exp_avg", "exp_avg_sq", *highest)


def _adam_numbers(values: Values, step: np.ndarray) -> list[np.ndarray]:
    beta1, beta2, rate = values["beta1"], values["beta2"], values["lr"]
    return [
        -rate / (1 - beta1**step),
        values["weight_decay"],
        1 - rate * values["weight_decay"],
        *(1 - beta1, beta2, 1 - beta2),
        np.sqrt(1 - beta2**step),
        values["eps"],
    ]


def _adam(
    weights: torch.Tensor, gradients: torch.Tensor, state: State, columns: Columns, arguments: dict
) -> None:
    rate, decay, kept, share1, beta2, share2, correction, epsilon = columns
    if arguments["weight_decay"]:
        if arguments["decoupled_weight_decay"]:
            weights.mul_(kept)
        else:
            gradients = torch.addcmul(gradients, weights, decay)
    first = state["exp_avg"].lerp_(gradients, share1)
    second = state["exp_avg_sq"].mul_(beta2).addcmul_(share2 * gradients, gradients)
    if arguments["amsgrad"]:
        second = torch.maximum(state["max_exp_avg_sq"], second, out=state["max_exp_avg_sq"])
    weights.addcdiv_(rate * first, (second.sqrt() / correction).add_(epsilon))


def _rmsprop_state(arguments: dict) -> tuple[str, ...]:
    momentum = ("momentum_buffer",) if arguments["momentum"] else ()
    return ("square_avg", *momentum, *(("grad_avg",) if arguments["centered"] else ()))


def _rmsprop_numbers(values: Values, step: np.ndarray) -> list[np.ndarray]:
    alpha = values["alpha"]
    decay, momentum = values["weight_decay"], values["momentum"]
    return [-values["lr"], decay, momentum, alpha, 1 - alpha, values["eps"]]


def _rmsprop(
    weights: torch.Tensor, gradients: torch.Tensor, state: State, columns: Columns, arguments: dict
) -> None:
    rate, decay, momentum, alpha, share, epsilon = columns
    if arguments["weight_decay"]:
        gradients = torch.addcmul(gradients, weights, decay)
    squares = state["square_avg"].mul_(alpha).addcmul_(share * gradients, gradients)
    if arguments["centered"]:
        mean = state["grad_avg"].lerp_(gradients, share)
        squares = squares.addcmul(mean, mean, value=-1)
    root = squares.sqrt().add_(epsilon)
    if arguments["momentum"]:
        moved = state["momentum_buffer"].mul_(momentum).addcdiv_(gradients, root)
        weights.addcmul_(moved, rate)
    else:
        weights.addcdiv_(rate * gradients, root)


_ADAM = StackedOptimizer(_adam_state, _adam_numbers, _adam)
#: By the names of their classes in torch.optim, in lower case.
OPTIMIZERS = {
    "sgd": StackedOptimizer(_sgd_state, _sgd_numbers, _sgd, counts=False),
    "adam": _ADAM,
    "adamw": _ADAM,
    "rmsprop": StackedOptimizer(_rmsprop_state, _rmsprop_numbers, _rmsprop),
}
