"""The studies that are watched: those of the workflow that works here, else of a configuration."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain
from lr_atlas.runs.job_demands import JobDemands
from lr_atlas.runs.start_record import Start, read_start
from lr_atlas.runs.training_code import TRAINING
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.selection import read_selection, runs_of_chosen
from lr_atlas.tools.plan.run_plan import number_of_fresh_runs
from lr_atlas.tools.watch.followed_run import FollowedRun

Key = tuple[str, int]  # a run's name and its length


@dataclass
class WatchedStudies:
    """Studies with their runs, as they are followed."""

    start: Start
    results: Path
    since: float  # when the workflow was started, in seconds since 1970; 0 where none was
    runs: dict[Key, FollowedRun] = field(default_factory=dict)
    _seconds: dict[Key, float] | None = None

    def runs_of(self, study: str) -> list[FollowedRun]:
        """Return the runs that a study asks for now: its grid, then those of chosen settings."""
        plan = self.start.atlas.plans[study]
        return [self._followed(run) for run in (*plan.asked, *(self._of_chosen(plan) or ()))]

    def fresh_to_come(self, study: str) -> int:
        """Return how many runs on fresh seeds are to come, once settings are chosen."""
        plan = self.start.atlas.plans[study]
        return number_of_fresh_runs(plan) if self._of_chosen(plan) is None else 0

    def seconds_of_an_epoch(self, key: Key) -> float:
        """Return what an epoch or step of a run counts for beside those of others."""
        if self._seconds is None:
            atlas = self.start.atlas
            try:
                demands = JobDemands(atlas, self.results, dict(self.start.code[TRAINING]))
                self._seconds = demands.weights(atlas.possible_runs.values())
            except (UserError, OSError):
                self._seconds = {}
        return self._seconds.get(key, 1.0)

    def has_page(self, study: str) -> bool:
        """Return whether a study has a page."""
        return (self.results / "studies" / study / "report.html").is_file()

    def is_complete(self) -> bool:
        """Return whether all runs are finished, and each study has its page."""
        plans = self.start.atlas.plans
        return all(
            self.has_page(study)
            and not self.fresh_to_come(study)
            and all(each.is_finished for each in self.runs_of(study))
            for study in plans
        )

    def _followed(self, run: Run) -> FollowedRun:
        key = (run.name, run.epochs)
        if key not in self.runs:
            checkpoints = self.start.atlas.checkpoint_directories(self.results)
            stamps = self.start.stamps(run.configuration)
            self.runs[key] = FollowedRun(run, self.results, stamps, checkpoints)
        return self.runs[key]

    def _of_chosen(self, plan: Plan) -> list[Run] | None:
        """Return the runs on fresh seeds of chosen settings; None before these are chosen."""
        if not plan.of_chosen:
            return []
        if not all(self._followed(run).is_finished for run in plan.trained):
            return None
        try:
            path = self.results / "studies" / plan.study / "selection.json"
            return runs_of_chosen(plan, read_selection(path, plan))
        except (OSError, UserError):
            return None


def started_record(directory: Path) -> Path:
    """Return where a workflow writes down what it has started with."""
    return directory / ".snakemake" / "lr-atlas" / "started.json"


def studies_started(directory: Path) -> WatchedStudies | None:
    """Return the studies that the workflow has started with; None where that cannot be read."""
    path = started_record(directory)
    try:
        since = path.stat().st_mtime
        start = read_start(path, json.loads(read_plain(path))["start"])
    # It may be half of one, or of another version of this project.
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return None
    return WatchedStudies(start, directory / "results", since)
