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
        """Whether it is measured after the last epoch."""
        return self.metric in METRICS

    def value(self, value: float) -> str:
        """A value without its unit; empty for NaN."""
        return "" if pd.isna(value) else f"{self.scale * value:.{self.digits}f}"

    def difference(self, value: float) -> str:
        """A difference with its sign; empty for NaN."""
        return "" if pd.isna(value) else f"{self.scale * value:+.{self.digits}f}"

    def interval(self, low: float, high: float) -> str:
        """Such as "[-0.31, +1.20]"; empty for NaN."""
        return "" if pd.isna(low) else f"[{self.difference(low)}, {self.difference(high)}]"


def unit_of(metric: str) -> Unit:
    """The unit of a column of the table of runs."""
    name = metric.replace("_", " ").replace("train ", "training ")
    if metric.endswith("accuracy"):
        return Unit(metric, name, "%", "points", 100, 2)
    return Unit(metric, name, "", "s" if metric.startswith("seconds") else "", 1, 4)


def value_text(value: Any) -> str:
    """A value of the configuration: 1.0 -> "1", [0.0, 1.0] -> "[0, 1]"."""
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    return compact(value)
