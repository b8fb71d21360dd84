"""Write the table of optimizers that `config.yaml` may name, as the installed torch defines them.

Reading the workflow must not import torch (1.5 s at every call), so the arguments of torch's
optimizers, their defaults and the values that their constructors accept stand in a small JSON file.
Run this after a change of the torch version; a test holds the file against the installed torch.
"""

import argparse
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from lr_atlas.config.optimizer_table import TABLE_FILE

PROBES = (-1.0, 0.0, 0.5, 1.0, 2.0)


def trains_from_parameters_alone(optimizer_class: type, **arguments: float) -> bool:
    """Whether the class can train a plain network: no closure, no sparse gradients, any shape."""
    network = torch.nn.Linear(4, 3)
    try:
        optimizer = optimizer_class(network.parameters(), **arguments)
        network(torch.ones(2, 4)).sum().backward()
        optimizer.step()
    except (AssertionError, TypeError, ValueError, RuntimeError):
        return False
    return True


def can_be_used(optimizer_class: type, parameter: inspect.Parameter) -> bool:
    """Whether a switch can be set: some are for CUDA graphs or differentiable steps alone."""
    # With momentum, since nesterov is refused without it.
    momentum = {"momentum": 0.9} if parameter.name == "nesterov" else {}
    is_switch = isinstance(parameter.default, bool)
    return not is_switch or trains_from_parameters_alone(
        optimizer_class, **momentum, **{parameter.name: True}
    )


def accepted_range(accepts: Callable[[float], bool]) -> dict[str, float]:
    """Return the range of a number, by asking the constructor.

    accepts: function from a float to whether the constructor takes it. Returns a dict with "above"
    or "minimum", and "below" or "maximum", where there is such a bound. The bounds that torch
    checks are all whole numbers between -1 and 2, so the probes find them.
    """
    taken = [accepts(probe) for probe in PROBES]
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


def describe_argument(optimizer_class: type, parameter: inspect.Parameter) -> dict:
    """Kind, default and accepted range of one argument, as plain values for JSON."""

    def accepts(value: Any) -> bool:
        try:
            optimizer_class([torch.nn.Parameter(torch.zeros(2))], **{parameter.name: value})
        except ValueError:
            return False
        return True

    default = parameter.default
    if isinstance(default, bool):
        return {"kind": "boolean", "default": default}
    if default is None:
        return {"kind": "optional_boolean", "default": None}
    if isinstance(default, tuple):
        numbers = [None if element is None else float(element) for element in default]
        elements = []
        for index, element in enumerate(default):

            def accepts_element(value: Any, index: int = index) -> bool:
                return accepts((*default[:index], value, *default[index + 1 :]))

            elements.append({"optional": element is None, **accepted_range(accepts_element)})
        return {"kind": "numbers", "default": numbers, "elements": elements}
    return {"kind": "number", "default": float(default), **accepted_range(accepts)}


def optimizer_table() -> dict[str, dict]:
    """Return the table: name -> {"class": str, "arguments": {name: description}}, by name."""
    table = {}
    for class_name, member in sorted(vars(torch.optim).items()):
        is_optimizer = inspect.isclass(member) and issubclass(member, torch.optim.Optimizer)
        if not is_optimizer or member is torch.optim.Optimizer:
            continue
        if not trains_from_parameters_alone(member):
            continue
        parameters = list(inspect.signature(member).parameters.values())[1:]
        arguments = {
            p.name: describe_argument(member, p) for p in parameters if can_be_used(member, p)
        }
        arguments["lr"].pop("minimum", None)
        arguments["lr"]["above"] = 0.0  # torch takes 0, which trains nothing
        table[class_name.lower()] = {"class": class_name, "arguments": arguments}
    return dict(sorted(table.items()))


def as_json(table: dict) -> str:
    """Return the table as JSON text with a line per argument."""
    optimizers = []
    for name, optimizer in table.items():
        lines = [
            f'   "{key}": {json.dumps(value)}' for key, value in optimizer["arguments"].items()
        ]
        arguments = ",\n".join(lines)
        optimizers.append(
            f' "{name}": {{\n  "class": "{optimizer["class"]}",\n'
            f'  "arguments": {{\n{arguments}\n  }}\n }}'
        )
    return "{\n" + ",\n".join(optimizers) + "\n}\n"


def main(output: Path) -> None:
    """Write the table to the file `output`."""
    output.write_text(as_json(optimizer_table()), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=TABLE_FILE, help="default: %(default)s")
    main(**vars(parser.parse_args()))
