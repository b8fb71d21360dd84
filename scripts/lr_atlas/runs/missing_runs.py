"""Runs that a study asks for and that are not there.

After a failure tables are made without them, and say so. Which runs may be missing is given to the
scripts by name, so that no table lacks a run unnoticed.
"""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain
from lr_atlas.common.units import counted
from lr_atlas.locale.counted_things import counted as said_count
from lr_atlas.locale.speech import say
from lr_atlas.runs.run_files import is_finished
from lr_atlas.studies.grid import Plan, Run

_MOST_LISTED = 10


def missing_runs(
    runs: Iterable[Run], runs_directory: Path, stamps: Callable[[dict], Collection[str]]
) -> list[Run]:
    """Return those of the runs whose folder is not up to date, in their order.

    runs_directory: the folder of all runs. stamps: from a run's configuration to the files of
    which one says that it is up to date.
    """
    return [
        run
        for run in runs
        if not is_finished(runs_directory / run.folder, stamps(run.configuration))
    ]


def without(plan: Plan, missing: Collection[Run]) -> Plan:
    """Return the same plan, with the same columns, for the other runs alone."""
    left_out = {(run.name, run.epochs) for run in missing}
    runs, defaults = (
        tuple(run for run in members if (run.name, run.epochs) not in left_out)
        for members in (plan.runs, plan.defaults)
    )
    return dataclasses.replace(plan, runs=runs, defaults=defaults)


def read_missing(path: Path | None, plan: Plan) -> list[Run]:
    """Return the missing runs that a file names, in a JSON list of [name, epochs].

    There are none without a file.

    Raises UserError if the plan has no such run, or no other one.
    """
    if path is None:
        return []
    known = {(run.name, run.epochs): run for run in plan.asked}
    try:
        missing = [known[name, epochs] for name, epochs in json.loads(read_plain(path))]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} does not name runs of the study {plan.study}: {error!r}") from None
    if not without(plan, missing).runs:
        raise UserError(f"no run of the study {plan.study} is finished: there is nothing to show")
    return missing


def write_missing(folder: Path, runs: Sequence[Run]) -> Path:
    """Write a file for `read_missing` into a folder, and return its path.

    In a file, since they may be too many for a command line. It is named by its content, so that a
    parameter tells one list from another. Raises OSError.
    """
    text = canonical_json([[run.name, run.epochs] for run in runs]).encode()
    path = folder / f"missing-{hashlib.sha256(text).hexdigest()[:12]}.json"
    if not path.exists():
        with open_atomically(path) as file:
            file.write(text)
    return path


def left_out(plan: Plan, missing: Sequence[Run]) -> dict:
    """Return what the report says of a study that it cannot show, as plain values."""
    return {
        "runs": finished_count(plan, missing),
        "logs": [log_of(run) for run in missing[:_MOST_LISTED]],
        "more": max(len(missing) - _MOST_LISTED, 0),
    }


def finished_sentence(finished: int, begun: int, asked_for: int) -> str:
    """Return how many of the runs that were asked for are finished, and how many have begun."""
    verbs = "that was asked for is" if asked_for == 1 else "that were asked for are"
    text = f"{finished} of the {counted(asked_for, 'run')} {verbs} finished"
    if begun:
        text += f"; begun, and kept as far as they are: {begun}"
    return f"{text}."


def log_of(run: Run) -> str:
    """Return where the last training job of a run has written its log, if there was one."""
    return f"results/logs/train/{run.folder}.log"


def finished_count(plan: Plan, missing: Sequence[Run]) -> str:
    """Return such as "57 of 60 runs"."""
    count = len(plan.asked) + len(plan.runs) - len(plan.trained)
    return say("{count} of {runs}", count=count - len(missing), runs=said_count(count, "run"))


def completeness(plan: Plan, missing: Sequence[Run]) -> str:
    """Return, for captions, which share of the runs there is; nothing if it is all."""
    return say("not complete: {runs}", runs=finished_count(plan, missing)) if missing else ""


def missing_notice(plan: Plan, missing: Sequence[Run]) -> str:
    """Return a few sentences in Markdown that warn a reader; empty if no run is missing."""
    if not missing:
        return ""
    runs = finished_count(plan, missing)
    sentences = [
        say(
            "**Not complete: {runs}.** Tables and figures lack the other one, which failed or was "
            "not started; it is listed below, with its log.",
            runs=runs,
        )
        if len(missing) == 1
        else say(
            "**Not complete: {runs}.** Tables and figures lack the other {count}, which failed or "
            "were not started; they are listed below, with their logs.",
            runs=runs,
            count=len(missing),
        )
    ]
    settings = settings_without_runs(plan, missing)
    if settings:
        sentences.append(
            say("Settings of which every run is missing: {settings}.", settings=", ".join(settings))
        )
    sentences.append(
        say("The next start of the workflow trains what is missing and makes all this anew.")
    )
    return " ".join(sentences)


def settings_without_runs(plan: Plan, missing: Sequence[Run]) -> list[str]:
    """Return the settings of which every run is missing."""
    left = set(without(plan, missing).settings)
    return [setting for setting in plan.settings if setting not in left]


def missing_by_setting(missing: Sequence[Run]) -> Counter[str]:
    """Return how many runs of each setting are missing."""
    return Counter(run.setting for run in missing)


def first_lines(names: Sequence[str]) -> str:
    """Return the first names, indented, a line each, and how many more there are."""
    lines = [f"  {name}" for name in names[:_MOST_LISTED]]
    if len(names) > _MOST_LISTED:
        lines.append(f"  and {len(names) - _MOST_LISTED} more")
    return "\n".join(lines)
