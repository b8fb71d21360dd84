"""How values are written: metrics, accuracies in per cent, and those of the configuration."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.training.records import METRICS


@dataclass(frozen=True)
class Unit:
    """The name of a metric, and how its values and their differences are written."""

    metric: str
    name: str
    of_value: str
    of_difference: str
    scale: int
    digits: int

    @property
    def is_final(self) -> bool:
        """Return whether it is measured after the last epoch."""
        return self.metric in METRICS

    def value(self, value: float) -> str:
        """Return a value without its unit; empty for NaN."""
        return "" if pd.isna(value) else f"{self.scale * value:.{self.digits}f}"

    def difference(self, value: float) -> str:
        """Return a difference with its sign; empty for NaN."""
        return "" if pd.isna(value) else f"{self.scale * value:+.{self.digits}f}"

    def interval(self, low: float, high: float) -> str:
        """Return such as "[-0.31, +1.20]"; empty for NaN."""
        return "" if pd.isna(low) else f"[{self.difference(low)}, {self.difference(high)}]"


def unit_of(metric: str) -> Unit:
    """Return the unit of a column of the table of runs."""
    name = metric.replace("_", " ").replace("train ", "training ")
    if metric.endswith("accuracy"):
        return Unit(metric, name, "%", "points", 100, 2)
    return Unit(metric, name, "", "s" if metric.startswith("seconds") else "", 1, 4)


def value_text(value: Any) -> str:
    """Return a value of the configuration: 1.0 -> "1", [0.0, 1.0] -> "[0, 1]"."""
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    return compact(value)
