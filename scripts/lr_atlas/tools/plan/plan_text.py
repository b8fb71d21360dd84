"""The plan for reading: a table per study, what it comes to, and how that was estimated."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tabulate import tabulate

from lr_atlas.common.lengths import length_text, sums_text, unit_of
from lr_atlas.common.units import core_time_text, counted, shortened, size_text, time_text
from lr_atlas.runs.run_costs import MEASURED, SAMPLE
from lr_atlas.runs.run_status import Kind
from lr_atlas.tools.plan.beside_runs import TestsToMake
from lr_atlas.tools.plan.run_plan import PlannedRun, RunPlan, Totals

#: Rows of a study's table that are shown without being asked for.
_MOST_ROWS = 15
#: Why a run does not go on from a shorter one.
ENDS = "its schedule or average ends with the run"
_NUMBERS = ("runs", "epochs to train", "estimate")
#: The same where some runs are so many steps long.
_NUMBERS_WITH_STEPS = ("runs", "to train", "estimate")


def plan_text(plan: RunPlan, complete: bool = False) -> str:
    """Return the whole plan as plain text.

    complete: whether all rows of long studies are shown.
    """
    once = {each.key: each for planned in plan.studies.values() for each in planned}.values()
    parts = [
        "\n".join(filter(None, [_study_text(name, plan, complete), plan.powers.get(name)]))
        for name in plan.studies
    ]
    parts += [_totals_table(once), "\n".join(_sentences(once, plan))]
    return "\n\n".join(parts) + "\n"


#: The columns of `plan_rows`.
COLUMNS = (
    *("studies", "setting", "seed", "run", "epochs", "status", "epochs_done", "epochs_to_train"),
    *("diverged_epoch", "unit", "reason", "seconds", "estimated_from"),
)


def plan_rows(plan: RunPlan) -> list[dict]:
    """Return a row per run, in the order of the studies; a shared run names them all."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for study, planned in plan.studies.items():
        for each in planned:
            if each.key in rows:
                rows[each.key]["studies"] += f" {study}"
                continue
            status, seconds = each.status, each.cost.seconds
            rows[each.key] = {
                "studies": study,
                "setting": each.run.setting,
                "seed": each.run.seed,
                "run": each.run.name,
                "epochs": status.epochs,
                "status": str(status.kind),
                "epochs_done": status.done,
                "epochs_to_train": status.to_train,
                "diverged_epoch": status.diverged,
                "unit": unit_of(status.epochs),
                "reason": status.reason or each.changed,
                "seconds": None if seconds is None else round(seconds, 3),
                "estimated_from": each.cost.basis,
            }
    return list(rows.values())


def _study_text(name: str, plan: RunPlan, complete: bool) -> str:
    """Return a row per setting and status; of many, those with something to do first."""
    planned, elsewhere = plan.studies[name], plan.elsewhere.get(name, 0)
    counts = [counted(len(planned), "run")] if planned else []
    counts += [f"{counted(elsewhere, 'run')} from elsewhere"] if elsewhere else []
    if not planned:
        return f"{name}: {', '.join(counts)}"
    groups: dict[tuple[str, Kind], list[PlannedRun]] = {}
    for each in planned:
        groups.setdefault((each.run.setting, each.status.kind), []).append(each)
    shown = list(groups)
    if not complete and len(shown) > _MOST_ROWS:
        shown.sort(key=lambda key: key[1] == Kind.CACHED)
        shown = shown[:_MOST_ROWS]
    rows = [(*key, *_numbers(groups[key]), _remarks(groups[key])) for key in shown]
    lines = [
        f"{name}: {', '.join(counts)}",
        _table(rows, ("setting", "status", *_headers(planned), "remarks")),
    ]
    if len(shown) < len(groups):
        rest = sum(len(groups[key]) for key in groups.keys() - set(shown))
        lines.append(
            f"… and {counted(len(groups) - len(shown), 'row')} with {counted(rest, 'run')}: --all "
            "shows them"
        )
    return "\n".join(lines)


