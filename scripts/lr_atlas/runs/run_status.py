"""Outcome of a start of the workflow for each run, told from the disk before anything runs.

cached      its folder is up to date: there is nothing to do
take over   a checkpoint is its end: the job copies the files
continue    a checkpoint lies on its way: the job trains the rest
stale       it was trained before, but what is there cannot be used
new         there is nothing of it
"""

import base64
import contextlib
import functools
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from lr_atlas.common.digests import file_digest
from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import length_text
from lr_atlas.common.machine import torch_version
from lr_atlas.common.units import shortened
from lr_atlas.data.stored_images import check_images
from lr_atlas.runs.checkpoints import (
    Checkpoint,
    Origin,
    checkpoint_files,
    difference,
    read_checkpoint,
)
from lr_atlas.runs.devices import uses_gpu
from lr_atlas.runs.run_files import DESCRIPTION, FIRST_EPOCH, HISTORY, TIMING, diverged_at
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.runs.training_code import Stamps, changed_code
from lr_atlas.runs.trunk_plan import TrunkPlan
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Run
from lr_atlas.studies.run_identity import is_command
from lr_atlas.studies.trunks import group_name

#: Remembers digests of images, which do not change while the plan is made.
_digest = functools.cache(file_digest)


@functools.cache
def _is_whole(path: Path) -> bool:
    """Return whether a file of images is there as it was made; any other is removed."""
    return path.exists() and not check_images(path)


class Kind(StrEnum):
    """Name what would be done with a run; see above."""

    CACHED = "cached"
    TAKE_OVER = "take over"
    CONTINUE = "continue"
    STALE = "stale"
    NEW = "new"


@dataclass(frozen=True)
class Status:
    """Hold what would be done with a run, and why."""

    kind: Kind
    epochs: int  # asked for, or lengths.Steps; then the others count steps too
    done: int = 0  # epochs that are there
    diverged: int | None = None  # the epoch in which it diverged when it was trained before
    reason: str = ""
    shared: int = 0  # of the epochs that are there, those that the trunk spares the run

    @property
    def to_train(self) -> int:
        """Return the epochs to train, unless the run diverges."""
        return type(self.epochs)(self.epochs - self.done)

    @property
    def expected(self) -> int:
        """Return the epochs to train, if a run that diverged before does so again."""
        rest = max(min(self.diverged or self.epochs, self.epochs) - self.done, 0)
        return type(self.epochs)(rest)


@dataclass(frozen=True)
class Circumstances:
    """Hold the code, versions and folders that jobs would run with."""

    code: dict[str, str]  # training_code.training_code
    torch: str | None  # its version; None where it is not known
    recompute_on_new_torch: bool
    device: str  # "cpu" or "cuda"; which GPU it is cannot be told without torch
    checkpoints: tuple[Path, ...]  # where the jobs look for them, in this order
    cache: Path | None = None  # the one of these that other folders share
    interrupted: frozenset[str] = frozenset()  # see `interrupted_outputs`

    @functools.cached_property
    def stamps(self) -> Stamps:
        """Return the files of which one says that a run's folder is up to date."""
        return Stamps(self.code, self.torch if self.recompute_on_new_torch else None)


def circumstances(atlas: Atlas, results: Path, record: Path, code: dict[str, str]) -> Circumstances:
    """Return what the jobs would run with, here and now.

    results: the results folder. record: the folder of Snakemake's marks, see `interrupted_outputs`.
    code: training_code.training_code. Raises UserError where torch's version
    matters and none is installed.
    """
    configuration = atlas.configuration
    on_new_torch = configuration.recompute.on_new_torch
    try:
        torch = torch_version()
    except UserError:
        # As where jobs bring an environment of their own; it matters only if the user says so.
        if on_new_torch:
            raise
        torch = None
    return Circumstances(
        code=code,
        torch=torch,
        recompute_on_new_torch=on_new_torch,
        device="cuda" if uses_gpu(configuration.compute.device) else "cpu",
        checkpoints=tuple(atlas.checkpoint_directories(results)),
        cache=Path(shared) if (shared := configuration.cache.directory) else None,
        interrupted=interrupted_outputs(record),
    )


