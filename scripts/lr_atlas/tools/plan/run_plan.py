"""The plan: what would be done with every run of every study, why, and what it would cost."""

import contextlib
import statistics
from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from lr_atlas.common.errors import UserError
from lr_atlas.common.machine import processor
from lr_atlas.runs.checkpoints import checkpoint_files, read_checkpoint
from lr_atlas.runs.devices import RUNS_ON_A_GPU
from lr_atlas.runs.packs import fitting_size
from lr_atlas.runs.run_costs import (
    MEASURED,
    USUAL_START_SECONDS,
    Cost,
    PastRuns,
    Shape,
    cost_of,
    epochs_in,
    shape_of_run,
    wall_seconds,
)
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.runs.run_status import Circumstances, Kind, Status, run_statuses
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.config_changes import changed_keys
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.schedules import other_ends
from lr_atlas.studies.selection import read_selection, runs_of_chosen
from lr_atlas.tools.plan.beside_runs import TestsToMake, asked_twice, tests_to_make
from lr_atlas.tools.prune.orphans import find_orphans


@dataclass(frozen=True)
class PlannedRun:
    """A run that a study asks for, and what would be done with it."""

    run: Run
    status: Status
    cost: Cost
    changed: str = ""  # of a new run: which keys set it apart from orphaned ones
    #: Lengths for which a new run is there with another end of its schedule, all else equal.
    other_ends: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """Return what it is in any study."""
        return (self.run.name, self.run.epochs)


@dataclass(frozen=True)
class Totals:
    """Hold the sums over all runs of a plan."""

    wall_seconds: float  # of the runs for which there is an estimate
    cores: int
    threads: int  # of each run
    slots: int  # how many runs at a time
    start_seconds: float  # of each run's share in the start of its training job
    start_is_known: bool  # from benchmarks of past jobs
    confirming_seconds: float  # of runs of settings not chosen yet; counted in wall_seconds
    others_runs: int  # on disk, that only other configurations ask for
    orphaned_runs: int
    orphaned_bytes: int  # of all orphans, checkpoints and logs too


@dataclass(frozen=True)
class RunPlan:
    """The plan of all studies."""

    studies: dict[str, list[PlannedRun]]  # in the order of their runs
    totals: Totals
    #: The number of runs on fresh seeds of settings not chosen yet, by study.
    to_be_chosen: dict[str, int] = field(default_factory=dict)
    #: The differences that each study will be able to show, in words, see power_text.
    powers: dict[str, str] = field(default_factory=dict)
    tests: TestsToMake = field(default_factory=TestsToMake)
    #: Runs in steps that another study asks for in epochs, with the same weights.
    twice: tuple[Run, ...] = ()
    #: The number of runs that a study has from elsewhere, where it has some.
    elsewhere: dict[str, int] = field(default_factory=dict)


#: Gives the seconds of an epoch, where measurable, for a canonical configuration of each shape.
Measure = Callable[[Mapping[Shape, dict]], Mapping[Shape, float]]


def plan_runs(
    atlas: Atlas,
    results: Path,
    now: Circumstances,
    cores: int,
    *,
    measure: Measure = lambda shapes: {},
    others: Mapping[str, Set[int]] = MappingProxyType({}),
    other_codes: Collection[dict[str, str]] = (),
    trunks: Mapping[str, Set[int]] = MappingProxyType({}),
) -> RunPlan:
    """Return the plan of all studies, on so many cores, from what lies in the results folder.

    measure: asked where no past run tells what an epoch takes.
    others: for which lengths other configurations ask for runs, by name: those are no orphans,
    nor are their checkpoints by `other_codes`. trunks: those of all, which are no orphans either.
    """
    # It loads scipy.stats, for a second, and each start of Snakemake imports this module.
    from lr_atlas.tools.plan.power_text import power_texts

    folders = RunFolders(results / "runs")
    chosen = {name: _chosen_runs(plan, results, folders, now) for name, plan in atlas.plans.items()}
    asked = {name: [*plan.asked, *(chosen[name] or ())] for name, plan in atlas.plans.items()}
    runs = {(run.name, run.epochs): run for members in asked.values() for run in members}
    statuses = run_statuses(atlas, runs, results, folders, now)
    here = processor()
    shapes = {key: shape_of_run(atlas, run, now.device, here) for key, run in runs.items()}
    past = _past_runs(results, folders, now, shapes)
    asked_by_any = {
        name: {*atlas.lengths.get(name, ()), *others.get(name, ())}
        for name in {*atlas.lengths, *others}
    }
    changed = _changed(asked_by_any, runs, statuses, folders)
    threads = min(atlas.configuration.compute.threads, cores)  # as Snakemake cuts them
    slots = cores // threads
    if now.device == "cuda":
        slots = min(slots, RUNS_ON_A_GPU)
    to_be_chosen = {
        name: number_of_fresh_runs(plan)
        for name, plan in atlas.plans.items()
        if chosen[name] is None
    }
    needed = {*_to_train(statuses)} | {
        (run.name, run.epochs) for name in to_be_chosen for run in atlas.plans[name].trained
    }
    wanted = {shapes[key]: runs[key].configuration for key in sorted(needed)}
    epochs = _epoch_seconds(shapes, past, wanted, measure)
    start = past.start_seconds
    if start is None:
        guesses = [
            epochs_in(runs[key].epochs, shapes[key]) * (epochs[key][0] or 0)
            for key in _to_train(statuses)
        ]
        start = USUAL_START_SECONDS / fitting_size(guesses or [0], slots)
    costs = {key: cost_of(statuses[key], shapes[key], epochs[key], start) for key in runs}
    confirming = []
    for name, number in to_be_chosen.items():
        each = [
            epochs_in(key[1], shapes[key]) * (epochs[key][0] or 0) + start
            for key in ((run.name, run.epochs) for run in atlas.plans[name].trained)
        ]
        confirming += [statistics.mean(each)] * number
    lengths: dict[int, set[str]] = {}
    for name, length in folders.files:
        lengths.setdefault(length, set()).add(name)
    caches = [now.cache] if now.cache else []
    orphans, _ = find_orphans(
        results, asked_by_any | dict(trunks), [now.code, *other_codes], caches
    )
    return RunPlan(
        studies={
            name: [_planned(run, statuses, costs, changed, lengths) for run in members]
            for name, members in asked.items()
        },
        to_be_chosen=to_be_chosen,
        powers=power_texts(atlas, results),
        tests=tests_to_make(atlas, results, shapes, epochs),
        twice=tuple(asked_twice(atlas, runs.values())),
        elsewhere={name: each.number_of_runs for name, each in atlas.elsewhere.items()},
        totals=Totals(
            wall_seconds=wall_seconds((cost.seconds or 0 for cost in costs.values()), slots)
            + wall_seconds(confirming, slots),
            confirming_seconds=sum(confirming),
            cores=cores,
            threads=threads,
            slots=slots,
            start_seconds=start,
            start_is_known=past.start_seconds is not None,
            others_runs=sum(
                key not in atlas.possible_runs and key[1] in others.get(key[0], ())
                for key in folders.files
            ),
            orphaned_runs=sum(key[1] not in asked_by_any.get(key[0], ()) for key in folders.files),
            orphaned_bytes=sum(orphan.size for orphan in orphans),
        ),
    )


