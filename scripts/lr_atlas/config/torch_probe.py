"""Describe the optimizers of the installed torch: a program, which prints them as JSON.

A class's signature tells its arguments and their defaults; which values it takes is tried. It
imports torch, which takes more than a second, so it runs in a process of its own
(torch_optimizers.py) and needs nothing else of the project.
"""

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

import torch

PROBES = (-1.0, 0.0, 0.5, 1.0, 2.0)
#: Whole numbers are tried by taking steps: most classes say nothing of them before.
WHOLE_PROBES = (0, 1, 2, 10, 99, 100, 1000)
#: Torch raises these at a value that it does not take, or a network that it cannot train.
REFUSALS = (AssertionError, IndexError, RuntimeError, TypeError, ValueError)


def trains(optimizer_class: type, of_matrices: bool = False, **arguments: Any) -> bool:
    """Return whether a class trains a plain network, without sparse gradients.

    of_matrices: it is given the matrix of the network alone, not the bias.
    """
    network = torch.nn.Linear(4, 3)

    def closure() -> torch.Tensor:
        network.zero_grad()
        loss = network(torch.ones(2, 4)).square().sum()
        loss.backward()
        return loss

    try:
        parameters = [network.weight] if of_matrices else list(network.parameters())
        optimizer = optimizer_class(parameters, **arguments)
        for _ in range(2):
            if asks_for_closure(optimizer_class):
                optimizer.step(closure)
            else:
                closure()
                optimizer.step()
    except REFUSALS:
        return False
    return True


def asks_for_closure(optimizer_class: Any) -> bool:
    """Return whether a step has to be handed a function that computes the loss."""
    closure = inspect.signature(optimizer_class.step).parameters["closure"]
    return closure.default is inspect.Parameter.empty


def can_be_used(
    optimizer_class: type, parameter: inspect.Parameter, of_matrices: bool = False
) -> bool:
    """Return whether an argument can be set: some are for CUDA graphs or differentiable steps."""
    # With momentum, since nesterov is refused without it.
    momentum = {"momentum": 0.9} if parameter.name == "nesterov" else {}
    is_switch = isinstance(parameter.default, bool)
    return not is_switch or trains(
        optimizer_class, of_matrices, **momentum, **{parameter.name: True}
    )


def accepted_range(accepts: Callable[[float], bool]) -> dict[str, float]:
    """Return the range of a number, by asking the constructor.

    accepts: function from a float to whether the constructor takes it. Returns a dict with "above"
    or "minimum", and "below" or "maximum", where there is such a bound. The bounds that torch
    checks are all whole numbers between -1 and 2, so the probes find them.
    """
    taken = [accepts(probe) for probe in PROBES]
    if not any(taken):
        return {}
    first = taken.index(True)
    last = len(taken) - 1 - taken[::-1].index(True)
    bounds = {}
    if first > 0:
        whole = PROBES[first].is_integer() and PROBES[first] != 2.0
        bounds["minimum" if whole else "above"] = PROBES[first] if whole else PROBES[first - 1]
    if last < len(taken) - 1:
        whole = PROBES[last].is_integer()
        bounds["maximum" if whole else "below"] = PROBES[last] if whole else PROBES[last + 1]
    return bounds


def whole_range(trains_with: Callable[[int], bool]) -> dict[str, int]:
    """Return the range of a whole number, "minimum" and "maximum", by taking steps with it."""
    taken = [probe for probe in WHOLE_PROBES if trains_with(probe)]
    bounds = {"minimum": taken[0]} if taken else {}
    return bounds | ({"maximum": taken[-1]} if taken and taken[-1] < WHOLE_PROBES[-1] else {})


def choices(optimizer_class: type, name: str, trains_with: Callable[[str], bool]) -> list[str]:
    """Return the texts that an argument takes: of those that the class's documentation quotes."""
    _, _, told = (optimizer_class.__doc__ or "").partition(f"{name} (")
    quoted = dict.fromkeys(re.findall(r"[\"']([a-z_]+)[\"']", told))
    return [text for text in quoted if trains_with(text)]


def describe_argument(
    optimizer_class: type, parameter: inspect.Parameter, of_matrices: bool = False
) -> dict | None:
    """Return kind, default and accepted range of an argument; None of one that is no such value."""

    def accepts(value: Any) -> bool:
        shape = (2, 2) if of_matrices else (2,)
        try:
            optimizer_class([torch.nn.Parameter(torch.zeros(shape))], **{parameter.name: value})
        except REFUSALS:
            return False
        return True

    def trains_with(value: Any) -> bool:
        return trains(optimizer_class, of_matrices, **{parameter.name: value})

    default, said = parameter.default, str(parameter.annotation)
    if isinstance(default, bool):
        return {"kind": "boolean", "default": default}
    if default is None and said == "str | None":
        found = choices(optimizer_class, parameter.name, trains_with)
        return {"kind": "optional_text", "default": None, "choices": found} if found else None
    if default is None and said == "int | None":
        return {"kind": "optional_whole", "default": None, **whole_range(trains_with)}
    if default is None:
        return {"kind": "optional_boolean", "default": None}
    if isinstance(default, int) and parameter.annotation is int:
        return {"kind": "whole", "default": default, **whole_range(trains_with)}
    if isinstance(default, tuple):
        numbers = [None if element is None else float(element) for element in default]
        elements = []
        for index, element in enumerate(default):

            def accepts_element(value: Any, index: int = index) -> bool:
                return accepts((*default[:index], value, *default[index + 1 :]))

            elements.append({"optional": element is None, **accepted_range(accepts_element)})
        return {"kind": "numbers", "default": numbers, "elements": elements}
    if isinstance(default, int | float):
        return {"kind": "number", "default": float(default), **accepted_range(accepts)}
    return None


def describe_optimizers() -> dict[str, dict]:
    """Return {name: {"class": str, "arguments": {argument: description}}}, by name.

    With "needs_rest": True where a class takes matrices alone, and "needs_closure": True where a
    step evaluates the loss itself, over all parameters alike.
    """
    found = {}
    for class_name, member in sorted(vars(torch.optim).items()):
        is_optimizer = inspect.isclass(member) and issubclass(member, torch.optim.Optimizer)
        if not is_optimizer or member is torch.optim.Optimizer:
            continue
        of_matrices = not trains(member)
        if of_matrices and not trains(member, of_matrices):
            continue
        parameters = list(inspect.signature(member).parameters.values())[1:]
        described = {
            p.name: describe_argument(member, p, of_matrices)
            for p in parameters
            if can_be_used(member, p, of_matrices)
        }
        arguments = {name: each for name, each in described.items() if each}
        arguments["lr"].pop("minimum", None)
        arguments["lr"]["above"] = 0.0  # torch takes 0, which trains nothing
        needs = {"needs_rest": of_matrices, "needs_closure": asks_for_closure(member)}
        found[class_name.lower()] = {
            "class": class_name,
            "arguments": arguments,
            **{key: True for key, value in needs.items() if value},
        }
    return dict(sorted(found.items()))


if __name__ == "__main__":
    print(json.dumps(describe_optimizers()))
