"""Gradients of one batch more than once, for methods whose step looks at it several times."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

#: () -> (loss [], outputs [n, …]) of the batch of a step; leaves the gradients.
Evaluate = Callable[[], tuple[torch.Tensor, torch.Tensor]]


def repeatable(evaluate: Evaluate, network: nn.Module) -> Evaluate:
    """Return an evaluation that may be called again and again within a step.

    Each call draws the same random numbers, so that dropout drops the same, and statistics of a
    batch norm take the batch in once.
    """
    device = next(network.parameters()).device
    before: list[torch.Tensor] = []

    def again() -> tuple[torch.Tensor, torch.Tensor]:
        if not before:
            before.extend(_random_states(device))
            return evaluate()
        _set_random_states(before)
        with _kept_statistics(network):
            return evaluate()

    return again


def _random_states(device: torch.device) -> list[torch.Tensor]:
    of_gpu = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return [torch.get_rng_state(), *of_gpu]


def _set_random_states(states: list[torch.Tensor]) -> None:
    torch.set_rng_state(states[0])
    for state in states[1:]:
        torch.cuda.set_rng_state(state)


@contextmanager
def _kept_statistics(network: nn.Module) -> Iterator[None]:
    """Have norms that keep statistics normalise by the batch, and leave the statistics alone."""
    tracking = [
        module for module in network.modules() if getattr(module, "track_running_stats", False)
    ]
    for module in tracking:
        module.track_running_stats = False  # type: ignore[assignment]
    try:
        yield
    finally:
        for module in tracking:
            module.track_running_stats = True  # type: ignore[assignment]
