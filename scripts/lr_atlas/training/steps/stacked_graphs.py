"""Steps of a stack that are recorded as CUDA graphs, one for each form of its inputs, and replayed.

As in cuda_graphs.py; here all that changes from step to step is an input.
"""

from collections.abc import Callable

import torch

#: (inputs…) -> (losses [runs], right answers [runs])
Step = Callable[..., tuple[torch.Tensor, torch.Tensor]]

#: Steps before the recording: libraries set themselves up.
_STEPS_BEFORE = 3


class RecordedSteps:
    """Does what `step` does; from the fourth step with inputs of a form on by replaying it."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.stream = torch.cuda.Stream()
        self.recorded: dict[tuple, _Recorded] = {}
        self.before: dict[tuple, int] = {}

    def __call__(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As `step`."""
        form = tuple(each.shape for each in inputs)
        if form in self.recorded:
            return self.recorded[form].replay(inputs)
        self.before[form] = self.before.get(form, 0) + 1
        if self.before[form] > _STEPS_BEFORE:
            self.recorded[form] = _Recorded(self.step, inputs, self.stream)
            return self.recorded[form].replay(inputs)
        # On the stream of the recording, since autograd remembers where a gradient was first used.
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            found = self.step(*inputs)
        torch.cuda.current_stream().wait_stream(self.stream)
        return found


class _Recorded:
    """A step that was recorded on inputs of its own; nothing is computed by that."""

    def __init__(
        self, step: Step, inputs: tuple[torch.Tensor, ...], stream: torch.cuda.Stream
    ) -> None:
        self.inputs = [each.clone() for each in inputs]
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=stream):
            self.found = step(*self.inputs)

    def replay(self, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
        """Do the step."""
        for own, given in zip(self.inputs, inputs, strict=True):
            own.copy_(given)
        self.graph.replay()
        losses, right = self.found
        return losses.clone(), right.clone()
