"""The metric that a study is about: names of its columns, its direction, and how it is written.

One object goes with the study's tables into the analysis, the figures and the report, so that
nothing there assumes that more is better, or per cent. It knows nothing of configurations, so that
tables are judged without reading one, in a moment; `given_metric` reads it from a study.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from lr_atlas.locale.speech import mark, numeral, say, say_word
from lr_atlas.studies.metric_columns import SERIES, metric_of, metrics, name_in, title_of
from lr_atlas.training.metric import DEFAULT_METRICS, Metric, recorded_metrics
from lr_atlas.training.records import history_columns

#: Things that are measured on, and how values are shown, as `say_word` says them.
WORDS = (
    *(mark("images"), mark("rows"), mark("examples"), mark("epochs"), mark("evaluations")),
    *(mark("point"), mark("points"), mark("nats")),
    *(mark("accuracies"), mark("balanced accuracies"), mark("top-5 accuracies"), mark("losses")),
)
#: The task of a study of a program, which nobody but the program knows.
OF_PROGRAM = "program"
#: A point: the loss of a share that does not matter, unless the study says otherwise.
_POINT = 0.01
#: The smallest difference that matters, as a share of the way from guessing to the best setting.
_SHARE_OF_THE_WAY = 0.01
#: A gain that is worth while, as a share of such a difference: a tenth of a point.
_SMALLEST_GAIN = 0.1
PER_CENT = 100


#: Begins the name of a metric of runs from elsewhere that says on what it was measured.
_WHERE = ("test_", "train_", "running_")


def on_validation(metric: Metric) -> str:
    """Return what people call a metric where settings are compared: "validation accuracy".

    The title alone where it says on what it was measured, as "test accuracy" does.
    """
    title = say_word(title_of(metric))
    # Both are messages: a language may order them in another way.
    return title if _says_where(metric) else say("validation {metric}", metric=title)


def _says_where(metric: Metric) -> bool:
    return metric.name.startswith(_WHERE)


def plural_of(metric: Metric) -> str:
    """Return what people call several of its values."""
    if metric.plural:
        return say_word(metric.plural)
    return say("values of {metric}", metric=say_word(title_of(metric)))


def number_of(metric: Metric, value: float, sign: str = "") -> str:
    """Return a value or a difference as it is shown, without its unit: "87.14", "0.4312".

    sign: "+" for one before positive ones too.
    """
    shown = metric.scale * value
    if metric.digits is not None:
        return numeral(f"{shown:{sign}.{metric.digits}f}")
    return numeral(significant(shown, sign=sign))


def significant(value: float, digits: int = 4, sign: str = "") -> str:
    """Return a number with so many significant digits, of large ones all before the point."""
    size = math.floor(math.log10(abs(value))) if value and math.isfinite(value) else 0
    if not -digits < size < 2 * digits:
        return f"{value:{sign}.{digits}g}"
    return f"{value:{sign}.{max(0, digits - 1 - size)}f}"


def text_of(metric: Metric, value: float) -> str:
    """Return a value with its unit: "87.14 %"."""
    return f"{number_of(metric, value)} {say_word(metric.unit)}".rstrip()


def distance_of(metric: Metric, value: float) -> str:
    """Return a difference with its unit: "2.21 points"."""
    return f"{number_of(metric, value)} {say_word(metric.unit_of_difference)}".rstrip()


@dataclass(frozen=True)
class StudyMetric:
    """The metric of a study.

    Attributes:
        metric: The metric of curves, tables, findings, claims and the answer.
        selects: The metric that chooses the settings; its values lie in a column as well.
        task: "classification", "regression" or OF_PROGRAM.
        things: The things that are measured on: "images", "rows", or "examples" of a program.
        aim: The metric of the target, where that is another.
        last: How many of its last rows a run's final values are the mean of.
        rows: The rows of a run: "epochs", or "evaluations" where these stand at steps.
    """

    metric: Metric
    selects: Metric
    task: str = "classification"
    things: str = "images"
    aim: Metric | None = None
    last: int = 1
    rows: str = "epochs"

    @property
    def final(self) -> str:
        """Return the word for the values at the end, with what they are where they are means."""
        if self.last == 1:
            return say("final")
        if self.rows == "epochs":
            return say("final (mean of the last {count} epochs)", count=self.last)
        return say("final (mean of the last {count} evaluations)", count=self.last)

    @property
    def timed(self) -> "StudyMetric":
        """Return the metric in which the target is, with all that is said of this one."""
        return self if self.aim is None else replace(self, metric=self.aim, aim=None)

    @property
    def of_program(self) -> bool:
        """Return whether it is a program that measures it."""
        return self.task == OF_PROGRAM

    @property
    def name(self) -> str:
        """Return the metric's name, as in its columns."""
        return self.metric.name

    @property
    def validation(self) -> str:
        """Return the column of its values on the validation images."""
        return f"validation_{self.name}"

    @property
    def train(self) -> str:
        """Return the column of its values on the training images."""
        return f"train_{self.name}"

    @property
    def test(self) -> str:
        """Return the column of its values on the test images."""
        return f"test_{self.name}"

    @property
    def best(self) -> str:
        """Return the column of its best value over the epochs of a run."""
        return f"best_validation_{self.name}"

    @property
    def choosing(self) -> str:
        """Return the column that settings are chosen by."""
        return f"validation_{self.selects.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return what is measured of each epoch, in the order of the columns.

        A program may have measured some of them alone.
        """
        if self.of_program:
            told = dict.fromkeys(["loss", self.name, self.selects.name])
            return tuple(f"{each}_{name}" for each in SERIES[:3] for name in told)
        return history_columns(recorded_metrics({"metric": self.name}, self.task))

    def series(self, name: str) -> tuple[str, ...]:
        """Return which columns a metric has: "running_loss", "train_loss", "validation_loss"."""
        return tuple(column for column in self.columns if name_in(column) == name)

    @property
    def sign(self) -> int:
        """Return 1 where more is better, -1 where less is: what makes more of it better."""
        return 1 if self.metric.higher_is_better else -1

    def of_column(self, column: str) -> Metric | None:
        """Return the metric in a column; None of such as seconds_per_epoch."""
        return self.metric if name_in(column) == self.name else metric_of(column)

    @property
    def title(self) -> str:
        """Return what people call it in English."""
        return title_of(self.metric)

    @property
    def called(self) -> str:
        """Return what people call it in the language that is spoken."""
        return say_word(self.title)

    @property
    def on_validation(self) -> str:
        """Return what people call it where settings are compared: "validation accuracy"."""
        return on_validation(self.metric)

    def message(self, text: str) -> str:
        """Return a message about "validation {metric}" as it is said of this one."""
        return text.replace("validation ", "") if _says_where(self.metric) else text

    @property
    def capital(self) -> str:
        """Return the same at the beginning of a sentence."""
        return self.called[0].upper() + self.called[1:]

    @property
    def plural(self) -> str:
        """Return what people call several values of it."""
        return plural_of(self.metric)

    @property
    def highest(self) -> str:
        """Return the word for the best of several values."""
        return "highest" if self.metric.higher_is_better else "lowest"

    @property
    def is_share(self) -> bool:
        """Return whether its values are shares, shown in per cent."""
        return self.metric.scale == PER_CENT

    @property
    def in_unit(self) -> str:
        """Return the unit as a heading has it after the metric: " (%)"; maybe nothing."""
        return f" ({say_word(self.metric.unit)})" if self.metric.unit else ""

    @property
    def in_unit_of_difference(self) -> str:
        """Return the unit of differences as a heading has it: " (points)"; maybe nothing."""
        unit = say_word(self.metric.unit_of_difference)
        return f" ({unit})" if unit else ""

    def number(self, value: float, sign: str = "") -> str:
        """Return a value or difference without its unit."""
        return number_of(self.metric, value, sign)

    def text(self, value: float) -> str:
        """Return a value with its unit."""
        return text_of(self.metric, value)

    def distance(self, value: float) -> str:
        """Return a difference with its unit."""
        return distance_of(self.metric, value)

    def step(self, images: int | None) -> float:
        """Return the smallest step in which its values on so many images differ, 0 if any can."""
        return 1 / images if images and self.metric.counts else 0.0

    @property
    def best_possible(self) -> float:
        """Return the value that none is better than; may be infinite."""
        return self.metric.highest if self.metric.higher_is_better else self.metric.lowest

    def margin(self, chance: float, best: float) -> float:
        """Return the loss that does not matter, unless the study says another; in its own unit.

        A point for shares. For others a hundredth of the way from guessing (chance) to the best
        setting, with two significant digits; NaN where there is no such way.
        """
        if self.is_share:
            return _POINT
        way = abs(best - chance)
        return float(f"{_SHARE_OF_THE_WAY * way:.2g}") if way and math.isfinite(way) else math.nan

    def smallest_gain(self, chance: float, best: float) -> float:
        """Return the gain below which none is worth the effort: a tenth of the usual margin."""
        margin = self.margin(chance, best)
        return _SMALLEST_GAIN * margin if math.isfinite(margin) else 0.0

    def target(self, reached: float) -> float:
        """Return the round value that is just reached: a whole per cent, or two digits of others.

        reached: the worst of the values that are all to reach it, NaN for none.
        """
        if not math.isfinite(reached):
            return math.nan
        size = math.floor(math.log10(abs(reached))) if reached else 0
        decimals = 2 if self.is_share else 1 - size
        # Rounded first: 0.29 * 100 is 28.999999999999996.
        shown = round(self.sign * reached * 10.0**decimals, 6)
        return self.sign * math.floor(shown) / 10.0**decimals


ACCURACY = StudyMetric(metrics()["accuracy"], metrics()["accuracy"])


def recorded_metric(runs: Any) -> StudyMetric:
    """Return the metric of a study as its table of runs shows it; accuracy where it shows none.

    runs: a DataFrame with a row per run, see collect.collect_study. Of a metric of one's own, the
    best values over the epochs, beside the final ones, show which way it is better.
    """
    found = (each for each in runs if each.startswith("best_validation_"))
    name = next((name_in(each) for each in found if name_in(each) != "epoch"), ACCURACY.name)
    metric = metrics().get(name)
    if metric is None:
        ends = runs[[f"validation_{name}", f"best_validation_{name}"]].dropna().to_numpy(float)
        metric = Metric(name, bool((ends[:, 1] >= ends[:, 0]).all()))
    of_task = (task for task, each in DEFAULT_METRICS.items() if f"validation_{each}" in runs)
    # Only a program's own metric is recorded during the epoch as well.
    task = next(of_task, OF_PROGRAM if f"running_{name}" in runs else "regression")
    return StudyMetric(metric, metric, task)
