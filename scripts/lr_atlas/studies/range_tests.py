"""The range tests of a study: one for each optimizer, and what it is held against."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lr_atlas.common.canonical import canonical_json
from lr_atlas.config.find_models import Find
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.training.configuration import grouping

#: Keys of a run's length, its schedule and its rows, and of what a range test leaves out.
_NONE_IN_A_TEST = (
    *("budget", "horizon", "schedule", "evaluate", "dynamics", "metric"),
    *("accumulate", "average"),
)


@dataclass(frozen=True)
class RangeTest:
    """A range test of an optimizer, and the settings of the grid that it is held against.

    Attributes:
        optimizer: Its name.
        settings: Those that have all but the learning rate in common with the test.
        configuration: Canonical, of one of these settings, without a seed.
    """

    optimizer: str
    settings: tuple[str, ...]
    configuration: dict


def range_tests(plan: Plan) -> list[RangeTest]:
    """Return the range test of each optimizer of the grid that has one learning rate.

    One with a `rest` has two, of which the grid's would rise alone.

    It has the other arguments, batches, loss and network of those settings of the optimizer that
    were run at the most learning rates; of equals, of those without a
    schedule, which a range test has none of, and then of the first in the canonical order.
    """
    lines: dict[str, dict[str, list[Run]]] = {}
    for run in plan.trained:
        of_optimizer = lines.setdefault(run.parameters["optimizer"], {})
        of_optimizer.setdefault(_all_but_the_rate(run), []).append(run)
    found = []
    for optimizer, by_rest in lines.items():
        if any(_has_rest(run) for runs in by_rest.values() for run in runs):
            continue
        chosen = min(by_rest, key=lambda rest: (*_order(by_rest[rest]), rest))
        runs = by_rest[chosen]
        configuration = {key: each for key, each in runs[0].configuration.items() if key != "seed"}
        found.append(RangeTest(optimizer, _settings(runs), configuration))
    return found


def rates(find: Find) -> list[float]:
    """Return the learning rate of each step: from the first to the last by equal factors."""
    lowest, highest = find.lr
    return np.geomspace(lowest, highest, find.steps).tolist()


def as_plain(tests: list[RangeTest], find: Find) -> dict[str, Any]:
    """Return what a job needs to make the range tests, as plain values.

    What a test does not depend on is left out, so that another grid beside it makes none anew.
    """
    risen = rates(find)
    return {
        "tests": [
            {"optimizer": test.optimizer, "configuration": _of_the_test(test.configuration, risen)}
            for test in tests
        ],
        "rates": risen,
        "seeds": list(range(find.seeds)),
    }


def _of_the_test(configuration: dict, rates: list[float]) -> dict:
    """Return the configuration without what a range test has otherwise, or has none of."""
    kept = {key: value for key, value in configuration.items() if key not in _NONE_IN_A_TEST}
    return {**kept, "optimizer": {**configuration["optimizer"], "lr": rates[0]}}


def _has_rest(run: Run) -> bool:
    return bool(grouping(run.configuration["optimizer"]).get("rest"))


def _order(runs: list[Run]) -> tuple[int, bool]:
    """Return what sorts lines of settings: most rates first, then those without a schedule."""
    return (-len(_settings(runs)), "schedule" in runs[0].configuration)


def _all_but_the_rate(run: Run) -> str:
    optimizer = {key: each for key, each in run.configuration["optimizer"].items() if key != "lr"}
    rest = {key: each for key, each in run.configuration.items() if key != "seed"}
    return canonical_json([{**rest, "optimizer": optimizer}, run.epochs])


def _settings(runs: list[Run]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.setting for run in runs))
