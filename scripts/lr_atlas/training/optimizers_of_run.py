"""The optimizers of a run: their steps, their modes and their state, as if they were one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from lr_atlas.training.configuration import own_arguments
from lr_atlas.training.optimizer import build_optimizers, class_arguments
from lr_atlas.training.optimizer_needs import has_modes, needs_closure
from lr_atlas.training.optimizer_state import effective_rate, is_of_torch, restore_state, state_of
from lr_atlas.training.same_batch import Evaluate


class OptimizersOfRun:
    """Take the steps of a run: one optimizer, or one for the hidden matrices and one for the rest.

    Methods that evaluate other weights than they train (schedule-free ones) are in their mode of
    training at all times but within `evaluated`.
    """

    def __init__(self, optimizer: dict, network: nn.Module, flat: nn.Parameter) -> None:
        self.members = build_optimizers(optimizer, network, flat)
        arguments = class_arguments(own_arguments(optimizer), flat.is_cuda)
        self.has_closure = needs_closure(type(self.members[0]), arguments)
        self.has_modes = any(map(has_modes, self.members))
        self.parameters = list(network.parameters())
        # A class may let go of the gradients in its step; these are where autograd adds to.
        self._gradients: list[tuple[torch.Tensor, torch.Tensor | None]] = []
        self.is_of_torch = all(map(is_of_torch, self.members))
        if not self.is_of_torch:
            of_members = [each for group in self.param_groups for each in group["params"]]
            self._gradients = [(each, each.grad) for each in [*self.parameters, *of_members]]
        self._set_mode("train")

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Return the groups of all members, whose rates a schedule sets."""
        return [group for member in self.members for group in member.param_groups]

    def attach_gradients(self) -> None:
        """Give every parameter the tensor of its gradient back."""
        for parameter, gradient in self._gradients:
            parameter.grad = gradient

    def step(self, evaluate: Evaluate) -> tuple[torch.Tensor, torch.Tensor]:
        """Take a step; return what `evaluate` gave at the weights before it."""
        if not self.has_closure:
            found = evaluate()
            for member in self.members:
                member.step()
            return found
        results = []

        def closure() -> torch.Tensor:
            with torch.enable_grad():
                results.append(evaluate())
            return results[-1][0]

        self.members[0].step(closure)  # type: ignore[arg-type]
        return results[0]

    @contextmanager
    def evaluated(self) -> Iterator[None]:
        """Have the network hold the weights that are evaluated; those of training come back.

        To the last bit: a method's own way back rounds, and how often a run is evaluated must
        change nothing.
        """
        if not self.has_modes:
            yield
            return
        kept = [parameter.detach().clone() for parameter in self.parameters]
        self._set_mode("eval")
        try:
            yield
        finally:
            self._set_mode("train")
            self._set_weights(kept)

    def effective_lr(self) -> float:
        """Return the learning rate of the first member, with the factor that it found itself."""
        return effective_rate(self.members[0])

    def state(self) -> dict:
        """Return the state from which `restore` goes on, as tensors and plain values."""
        states = [state_of(member) for member in self.members]
        if len(states) == 1 and not self.has_modes:
            return states[0]
        weights = [each.detach().clone() for each in self.parameters] if self.has_modes else []
        return {"members": states, "weights": weights}

    def restore(self, state: dict) -> None:
        """Go back to what `state` gave."""
        is_plain = len(self.members) == 1 and not self.has_modes
        states = [state] if is_plain else state["members"]
        for member, each in zip(self.members, states, strict=True):
            restore_state(member, each)
        if self.has_modes:
            self._set_weights(state["weights"])

    @torch.no_grad()
    def _set_weights(self, weights: list[torch.Tensor]) -> None:
        for parameter, value in zip(self.parameters, weights, strict=True):
            parameter.copy_(value)

    def _set_mode(self, mode: str) -> None:
        for member in self.members:
            if has_modes(member):
                getattr(member, mode)()
