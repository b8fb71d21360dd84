"""Work of a plan beside its runs: range tests to be made, and runs that are asked for twice."""

import csv
import io
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.lengths import Steps
from lr_atlas.common.safe_files import read_plain
from lr_atlas.config.find_models import Find
from lr_atlas.runs.run_costs import Shape
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.range_tests import RangeTest, range_tests, rates
from lr_atlas.studies.run_identity import is_command
from lr_atlas.studies.trunks import steps_of_images
from lr_atlas.training.schedule import HORIZON

#: Seconds of an epoch, and what they were taken from, by (name, epochs) of a run.
EpochSeconds = Mapping[tuple[str, int], tuple[float | None, str]]


@dataclass(frozen=True)
class TestsToMake:
    """Hold the range tests of a plan that are not there."""

    count: int = 0  # an optimizer with a seed each
    studies: tuple[str, ...] = ()
    seconds: float | None = 0.0  # None where nothing tells


def tests_to_make(
    atlas: Atlas, results: Path, shapes: Mapping[tuple[str, int], Shape], epochs: EpochSeconds
) -> TestsToMake:
    """Return the range tests to be made: those of which the table of a study is not there."""
    count, names, seconds = 0, [], 0.0
    for name, study in atlas.configuration.studies.items():
        tests = range_tests(atlas.plans[name]) if study.find else []
        table = results / "studies" / name / "range_tests.csv"
        if not tests or not study.find or _is_of(table, tests, study.find):
            continue
        names.append(name)
        count += len(tests) * study.find.seeds
        for test in tests:
            run = _run_of(atlas.plans[name], test)
            shape, (of_epoch, _) = shapes[run], epochs[run]
            share = study.find.steps / math.ceil(shape.training_images / shape.batch_size)
            seconds += math.nan if of_epoch is None else study.find.seeds * share * of_epoch
    return TestsToMake(count, tuple(names), None if math.isnan(seconds) else seconds)


def _run_of(plan: Plan, test: RangeTest) -> tuple[str, int]:
    """Return the name and the length of a run that a range test has its network from."""
    return next((run.name, run.epochs) for run in plan.runs if run.setting in test.settings)


def _is_of(table: Path, tests: Collection[RangeTest], find: Find) -> bool:
    """Return whether a table has these range tests."""
    try:
        rows = [*csv.DictReader(io.StringIO(read_plain(table).decode()))]
        found = {(row["optimizer"], int(row["seed"])) for row in rows}
        steps = {(int(row["step"]), float(row["learning_rate"])) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    asked = {(test.optimizer, seed) for test in tests for seed in range(find.seeds)}
    return found == asked and steps <= {*enumerate(rates(find), 1)}


def asked_twice(atlas: Atlas, runs: Collection[Run]) -> list[Run]:
    """Return the runs in steps that are the same in epochs, with the same weights, too."""
    found: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        if not is_command(run.configuration):
            of_epoch = steps_of_images(run.configuration, atlas.images_trained_on(run))
            total = run.epochs if isinstance(run.epochs, Steps) else run.epochs * of_epoch
            rest = {k: v for k, v in run.configuration.items() if k not in ("budget", HORIZON)}
            found.setdefault((canonical_json(rest), int(total)), []).append(run)
    in_steps = ([isinstance(run.epochs, Steps) for run in alike] for alike in found.values())
    return [
        run
        for alike, of_steps in zip(found.values(), in_steps, strict=True)
        for run, is_in_steps in zip(alike, of_steps, strict=True)
        if is_in_steps and not all(of_steps)
    ]
