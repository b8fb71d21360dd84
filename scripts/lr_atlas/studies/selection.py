"""The selection of a study: which setting of each optimizer is tested, and on which runs."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.table_errors import TableError, read_json
from lr_atlas.studies.grid import Plan, Run, VariedRun

Member = TypeVar("Member")
_SHAPE = {"study": str, "chosen_on": str, "images": str, "optimizers": [{"setting": str}]}


def read_selection(path: Path, plan: Plan) -> dict:
    """Return the selection that `select_settings` gave, from its file.

    Raises TableError if the file holds something else, a setting twice, or settings that the study
    does not have.
    """
    selection = read_json(path)
    if not has_shape(selection, _SHAPE):
        raise TableError(path, "it is no selection of settings")
    settings = [row["setting"] for row in selection["optimizers"]]
    unknown = sorted(set(settings) - set(plan.settings))
    if unknown:
        raise TableError(path, f"it names settings that {plan.study} does not have: {unknown}")
    if len(set(settings)) < len(settings):
        raise TableError(path, "it names a setting twice")
    return selection


def confirmations(plan: Plan, selection: Mapping) -> list[Run]:
    """Return the runs that confirm the chosen settings, in their order; maybe none."""
    return _of_chosen(plan.confirmations, lambda run: run.setting, selection)


def varied_runs(plan: Plan, selection: Mapping) -> list[VariedRun]:
    """Return the runs of the chosen settings that vary sources of chance, in their order."""
    return _of_chosen(plan.variance, lambda varied: varied.run.setting, selection)


def runs_of_chosen(plan: Plan, selection: Mapping) -> list[Run]:
    """Return the runs that are trained of the chosen settings alone, in their order."""
    return _of_chosen(plan.of_chosen, lambda run: run.setting, selection)


def _of_chosen(
    members: Iterable[Member], setting: Callable[[Member], str], selection: Mapping
) -> list[Member]:
    by_setting: dict[str, list[Member]] = {}
    for each in members:
        by_setting.setdefault(setting(each), []).append(each)
    chosen = [row["setting"] for row in selection["optimizers"]]
    return [each for name in chosen for each in by_setting.get(name, ())]


def runs_to_test(plan: Plan, selection: Mapping) -> list[Run]:
    """Return the runs whose weights are tested, in the order of the selection.

    Where there are runs that confirm, those alone: the others are the ones that the setting was
    chosen by, and the best of several means is more often too high than too low.
    """
    tested = confirmations(plan, selection)
    if tested:
        return tested
    chosen = [row["setting"] for row in selection["optimizers"]]
    return sorted(
        (run for run in plan.trained if run.setting in chosen),
        key=lambda run: chosen.index(run.setting),
    )
