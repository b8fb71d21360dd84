"""A run that is followed on disk while jobs train it: its state, how far it is, its curve."""

import contextlib
import csv
import math
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from lr_atlas.common.lengths import length_name, length_of, unit_of
from lr_atlas.common.safe_files import RefusedError, read_plain
from lr_atlas.runs.checkpoints import checkpoint_files, read_checkpoint
from lr_atlas.runs.run_files import HISTORY, finished_folder, is_finished
from lr_atlas.runs.run_folders import read_description
from lr_atlas.studies.grid import Run
from lr_atlas.tools.watch.live_jobs import changed_at
from lr_atlas.tools.watch.run_log import End, Points, RunLog
from lr_atlas.training.records import STEP, EpochRecord, history_columns

#: A curve is drawn from at most so many places, the last one among them.
MOST_PLACES = 200
_DIGITS = 5


class RunState(StrEnum):
    """Name what is known of a run."""

    WAITING = "waiting"
    STARTING = "starting"  # a job has it, and has not begun to train
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class FollowedRun:
    """Follows a run; each look reads only what has changed since the last one."""

    def __init__(
        self, run: Run, results: Path, stamps: Collection[str], checkpoints: Sequence[Path]
    ) -> None:
        """Take the run, the results folder, its stamps, and the folders of checkpoints."""
        self.run = run
        self.unit = unit_of(run.epochs)
        self.points: Points = {}
        self.status = ""  # how it ended, of a finished one: finished, diverged or collapsed
        self.is_finished = False
        self._stamps, self._checkpoints = stamps, checkpoints
        self._folders = (
            results / "runs" / run.folder,
            finished_folder(results, run.name, run.epochs),
        )
        # A pack leaves its own, before the run is taken over.
        logs = results / "logs" / "train" / run.name
        names = (f"{length_name(run.epochs)}{ending}" for ending in (".log", ".packed.log"))
        self._logs = [RunLog(logs / name) for name in names]
        self.log = self._logs[0]
        self._directory = results.parent
        self._kept: Points = {}
        self._kept_in: tuple[Path, float] | None = None

    def look(self) -> bool:
        """Bring what is known up to date, and return whether its curve has changed."""
        was_finished = self.is_finished
        folder = next((each for each in self._folders if is_finished(each, self._stamps)), None)
        self.is_finished = folder is not None
        if folder is not None:
            return not was_finished and self._take_finished(folder)
        changed = [log.look() for log in self._logs]
        self.log = max(self._logs, key=lambda log: changed_at(log.path))
        if not (any(changed) or was_finished):
            return False
        self.status = ""
        before = self.points
        # A log has fewer digits, and a checkpoint may be of an attempt that went further.
        kept = {at: row for at, row in self._kept_points().items() if at <= self.log.reached}
        self.points = {**self.log.points, **kept}
        return self.points != before

    def state(self, is_live: bool, since: float, failed: Collection[Path]) -> RunState:
        """Return its state.

        is_live: whether a workflow works here. since: when that was started, in seconds since 1970.
        failed: the logs of jobs that are known to have failed.
        """
        if self.is_finished:
            return RunState.FINISHED
        if self.log.end == End.FAILED or any(log.path in failed for log in self._logs):
            return RunState.FAILED
        changed = changed_at(self.log.path)
        if is_live and changed and changed >= since and self.log.end == End.NONE:
            return RunState.RUNNING if self.log.points or self.log.begun else RunState.STARTING
        return RunState.WAITING

    @property
    def reached(self) -> float:
        """Return how many epochs or steps are complete; all of a finished run, also a diverged."""
        return self.run.epochs if self.is_finished else min(self.log.reached, self.run.epochs)

    @property
    def trained(self) -> float:
        """Return how many epochs or steps the last attempt has trained, as its log says."""
        return max(0.0, max(self.log.points, default=0) - self.log.after)

    def curve(self) -> dict[str, list]:
        """Return {"epoch": places, column: values} in lists of one length, for the page."""
        places = thinned(sorted(self.points))
        columns = dict.fromkeys(name for at in places for name in self.points[at])
        return {
            "epoch": [_short(at) for at in places],
            **{name: [_short(self.points[at].get(name)) for at in places] for name in columns},
        }

    def _take_finished(self, folder: Path) -> bool:
        self.status = str(read_description(folder).get("status", ""))
        self.points = history_points(folder / HISTORY, self.unit)
        return True

    def _kept_points(self) -> Points:
        """Return what checkpoints know, of an attempt that goes on from an earlier one."""
        if not self.log.start:
            return {}
        paths = checkpoint_files(self._checkpoints, self.run.name)
        named = self._directory / self.log.start
        # One that it shares with other runs lies elsewhere; only folders of checkpoints are read.
        if any(named.is_relative_to(folder) for folder in self._checkpoints):
            paths.append(named)
        newest = max(paths, key=changed_at, default=None)
        if newest and self._kept_in != (newest, changed_at(newest)):
            self._kept_in = (newest, changed_at(newest))
            with contextlib.suppress(ValueError):
                self._kept = checkpoint_points(newest)
        return self._kept


def history_points(path: Path, unit: str) -> Points:
    """Return the points of a history.csv; none where it cannot be read."""
    try:
        rows = list(csv.DictReader(read_plain(path).decode("utf-8").splitlines()))
        place = STEP if unit == "steps" else "epoch"
        return {
            float(row[place]): {
                name: float(value)
                for name, value in row.items()
                if value and name not in ("epoch", STEP)
            }
            for row in rows
        }
    except (OSError, RefusedError, ValueError, KeyError, TypeError, csv.Error):
        return {}


def checkpoint_points(path: Path) -> Points:
    """Return the points that a checkpoint keeps. Raises ValueError for one that cannot be used."""
    checkpoint = read_checkpoint(path)
    records = [EpochRecord.from_dict(values) for values in checkpoint.progress["records"]]
    in_steps = unit_of(length_of(checkpoint.origin["configuration"], 0)) == "steps"
    found: Points = {}
    for record in records:
        columns = history_columns([name for name in record.train if name != "loss"])
        place = record.step if in_steps else record.epoch
        found[float(place)] = {name: record.value(name) for name in columns if _has(record, name)}
    return found


def _has(record: EpochRecord, column: str) -> bool:
    series, _, name = column.partition("_")
    metrics: Mapping[str, float] = getattr(record, series)
    return name in metrics


def thinned(places: Sequence[float], most: int = MOST_PLACES) -> list[float]:
    """Return at most so many places, evenly chosen, the first and the last among them."""
    if len(places) <= most:
        return list(places)
    last = len(places) - 1
    return [places[round(i * last / (most - 1))] for i in range(most)]


def _short(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else float(f"{value:.{_DIGITS}g}")
