"""The optimizer of a run: a class of torch.optim, or of a file or package, with arguments."""

import inspect
from typing import Any

import torch
from torch import nn

from lr_atlas.training.parts import load_part

#: Optimizers that look at a parameter as a whole, such as a matrix by its rows and columns.
_BY_PARAMETER = {"adafactor"}


def optimizer_class(name: str) -> type[torch.optim.Optimizer]:
    """Return the class of torch.optim whose name in lower case is `name`, or another part.

    Raises PartError if there is none.
    """
    classes = {name.lower(): member for name, member in vars(torch.optim).items()}
    return classes[name] if name in classes else load_part("optimizer", name)


def is_of_torch(name: str) -> bool:
    """Return whether an optimizer is one of torch's own."""
    return name in {each.lower() for each in vars(torch.optim)}


def defaults(name: str) -> dict[str, Any]:
    """Return the default of every argument of an optimizer's class that has one."""
    parameters = inspect.signature(optimizer_class(name)).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def build_optimizer(
    optimizer: dict, network: nn.Module, flat: nn.Parameter
) -> torch.optim.Optimizer:
    """Return the optimizer of a configuration, for the parameters of `network`.

    optimizer: {"name": str, "lr": float, arguments…}. flat: what `flatten_parameters` gave for the
    network. Optimizers of torch that treat every number alike work on it: the same results to the
    last bit for a tenth to a quarter less time per epoch.
    """
    name = optimizer["name"]
    whole = name in _BY_PARAMETER or not is_of_torch(name)
    arguments: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in optimizer.items()
        if key != "name"
    }
    chosen = optimizer_class(name)
    if flat.is_cuda and "capturable" in inspect.signature(chosen).parameters:
        # Keeps all of its state on the GPU, so that its steps can be recorded (cuda_graphs).
        arguments["capturable"] = True
    return chosen(network.parameters() if whole else [flat], **arguments)
