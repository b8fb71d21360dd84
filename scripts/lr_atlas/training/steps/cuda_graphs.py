"""A training step that is recorded as a CUDA graph and replayed.

A step of a small network is some forty kernels of a few microseconds each; to launch them one by
one takes longer than they do. Method: "CUDA graphs" in torch's notes on CUDA semantics.
"""

from collections.abc import Callable

import torch

#: (images float [n, pixels], labels int64 [n]) -> (loss [], logits [n, classes])
Step = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

#: Steps before the recording: libraries set themselves up, and the optimizer its state.
_STEPS_BEFORE = 3


def can_be_recorded(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether all that a step changes is on the GPU, where a replay changes it."""
    return isinstance(optimizer, torch.optim.SGD) or optimizer.defaults.get("capturable", False)


class GraphedStep:
    """Does what `step` does, to batches of `batch_size` images from the fourth on by replaying it.

    Batches of other sizes, such as the last of an epoch, are done by `step` itself.
    """

    def __init__(self, step: Step, batch_size: int) -> None:
        self.step = step
        self.batch_size = batch_size
        self.steps_before = 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.stream = torch.cuda.Stream()

    def __call__(
        self, images: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As `step`."""
        if len(labels) != self.batch_size:
            return self._directly(images, labels)
        graph = self.graph
        if graph is None:
            if self.steps_before < _STEPS_BEFORE:
                self.steps_before += 1
                return self._directly(images, labels)
            graph = self.graph = self._record(images, labels)
        self.images.copy_(images)
        self.labels.copy_(labels)
        graph.replay()
        return self.loss.clone(), self.logits.clone()

    def _directly(
        self, images: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        # On the stream of the recording, since autograd remembers where a gradient was first used.
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            results = self.step(images, labels)
        torch.cuda.current_stream().wait_stream(self.stream)
        return results

    def _record(self, images: torch.Tensor, labels: torch.Tensor) -> torch.cuda.CUDAGraph:
        """Record a step on buffers of its own; nothing is computed by that."""
        self.images, self.labels = images.clone(), labels.clone()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self.stream):
            self.loss, self.logits = self.step(self.images, self.labels)
        return graph
