"""The live view: what lies on disk of the watched studies now, as plain values for the page."""

import itertools
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from lr_atlas.common.units import counted
from lr_atlas.runs.progress import RunningRun, Snapshot, enough_to_judge
from lr_atlas.tools.watch.followed_run import FollowedRun, RunState
from lr_atlas.tools.watch.live_jobs import FailedJob, LiveJobs, changed_at, last_lines
from lr_atlas.tools.watch.run_log import End
from lr_atlas.tools.watch.study_view import StudyView
from lr_atlas.tools.watch.watched_studies import WatchedStudies, started_record, studies_started
from lr_atlas.tools.watch.workflow_state import Phase, phase_of

#: The most failures, and the most running runs, that are shown.
_MOST_FAILED, _MOST_DOING = 20, 12


@dataclass(frozen=True)
class Sight:
    """Hold what was seen at one moment; it does not change."""

    phase: Phase
    is_complete: bool  # all that is asked for is there
    said: str  # the state in a sentence
    state: Mapping  # plain values, for JSON
    #: {run/length: (the number of the look that found it so, its curve)}
    curves: Mapping[str, tuple[int, dict]]
    number: int  # of the look

    def since(self, number: int) -> dict:
        """Return the state with the curves that have changed since that look."""
        changed = {key: curve for key, (at, curve) in self.curves.items() if at > number}
        return {**self.state, "curves": changed}


