"""The loss exploded after an update that was a large part of a layer's weights.

Found when: most runs of a setting diverged, and the steps before are recorded; of each optimizer
at the lowest learning rate of which that is so

What to do: a lower learning rate, a warm-up, or clipped gradients
"""

import pandas as pd

from lr_atlas.analysis.dynamics import evaluations, explosions, is_recorded, layer_text
from lr_atlas.analysis.finding import MOST, NOTE, Finding, Findings, Seen
from lr_atlas.common.rounding import compact
from lr_atlas.common.units import counted

TITLE, SEVERITY, PLACE = "what the updates were when the loss exploded", NOTE, 72


def find(seen: Seen) -> Findings:
    """Yield one for each optimizer, with the same number at its best setting."""
    dynamics = seen.dynamics
    if dynamics is None or not is_recorded(dynamics):
        return
    runs = seen.analysis.measured
    share = runs["status"].eq("diverged").groupby(runs["setting"]).mean()
    diverged = runs[runs["setting"].map(share) > MOST]
    best = dict(seen.analysis.optimizers[["optimizer", "best_setting"]].to_numpy())
    for optimizer, members in diverged.groupby("optimizer", sort=False):
        lowest = members.loc[members["learning_rate"].idxmin(), "setting"]
        found = explosions(dynamics[dynamics["setting"] == lowest])
        if found:
            yield Finding(
                _evidence(runs, lowest, found, _at_best(dynamics, best[optimizer])),
                "A lower learning rate, a warm-up, or clipped gradients keep updates smaller.",
                str(optimizer),
                lowest,
            )


def _evidence(runs: pd.DataFrame, setting: str, found: list, at_best: str) -> str:
    members = runs[runs["setting"] == setting]
    diverged = int(members["status"].eq("diverged").sum())
    steps = sorted(each.step for each in found)
    if steps[0] == steps[-1]:
        when = f"step {steps[0]}"
    else:
        when = f"step {int(pd.Series(steps).median())} (median; {steps[0]} to {steps[-1]})"
    layers = pd.Series([layer_text(each.layer, each.layer_name) for each in found])
    layer = layers.mode().iloc[0]
    ratios = pd.Series([each.ratio for each in found])[layers == layer]
    more = f" (median of {len(ratios)})" if len(ratios) > 1 else ""
    return (
        f"{setting}: {diverged} of {counted(len(members), 'run')} diverged, their loss more than "
        f"ten times where it began from {when} on; in the step before, the update of {layer} was "
        f"{_two_digits(ratios.median())} of its weights{more}, the largest of all "
        f"layers in {len(ratios)} of {counted(len(found), 'run')}{at_best}."
    )


def _at_best(dynamics: pd.DataFrame, setting: object) -> str:
    """Return the same of the best setting, at its evaluations; empty without any."""
    rows = evaluations(dynamics[dynamics["setting"] == setting])
    if rows.empty:
        return ""
    largest = rows.groupby(["run", "step"])["update_ratio"].max()
    return (
        f". At the evaluations of {setting} the largest was {_two_digits(largest.median())} "
        f"(median of {counted(len(largest), 'evaluation')})"
    )


def _two_digits(value: float) -> str:
    return compact(float(f"{value:.2g}"))
