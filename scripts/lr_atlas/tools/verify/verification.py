"""Judging a cached run: by its own checkpoint, and by the same run recomputed elsewhere."""

import tempfile
from pathlib import Path

from lr_atlas.common.lengths import unit_of
from lr_atlas.runs.checkpoints import Checkpoint, Origin, find_end, finished_run
from lr_atlas.runs.folder_difference import COMPARED, Difference, first_difference
from lr_atlas.runs.provenance import made_with, makers_text
from lr_atlas.runs.run_files import TIMING, write_run
from lr_atlas.runs.run_folders import read_description
from lr_atlas.runs.run_witnesses import own_ends
from lr_atlas.studies.grid import Run
from lr_atlas.tables.run_reading import CollectError, read_run
from lr_atlas.tools.verify.cached_runs import RunCache
from lr_atlas.tools.verify.certificate import DIFFERENT, FAILED, SAME, Verification, sha256_of

AGREES = "as in the checkpoint"
NO_CHECKPOINT = "without a checkpoint"
DIFFERS = "not as in the checkpoint"
INCONSISTENT = "with files that do not fit together"

#: A run with one of these is recomputed, whether drawn or not.
DOUBTFUL = (DIFFERS, INCONSISTENT)


def judge_by_checkpoint(run: Run, cache: RunCache) -> str:
    """Hold a run's folder against the checkpoint at its end: AGREES, DIFFERS and so on.

    This trains nothing, so that it can be done for all runs; what is wrong in both is not found.
    """
    folder = cache.folder(run)
    try:
        description, _ = read_run(folder, run)
    except CollectError:
        return INCONSISTENT
    ends = own_ends(run.name, run.epochs, description, cache.checkpoint_directories)
    if not ends:
        return NO_CHECKPOINT
    return AGREES if any(_holds(end, run.epochs, folder) for end in ends) else DIFFERS


def _holds(end: Checkpoint, epochs: int, folder: Path) -> bool:
    """Return whether a run's folder, as it would be written from a checkpoint, is like this one."""
    try:
        run = finished_run(end, epochs)
    except Exception:  # whatever a damaged archive comes up with
        return False
    with tempfile.TemporaryDirectory(prefix="lr-atlas-verify-") as work:
        write_run(Path(work), run)
        return first_difference(Path(work), folder) is None


def judge_by_recomputing(
    run: Run, cache: RunCache, chosen: str, recomputed: Path, failure: str | None
) -> Verification:
    """Return what came of recomputing a run.

    chosen: why this run was. recomputed: its new folder. failure: why that is not there, if so.
    """
    cached = cache.folder(run)
    difference = Difference("", failure) if failure else _difference(run, cached, recomputed)
    result = FAILED if failure else DIFFERENT if difference else SAME
    here, there = sha256_of(cached, COMPARED), sha256_of(recomputed, COMPARED)
    return Verification(
        run=run.name,
        epochs=run.epochs,
        seed=run.seed,
        studies=cache.studies(run),
        chosen=chosen,
        result=result,
        difference=difference.as_dict() if difference else None,
        files={name: {"cached": here[name], "recomputed": there[name]} for name in COMPARED},
        made_with=_made_with(cached),
        verified_with=_made_with(recomputed),
        remedy=_remedy(run, cache, chosen, result, recomputed),
        unit=unit_of(run.epochs),
    )


def _difference(run: Run, cached: Path, recomputed: Path) -> Difference | None:
    found = first_difference(cached, recomputed)
    if found:
        return found
    try:
        read_run(cached, run)
    except CollectError:
        return Difference(TIMING, f"all else agrees, {TIMING} does not belong to it")
    return None


def _made_with(folder: Path) -> dict | None:
    """Return provenance.made_with of a folder; None if it does not tell."""
    try:
        return made_with(read_description(folder))
    except (KeyError, TypeError):
        return None


def _remedy(run: Run, cache: RunCache, chosen: str, result: str, recomputed: Path) -> str | None:
    """Return what to do about a run; None if all is well, or if it could not be recomputed."""
    if result == FAILED or (result == SAME and chosen != DIFFERS):
        return None
    folder = cache.folder(run)
    folders = [directory / run.name for directory in cache.checkpoint_directories]
    checkpoints = [str(path) for path in folders if path.is_dir()]
    if result == SAME:
        return f"the run is right, its checkpoint is not: delete {' and '.join(checkpoints)}"
    if _would_be_written_from(run, cache, recomputed):
        return (
            "its checkpoint holds what was recomputed, so it was changed after it was made: delete "
            f"{folder}, and the next run of the workflow writes it anew from there"
        )
    text = (
        f"delete {' and '.join([str(folder), *checkpoints])}, and the next run of the workflow "
        "trains it anew"
    )
    made, verified = _made_with(folder), _made_with(recomputed)
    if made and verified and makers_text(made) != makers_text(verified):
        return (
            f"made with {makers_text(made)}, recomputed with {makers_text(verified)}, which alone "
            f"may change the last digits. To have it as it comes out here, {text}"
        )
    return text


def _would_be_written_from(run: Run, cache: RunCache, recomputed: Path) -> bool:
    """Return whether the checkpoint behind a run's folder holds `recomputed`."""
    description = read_description(recomputed)
    origin = Origin(
        configuration=run.configuration,
        code=description["code"],
        data=description["data"],
        torch=description["versions"]["torch"],
    )
    any_torch = not cache.atlas.configuration.recompute.on_new_torch
    end = find_end(cache.checkpoint_directories, origin, run.epochs, any_torch)
    return end is not None and _holds(end, run.epochs, recomputed)