def _totals_table(planned: Iterable[PlannedRun]) -> str:
    """Return a row per status; a run that studies share counts once."""
    groups = {kind: [each for each in planned if each.status.kind == kind] for kind in Kind}
    rows = [(kind, *_numbers(runs)) for kind, runs in groups.items() if runs]
    return _table([*rows, ("all", *_numbers(list(planned)))], ("together", *_headers(planned)))


def _headers(planned: Iterable[PlannedRun]) -> tuple[str, ...]:
    """Return the heads of what `_numbers` gives."""
    in_steps = any(unit_of(each.status.epochs) == "steps" for each in planned)
    return _NUMBERS_WITH_STEPS if in_steps else _NUMBERS


def _table(rows: Sequence[tuple], headers: tuple) -> str:
    numbers = {*_NUMBERS, *_NUMBERS_WITH_STEPS}
    sides = ["right" if name in numbers else "left" for name in headers]
    return tabulate(rows, headers, "simple", disable_numparse=True, colalign=sides)


def _numbers(planned: Sequence[PlannedRun]) -> tuple[str, str, str]:
    """Return runs, epochs to train, and the estimate of all together on one slot."""
    known = [each.cost.seconds for each in planned if each.cost.seconds is not None]
    to_train = _to_train(planned) if any(each.status.to_train for each in planned) else ""
    estimates = [time_text(sum(known))] if any(known) else []
    if len(known) < len(planned):
        estimates.append("unknown")
    return str(len(planned)), re.sub(r" epochs?$", "", to_train), " + ".join(estimates)


def _remarks(planned: Sequence[PlannedRun]) -> str:
    """Return what else a reader should know of runs of one setting and status."""
    kind = planned[0].status.kind
    remarks = []
    if kind == Kind.CONTINUE:
        done = _span(each.status.done for each in planned)
        by_trunk = ", by a shared trunk" if any(each.status.shared for each in planned) else ""
        remarks.append(f"after {done} of {length_text(planned[0].status.epochs)}{by_trunk}")
    reasons = dict.fromkeys(each.status.reason or each.changed for each in planned)
    remarks.append(shortened(filter(None, reasons), 2))
    ends = sorted({end for each in planned for end in each.other_ends})
    if ends:
        unit = unit_of(planned[0].status.epochs)
        remarks.append(f"{ENDS}, and those there end after {_listed(ends, unit)}")
    diverged = [each.status.diverged for each in planned if each.status.diverged]
    if diverged:
        before = " before" if kind == Kind.STALE else ""
        where = f"in {unit_of(planned[0].status.epochs)[:-1]} {_span(diverged)}"
        remarks.append(f"{len(diverged)} diverged{before}, {where}")
    return "; ".join(filter(None, remarks))


def _listed(ends: Sequence[int], unit: str) -> str:
    return f"{', '.join(map(str, map(int, ends)))} {unit[:-1] if ends == [1] else unit}"


def _span(numbers: Iterable[int]) -> str:
    ordered = sorted(numbers)
    first, last = ordered[0], ordered[-1]
    return f"{first} to {last}" if first < last else str(first)