def _planned(
    run: Run, statuses: dict, costs: dict, changed: dict, lengths: Mapping[int, Set[str]]
) -> PlannedRun:
    key = (run.name, run.epochs)
    is_new = statuses[key].kind == Kind.NEW
    ends = other_ends(run.configuration, lengths) if is_new else ()
    return PlannedRun(run, statuses[key], costs[key], changed.get(key, ""), ends)


def _chosen_runs(
    plan: Plan, results: Path, folders: RunFolders, now: Circumstances
) -> list[Run] | None:
    """Return the runs on fresh seeds of chosen settings; None before these are chosen."""
    if not plan.of_chosen:
        return []
    finished = all(
        now.stamps(run.configuration) & folders.files.get((run.name, run.epochs), frozenset())
        for run in plan.trained
    )
    path = results / "studies" / plan.study / "selection.json"
    if not finished or not path.exists():
        return None
    try:
        return runs_of_chosen(plan, read_selection(path, plan))
    except UserError:
        return None


def number_of_fresh_runs(plan: Plan) -> int:
    """Return how many runs chosen settings will have on fresh seeds, one of each optimizer."""
    settings = {run.setting: run.parameters["optimizer"] for run in plan.trained}
    of_setting = len(plan.of_chosen) // max(1, len(settings))
    return of_setting * len(set(settings.values()))


def _to_train(statuses: Mapping[tuple[str, int], Status]) -> list[tuple[str, int]]:
    return [
        key for key, status in statuses.items() if status.kind not in (Kind.CACHED, Kind.TAKE_OVER)
    ]


def _past_runs(
    results: Path, folders: RunFolders, now: Circumstances, shapes: Mapping[tuple[str, int], Shape]
) -> PastRuns:
    """Return what past runs took, those among them that were not finished."""
    past = PastRuns(results, folders, now.code)
    for (name, _), shape in shapes.items():
        # A folder tells what a run took that is finished, and it may be another machine's.
        if not folders.lengths(name):
            for path in checkpoint_files(now.checkpoints, name):
                with contextlib.suppress(ValueError):
                    past.add_checkpoint(read_checkpoint(path), shape)
    return past


def _epoch_seconds(
    shapes: Mapping[tuple[str, int], Shape],
    past: PastRuns,
    wanted: Mapping[Shape, dict],
    measure: Measure,
) -> dict[tuple[str, int], tuple[float | None, str]]:
    """Return (seconds of an epoch, what that was taken from) of each run.

    wanted: a configuration of each shape for which they are measured if no past run tells.
    """
    epochs = {key: past.seconds_per_epoch(shape) for key, shape in shapes.items()}
    unknown = {shapes[key] for key, (seconds, _) in epochs.items() if seconds is None}
    unmeasured = {shape: wanted[shape] for shape in wanted if shape in unknown}
    found = measure(unmeasured) if unmeasured else {}
    return {
        key: (found[shapes[key]], MEASURED) if known[0] is None and shapes[key] in found else known
        for key, known in epochs.items()
    }


def _changed(
    asked: Collection[str],
    runs: Mapping[tuple[str, int], Run],
    statuses: dict[tuple[str, int], Status],
    folders: RunFolders,
) -> dict[tuple[str, int], str]:
    """Return which keys set new runs apart from runs on disk that no study asks for."""
    new = {
        key: runs[key].configuration for key, status in statuses.items() if status.kind == Kind.NEW
    }
    if not new:
        return {}
    orphaned = {name: epochs for name, epochs in folders.files if name not in asked}
    descriptions = [folders.description(key) for key in orphaned.items()]
    return changed_keys(new, [each["canonical_configuration"] for each in descriptions if each])
