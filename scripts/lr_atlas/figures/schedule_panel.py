"""Draw how schedules went in a small panel under the training curves."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from lr_atlas.figures import style
from lr_atlas.figures.wording import Wording
from lr_atlas.training.schedule import CONSTANT, SCHEDULES

#: More lines hide one another; what stands above them says which settings there are.
_MOST_NAMED = 12


def has_schedules(schedules: pd.DataFrame) -> bool:
    """Return whether something in a study changes over the steps."""
    return not schedules.empty


def draw_schedules(
    axes: Axes, schedules: pd.DataFrame, settings: Iterable[str], wording: Wording
) -> None:
    """Draw the factor of each distinct schedule over the epochs, and name them beside the panel.

    schedules: the study's table of them, see StudyTables. Of one schedule that goes over several
    budgets each has a line, all of one look. settings: all of the study; one whose learning rate
    has none in the table has a constant one.
    """
    schedules = pd.concat([schedules, _constant(schedules, settings)])
    texts = zip(schedules["key"], schedules["name"], strict=True)
    labels = [_label(key, name, wording) for key, name in texts]
    named = schedules.assign(label=labels)
    for index, (label, members) in enumerate(named.groupby("label", sort=True)):
        look: dict[str, Any] = {
            "color": f"C{index % 10}",
            "linestyle": style.DASHES[index % len(style.DASHES)],
            "linewidth": style.strokes(1.4),
        }
        drawn: set[tuple] = set()
        for _, course in members.groupby("setting", sort=False):
            points = (tuple(course["epoch"]), tuple(course["factor"]))
            if points not in drawn:
                if not drawn and index < _MOST_NAMED:
                    look["label"] = style.wrap(str(label))
                axes.plot(*points, drawstyle="steps-post", **look)
                look.pop("label", None)
                drawn.add(points)
    axes.set_ylim(0, 1.05 * max(1.0, named["factor"].max()))
    axes.set_ylabel(wording.say("share of the\nvalue that is set"))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _constant(schedules: pd.DataFrame, settings: Iterable[str]) -> pd.DataFrame:
    """Return the rows of a constant learning rate, if a setting has one; else none."""
    key = SCHEDULES[0]
    changing = set(schedules.loc[schedules["key"] == key, "setting"])
    constant = [setting for setting in settings if setting not in changing][:1]
    rows = [
        (setting, key, CONSTANT, epoch, 1.0)
        for setting in constant
        for epoch in (0.0, schedules["epoch"].max())
    ]
    return pd.DataFrame(rows, columns=["setting", "key", "name", "epoch", "factor"])


def _label(key: str, schedule: str, wording: Wording) -> str:
    """Return what names a schedule by its key and its text."""
    said = {
        "schedule": wording.say("learning rate: {schedule}", schedule=schedule),
        "momentum_schedule": wording.say("momentum: {schedule}", schedule=schedule),
        "weight_decay_schedule": wording.say("weight decay: {schedule}", schedule=schedule),
    }
    return said[key]
