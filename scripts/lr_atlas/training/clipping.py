"""Clipping of gradients: by the norm of all of them taken together, or each number by itself.

`clip` in a configuration is "none", {"norm": highest} or {"value": highest}.
"""

import math

import torch
from torch import nn

NONE = "none"


def clip_limits(clip: str | dict) -> tuple[float, float]:
    """Return the highest norm and the highest value of gradients; infinity where there is none."""
    limits = {} if isinstance(clip, str) else clip
    return limits.get("norm", math.inf), limits.get("value", math.inf)


class Clipping:
    """Clips gradients, and counts the steps at which there was something to clip."""

    def __init__(self, clip: str | dict, flat: nn.Parameter) -> None:
        """flat: what `flatten_parameters` gave, whose gradient is that of all parameters."""
        self.norm, self.value = clip_limits(clip)
        self.parameter = flat
        self.is_needed = clip != NONE
        # On the device of the gradients, which is not waited for.
        self._clipped = torch.zeros((), dtype=torch.int64, device=flat.device)

    def clip(self) -> None:
        """Clip the gradients in place, as torch.nn.utils does."""
        if not self.is_needed:
            return
        gradient = self.parameter.grad
        assert gradient is not None
        if self.value < math.inf:
            self._clipped += (gradient.abs() > self.value).any()
            nn.utils.clip_grad_value_([self.parameter], self.value)
        if self.norm < math.inf:
            found = nn.utils.clip_grad_norm_([self.parameter], self.norm)
            self._clipped += found > self.norm

    def taken_count(self) -> int:
        """Return how many steps were clipped since the last call."""
        count = int(self._clipped)
        self._clipped.zero_()
        return count
