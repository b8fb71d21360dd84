"""Find what a class of optimizers needs of its callers: by its signature, else by a trial."""

import inspect
from typing import Any

import torch

#: Tried on: a matrix, then a vector too, or the kernel of a convolution.
_MATRIX, _VECTOR, _KERNEL = (3, 4), (3,), (3, 2, 2, 2)
#: By what classes with an optimizer of their own for the rest know the parameters they are for.
_MARKS: tuple[dict[str, Any], ...] = ({}, {"use_muon": True})


def marks(chosen: type[torch.optim.Optimizer], arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what a class wants to stand in a group of matrices beside its arguments."""
    return next((each for each in _MARKS if _made(chosen, arguments, _MATRIX, each)), {})


def takes_matrices_alone(chosen: type[torch.optim.Optimizer], arguments: dict[str, Any]) -> bool:
    """Return whether a class trains matrices, but no kernel of a convolution and no vector."""
    if chosen.__module__.startswith("torch.optim") and chosen is not torch.optim.Muon:
        return False
    return _steps(chosen, arguments, _MATRIX) and not any(
        _steps(chosen, arguments, shape) for shape in (_KERNEL, _VECTOR)
    )


def needs_closure(chosen: type[torch.optim.Optimizer], arguments: dict[str, Any]) -> bool:
    """Return whether a step has to be handed a function that computes the loss and the gradients.

    Classes that let it be left out, and ask for it all the same, are found by a step on a matrix.
    """
    asked = inspect.signature(chosen.step).parameters.get("closure")
    if asked is None:
        return False
    if asked.default is inspect.Parameter.empty:
        return True
    if chosen.__module__.startswith("torch.optim"):
        return False
    return not _steps(chosen, arguments, _MATRIX) and _steps(
        chosen, arguments, _MATRIX, with_closure=True
    )


def _made(
    chosen: type[torch.optim.Optimizer],
    arguments: dict[str, Any],
    shape: tuple[int, ...],
    mark: dict[str, Any],
) -> torch.optim.Optimizer | None:
    """Return an optimizer of one parameter of a shape; None if the class refuses it."""
    parameters: list[Any] = [torch.nn.Parameter(torch.ones(shape))]
    try:
        return chosen([{"params": parameters, **mark}] if mark else parameters, **arguments)
    # A class of the user's may raise anything.
    except Exception:
        return None


def _steps(
    chosen: type[torch.optim.Optimizer],
    arguments: dict[str, Any],
    shape: tuple[int, ...],
    with_closure: bool = False,
) -> bool:
    """Return whether a class takes a step on one parameter of a shape."""
    optimizer = _made(chosen, arguments, shape, marks(chosen, arguments))
    if optimizer is None:
        return False
    parameter = optimizer.param_groups[0]["params"][0]

    def closure() -> torch.Tensor:
        with torch.enable_grad():
            parameter.grad = None
            loss = parameter.square().sum()
            loss.backward()
        return loss.detach()

    with torch.random.fork_rng(devices=[]):
        try:
            if has_modes(optimizer):
                optimizer.train()  # type: ignore[attr-defined]
            closure()
            if with_closure:
                optimizer.step(closure)  # type: ignore[arg-type]
            else:
                optimizer.step()
        except Exception:
            return False
    return True


def has_modes(optimizer: Any) -> bool:
    """Return whether an optimizer, or its class, has other weights to evaluate than to train."""
    return callable(getattr(optimizer, "train", None)) and callable(
        getattr(optimizer, "eval", None)
    )
