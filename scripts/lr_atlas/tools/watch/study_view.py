"""A study as the live page shows it: settings, measures, and how far each of its runs is."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from lr_atlas.common.lengths import length_text
from lr_atlas.common.units import counted
from lr_atlas.figures import looks
from lr_atlas.figures.settings import describe_settings
from lr_atlas.report.curve_data import measures_of
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.collect import leading_columns, text_columns
from lr_atlas.tools.watch.followed_run import FollowedRun, RunState


class StudyView:
    """A study whose settings and measures do not change while it is watched."""

    def __init__(self, name: str, atlas: Atlas) -> None:
        """Take the study's name, and the studies that it is one of."""
        study, self._plan = atlas.configuration.studies[name], atlas.plans[name]
        self.name, self.title, self._question = name, study.title or name, study.description
        self._metric = atlas.metric_of(name)
        found = atlas.elsewhere.get(name)
        self._elsewhere = found.number_of_runs if found else 0
        self._settings = _settings(self._plan)
        self._places = {each["name"]: place for place, each in enumerate(self._settings)}

    def plain(
        self,
        runs: Sequence[tuple[FollowedRun, RunState]],
        to_come: int,
        page: str,
        *,
        is_live: bool,
    ) -> dict:
        """Return plain values for the page.

        to_come: runs on fresh seeds once settings are chosen. page: its address; empty where the
        study has none. is_live: whether a workflow works on it.
        """
        states = Counter(state for _, state in runs)
        return {
            "name": self.name,
            "title": self.title,
            "question": self._question,
            "unit": self._plan.unit.removesuffix("s") if runs else "epoch",
            "longest": max((int(each.run.epochs) for each, _ in runs), default=1),
            "measures": self._measures([each for each, _ in runs]),
            "settings": self._settings,
            "runs": [self._row(each, state) for each, state in runs],
            "counts": {str(state): states[state] for state in RunState},
            "notes": self._notes(to_come),
            "page": page,
            "whole": not to_come and states[RunState.FINISHED] == len(runs) and not is_live,
        }

    def _notes(self, to_come: int) -> list[str]:
        notes = [f"{counted(self._elsewhere, 'run')} from elsewhere."] if self._elsewhere else []
        if to_come:
            runs = counted(to_come, "run")
            notes.append(f"Then {runs} on fresh seeds, of the settings that the others choose.")
        return notes

    def _measures(self, runs: Sequence[FollowedRun]) -> list[dict]:
        """Return what may be looked at, by what was measured so far."""
        measured = {
            name for each in runs for row in list(each.points.values())[-1:] for name in row
        }
        columns = [column for column in self._metric.columns if column in measured]
        return measures_of(self._metric, columns or list(self._metric.columns))

    def _row(self, followed: FollowedRun, state: RunState) -> list:
        """Return [key of its curve, setting (index), seed, state, in words, value]."""
        run = followed.run
        return [
            run.folder,
            self._places.get(run.setting, 0),
            run.seed,
            str(state),
            how_far(followed, state),
            last_value(followed, self._metric),
        ]


def how_far(followed: FollowedRun, state: RunState) -> str:
    """Return such as "40 of 300 epochs", or how a finished run ended."""
    length = length_text(followed.run.epochs)
    if state == RunState.FINISHED:
        diverged = followed.status == "diverged"
        return "diverged" if diverged else ", ".join(dict.fromkeys([followed.status, length]))
    reached = f"{followed.reached:g} of {length}"
    return reached if followed.reached or state == RunState.RUNNING else length


def last_value(followed: FollowedRun, metric: StudyMetric) -> str:
    """Return the last value of the study's metric on the validation images; empty without one."""
    if not followed.points:
        return ""
    value = followed.points[max(followed.points)].get(metric.validation)
    return "" if value is None else metric.text(value)


def _settings(plan: Plan) -> list[dict]:
    """Return the settings with their names and colours, as the page of the finished study has."""
    texts = text_columns(plan)
    table = pd.DataFrame([leading_columns(plan, run, texts) for run in plan.runs])
    described = describe_settings(table.assign(status="finished"))
    found = [
        {
            "name": row.setting,
            "label": row.short,
            "optimizer": looks.optimizer_name(row.optimizer),
            "colour": row.colour,
            "variant": int(row.variant_index),
        }
        for row in described.itertuples()
    ]
    known = {each["name"] for each in found}
    beside = {run.setting: run.parameters["optimizer"] for run in plan.asked}
    return found + [
        {
            "name": setting,
            "label": setting,
            "optimizer": looks.optimizer_name(optimizer),
            "colour": looks.optimizer_colour(optimizer),
            "variant": 0,
        }
        for setting, optimizer in beside.items()
        if setting not in known
    ]
