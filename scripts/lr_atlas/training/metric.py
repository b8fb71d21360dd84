"""The description of a metric; each metric has a file in metrics/."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Metric:
    """Say which way a metric is better, what values it can have, and how these are shown.

    Attributes:
        name: Ends the names of its columns, as in validation_accuracy.
        higher_is_better: Whether higher values are better.
        scale: Values are shown times this, so that a share of 0.87 reads 87 %.
        digits: The number of decimals; None: four significant digits, whatever the size.
        unit: The unit of the values that are shown; empty for none.
        unit_of_difference: The unit of their differences.
        lowest: The smallest value that it can have.
        highest: The largest one.
        title: The name that people know; default: the name.
        plural: Several of its values, where these have a word; default: values of it.
        tasks: The tasks of which it can be measured.
        counts: Whether it is the share of the inputs of which something holds, so that two values
            differ by one of them at least.
        diverged: What a run that diverged counts as; None: as the best answer that ignores the
            input. It is there for a metric that such an answer is good at.
    """

    name: str
    higher_is_better: bool
    scale: int = 1
    digits: int | None = None
    unit: str = ""
    unit_of_difference: str = ""
    lowest: float = -inf
    highest: float = inf
    title: str = ""
    plural: str = ""
    tasks: tuple[str, ...] = ("classification",)
    counts: bool = False
    diverged: float | None = None


#: The metric of a task that names none.
DEFAULT_METRICS = {"classification": "accuracy", "regression": "rmse"}


def recorded_metrics(configuration: Mapping, task: str) -> list[str]:
    """Return the names of the metrics that a run records beside its loss, the usual one first.

    configuration: of a run; its `metric` is a name or a list of names, or left out.
    """
    named = configuration.get("metric") or []
    named = [named] if isinstance(named, str) else list(named)
    names = dict.fromkeys([DEFAULT_METRICS[task], *named])
    return [name for name in names if name != "loss"]
