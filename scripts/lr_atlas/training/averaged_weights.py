"""The average of a network's weights, beside those that are trained."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Average:
    """Holds the average of a network's weights."""

    def __init__(self, network: nn.Module, flat: nn.Parameter) -> None:
        """flat: what `flatten_parameters` gave for the network."""
        self.network = network
        self.flat = flat.detach()
        self.weights = self.flat.clone()
        self.has_begun = False

    @torch.no_grad()
    def move(self, share: float) -> None:
        """Go a share of the way to the network's weights; at 0 nothing happens."""
        if share:
            self.weights.lerp_(self.flat, share)
            self.has_begun = True

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the network hold the average, once there is one; then all is as it was before."""
        if not self.has_begun:
            yield
            return
        weights = self.flat.clone()
        self.flat.copy_(self.weights)
        try:
            yield
        finally:
            self.flat.copy_(weights)

    def state(self) -> dict:
        """Return all from which `restore` goes on: the network as it is trained, and the average.

        As tensors and plain values.
        """
        network = {key: value.cpu().clone() for key, value in self.network.state_dict().items()}
        return {"network": network, "average": self.weights.cpu(), "has_begun": self.has_begun}

    def restore(self, state: dict) -> None:
        """Go back to what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.weights.copy_(state["average"])
        self.has_begun = state["has_begun"]


@contextmanager
def kept_buffers(network: nn.Module) -> Iterator[None]:
    """Give a network its buffers back as they were, such as running statistics of batch norm."""
    before = [(buffer, buffer.clone()) for buffer in network.buffers()]
    try:
        yield
    finally:
        for buffer, value in before:
            buffer.copy_(value)