def run_statuses(
    atlas: Atlas,
    runs: Mapping[tuple[str, int], Run],
    results: Path,
    folders: RunFolders,
    now: Circumstances,
) -> dict[tuple[str, int], Status]:
    """Return the status of every one of the runs, by name and length.

    results: the results folder, of whose runs `folders` knows.
    """
    images = {key: atlas.image_files(run, results) for key, run in runs.items()}
    obstacles = {key: _obstacle(key, run, folders, now) for key, run in runs.items()}
    # Images that are gone are fetched as soon as one run needs them, and Snakemake then starts the
    # jobs of all runs on them.
    gone = {path for path in {*itertools.chain(*images.values())} if not _is_whole(path)}
    fetched = {path for key in runs if obstacles[key] for path in images[key]} & gone
    statuses = {}
    # A run's shorter lengths are trained before it, and bring it so far.
    trained: dict[str, int] = {}
    trunks = TrunkPlan(atlas, now.checkpoints)
    groups = {key: group_name(run.configuration) for key, run in runs.items()}
    for key, run in sorted(runs.items(), key=lambda item: (groups[item[0]], item[0][1], item[0])):
        obstacle = obstacles[key]
        if not obstacle and fetched.intersection(images[key]):
            obstacle = "its images are gone and have to be fetched"
        if not obstacle:
            diverged = _diverged_at(folders.description(key), run.epochs)
            statuses[key] = Status(Kind.CACHED, run.epochs, run.epochs, diverged)
            continue
        found = _look_at_checkpoints(run, images[key], now)
        if run.name in trained:
            found.starts.append(trained[run.name])
        own = max(found.starts, default=0)
        usable = functools.partial(_is_usable, images=images[key], now=now)
        shared = trunks.epochs_there(run, usable)
        if shared > own:
            found.starts.append(shared)
        statuses[key] = _status_of_job(run, obstacle, found, folders, now)
        if statuses[key].kind != Kind.TAKE_OVER:
            trained[run.name] = run.epochs
            trunks.will_train(run)
            if shared > own:
                statuses[key] = replace(statuses[key], shared=shared - own)
    return statuses


def interrupted_outputs(record: Path) -> frozenset[str]:
    """Return the files that jobs were writing when Snakemake was killed.

    It will have them written anew.

    record: the folder of Snakemake's marks, one for each such file: the file's path in base64, cut
    into folders that begin with "@" where it is too long for a name.
    """
    found = set()
    for mark in record.rglob("*"):
        text = "".join(part.removeprefix("@") for part in mark.relative_to(record).parts)
        with contextlib.suppress(ValueError):  # a folder, or no such mark
            found.add(base64.urlsafe_b64decode(text).decode())
    return frozenset(found)


def _obstacle(key: tuple[str, int], run: Run, folders: RunFolders, now: Circumstances) -> str:
    """Return why a run's folder is not up to date, as Snakemake sees it; empty if it is."""
    files = folders.files.get(key)
    if files is None:
        return "it has no folder"
    if not now.stamps(run.configuration) & files:
        description = folders.description(key)
        if description:
            torch = description["versions"]["torch"]
            other_code = _other_code(description["code"], now.code)
            if other_code or (now.recompute_on_new_torch and torch != now.torch):
                return other_code or f"another torch: {torch}, here {now.torch}"
        return "its folder is not complete"
    missing = [name for name in (HISTORY, FIRST_EPOCH, TIMING, DESCRIPTION) if name not in files]
    if missing:
        return f"{shortened(missing)} missing"
    folder = f"results/runs/{run.folder}"
    if any(f"{folder}/{name}" in now.interrupted for name in files):
        return "Snakemake was killed while it was written"
    return ""


