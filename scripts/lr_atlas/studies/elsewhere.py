"""Runs from elsewhere as a study sees them: their settings and seeds, without a number of them.

They are found while the configuration is read, and remembered as long as their files keep their
names, sizes and times. The numbers are read by a job.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lr_atlas.common.lengths import Steps
from lr_atlas.studies.combinations import GridError
from lr_atlas.studies.grid import ELSEWHERE, Plan, Run
from lr_atlas.studies.metric_columns import metric_from_plain, metric_to_plain
from lr_atlas.training.metric import Metric

if TYPE_CHECKING:
    from lr_atlas.studies.imported.imported import Imported

#: The name of an optimizer of the files ends so if the study's own has the same.
_MARK = f"-{ELSEWHERE}"


@dataclass(frozen=True)
class Setting:
    """A setting of the files: its name, parameters and seeds, and how far its longest run went."""

    name: str
    parameters: dict[str, Any]
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    length: int


@dataclass(frozen=True)
class Elsewhere:
    """Say what files hold, and what they do not say.

    Attributes:
        digest: Of the content of the files, and of what is said of their columns.
        files: Their names, from the folder of the configuration.
        settings: In canonical order.
        varying: The parameters that differ between settings, learning rate left out.
        metric: The metric that the runs are judged by.
        unknown: What the files do not say, see imported.UNKNOWN.
        by_steps: Whether the rows of the runs stand at steps.
        notes: Lines for the user on what was put right.
    """

    digest: str
    files: tuple[str, ...]
    settings: tuple[Setting, ...]
    varying: tuple[str, ...]
    metric: Metric
    unknown: tuple[str, ...]
    by_steps: bool
    notes: tuple[str, ...]

    @property
    def number_of_runs(self) -> int:
        """Return how many runs there are."""
        return sum(len(setting.seeds) for setting in self.settings)

    def said(self) -> dict[str, Any]:
        """Return all but the settings, as plain values."""
        return {key: each for key, each in self.to_plain().items() if key != "settings"}

    def to_plain(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        values = dataclasses.asdict(self) | {"metric": metric_to_plain(self.metric)}
        for setting in values["settings"]:
            parameters = setting["parameters"].items()
            setting["parameters"] = {key: _to_plain(value) for key, value in parameters}
        return values

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Elsewhere:
        """Return what `to_plain` gave, after it has been JSON."""
        lists = ("files", "varying", "unknown", "notes")
        return cls(
            **{
                **values,
                **{key: tuple(values[key]) for key in lists},
                "settings": tuple(map(_setting, values["settings"])),
                "metric": metric_from_plain(values["metric"]),
            }
        )


def _to_plain(value: Any) -> Any:
    """Return a parameter for JSON, which has no word for a learning rate that nobody knows."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _setting(values: dict[str, Any]) -> Setting:
    rate = values["parameters"].get("learning_rate")
    parameters = {**values["parameters"], "learning_rate": math.nan if rate is None else rate}
    lists = {key: tuple(values[key]) for key in ("seeds", "runs")}
    return Setting(**{**values, **lists, "parameters": parameters})


def of_imported(imported: Imported, digest: str, files: Sequence[str]) -> Elsewhere:
    """Return what the tables of runs from elsewhere say of their settings."""
    runs = imported.runs
    length = "steps_completed" if imported.by_steps else "epochs_completed"
    # One that diverged had as many to learn in as the others.
    whole = runs[length].astype(float).where(runs["status"] != "diverged")
    longest = 1 if whole.isna().all() else whole.max()
    lengths = whole.groupby(runs["setting"]).max().fillna(longest)
    by_setting = runs.groupby("setting", sort=False)
    seeds, names = by_setting["seed"].agg(list), by_setting["run"].agg(list)
    return Elsewhere(
        digest=digest,
        files=tuple(files),
        settings=tuple(
            Setting(
                name,
                dict(parameters),
                tuple(map(int, seeds[name])),
                tuple(map(str, names[name])),
                max(1, int(lengths[name])),
            )
            for name, parameters in imported.parameters.items()
        ),
        varying=tuple(imported.varying),
        metric=imported.metric.metric,
        unknown=tuple(sorted(imported.unknown)),
        by_steps=imported.by_steps,
        notes=tuple(imported.notes),
    )


def with_elsewhere(plan: Plan, dataset: str, elsewhere: Elsewhere) -> Plan:
    """Return a study's plan with runs from elsewhere after those that are trained for it.

    An optimizer of theirs that is called as one of the study's own is another one: it gets another
    name, and its settings too. Raises GridError for runs that cannot stand beside the study's own.
    """
    if plan.runs and plan.is_by_steps != elsewhere.by_steps:
        theirs, own = ("steps", "epochs") if elsewhere.by_steps else ("epochs", "steps")
        raise GridError(
            f"the rows of the runs from elsewhere stand at {theirs}, and this study's at {own}; "
            f"say which column of theirs counts {own}, as in columns: {{{own[:-1]}: …}}"
        )
    own_names = {run.parameters["optimizer"] for run in plan.runs}
    runs = [
        run
        for setting in elsewhere.settings
        for run in _runs_of(_apart(setting, own_names), dataset, elsewhere)
    ]
    both = set(plan.settings) & {run.setting for run in runs}
    if both:
        raise GridError(f"two settings would both be called {min(both)}, one of them elsewhere")
    varying = tuple(dict.fromkeys([*plan.varying, *elsewhere.varying]))
    return replace(plan, runs=(*plan.runs, *runs), varying=varying)


def _apart(setting: Setting, own: set[str]) -> Setting:
    name = setting.parameters["optimizer"]
    if name not in own:
        return setting
    parameters = {**setting.parameters, "optimizer": f"{name}{_MARK}"}
    return replace(setting, name=f"{ELSEWHERE}-{setting.name}", parameters=parameters)


def _runs_of(setting: Setting, dataset: str, elsewhere: Elsewhere) -> list[Run]:
    optimizer = {"name": setting.parameters["optimizer"]}
    configuration = {ELSEWHERE: elsewhere.digest, "dataset": dataset, "optimizer": optimizer}
    configuration |= {"budget": "steps"} if elsewhere.by_steps else {}
    length = Steps(setting.length) if elsewhere.by_steps else setting.length
    return [
        Run(name, configuration, length, seed, setting.name, setting.parameters)
        for name, seed in zip(setting.runs, setting.seeds, strict=True)
    ]
