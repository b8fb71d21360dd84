"""The loss during the first epoch of a run, where divergence begins, in up to 100 pieces."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

#: Into how many pieces of equally many steps an epoch is divided at most.
_MOST_PIECES = 100


@dataclass
class FirstEpoch:
    """Record the losses of the first epoch.

    The losses are texts of ten significant digits, as they are written, since JSON has no name for
    one that is not finite.
    """

    pieces: list[dict] = field(default_factory=list)  # step: its last, from 1; loss: its mean
    pending: list[float] = field(default_factory=list)  # of the piece that is not complete

    def add(self, losses: Sequence[float], steps: int) -> None:
        """Take the losses of the steps that follow; `steps` is how many the epoch has.

        Of a run that diverges the last finite loss and the first that is not stand by themselves.
        """
        size = math.ceil(steps / _MOST_PIECES)
        for loss in losses:
            if not math.isfinite(loss):
                self._end_piece(self.pending[:-1])
                self._end_piece(self.pending)
                self._end_piece([loss])
                return
            self.pending.append(loss)
            if len(self.pending) == size or self._last_step() + len(self.pending) == steps:
                self._end_piece(self.pending)

    def _last_step(self) -> int:
        return self.pieces[-1]["step"] if self.pieces else 0

    def _end_piece(self, losses: Sequence[float]) -> None:
        if losses:
            step = self._last_step() + len(losses)
            self.pieces.append({"step": step, "loss": f"{sum(losses) / len(losses):.10g}"})
            self.pending = self.pending[len(losses) :]
