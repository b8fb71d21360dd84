"""The state of one optimizer, as plain values, and the way back to it to the last bit."""

import sys
from typing import Any

import torch


def is_of_torch(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether an optimizer is one of torch's own classes."""
    return type(optimizer).__module__.startswith("torch.optim")


def effective_rate(optimizer: torch.optim.Optimizer) -> float:
    """Return the learning rate of an optimizer's last step, as far as it shows that.

    Prodigy and D-Adaptation keep a factor that they found as `d`; DoG the rate of each parameter,
    of which the first counts, as `eta`; schedule-free methods that of their warm-up.
    """
    group = optimizer.param_groups[0]
    found = group.get("eta")
    if isinstance(found, list) and found and isinstance(found[0], torch.Tensor):
        return float(found[0])
    # Before the first step it is 0.
    rate = group.get("scheduled_lr") or group["lr"]
    return float(rate) * float(group.get("d", 1.0))


def state_of(optimizer: torch.optim.Optimizer) -> dict:
    """Return the state of an optimizer, of which equal ones have equal bytes when saved."""
    state = optimizer.state_dict()
    return state if is_of_torch(optimizer) else _apart(state)


def _apart(value: Any) -> Any:
    """Return containers that share nothing: a file says what is one object, not only what is equal.

    After a pause a text of the state is another object than the equal one in the package's code.
    """
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, dict):
        return {_apart(key): _apart(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_apart, value))
    return value


def restore_state(optimizer: torch.optim.Optimizer, state: dict) -> None:
    """Have an optimizer go on from what `state_of` gave, to the last bit."""
    optimizer.load_state_dict(state)
    if not isinstance(state.get("state"), dict):
        return
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    for index, parameter in enumerate(parameters):
        if index in state["state"]:
            # torch casts what it loads to the type of the weights.
            loaded = optimizer.state[parameter]
            optimizer.state[parameter] = _of_saved_types(loaded, state["state"][index])


def _of_saved_types(loaded: Any, saved: Any) -> Any:
    """Return a loaded state with the tensors of the types that were saved."""
    if isinstance(saved, torch.Tensor) and isinstance(loaded, torch.Tensor):
        return loaded if loaded.dtype == saved.dtype else saved.to(loaded.device)
    if isinstance(saved, dict) and isinstance(loaded, dict):
        return {key: _of_saved_types(loaded.get(key), value) for key, value in saved.items()}
    if isinstance(saved, list | tuple) and isinstance(loaded, list | tuple):
        return type(saved)(
            _of_saved_types(one, other) for one, other in zip(loaded, saved, strict=True)
        )
    return loaded
