"""A trial of an optimizer of a package or a file on a small network, before anything is trained."""

from __future__ import annotations

import contextlib
import pickle
import sys
import warnings
from typing import Any

import torch
from torch import nn

from lr_atlas.config.own_optimizers import needs_rest
from lr_atlas.training.configuration import grouping
from lr_atlas.training.network import flatten_parameters
from lr_atlas.training.optimizer import class_arguments, optimizer_class
from lr_atlas.training.optimizer_needs import marks, takes_matrices_alone
from lr_atlas.training.optimizers_of_run import OptimizersOfRun
from lr_atlas.training.random_streams import seed_others
from lr_atlas.training.tensor_files import from_bytes, to_bytes

_STEPS = 2


def trial(optimizer: dict[str, Any]) -> None:
    """Raise ValueError, in one line, if an optimizer cannot train a network here.

    optimizer: as in a run's configuration. It takes some steps, and some more from its state as a
    checkpoint keeps it: these have to give the same weights as without the pause.
    """
    name = optimizer["name"]
    own = {key: value for key, value in optimizer.items() if key not in grouping(optimizer)}
    chosen, arguments = optimizer_class(name), class_arguments(own, is_cuda=False)
    if "rest" not in optimizer and (
        takes_matrices_alone(chosen, arguments) or marks(chosen, arguments)
    ):
        raise ValueError(needs_rest(name))
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(sys.stderr),
        torch.random.fork_rng(devices=[]),
    ):
        warnings.simplefilter("ignore")
        try:
            straight, _ = _trained(optimizer, _STEPS, None)
            state = _trained(optimizer, _STEPS, None)[1]
            more, _ = _trained(optimizer, 2 * _STEPS, None)
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            raise ValueError(
                f"{name} cannot train a network here: {type(error).__name__}: {text}"
            ) from None
        try:
            resumed, _ = _trained(optimizer, _STEPS, (straight, state))
        except pickle.UnpicklingError:
            raise ValueError(
                f"{name} keeps in its state what a checkpoint cannot hold, which is read without "
                "running code: tensors, numbers, texts, and lists and dictionaries of them"
            ) from None
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            raise ValueError(
                f"{name} cannot go on from a checkpoint: {type(error).__name__}: {text}"
            ) from None
    if not all(map(torch.equal, resumed, more)):
        raise ValueError(
            f"{name} does not go on to the same weights from its state_dict(), as a run does that "
            "was interrupted; a class has to keep all that its steps depend on in there"
        )


def _trained(
    optimizer: dict[str, Any], steps: int, begin: tuple[list[torch.Tensor], bytes] | None
) -> tuple[list[torch.Tensor], bytes]:
    """Return the weights of a small network after some steps, and the state of its optimizer.

    begin: where the steps begin, see `trial`; None for the beginning.
    """
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 6), nn.Linear(6, 3))
    inputs, targets = torch.randn(4, 5), torch.randn(4, 3)
    flat = flatten_parameters(network, aligned=True)
    assert flat.grad is not None
    gradient = flat.grad
    made = OptimizersOfRun(optimizer, network, flat)
    if not all("lr" in member.defaults for member in made.members):
        raise ValueError("it keeps no 'lr' in its param_groups, where a schedule would set it")
    first = 0
    if begin:
        first = _STEPS
        with torch.no_grad():
            for parameter, value in zip(network.parameters(), begin[0], strict=True):
                parameter.copy_(value)
        made.restore(from_bytes(begin[1]))

    def evaluate() -> tuple[torch.Tensor, torch.Tensor]:
        made.attach_gradients()
        gradient.zero_()
        loss = (network(inputs) - targets).square().mean()
        loss.backward()
        return loss.detach(), loss.detach()

    for step in range(first, first + steps):
        torch.manual_seed(step)
        seed_others(step)
        made.step(evaluate)
    return [each.detach().clone() for each in network.parameters()], to_bytes(made.state())
