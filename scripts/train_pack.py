"""Train several runs in one job, one after the other.

The end of each is kept as a checkpoint, and its files are written to results/trained.
Python and torch start once, and the images are read once. Each run is trained in a process of its
own, with a log of its own, so that one that crashes costs itself alone. What is finished stays
finished when the job is killed; the next attempt goes on from there.
"""

import argparse
import functools
import importlib
import importlib.metadata
import json
import logging
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import (
    ending_clearly,
    ending_signals,
    exit_on_signal,
    leave_at_once,
    refuse_edited,
    run_script,
)
from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import length_name, length_of, length_text
from lr_atlas.common.safe_files import open_to_append, read_plain
from lr_atlas.common.units import counted
from lr_atlas.runs.numba_settings import refuse_numba_settings
from lr_atlas.runs.run_files import finished_folder, is_finished
from lr_atlas.runs.run_locks import is_worked_on
from lr_atlas.runs.single_run import Conditions, Task, complete_run, image_digest
from lr_atlas.runs.training_code import TRAINING, Stamps
from lr_atlas.runs.training_options import add_training_options
from lr_atlas.studies.run_identity import is_command
from lr_atlas.studies.trunks import group_name
from lr_atlas.training.parts import count_own_files_from

LOGGER = logging.getLogger(__name__)

#: The ending of the log that a run has in its pack. Snakemake removes its own, <length>.log, when
#: it takes the run over; it begins with a copy of this one.
PACKED_LOG = ".packed.log"


@dataclass(frozen=True)
class Member:
    """A run of the pack."""

    task: Task
    folder: Path  # where Snakemake wants it, and where it may be finished already
    log: Path


def main(
    *,
    started: Path,
    pack: str,
    device: str,
    checkpoints: Sequence[Path],
    on_new_torch: str,
    own_files: Path,
    attempt: int,
    attempts: int,
    stacked: int,
    results: Path,
    output: Path,
) -> None:
    """Train the runs that are not finished, and write `output` when each has been tried.

    stacked: how many runs of one shape are trained at once; 0 for one after the other.
    Raises UserError for fewer than 0, and SystemExit(1) if a run failed and another attempt is to
    come.
    """
    # Before the first run there is nothing to keep, and an exception that a handler raises in a
    # callback of the compiler is lost: the job would go on. So signals end it at once.
    signals = (*ending_signals(), signal.SIGINT)
    for number in signals:
        signal.signal(number, signal.SIG_DFL)
    if stacked < 0:
        raise UserError(f"the resource stacked of train_pack must be at least 0: {stacked}")
    refuse_edited(Path(__file__), started)
    count_own_files_from(own_files)
    start = json.loads(read_plain(started))
    if pack not in start["packs"]:
        raise UserError(f"the Snakemake that was started last asks for no pack {pack}")
    conditions = Conditions(start["code"][TRAINING], device, checkpoints, on_new_torch)
    torch = importlib.metadata.version("torch") if on_new_torch == "recompute" else None
    stamps = Stamps(conditions.code, torch)
    members = [member_of(run, results) for run in start["packs"][pack]]
    # Its checkpoint may be gone, though the run is finished.
    unfinished = [
        member
        for member in members
        if not is_finished(member.folder, stamps(member.task.configuration))
    ]
    refuse_numba_settings()
    prepare([member.task for member in unfinished])
    # Ctrl-C ends it as SIGTERM does, without a traceback in the log.
    for number in signals:
        signal.signal(number, exit_on_signal)
    LOGGER.info("%s", counted(len(unfinished), "run"))
    rest = in_order(unfinished, attempt)
    failed = 0
    if stacked:
        failed, rest = train_stacks(rest, conditions, stacked)
    failed += train_all(rest, conditions)
    if failed and attempt < attempts:
        LOGGER.error("%s failed; another attempt follows", counted(failed, "run"))
        sys.exit(1)
    with open_atomically(output):
        pass


def prepare(tasks: Sequence[Task]) -> None:
    """Import and read what runs need, once for the processes of all, which are copies of this.

    A pack of programs needs nothing; the runs of a pack are of one study.
    """
    if all(is_command(task.configuration) for task in tasks):
        return
    from lr_atlas.runs import training_job
    from lr_atlas.training.steps import compiled
    from lr_atlas.training.steps.compiled_arguments import COMPILED_OPTIMIZERS

    compiled.prepare()
    optimizers = {task.configuration["optimizer"]["name"] for task in tasks}
    if not optimizers <= COMPILED_OPTIMIZERS:
        # An optimizer of torch imports this when it is made: 800 modules, which take seconds.
        importlib.import_module("torch._dynamo")
    for path in {path for task in tasks for path in task.images}:
        image_digest(path)
        training_job.images_of(path)