@dataclass
class _Found:
    """Return what the job of a run will find among the checkpoints."""

    end: Checkpoint | None = None
    starts: list[int] = field(default_factory=list)  # complete epochs, or steps
    problems: list[str] = field(default_factory=list)  # why others cannot be used


def _look_at_checkpoints(run: Run, images: list[Path], now: Circumstances) -> _Found:
    """Return the choice that the job makes, as far as it can be made without torch."""
    found = _Found()
    for path in checkpoint_files(now.checkpoints, run.name):
        try:
            checkpoint = read_checkpoint(path)
        except ValueError as error:
            found.problems.append(f"its checkpoint: {error}")
            continue
        if checkpoint.is_end_of(run.epochs) and not _problem(checkpoint, run, images, now, False):
            found.end = checkpoint
            break
        problem = _problem(checkpoint, run, images, now, True)
        if problem:
            found.problems.append(problem)
        elif checkpoint.is_before(run.epochs):
            found.starts.append(checkpoint.reached)
        else:
            found.problems.append(
                f"it was trained past this, for {length_text(checkpoint.reached)}"
            )
    return found


def _is_usable(checkpoint: Checkpoint, run: Run, images: list[Path], now: Circumstances) -> bool:
    """Return whether a run could train on from a checkpoint."""
    return not _problem(checkpoint, run, images, now, training_on=True)


def _problem(
    checkpoint: Checkpoint, run: Run, images: list[Path], now: Circumstances, training_on: bool
) -> str | None:
    """Return why a checkpoint cannot be used to train on from, or as the end of the run."""
    images_known = all(map(_is_whole, images))
    keys = ["configuration", *(["data"] if images_known else [])]
    if now.torch and (training_on or now.recompute_on_new_torch):
        keys.append("torch")
    if training_on:
        keys.append("device")
    here = Origin(
        configuration=run.configuration,
        code=now.code,
        data={path.name: _digest(path) for path in images} if images_known else {},
        torch=now.torch or "",
        device=now.device,
    )
    origin = checkpoint.origin
    found = origin | {"device": origin["device"].partition(" ")[0]}
    return _other_code(origin["code"], now.code) or difference(found, here, keys)


def _status_of_job(
    run: Run, obstacle: str, found: _Found, folders: RunFolders, now: Circumstances
) -> Status:
    """Return the status of a run whose folder is not up to date."""
    lengths = folders.lengths(run.name)
    if found.end:
        shared = now.cache and found.end.path.is_relative_to(now.cache)
        diverged = _diverged_at(found.end.description, run.epochs)
        reasons = [obstacle] * (run.epochs in lengths) + ["from the cache"] * bool(shared)
        return Status(Kind.TAKE_OVER, run.epochs, run.epochs, diverged, "; ".join(reasons))
    if found.starts:
        return Status(Kind.CONTINUE, run.epochs, max(found.starts))
    if not lengths and not found.problems:
        return Status(Kind.NEW, run.epochs)
    descriptions = [folders.description((run.name, length)) for length in lengths]
    if run.epochs in lengths:
        reason = obstacle
    elif found.problems:
        reason = found.problems[0]
    else:
        code = descriptions[0]["code"] if descriptions[0] else now.code
        reason = _other_code(code, now.code) or (
            "a program begins anew for another number of epochs"
            if is_command(run.configuration)
            else f"no checkpoint of its {length_text(lengths[0])} is left"
        )
    epochs = (_diverged_at(description, run.epochs) for description in descriptions)
    return Status(Kind.STALE, run.epochs, 0, next(filter(None, epochs), None), reason)


def _other_code(found: dict[str, str] | None, now: dict[str, str]) -> str:
    """Return which files differ, in words; empty if none does."""
    if found is None:
        return "other code: an earlier version of this project"
    changed = [f"scripts/{name}" for name in changed_code(found, now)]
    return f"other code: {shortened(changed)}" if changed else ""


def _diverged_at(description: dict | None, length: int) -> int | None:
    """Return in which epoch or step up to a length a run diverged; None if it did not."""
    at = diverged_at(description) if description else None
    return at if at is not None and at <= length else None
