"""The best learning rate is the lowest or highest tried (tuning playbook).

Found when: an optimizer's best learning rate is the lowest or the highest of those that were run
with its other parameters, or the only one

What to do: go on at the ratio that the grid has there; from a single value, a decade to both sides
"""

from lr_atlas.analysis.finding import WARNING, Finding, Findings, Seen, listed, more_rates
from lr_atlas.analysis.next_grid import beyond, learning_rates, siblings, sides
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.locale.speech import mark, numeral, say

TITLE, SEVERITY, PLACE = mark("best learning rate lies at the end of the grid"), WARNING, 10


def find(seen: Seen) -> Findings:
    """Yield each optimizer whose grid can go on beyond its best learning rate."""
    for row in seen.improvable():
        rates = list(siblings(seen.plan, row.best_setting))
        # A rate that was asked for counts although its runs are missing: beside it is no edge.
        ends = {"low": rates[0], "high": rates[-1]}
        at = [side for side in sides(row.at_edge) if row.best_learning_rate == ends[side]]
        further = {side: beyond(rates, side) for side in at}
        added = {side: rate for side, rate in further.items() if rate is not None}
        if not added:
            continue
        place = "only" if len(rates) == 1 else next(iter(added))
        are_all = len(rates) == len(learning_rates(seen.plan, row.optimizer))
        yield Finding(
            _evidence(row.optimizer, row.best_learning_rate, rates)[place, are_all],
            more_rates(seen.study, row.optimizer, added.values()),
            row.optimizer,
            row.best_setting,
            tuple(added.values()),
        )


def _evidence(optimizer: str, best: float, rates: list[float]) -> dict[tuple[str, bool], str]:
    """Return the sentences by where the best rate lies, and whether all rates were run with it."""
    values = {"optimizer": optimizer, "rate": numeral(rounded_texts(rates)[best])}
    values["rates"] = listed(rates)
    return {
        ("only", True): say(
            "The best learning rate of {optimizer}, {rate}, is the only one.", **values
        ),
        ("only", False): say(
            "The best learning rate of {optimizer}, {rate}, is the only one that was run with its "
            "other parameters.",
            **values,
        ),
        ("low", True): say(
            "The best learning rate of {optimizer}, {rate}, is the lowest of {rates}.", **values
        ),
        ("low", False): say(
            "The best learning rate of {optimizer}, {rate}, is the lowest of {rates} that was run "
            "with its other parameters.",
            **values,
        ),
        ("high", True): say(
            "The best learning rate of {optimizer}, {rate}, is the highest of {rates}.", **values
        ),
        ("high", False): say(
            "The best learning rate of {optimizer}, {rate}, is the highest of {rates} that was run "
            "with its other parameters.",
            **values,
        ),
    }
