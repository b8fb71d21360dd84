"""The optimizer of a run: a class of torch.optim, or of a file or package, with arguments."""

import inspect
from typing import Any

import torch
from torch import nn

from lr_atlas.training.configuration import grouping, own_arguments
from lr_atlas.training.optimizer_groups import Group, named_parameters, parameter_groups
from lr_atlas.training.optimizer_needs import has_modes, marks, needs_closure, takes_matrices_alone
from lr_atlas.training.parts import PartError, load_part

#: Optimizers that look at a parameter as a whole, such as a matrix by its rows and columns.
_BY_PARAMETER = {"adafactor", "muon"}
#: These do not multiply matrices.
_AS_THEY_LIE = {"adafactor"}
#: Optimizers of torch's whose step evaluates the loss itself, or that do not take all parameters.
_OTHER_STEPS = {"lbfgs", "muon"}
#: Optimizers whose step is much faster on a processor as one kernel; SGD's is not.
FASTER_FUSED = {"adam", "adamw", "adagrad"}
#: Arguments that say how a step is to be computed; with one of them it is left at that.
_HOW = ("fused", "foreach", "differentiable")


def optimizer_class(name: str) -> type[torch.optim.Optimizer]:
    """Return the class of torch.optim whose name in lower case is `name`, or another part.

    Raises PartError if there is none.
    """
    classes = {name.lower(): member for name, member in vars(torch.optim).items()}
    if name in classes:
        return classes[name]
    # A package may have torch compile its steps, which chooses kernels by how long they take now:
    # the same run would have other last digits tomorrow.
    torch.compiler.set_stance("force_eager")
    return load_part("optimizer", name)


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
    """Return the optimizer of a configuration, for the parameters of `network` alike.

    optimizer: {"name": str, "lr": float, arguments…}. flat: what `flatten_parameters` gave for the
    network. Optimizers of torch that treat every number alike work on it: the same results to the
    last bit for a tenth to a quarter less time per epoch.
    """
    whole = sees_parameters(optimizer["name"])
    arguments = class_arguments(optimizer, flat.is_cuda)
    return optimizer_class(optimizer["name"])(
        network.parameters() if whole else [flat], **arguments
    )


def build_optimizers(
    optimizer: dict, network: nn.Module, flat: nn.Parameter
) -> list[torch.optim.Optimizer]:
    """Return the optimizer of a configuration, and that of the rest where it names one.

    As `build_optimizer`; optimizer: may say groups, see optimizer_groups. Raises PartError if one
    of the two has nothing to train.
    """
    groups = parameter_groups(network, optimizer)
    own, said = own_arguments(optimizer), grouping(optimizer)
    if groups == [Group(tuple(named_parameters(network)))]:
        return [build_optimizer(own, network, flat)]
    parameters, made = named_parameters(network), []
    for is_rest, each in ((False, own), (True, said.get("rest"))):
        if each is None:
            continue
        chosen, arguments = optimizer_class(each["name"]), class_arguments(each, flat.is_cuda)
        as_matrices, mark = takes_matrices_alone(chosen, arguments), marks(chosen, arguments)
        members = [
            {
                "params": [
                    as_matrix(parameters[name]) if as_matrices else parameters[name]
                    for name in group.names
                ],
                "lr": each["lr"] * group.lr_factor,
                **({} if group.decays else {"weight_decay": 0.0}),
                **mark,
            }
            for group in groups
            if group.is_rest == is_rest
        ]
        if not members:
            raise PartError(f"{each['name']} has nothing to train in this network")
        made.append(chosen(members, **arguments))
    return made


def as_matrix(parameter: nn.Parameter) -> nn.Parameter:
    """Return a view of a parameter as a matrix, a filter of a convolution a row, with its gradient.

    The gradient of the parameter must stay the tensor that it is.
    """
    matrix = nn.Parameter(parameter.detach().view(len(parameter), -1))
    if parameter.grad is not None:
        matrix.grad = parameter.grad.view(matrix.shape)
    return matrix


def sees_parameters(name: str) -> bool:
    """Return whether an optimizer may look at more of a parameter than single numbers."""
    return name in _BY_PARAMETER or not is_of_torch(name)


def aligned_for(optimizer: dict) -> bool:
    """Return whether matrices are to lie in memory where a network by itself would have them.

    optimizer: of a run's configuration.
    """
    name = optimizer["name"]
    return name not in _AS_THEY_LIE and (sees_parameters(name) or bool(grouping(optimizer)))


def takes_plain_steps(optimizer: dict) -> bool:
    """Return whether a step is a call without a closure, over all parameters alike.

    optimizer: of a run's configuration.
    """
    if is_of_torch(optimizer["name"]) and optimizer["name"] not in _OTHER_STEPS:
        return not grouping(optimizer)
    chosen, own = optimizer_class(optimizer["name"]), own_arguments(optimizer)
    plain = own == optimizer and not has_modes(chosen)
    return plain and not needs_closure(chosen, class_arguments(own, is_cuda=False))


def class_arguments(optimizer: dict, is_cuda: bool) -> dict[str, Any]:
    """Return the arguments that an optimizer's class is called with."""
    name = optimizer["name"]
    arguments: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in optimizer.items()
        if key != "name"
    }
    if is_cuda and "capturable" in inspect.signature(optimizer_class(name)).parameters:
        # Keeps all of its state on the GPU, so that its steps can be recorded (cuda_graphs).
        arguments["capturable"] = True
    elif not is_cuda and name in FASTER_FUSED and not any(map(arguments.get, _HOW)):
        arguments["fused"] = arguments.get("fused") is not False
    return arguments