def _sentences(planned: Iterable[PlannedRun], plan: RunPlan) -> list[str]:
    """Return what would be done and why, what it would cost, and how that was estimated."""
    totals = plan.totals
    to_do = [each for each in planned if each.status.kind != Kind.CACHED]
    training = [each for each in to_do if each.status.kind != Kind.TAKE_OVER]
    sentences = [
        f"To train: {_to_train(training)} in {counted(len(training), 'run')}."
        if training
        else "Nothing to train. Tables, figures and report are made where they are not up to date."
    ]
    sentences += [
        f"Then {counted(number, 'run')} on fresh seeds, of the settings of {study} that the "
        "others choose."
        for study, number in plan.to_be_chosen.items()
    ]
    unknown = sum(each.cost.seconds is None for each in training)
    known = any(each.cost.seconds is not None for each in to_do) or totals.confirming_seconds
    if known and (to_do or plan.to_be_chosen):
        sentences.append(_estimate(to_do, totals, at_least=bool(unknown)))
    if any(each.cost.seconds is not None for each in training):
        sentences.append(_how_estimated(training, totals))
    if unknown:
        sentences.append(
            f"Nothing to go by for {counted(unknown, 'run')}: no run of such a shape is here."
        )
    sentences += _reasons(training, Kind.STALE, "Stale because of")
    sentences += _reasons(training, Kind.NEW, "New, though orphaned runs differ in nothing but")
    spared = [each for each in training if each.status.shared]
    if spared:
        shared = sums_text((each.status.epochs, each.status.shared) for each in spared)
        sentences.append(
            f"Shared trunks: the stable part of {counted(len(spared), 'run')} is that of shorter "
            f"ones, which spares {shared}."
        )
    ended = [each for each in training if each.other_ends]
    if ended:
        sentences.append(
            f"Trained from the first step on, since {ENDS}: {counted(len(ended), 'run')}, of which "
            "there are some of other lengths."
        )
    if plan.twice and training:
        sentences.append(
            f"Asked for in epochs and in as many steps: {counted(len(plan.twice), 'run')}, trained "
            "once for each unit, to the same weights; in one unit for both studies it is one run."
        )
    if plan.tests.count:
        sentences.append(_range_tests(plan.tests))
    if totals.others_runs:
        sentences.append(
            f"On disk too: {counted(totals.others_runs, 'run')} of other configurations."
        )
    if totals.orphaned_bytes:
        sentences.append(
            f"Orphaned on disk: {counted(totals.orphaned_runs, 'run')}, "
            f"{size_text(totals.orphaned_bytes)} with checkpoints and logs; `make prune` lists "
            "them."
        )
    return sentences


def _range_tests(tests: TestsToMake) -> str:
    """Return how many range tests are to be made, and how long they take."""
    seconds = tests.seconds
    takes = "" if seconds is None else f", about {time_text(seconds)} beside the runs"
    return (
        f"Range tests to make: {tests.count}, of {shortened(tests.studies)}{takes} (each seed of "
        "an optimizer is one)."
    )


def _to_train(planned: Iterable[PlannedRun]) -> str:
    return sums_text((each.status.epochs, each.status.to_train) for each in planned)


def _estimate(to_do: Iterable[PlannedRun], totals: Totals, at_least: bool) -> str:
    """Return what all jobs would cost, those too on fresh seeds.

    at_least: whether there are runs for which there is no estimate.
    """
    each = sum(each.cost.seconds or 0 for each in to_do) + totals.confirming_seconds
    word = "at least " if at_least else "about "
    return (
        f"Estimate: {word}{core_time_text(totals.threads * each)}; {word}"
        f"{time_text(totals.wall_seconds)} on {counted(totals.cores, 'core')}, "
        f"{counted(totals.slots, 'run')} at a time. Tables, figures and report come on top."
    )


def _how_estimated(training: Sequence[PlannedRun], totals: Totals) -> str:
    known = [each for each in training if each.cost.seconds is not None]
    bases = Counter(each.cost.basis for each in known)
    parts = []
    past = [(basis, number) for basis, number in bases.most_common() if basis != MEASURED]
    if past:
        parts.append(
            "from the median seconds of an epoch in past runs, as they were measured then, up to "
            f"{SAMPLE} for each shape: "
            + ", ".join(f"{basis} ({counted(number, 'run')})" for basis, number in past)
        )
    if bases[MEASURED]:
        parts.append(f"from some steps on made-up images here ({counted(bases[MEASURED], 'run')})")
    source = (
        "median of their benchmarks" if totals.start_is_known else "a usual one, shared by a pack"
    )
    start = f"{time_text(totals.start_seconds)} for each run ({source})"
    text = f"Estimated {'; '.join(parts)}. Start of a job: {start}."
    repeated = sum(each.status.expected < each.status.to_train for each in known)
    if repeated:
        text += f" Counted only as far as they diverged before: {counted(repeated, 'run')}."
    return text


def _reasons(training: Iterable[PlannedRun], kind: Kind, words: str) -> list[str]:
    """Return the reasons of the runs of one status in a sentence, most frequent first."""
    reasons = Counter(
        each.status.reason or each.changed for each in training if each.status.kind == kind
    )
    del reasons[""]
    numbered = [f"{text} ({counted(number, 'run')})" for text, number in reasons.most_common()]
    return [f"{words}: {shortened(numbered)}."] if numbered else []
