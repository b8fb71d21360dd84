"""Runs that are asked for, as the terminal's view of the workflow needs them."""

from collections.abc import Iterable
from pathlib import Path

from lr_atlas.runs.failure import Workshop
from lr_atlas.runs.job_demands import JobDemands
from lr_atlas.runs.progress import AskedRun, Key
from lr_atlas.runs.run_files import finished_folder


def asked_runs(workshop: Workshop, demands: JobDemands, keys: Iterable[Key]) -> list[AskedRun]:
    """Return what is known of runs, given by name and epochs, in the order of their names."""
    start, results = workshop.start, workshop.places.results
    ending = ".packed.log" if workshop.packs else ".log"
    asked = []
    statuses = workshop.statuses(keys)
    weights = demands.weights(start.atlas.possible_runs[key] for key in statuses)
    for key, status in sorted(statuses.items()):
        run = start.atlas.possible_runs[key]
        folders = (results / "runs" / run.folder, finished_folder(results, run.name, run.epochs))
        stamps = start.stamps(run.configuration)
        asked.append(
            AskedRun(
                key=(run.name, run.epochs),
                title=f"{run.setting}, seed {run.seed}",
                done=status.done,
                epoch_seconds=weights[key],
                log=Path(f"{results}/logs/train/{run.folder}{ending}"),
                ends=tuple(folder / stamp for folder in folders for stamp in stamps),
            )
        )
    return asked