class LiveView:
    """Looks at a folder in which a workflow works, or will; only reads there."""

    def __init__(self, directory: Path, studies: WatchedStudies) -> None:
        """Take the folder, and the studies that are shown while no workflow works there."""
        self.directory, self.studies = directory, studies
        #: Tells the page that its curves are another view's.
        self.name = secrets.token_hex(4)
        self.was_live = False
        self._record = 0.0
        self._number = itertools.count(1)
        self._curves: dict[str, tuple[int, dict]] = {}
        self._take(studies)

    def look(self) -> Sight:
        """Return what lies on disk now."""
        phase, number = phase_of(self.directory), next(self._number)
        self._take_what_started(phase)
        self.was_live = self.was_live or phase == Phase.RUNNING
        self._jobs.look()
        for view in self._views:
            for followed in self.studies.runs_of(view.name):
                self._followed[followed.run.folder] = followed
        changed = {key: each for key, each in self._followed.items() if each.look()}
        # Not changed in place: a reader may have the last sight in hand.
        self._curves = self._curves | {key: (number, each.curve()) for key, each in changed.items()}
        states = self._states(phase == Phase.RUNNING)
        snapshot = self._snapshot(states, is_live=phase == Phase.RUNNING)
        is_complete = self.studies.is_complete()
        said = self._said(phase, snapshot, states, is_complete)
        state = self._plain(phase, snapshot, states) | {"said": said, "number": number}
        return Sight(phase, is_complete, said, state, MappingProxyType(self._curves), number)

    def _take(self, studies: WatchedStudies) -> None:
        self.studies = studies
        self._followed: dict[str, FollowedRun] = {}
        self._jobs = LiveJobs(self.directory, studies.since)
        self._views = [StudyView(name, studies.start.atlas) for name in studies.start.atlas.plans]

    def _take_what_started(self, phase: Phase) -> None:
        """Go over to what a workflow has started with, where it is another one."""
        changed = changed_at(started_record(self.directory))
        if phase == Phase.RUNNING and changed != self._record:
            started = studies_started(self.directory)
            if started:
                self._record, self._curves = changed, {}
                self._take(started)

    def _states(self, is_live: bool) -> dict[str, RunState]:
        failed, training = self._jobs.failed_logs, self._jobs.training if is_live else set()
        since = self.studies.since
        states = {}
        for key, followed in self._followed.items():
            states[key] = followed.state(is_live, since, failed)
            if states[key] == RunState.WAITING and key in training:
                states[key] = RunState.STARTING
        return states

    def _snapshot(self, states: Mapping[str, RunState], *, is_live: bool) -> Snapshot:
        """Return how far all runs are together."""
        runs = self._followed.values()
        return Snapshot(
            epochs=int(sum(each.reached for each in runs)),
            epochs_asked=sum(each.run.epochs for each in runs),
            runs=sum(each.is_finished for each in runs),
            runs_asked=len(runs),
            seconds_left=self._seconds_left() if is_live else None,
            running=tuple(
                RunningRun(
                    f"{each.run.setting}, seed {each.run.seed}",
                    int(each.reached),
                    int(each.run.epochs),
                    "",
                )
                for key, each in self._followed.items()
                if states[key] == RunState.RUNNING
            ),
            starting=sum(state == RunState.STARTING for state in states.values()),
            units=tuple(sorted({each.unit for each in runs})) or ("epochs",),
        )

    def _seconds_left(self) -> float | None:
        """Return the seconds left, by what was trained since the workflow was started."""
        begun, trained, work, rest = [], 0.0, 0.0, 0.0
        for each in self._followed.values():
            epoch = self.studies.seconds_of_an_epoch((each.run.name, each.run.epochs))
            rest += (each.run.epochs - each.reached) * epoch
            if each.log.begun and each.log.begun >= self.studies.since - 1:
                begun.append(each.log.begun)
                trained += each.trained
                work += each.trained * epoch
        seconds = time.time() - min(begun, default=time.time())
        return seconds * rest / work if enough_to_judge(trained, seconds, work) else None

    def _said(
        self, phase: Phase, seen: Snapshot, states: Mapping[str, RunState], is_complete: bool
    ) -> str:
        if phase == Phase.STARTING:
            return "A workflow begins, and reads what it is asked for."
        if phase == Phase.RUNNING:
            if not seen.is_finished:
                return "Training."
            if any(self.studies.fresh_to_come(view.name) for view in self._views):
                return "Trained; settings are chosen, and runs on fresh seeds follow."
            return "All runs are trained; tables, figures and pages follow."
        if is_complete:
            return "All is finished."
        if not self.was_live:
            return "Nothing runs here yet; the view begins with the workflow (make run)."
        failed = sum(state == RunState.FAILED for state in states.values())
        why = f", failed: {failed}" if failed else ""
        left = seen.runs_asked - seen.runs
        if not left:
            return "The workflow has ended before all tables and pages were made."
        runs = counted(left, "run")
        return f"The workflow has ended; not finished: {runs}{why}. The next start goes on."

    def _plain(self, phase: Phase, seen: Snapshot, states: Mapping[str, RunState]) -> dict:
        failed = [*self._jobs.failed_others, *self._failed_runs(states)]
        is_live = phase != Phase.NONE
        doing = [_running_text(each) for each in seen.running]
        if seen.starting:
            doing.append(f"{seen.starting} about to begin")
        return {
            "view": self.name,
            "phase": str(phase),
            "ended": phase == Phase.NONE and self.was_live,
            "counts": seen.counts if seen.runs_asked else "",
            "left": seen.left,
            "share": round(seen.epochs / seen.epochs_asked, 4) if seen.epochs_asked else 1.0,
            "doing": [*(self._jobs.doing if is_live else []), *doing][:_MOST_DOING],
            "doing_more": max(0, len(doing) - _MOST_DOING),
            "failed": [asdict(each) for each in failed[:_MOST_FAILED]],
            "failed_more": max(0, len(failed) - _MOST_FAILED),
            "studies": [self._study(view, states, is_live) for view in self._views],
        }

    def _study(self, view: StudyView, states: Mapping[str, RunState], is_live: bool) -> dict:
        runs = [(each, states[each.run.folder]) for each in self.studies.runs_of(view.name)]
        has_page = self.studies.has_page(view.name)
        page = f"/page/{quote(view.name, safe='')}/report.html" if has_page else ""
        return view.plain(runs, self.studies.fresh_to_come(view.name), page, is_live=is_live)

    def _failed_runs(self, states: Mapping[str, RunState]) -> Sequence[FailedJob]:
        failed = [key for key, state in states.items() if state == RunState.FAILED]
        found = []
        for key in failed:
            run, log = self._followed[key].run, self._followed[key].log
            path, title = log.path, f"{run.setting}, seed {run.seed}"
            if log.end != End.FAILED:
                title += ", whose job was ended from outside"
            found.append(FailedJob(title, _within(path, self.directory), last_lines(path)))
        return found


def _within(path: Path, directory: Path) -> str:
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else path.name


def _running_text(run: RunningRun) -> str:
    return f"{run.title}: {run.epoch} of {run.epochs}"