def train_all(members: Sequence[Member], conditions: Conditions) -> int:
    """Train runs in this order, each in a process of its own; return how many have failed.

    One that another job is at is put off once, to the end.
    """
    waiting = deque(members)
    failed, put_off = 0, set()
    while waiting:
        member = waiting.popleft()
        name = member.task.name
        if waiting and member.log not in put_off and is_worked_on(conditions.checkpoints[0], name):
            put_off.add(member.log)
            waiting.append(member)
            continue
        work = functools.partial(complete_run, member.task, conditions)
        exit_code = in_own_process(member.log, work)
        if exit_code:
            LOGGER.error("%s failed with exit code %d; see %s", name, exit_code, member.log)
            failed += 1
        else:
            length = length_of(member.task.configuration, member.task.epochs)
            LOGGER.info("%s, %s: done", name, length_text(length))
    return failed


def train_stacks(
    members: Sequence[Member], conditions: Conditions, width: int
) -> tuple[int, list[Member]]:
    """Train runs that can be rows of a stack; return (how many have failed, the other runs).

    Each stack has a process, since one that runs out of memory costs all of its runs.
    """
    from lr_atlas.runs.stacked_runs import complete_stack, stacks_of

    stacks, _ = stacks_of(
        [each.task for each in members if not is_command(each.task.configuration)]
    )
    logs = {member.task.folder: member.log for member in members}
    failed, done = 0, set()
    for tasks in stacks:
        done |= {task.folder for task in tasks}

        def work(tasks: Sequence[Task] = tasks) -> None:
            sys.exit(min(100, len(complete_stack(tasks, conditions, width, logs))))

        exit_code = in_own_process(None, work)
        failed += exit_code if 0 <= exit_code <= len(tasks) else len(tasks)
        LOGGER.info("a stack of %s: %s", counted(len(tasks), "run"), exit_code or "done")
    return failed, [member for member in members if member.task.folder not in done]


def member_of(run: dict, results: Path) -> Member:
    """Return a member, from {"name": …, "configuration": …, "epochs": …, "images": […]}."""
    asked = length_of(run["configuration"], run["epochs"])
    length = Path(run["name"]) / length_name(asked)
    return Member(
        Task(
            run["configuration"],
            run["epochs"],
            tuple(map(Path, run["images"])),
            finished_folder(results, run["name"], asked),
        ),
        results / "runs" / length,
        results / "logs" / "train" / length.with_suffix(PACKED_LOG),
    )


def in_order(members: Sequence[Member], attempt: int) -> list[Member]:
    """Return the order in which an attempt trains the runs.

    Every second attempt begins at the other end: a run that takes the whole job with it, since it
    needs too much memory or time, then comes after all those that it stood before. The lengths of
    one run stay in order, and the budgets of one trunk, since the longer goes on from the shorter.
    """
    groups = [group_name(member.task.configuration) for member in members]
    names = sorted(set(groups), reverse=attempt % 2 == 0)
    places = zip(map(names.index, groups), members, strict=True)
    return [each for _, each in sorted(places, key=lambda it: (it[0], it[1].task.epochs))]


def in_own_process(log: Path | None, work: Callable[[], None]) -> int:
    """Do work in a copy of this process that writes to `log`, and return its exit code.

    Without a log it writes where this process does.
    When this process has to end meanwhile, the copy is told so and waited for.
    """
    # Python ignores what a handler raises while a process is being copied.
    signals = {*ending_signals(), signal.SIGINT}

    def begin() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        with ending_clearly():
            if log:
                with open_to_append(log) as file:
                    os.dup2(file.fileno(), sys.stderr.fileno())
            work()

    process = multiprocessing.get_context("fork").Process(target=begin)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    process.start()
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        process.join()
    finally:
        if process.is_alive():
            # A second signal must not end the waiting: the copy would be left to itself.
            for number in signals:
                signal.signal(number, signal.SIG_IGN)
            process.terminate()
            process.join()
    assert process.exitcode is not None
    return process.exitcode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--started",
        type=Path,
        required=True,
        help="where Snakemake wrote down the code that it started with, and the runs of the packs",
    )
    parser.add_argument("--pack", required=True, help="study/pack")
    parser.add_argument("--attempt", type=int, default=1, help="which attempt this is, from 1")
    parser.add_argument("--attempts", type=int, default=1, help="how many there will be at most")
    parser.add_argument(
        "--stacked",
        type=int,
        default=0,
        help="rows of a stack, in which runs of one shape are trained at once; 0 for no stack",
    )
    add_training_options(parser, checkpoints_needed=True)
    parser.add_argument("--results", type=Path, required=True, help="the folder `results`")
    parser.add_argument("--output", type=Path, required=True, help="an empty file, written last")
    run_script(main, parser)
    leave_at_once()
