"""The arrays of data, from whatever source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lr_atlas.data.dataset import CLASSIFICATION, REGRESSION
from lr_atlas.data.source import Description


@dataclass(frozen=True)
class Parts:
    """The arrays of data.

    Attributes:
        inputs: uint8 or float32 [n, *shape], to train on.
        targets: int64 [n], or float32 [n] or [n, outputs] in regression.
        test_inputs, test_targets: Likewise, to test on.
        held_out: bool [n], those to train on that the data itself holds out; None if it does not.
        class_names: The classes in the order of their labels; none in regression.
        notes: Sentences on what was decided by default.
    """

    inputs: np.ndarray
    targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
    held_out: np.ndarray | None
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def description(self, digest: str) -> Description:
        """Return what can be said of these arrays."""
        parts = {"training": self.targets, "test": self.test_targets}
        if self.held_out is not None:
            parts["validation"] = self.targets[self.held_out]
        classes = len(self.class_names)
        counts = {
            name: tuple(np.bincount(targets, minlength=classes).tolist())
            if classes
            else (len(targets),)
            for name, targets in parts.items()
        }
        return Description(
            digest,
            CLASSIFICATION if classes else REGRESSION,
            self.inputs.shape[1:],
            self.class_names,
            classes or (1 if self.targets.ndim == 1 else self.targets.shape[1]),
            counts,
            self.notes,
            self.inputs.dtype == np.uint8,
        )
