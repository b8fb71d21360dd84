"""Dynamics of training: how large gradients and updates were, and where the loss jumped.

Measured around the last step before each evaluation, which costs little; on request around every
step. Nothing here changes a weight or draws a random number.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from lr_atlas.training.dynamics_file import EVALUATION

#: A loss is a spike if it lies so many standard deviations above the mean of the steps before it:
#: the spike score of OLMo 2 (OLMo team 2025), whose mean goes over a thousand steps;
_DEVIATIONS = 7.0
#: here over as many as in Karpathy's llm.c (outlier_detector.h), since runs are short.
_WINDOW = 128
#: So many wait to be judged at most; they are part of each checkpoint.
_JUDGED_AT_ONCE = 500

#: A row as text has so many significant digits.
_DIGITS = 7


@dataclass
class Dynamics:
    """Hold the records of a run, as plain values for JSON.

    Rows are lines of the file, since JSON has no name for a number that is not finite.
    """

    layers: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    taken: int = 0  # steps
    exploded: int | None = None  # the step since which the losses are too high
    recent: list[float] = field(default_factory=list)  # losses of the last steps
    waiting: int = 0  # how many of them are still to be judged
    # Since the last evaluation:
    last: list[str] = field(default_factory=list)  # of the last measured step, see `measured`
    spikes: int = 0
    judged: int = 0  # steps that could be told to be spikes
    clipped: int | None = None  # steps whose gradient was clipped; None where none can be
    steps: int = 0

    @property
    def rate(self) -> float:
        """Return the effective learning rate of the last measured step; NaN without one."""
        return float(self.last[_COMMON - 1]) if self.last else math.nan

    def add_losses(
        self,
        losses: Sequence[float],
        measured: Sequence[list[str]],
        bounds: tuple[float, float],
        clipped: int | None = None,
    ) -> None:
        """Take the losses of the steps that follow, and the measured ones among them.

        bounds: (where the loss began, above which it has exploded until it is back there).
        clipped: how many of the steps clipped their gradient; None where none ever does.
        """
        self.last = measured[-1] if measured else []
        for step, loss in enumerate(losses, self.taken + 1):
            if loss <= bounds[0]:
                self.exploded = None
            elif not loss <= bounds[1]:  # NaN neither
                self.exploded = self.exploded or step
        self.taken += len(losses)
        self.steps += len(losses)
        if clipped is not None:
            self.clipped = (self.clipped or 0) + clipped
        self.recent.extend(losses)
        self.waiting += len(losses)
        # Seldom, since what is done between two pieces takes its time from caches that are cold.
        if self.waiting >= _JUDGED_AT_ONCE:
            self._judge()

    def _judge(self) -> None:
        """Count the spikes among the losses that wait for it."""
        known = len(self.recent) - self.waiting
        spikes, judged = count_spikes(self.recent[:known], self.recent[known:])
        self.spikes += spikes
        self.judged += judged
        self.recent, self.waiting = self.recent[-_WINDOW:], 0

    def end_evaluation(
        self, sharpness: Sequence[float | None] = (None, None, None), goes_on: bool = False
    ) -> None:
        """Add the row of an evaluation after the step that was measured last.

        sharpness: the largest eigenvalue of the Hessian, of the preconditioned one, and the
        threshold; None for none. goes_on: whether the next row counts from where this one did.
        """
        self._judge()
        counts = [str(self.spikes) if self.judged else ""]
        counts.append(
            "" if self.clipped is None else _text(min(1.0, self.clipped / max(1, self.steps)))
        )
        self._add(EVALUATION, self.last, [*counts, *map(_text, sharpness)])
        self.last = []
        if not goes_on:
            self.spikes, self.judged, self.clipped, self.steps = 0, 0, None, 0

    def forget_evaluation(self) -> None:
        """Take the row of the last evaluation away, which a longer run does not have."""
        if self.rows and self.rows[-1].startswith(f"{EVALUATION},"):
            self.rows.pop()

    def add_steps(self, of: str, measured: Sequence[Sequence[str]]) -> None:
        """Add rows of steps. of: STEP or END. measured: see the function of that name."""
        for step in measured:
            self._add(of, step, [""] * 5)

    def _add(self, of: str, measured: Sequence[str], others: Sequence[str]) -> None:
        """Add a row. others: spikes, clipped, and as for `end_evaluation`."""
        if measured:
            common, ratios = measured[:_COMMON], measured[_COMMON:]
            self.rows.append(",".join([of, *common, *others, *ratios]))


#: A measured step has these texts first: epoch, step, loss, gradient_norm and effective_lr.
_COMMON = 5


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.{_DIGITS}g}"


def count_spikes(before: Sequence[float], losses: Sequence[float]) -> tuple[int, int]:
    """Return (how many losses are spikes, how many could be told to be).

    before: those of the steps before, of which there have to be enough.
    """
    together = np.array([*before, *losses])
    first = max(_WINDOW, len(before))
    if len(together) <= first or not np.isfinite(together).all():
        return 0, 0
    windows = np.lib.stride_tricks.sliding_window_view(together[:-1], _WINDOW)
    windows = windows[first - _WINDOW :]
    judged = together[first:]
    means, deviations = windows.mean(axis=1), windows.std(axis=1)
    spikes = (judged > means + _DEVIATIONS * deviations) & (deviations > 0)
    return int(spikes.sum()), len(judged)


def layers_of(network: nn.Module) -> dict[str, list[nn.Parameter]]:
    """Return the parameters of each layer by its name: weight and bias of a module together."""
    found: dict[str, list[nn.Parameter]] = {}
    seen: set[int] = set()
    for name, module in network.named_modules():
        own = [p for p in module.parameters(recurse=False) if id(p) not in seen]
        seen.update(map(id, own))
        if own:
            # A comma would end the column.
            found[name.replace(",", ";") or "network"] = own
    return found


#: A step, its rate, the norms of gradients, weights and changes, a tensor each.
_Measured = tuple[int, float, torch.Tensor, list[torch.Tensor], list[torch.Tensor]]


class Watch:
    """Measures steps of a piece: the last one, or each.

    What it measures stays on the device until it is asked for.
    """

    def __init__(self, network: nn.Module, every_step: bool = False) -> None:
        """Take the network whose parameters the steps change."""
        layers = layers_of(network)
        self.every_step = every_step
        self._parameters = [p for parameters in layers.values() for p in parameters]
        self._sizes = [len(parameters) for parameters in layers.values()]
        self._before: list[torch.Tensor] = []
        self._found: list[_Measured] = []

    def wants(self, step: int, steps: int) -> bool:
        """Return whether a step of a piece is measured; steps: how many the piece has."""
        return self.every_step or step == steps - 1

    @torch.no_grad()
    def before_update(self) -> None:
        """Note gradients and weights: the one are there, the others not changed yet.

        Of a step that is evaluated several times the first one counts.
        """
        if self._before:
            return
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        self._gradient = torch.stack(_norms(gradients)) if gradients else torch.zeros(1)
        self._before = [parameter.detach().clone() for parameter in self._parameters]

    @torch.no_grad()
    def after_update(self, step: int, rate: float) -> None:
        """Note what the update of that step has changed. rate: its learning rate."""
        weights = _norms(self._before)
        changes = _norms(torch._foreach_sub([p.detach() for p in self._parameters], self._before))
        self._found.append((step, rate, self._gradient, weights, changes))
        self._before = []

    def found(self) -> list[tuple[int, float, float, list[float | None]]]:
        """Return (step within the piece, rate, gradient norm, ratio of each layer) of each step.

        A ratio is the norm of the update divided by that of the weights before it; None for weights
        that were all 0.
        """
        return [
            (step, rate, _norm(gradient.tolist()), self._ratios(weights, changes))
            for step, rate, gradient, weights, changes in self._found
        ]

    def _ratios(
        self, weights: Sequence[torch.Tensor], changes: Sequence[torch.Tensor]
    ) -> list[float | None]:
        shares: list[float | None] = []
        sizes = torch.stack([*weights, *changes]).view(2, -1).tolist()
        start = 0
        for count in self._sizes:
            weight, change = (_norm(each[start : start + count]) for each in sizes)
            shares.append(change / weight if weight else None)
            start += count
        return shares


def _norms(tensors: list[torch.Tensor] | tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    """Return the norm of each tensor, in double precision so that none is too large."""
    norms: tuple[torch.Tensor, ...] = torch._foreach_norm(tensors, 2, dtype=torch.float64)
    return list(norms)


def _norm(values: Sequence[float]) -> float:
    """Return the norm of numbers."""
    return math.hypot(*values)


def measured(
    place: tuple[int, int],
    loss: float,
    gradient_norm: float,
    rate: float,
    ratios: Sequence[float | None],
) -> list[str]:
    """Return a measured step as texts.

    place: its epoch, and its number, from 1, counted over the run. rate: the effective one.
    """
    return [*map(str, place), *map(_text, (loss, gradient_norm, rate, *ratios))]
