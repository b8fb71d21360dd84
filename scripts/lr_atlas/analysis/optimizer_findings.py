"""Find what a study's optimizers need: of their grids, their best settings, their runs."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from lr_atlas.analysis.answer_tables import Analysis
from lr_atlas.analysis.curve_ends import late_gain
from lr_atlas.analysis.finding import (
    MOST,
    NOTE,
    WARNING,
    Finding,
    interval_text,
    listed,
    nothing_left_to_gain,
    pair_of,
    points,
)
from lr_atlas.analysis.next_grid import beyond, learning_rates, siblings, sides, wide_gaps
from lr_atlas.common.rounding import compact, rounded_texts
from lr_atlas.common.units import counted
from lr_atlas.studies.grid import Plan


def about_optimizer(
    row: Any, epochs: pd.DataFrame, analysis: Analysis, plan: Plan
) -> list[Finding]:
    """All findings about one optimizer; `row` is its row of `analysis.optimizers`."""
    found = [*_mostly_diverged(row, plan)]
    if isinstance(row.best_setting, str):
        if not nothing_left_to_gain(row.score_mean):
            found += _edge(row, plan)
            found += _coarse(row, plan, analysis)
            found += _still_improving(row, epochs)
        found += _overfitting(row, analysis.measured)
    return found


def _edge(row: Any, plan: Plan) -> Iterator[Finding]:
    """Find that the best learning rate is the lowest or highest tried (tuning playbook)."""
    rates = list(siblings(plan, row.best_setting))
    names = {"low": "lowest", "high": "highest"}
    # A rate that was asked for counts although its runs are missing: beside it there is no edge.
    ends = {"low": rates[0], "high": rates[-1]}
    at = [side for side in sides(row.at_edge) if row.best_learning_rate == ends[side]]
    further = {side: beyond(rates, side) for side in at}
    added = {names[side]: rate for side, rate in further.items() if rate is not None}
    if not added:
        return
    which = " and the ".join(added)
    shown = "the only one" if len(rates) == 1 else f"the {which} of {listed(rates)}"
    if len(rates) < len(learning_rates(plan, row.optimizer)):
        shown += " that was run with its other parameters"
    yield Finding(
        "edge",
        WARNING,
        row.optimizer,
        row.best_setting,
        f"The best learning rate of {row.optimizer}, "
        f"{rounded_texts(rates)[row.best_learning_rate]}, is {shown}.",
        f"Add lr {' and '.join(map(compact, added.values()))} to {row.optimizer}.",
        tuple(added.values()),
    )


def _coarse(row: Any, plan: Plan, analysis: Analysis) -> Iterator[Finding]:
    """Find a neighbour that is a decade away and not shown to be as good."""
    own = siblings(plan, row.best_setting)
    for neighbour, middle in wide_gaps(list(own), row.best_learning_rate):
        evidence = _not_as_good(row, analysis, own[neighbour])
        if evidence:
            times = max(neighbour, row.best_learning_rate) / min(neighbour, row.best_learning_rate)
            yield Finding(
                "coarse",
                WARNING,
                row.optimizer,
                row.best_setting,
                f"{row.best_setting} is the best of {row.optimizer}, and {own[neighbour]}, a "
                f"factor of {times:.3g} away, {evidence}.",
                f"Add lr {compact(middle)} to {row.optimizer}.",
                (middle,),
            )


def _not_as_good(row: Any, analysis: Analysis, other: str) -> str:
    """Return how it is so; empty if the other is shown to be within the margin of the best.

    Or if there is no run of it.
    """
    status = analysis.measured.loc[analysis.measured["setting"] == other, "status"]
    if len(status) and (status == "diverged").all():
        return f"diverged in all of its {counted(len(status), 'run')}"
    pair = pair_of(analysis.pairs, row.best_setting, other)
    if pair is None or pair["high"] <= row.plateau_margin:
        return ""
    return f"is behind by {points(pair['difference'])} ({interval_text(pair)})"


def _still_improving(row: Any, epochs: pd.DataFrame) -> Iterator[Finding]:
    """Find that validation accuracy still rises at the end, beyond the scatter of runs."""
    own = epochs[(epochs["setting"] == row.best_setting) & (epochs["status"] != "diverged")]
    gain = late_gain(own)
    if gain is None or not gain.is_clear:
        return
    sure = f"95 % interval {100 * gain.low:.2f} to {points(gain.high)}, n = {gain.runs}"
    if gain.runs < 2:
        sure = f"three times the noise of the curve is {points(gain.mean - gain.low)}, n = 1"
    yield Finding(
        "still_improving",
        WARNING,
        row.optimizer,
        row.best_setting,
        f"Validation accuracy of {row.best_setting} still rises: by {points(gain.mean)} between "
        f"the two halves of the last {gain.window} of its {gain.epochs} epochs ({sure}).",
        f"Train longer: epochs {2 * gain.epochs}. Finished runs go on from where they are.",
        (2 * gain.epochs,),
    )


def _overfitting(row: Any, measured: pd.DataFrame) -> Iterator[Finding]:
    """In most runs of the best setting validation loss rises while training loss falls."""
    own = measured[(measured["setting"] == row.best_setting) & (measured["status"] != "diverged")]
    overfit = own[own["overfits"].astype(bool)]
    if len(overfit) <= MOST * len(own):
        return
    epoch, rise = int(overfit["overfit_epoch"].median()), overfit["validation_loss_rise"].mean()
    yield Finding(
        "overfitting",
        NOTE,
        row.optimizer,
        row.best_setting,
        f"{row.best_setting} overfits in {len(overfit)} of {counted(len(own), 'run')}: validation "
        f"loss rises from epoch {epoch} on and ends {100 * rise:.0f} % above its smallest.",
        f"Train for about {counted(epoch, 'epoch')}, or raise dropout or weight_decay.",
    )


def _mostly_diverged(row: Any, plan: Plan) -> Iterator[Finding]:
    if row.diverged_share <= MOST:
        return
    rates = learning_rates(plan, row.optimizer)
    lower = beyond(rates, "low")
    yield Finding(
        "mostly_diverged",
        WARNING,
        row.optimizer,
        "",
        f"{row.diverged} of {counted(row.present, 'run')} of {row.optimizer} diverged; its "
        f"{'learning rate is' if len(rates) == 1 else 'learning rates are'} {listed(rates)}.",
        f"Add lr {compact(lower)} to {row.optimizer}."
        if lower
        else "Change the optimizer's other arguments.",
        (lower,) if lower else (),
    )
