"""The observer of a run: it says which steps are measured, and writes down what was found."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import nn

from lr_atlas.training.configuration import USUAL
from lr_atlas.training.dynamics import Dynamics, Watch, layers_of, measured
from lr_atlas.training.loss import Loss
from lr_atlas.training.preconditioner import bears, preconditioner
from lr_atlas.training.random_streams import stream
from lr_atlas.training.sharpness import EXAMPLES, sharpness, threshold

#: A configuration may ask for these beside the usual, under `dynamics`.
EVERY_STEP, SHARPNESS = "steps", "sharpness"


class Observer:
    """Looks at the network of a run in training."""

    def __init__(self, network: nn.Module, configuration: dict) -> None:
        """Take the network and the complete configuration of a run."""
        asked = configuration.get("dynamics") or []
        self.network = network
        self.optimizer = configuration["optimizer"]
        self.clips = configuration.get("clip", USUAL["clip"]) != USUAL["clip"]
        self.every_step = EVERY_STEP in asked
        self.with_sharpness = SHARPNESS in asked

    def begun(self) -> Dynamics:
        """Return the dynamics of a run of which nothing is recorded yet."""
        return Dynamics([*layers_of(self.network)])

    def watch(self, is_last: bool) -> Watch | None:
        """Return what measures the steps of a piece; is_last: whether an evaluation follows."""
        wanted = is_last or self.every_step
        return Watch(self.network, self.every_step) if wanted else None

    def watch_all(self) -> Watch:
        """Return what measures every step of a piece."""
        return Watch(self.network, every_step=True)

    def measured(
        self,
        watch: Watch,
        epoch: int,
        before: int,
        losses: Sequence[float],
    ) -> list[list[str]]:
        """Return the measured steps of a piece as texts, up to the first loss that is not finite.

        before: the batches of the run before the piece. losses: of its batches.
        """
        found = []
        for step, rate, gradient_norm, ratios in watch.found():
            found.append(
                measured((epoch, before + step + 1), losses[step], gradient_norm, rate, ratios)
            )
            if not math.isfinite(losses[step]):
                break
        return found

    def sharpness(
        self,
        batch: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]],
        loss: Loss,
        examples: int,
        last_step: tuple[float, dict],
    ) -> tuple[float, float | None, float | None]:
        """Return (sharpness, that of the preconditioned Hessian, the threshold of one of both).

        None for what the optimizer has not. batch: returns inputs and labels of training examples.
        examples: how many there are. last_step: its learning rate, and the optimizer's state.
        """
        rate, state = last_step
        # The same ones for all seeds, and throughout.
        chosen = torch.randperm(examples, generator=stream(0, "sharpness"))[:EXAMPLES]
        inputs, labels = batch(chosen)

        def of_outputs(outputs: torch.Tensor) -> torch.Tensor:
            numbers = labels.is_floating_point()
            return loss(outputs.view(labels.shape) if numbers else outputs, labels)

        diagonal = preconditioner(self.optimizer, state)
        trained = sum(each.numel() for each in self.network.parameters() if each.requires_grad)
        if diagonal is None or len(diagonal) != trained:
            (plain,) = sharpness(self.network, of_outputs, inputs)
            return plain, None, threshold(self.optimizer, rate)
        plain, divided = sharpness(self.network, of_outputs, inputs, (None, diagonal))
        return plain, divided, bears(self.optimizer, rate)
