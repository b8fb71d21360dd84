"""The selection of a study: which setting of each optimizer is tested, and on which runs."""

from collections.abc import Mapping
from pathlib import Path

from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.table_errors import TableError, read_json
from lr_atlas.studies.grid import Plan, Run

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
    by_setting: dict[str, list[Run]] = {}
    for run in plan.confirmations:
        by_setting.setdefault(run.setting, []).append(run)
    chosen = [row["setting"] for row in selection["optimizers"]]
    return [run for setting in chosen for run in by_setting.get(setting, ())]


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
