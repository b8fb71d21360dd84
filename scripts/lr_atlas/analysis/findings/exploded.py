"""The loss exploded after an update that was a large part of a layer's weights.

Found when: most runs of a setting diverged, and the steps before are recorded; of each optimizer
at the lowest learning rate of which that is so

What to do: a lower learning rate, a warm-up, or clipped gradients
"""

import pandas as pd

from lr_atlas.analysis.dynamics import evaluations, explosions, is_recorded, layer_text
from lr_atlas.analysis.finding import MOST, NOTE, Finding, Findings, Seen
from lr_atlas.common.rounding import compact
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, numeral, say

TITLE, SEVERITY, PLACE = mark("what the updates were when the loss exploded"), NOTE, 72


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
                _evidence(runs, lowest, found) + _at_best(dynamics, best[optimizer]),
                say("A lower learning rate, a warm-up, or clipped gradients keep updates smaller."),
                str(optimizer),
                lowest,
            )


def _evidence(runs: pd.DataFrame, setting: str, found: list) -> str:
    members = runs[runs["setting"] == setting]
    diverged = int(members["status"].eq("diverged").sum())
    steps = sorted(each.step for each in found)
    if steps[0] == steps[-1]:
        when = say("from step {step} on", step=steps[0])
    else:
        when = say(
            "from step {step} (median; {first} to {last}) on",
            step=int(pd.Series(steps).median()),
            first=steps[0],
            last=steps[-1],
        )
    layers = pd.Series([layer_text(each.layer, each.layer_name) for each in found])
    layer = layers.mode().iloc[0]
    ratios = pd.Series([each.ratio for each in found])[layers == layer]
    share = say("{share} of its weights", share=_two_digits(ratios.median()))
    if len(ratios) > 1:
        share = say("{share} (median of {count})", share=share, count=len(ratios))
    return say(
        "{setting}: {diverged} of {runs} diverged, their loss more than ten times where it began "
        "{when}; in the step before, the update of {layer} was {share}, the largest of all layers "
        "in {largest} of {exploded}.",
        setting=setting,
        diverged=diverged,
        runs=counted(len(members), "run"),
        when=when,
        layer=layer,
        share=share,
        largest=len(ratios),
        exploded=counted(len(found), "run"),
    )


def _at_best(dynamics: pd.DataFrame, setting: object) -> str:
    """Return the same of the best setting, at its evaluations; empty without any."""
    rows = evaluations(dynamics[dynamics["setting"] == setting])
    if rows.empty:
        return ""
    largest = rows.groupby(["run", "step"])["update_ratio"].max()
    said = say(
        "At the evaluations of {setting} the largest was {share} (median of {evaluations}).",
        setting=setting,
        share=_two_digits(largest.median()),
        evaluations=counted(len(largest), "evaluation"),
    )
    return f" {said}"


def _two_digits(value: float) -> str:
    return numeral(compact(float(f"{value:.2g}")))
