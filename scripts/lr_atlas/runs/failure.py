"""Failure: what is said of it, and what is made of the runs that are finished all the same."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import remove_folder
from lr_atlas.common.units import counted
from lr_atlas.runs.beginning import Places
from lr_atlas.runs.jobs import Job
from lr_atlas.runs.missing_runs import (
    finished_sentence,
    first_lines,
    missing_runs,
)
from lr_atlas.runs.run_files import finished_folder
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.runs.run_status import Kind, Status, circumstances, run_statuses
from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.runs.start_record import Start
from lr_atlas.runs.training_code import TRAINING
from lr_atlas.studies.grid import Run

#: The rules behind the results of a study, once its runs are there.
STUDY_RULES = ("collect", "select", "evaluate", "find_rates", "analyse", "figures", "study_page")
#: The last files of a study, in the folder of its results; all others are made on the way to them.
CURVES = "figures/curves"
LAST_FIGURE = "figures/validation_curves"
LAST_FILES = ("report.html", f"{LAST_FIGURE}.svg")
#: A file of each earlier stage.
_EARLIER = ("runs.csv", "selection.json", "test.csv", "summary.csv", "answer.json")
#: Snakemake (9.27) holds no list of its jobs while it asks for their state, and cancels none then.
_OVERLOOKED = (
    "Snakemake may have overlooked jobs when it cancelled them: look into the queue, and cancel "
    "what is left or let it end. The next start takes what it has trained."
)
GO_ON = "Start again to go on: what is finished is kept, and the rest is made."


@dataclass(frozen=True)
class Failure:
    """A workflow that has ended before its end."""

    failed: Sequence[Job]
    planned: Sequence[Job]  # all, the failed ones among them
    was_stopped: bool  # by somebody
    on_cluster: bool  # whether jobs were sent to other machines


@dataclass(frozen=True)
class Workshop:
    """The means to make something of what is finished."""

    start: Start
    places: Places
    packs: dict[str, list[Run]]  # those of each pack, by study/pack
    #: Have Snakemake make files by some of the rules; returns what it said where it could not.
    make: Callable[[Collection[str], Sequence[str]], str | None]
    say: Callable[[str], None]

    # Finished files

    def unfinished(self, runs: Iterable[Run]) -> list[Run]:
        """Return those of the runs that are not finished, as of now."""
        return missing_runs(runs, self.places.results / "runs", self.start.stamps)

    def is_shown(self, study: str) -> bool:
        """Return whether the report can show a study.

        Snakemake deletes what a failed job has made, so a file of each stage is looked for; those
        of later stages are what an earlier start has left.
        """
        runs = self.start.atlas.plans[study].runs
        folder = self.places.results / "studies" / study
        has_runs = len(self.unfinished(runs)) < len(runs)
        return has_runs and all(
            (folder / name).exists() for name in (*_EARLIER, CURVES, *LAST_FILES)
        )

    def statuses(self, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Status]:
        """Return the status of runs, given by name and epochs, as of now."""
        atlas = self.start.atlas
        runs = {key: atlas.possible_runs[key] for key in sorted(keys)}
        record = self.places.snakemake / "incomplete"
        now = circumstances(atlas, self.places.results, record, self.start.code[TRAINING])
        return run_statuses(
            atlas, runs, self.places.results, RunFolders(self.places.results / "runs"), now
        )

    # Work after a failure

    def report(self, failure: Failure, may_make: bool) -> None:
        """Say what failed and what is finished, and make what can be made of the latter.

        may_make: whether tables, figures and pages were asked for.
        """
        if failure.was_stopped:
            self.say("Stopped. Tables, figures and report are as they were.")
            if failure.on_cluster:
                self.say(_OVERLOOKED)
        elif failure.failed:
            logs = sorted(path for job in failure.failed for path in job.logs)
            count = counted(len(failure.failed), "job")
            self.say(f"{count} failed. What happened is in\n{first_lines(logs)}")
            self._take_over_from_packs(failure.failed)
        self._say_how_many_are_finished(failure)
        if failure.failed and not failure.was_stopped and may_make:
            try:
                self._make_what_can_be_made(failure)
            except KeyboardInterrupt:
                self.say("Stopped before all tables, figures and the report were made.")
        self.say(GO_ON)

    def _take_over_from_packs(self, failed: Iterable[Job]) -> None:
        """Take what packs have finished that were ended by their engine each time."""
        atlas = self.start.atlas
        conditions = Conditions(
            code=self.start.code[TRAINING],
            device=atlas.configuration.compute.device,
            checkpoints=atlas.checkpoint_directories(self.places.results),
            on_new_torch="recompute" if atlas.configuration.recompute.on_new_torch else "keep",
        )
        packs = [job.pack for job in failed if job.rule == "train_pack"]
        for run in (run for pack in packs for run in self.packs[pack]):
            # Runs that are not finished stay so; the pack's log says why.
            with contextlib.suppress(UserError, OSError):
                images = atlas.image_files(run, self.places.results)
                folder = self.places.results / "runs" / run.folder
                task = Task(run.configuration, run.epochs, images, folder)
                complete_run(task, conditions, may_train=False)
                finished = finished_folder(self.places.results, run.name, run.epochs)
                remove_folder(finished.parents[1], *finished.parts[-2:])

    def _say_how_many_are_finished(self, failure: Failure) -> None:
        """Count the runs that Snakemake was asked for, directly or for something else.

        What a pack has finished counts, also where there was no time to take it over.
        """
        statuses = self.statuses({job.run for job in failure.planned if job.rule == "train"})
        if not statuses:
            return
        finished = sum(
            self.start.is_up_to_date(self.start.atlas.possible_runs[key], self.places.results)
            or (failure.was_stopped and status.kind == Kind.TAKE_OVER)
            for key, status in statuses.items()
        )
        begun = sum(status.kind == Kind.CONTINUE for status in statuses.values())
        self.say(finished_sentence(finished, begun, len(statuses)))

    def _make_what_can_be_made(self, failure: Failure) -> None:
        """Make what Snakemake was asked for, as far as there are finished runs behind it."""
        plans = self.start.atlas.plans
        jobs = [job for job in failure.planned if job.rule in STUDY_RULES]
        spoilt = {job.study for job in jobs if job in failure.failed}
        with_runs = [
            study
            for study, plan in plans.items()
            if study not in spoilt and len(self.unfinished(plan.trained)) < len(plan.runs)
        ]
        files = [path for job in jobs if job.study in with_runs for path in job.outputs]
        if not files:
            # A study whose own tables, figures or page failed has runs, and maybe tables.
            self.say(
                "Nothing else can be made before this is put right."
                if spoilt
                else "There is nothing yet to make tables of."
            )
            return
        self.say("Making tables and figures of the runs that are finished …")
        is_complete = self._made(files, STUDY_RULES)
        if not is_complete:
            self.say("Some could not be made, see above.")
        report = next((job for job in failure.planned if job.rule == "report"), None)
        shown = [study for study in plans if self.is_shown(study)]
        if report and report not in failure.failed and shown:
            if self._made(report.outputs, ["report"]):
                page = next(path for path in report.outputs if path.endswith("report.html"))
                self.say(f"{page} shows the runs that are finished and names the others.")
            others = [study for study in plans if study not in shown]
            if others:
                self.say(f"It shows nothing of the studies without results: {', '.join(others)}.")
        elif is_complete:
            self.say("They name the runs that are missing.")

    def _made(self, files: Collection[str], rules: Sequence[str]) -> bool:
        said = self.make(files, rules)
        if said is not None:
            self.say(said)
        return said is None
