"""Groups of a network's parameters: their optimizer, their share of the rate, decay or not.

Beside its arguments an optimizer may have, in the configuration of a run:

rest: {"name", "lr", arguments…}: the optimizer of the parameters that the first one does not take.
takes: "hidden", the matrices of hidden layers (the default), or "matrices", those of all layers.
decay: "matrices" for no weight decay on biases and norms, which have one dimension.
multipliers: {pattern of names: factor of the learning rate}; the factors of all that fit multiply.

A matrix is a parameter of two dimensions or more: kernels of convolutions count, each filter a row.
Embeddings do not, nor does what has one row, such as the position of a token.
"""

import fnmatch
from collections.abc import Iterable
from typing import NamedTuple

from torch import nn

from lr_atlas.training.configuration import USUAL_GROUPS, grouping
from lr_atlas.training.network import standardising_layer


class Group(NamedTuple):
    """Parameters of a network that one optimizer trains alike."""

    names: tuple[str, ...]
    is_rest: bool = False
    lr_factor: float = 1.0
    decays: bool = True


def parameter_groups(network: nn.Module, optimizer: dict) -> list[Group]:
    """Return the groups of a network's parameters: those of the rest last, no group empty.

    optimizer: of a run's configuration. Each group has the order of the network.
    """
    said = {**USUAL_GROUPS, **grouping(optimizer)}
    parameters = named_parameters(network)
    taken = set(parameters)
    if said["rest"]:
        taken = set(matrices(network, hidden_only=said["takes"] == "hidden"))
    found: dict[Group, list[str]] = {}
    for is_rest in (False, True):
        for name, parameter in parameters.items():
            if (name in taken) == is_rest:
                continue
            factor = 1.0
            for pattern, value in sorted(said["multipliers"].items()):
                factor *= value if fits(name, pattern) else 1.0
            decays = said["decay"] == "all" or parameter.ndim > 1
            found.setdefault(Group((), is_rest, factor, decays), []).append(name)
    return [group._replace(names=tuple(names)) for group, names in found.items()]


def named_parameters(network: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters of a network by their names, in its own order."""
    whole = standardising_layer(network) is not None
    # The layer that standardises the inputs was put before the network, as number 0 of two.
    return {
        name.partition(".")[2] if whole else name: parameter
        for name, parameter in network.named_parameters()
    }


def fits(name: str, pattern: str) -> bool:
    """Return whether a pattern means a parameter: by its name, or that of a layer it lies in.

    A pattern may have the wildcards of a shell: *.bias.
    """
    return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, f"{pattern}.*")


def matrices(network: nn.Module, hidden_only: bool) -> Iterable[str]:
    """Return the names of the matrices of a network, of hidden layers alone or of all.

    The first and the last layer are those that come first and last in the network's own order.
    """
    names = {id(parameter): name for name, parameter in named_parameters(network).items()}
    layers: list[list[str]] = []
    for module in network.modules():
        found = [
            (names[id(parameter)], isinstance(module, nn.Embedding))
            for parameter in module.parameters(recurse=False)
            if parameter.ndim > 1 and parameter.shape[0] > 1
        ]
        if found:
            layers.append([name for name, is_embedding in found if not is_embedding])
    kept = layers[1:-1] if hidden_only else layers
    return [name for layer in kept for name in layer]
