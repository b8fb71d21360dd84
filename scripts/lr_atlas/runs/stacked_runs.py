"""Runs to their ends as one: those of equal shape are trained together, each with files of its own.

A run's checkpoints, files and log are those of a run that is trained alone. Where its steps have
other last digits than alone, they depend on the width of its stack and on nothing else, so the
width is part of the device that its checkpoints name.
"""

import contextlib
import dataclasses
import functools
import logging
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.entry_point import ending_signals, leave_if_stopped
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import open_to_append
from lr_atlas.data.stored_form import form_of
from lr_atlas.runs.precision import use_precision
from lr_atlas.runs.run_files import write_run
from lr_atlas.runs.run_locks import only_one_works
from lr_atlas.runs.single_run import Conditions, Task, Training
from lr_atlas.runs.stack_size import width_on
from lr_atlas.runs.training_job import (
    CheckpointKeeper,
    choose_device,
    device_name,
    image_sets,
    train_begun,
)
from lr_atlas.training.blas import use_threads
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.stacked import can_be_stacked, form_of_stack, member
from lr_atlas.training.steps.stacked_rows import Stack
from lr_atlas.training.steps.stacked_turns import Together
from lr_atlas.training.trainer import Trainer

LOGGER = logging.getLogger(__name__)


def stacks_of(tasks: Sequence[Task]) -> tuple[list[list[Task]], list[Task]]:
    """Return (tasks that can be trained as one, a list for each stack; those that cannot).

    Lengths of one run come into several stacks, in their order, so that a longer one goes on from a
    shorter.
    """
    stacks: dict[str, list[Task]] = {}
    alone = []
    before: Counter[str] = Counter()
    for task in sorted(tasks, key=lambda each: each.epochs):
        configuration = complete_configuration(task.configuration)
        if can_be_stacked(configuration):
            images = [str(path) for path in task.images]
            form = [before[task.name], form_of_stack(configuration), images]
            stacks.setdefault(canonical_json(form), []).append(task)
            before[task.name] += 1
        else:
            alone.append(task)
    return list(stacks.values()), alone


def complete_stack(
    tasks: Sequence[Task],
    conditions: Conditions,
    width: int,
    logs: Mapping[Path, Path] | None = None,
) -> dict[Path, BaseException]:
    """Bring runs of one stack to their ends, as many at a time as it has rows.

    width: the number of its rows, or as many as fit into the memory of a card. It decides last
    digits, so it is to be the same in each attempt.
    logs: where each run's lines go, beside those of this process, by the run's folder.
    Returns what ended a run early by its folder. Raises SystemExit when a signal ends the work,
    with a checkpoint of each run.
    """
    failed: dict[Path, BaseException] = {}
    width = _fitting(tasks[0], conditions, width)
    for start in range(0, len(tasks), width):
        group = tasks[start : start + width]
        with contextlib.ExitStack() as locks:
            # In one order everywhere, so that no two jobs wait for each other.
            for name in sorted({task.name for task in group}):
                if conditions.checkpoints:
                    locks.enter_context(only_one_works(conditions.checkpoints[0], name))
            works = [Training(task, conditions) for task in group]
            waiting = []
            for work in works:
                run = work.finished_before()
                if run:
                    write_run(work.task.folder, run)
                else:
                    work.check_code()
                    waiting.append(work)
            if waiting:
                failed |= _train_together(waiting, conditions, width, logs or {})
    return failed


def _fitting(task: Task, conditions: Conditions, width: int) -> int:
    """Return how many of the rows a stack has that a run is one of."""
    device = choose_device(conditions.device)
    if device.type == "cpu":
        return width
    configuration = complete_configuration(task.configuration)
    training_set, _ = image_sets(configuration, task.images, device)
    steps = Trainer(configuration, training_set, form_of(task.images[0].parent)).steps
    assert isinstance(steps, AutogradSteps)  # others are of a processor
    return width_on(device, width, steps)


def _train_together(
    works: Sequence[Training], conditions: Conditions, width: int, logs: Mapping[Path, Path]
) -> dict[Path, BaseException]:
    """Train runs as one; returns what ended a run early by its folder."""
    first = works[0].task
    configuration = complete_configuration(first.configuration)
    use_threads(configuration["threads"])
    device = choose_device(conditions.device)
    use_precision(configuration, device)
    sets = image_sets(configuration, first.images, device)
    form = form_of(first.images[0].parent)
    template = Trainer(configuration, sets[0], form).network
    together = Together(Stack(template, configuration, sets[0], form, width))
    stop = _Stop()
    named = f"{device_name(device)}, a row of {width}"

    def trained(work: Training, row: int) -> None:
        own = complete_configuration(work.task.configuration)
        begun = functools.partial(Trainer, own, sets[0], form)
        one = functools.partial(member, begun, own, together, row)
        origin = dataclasses.replace(work.origin, device=named)
        with _own_log(logs.get(work.task.folder)):
            run = train_begun(
                *(one, origin, work.task.epochs, sets, conditions.checkpoints), keeping=stop.keeper
            )
            write_run(work.task.folder, run)
            LOGGER.info("%s, row %d: %s", work.task.name, row, run.description["status"])

    with stop.on_signals():
        ends = together.run(
            [functools.partial(trained, work, row) for row, work in enumerate(works)]
        )
    stop.leave()
    pairs = zip(works, ends, strict=True)
    failed = {work.task.folder: error for work, error in pairs if error is not None}
    for folder, error in failed.items():
        trace = None if isinstance(error, UserError | SystemExit) else error
        LOGGER.error("%s failed: %s", folder, error, exc_info=trace)
    return failed


class _Stop:
    """Tells the runs of a stack that a signal has come; they have threads, which get none."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._keepers: list[CheckpointKeeper] = []

    def keeper(self, *arguments: object) -> CheckpointKeeper:
        """Return what keeps the checkpoints of a run, and stops it when the others are stopped."""
        made = _ToldKeeper(*arguments)  # type: ignore[arg-type]
        made.signal = self.number
        self._keepers.append(made)
        return made

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Have all runs save and stop on SIGTERM, SIGHUP and Ctrl-C, within the block."""

        def request(number: int, _frame: object) -> None:
            self.number = number
            for keeper in self._keepers:
                keeper.signal = number

        numbers = (*ending_signals(), signal.SIGINT)
        before = {number: signal.signal(number, request) for number in numbers}
        try:
            leave_if_stopped()
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def leave(self) -> None:
        """Raise SystemExit if a signal has come."""
        if self.number is not None:
            raise SystemExit(128 + self.number)


class _ToldKeeper(CheckpointKeeper):
    """Keeps the checkpoints of a run that is told of signals by others."""

    @contextlib.contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Leave the signals to whoever tells this of them."""
        yield


@contextlib.contextmanager
def _own_log(path: Path | None) -> Iterator[None]:
    """Write the lines of this thread to a file too, within the block."""
    if path is None:
        yield
        return
    root, own = logging.getLogger(), threading.get_ident()
    with open_to_append(path) as file, open(file.fileno(), "w", closefd=False) as text:
        handler = logging.StreamHandler(text)
        handler.addFilter(lambda record: record.thread == own)
        for other in root.handlers[:1]:
            handler.setFormatter(other.formatter)
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)
