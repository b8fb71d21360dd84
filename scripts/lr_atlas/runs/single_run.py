"""One run to its end: taken from where it was finished before, or trained."""

import contextlib
import functools
import importlib.metadata
import logging
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.digests import file_digest
from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import refuse_changes
from lr_atlas.runs.checkpoints import (
    NOTHING_TO_TRAIN,
    Origin,
    find_end,
    finished_run,
)
from lr_atlas.runs.numba_settings import refuse_numba_settings
from lr_atlas.runs.run_files import FinishedRun, write_run
from lr_atlas.runs.run_locks import only_one_works
from lr_atlas.runs.training_code import training_code
from lr_atlas.studies.run_identity import run_name

LOGGER = logging.getLogger(__name__)

#: Of images, which do not change in the life of a job that trains several runs on them.
image_digest = functools.cache(file_digest)


def complete_run(
    code: dict[str, str],
    configuration: dict,
    epochs: int,
    images: Sequence[Path],
    device: str,
    checkpoints: Sequence[Path],
    on_new_torch: str,
    output_directory: Path,
    may_train: bool = True,
) -> None:
    """Bring a run to its end, as a checkpoint in `checkpoints[0]` and as files of its own.

    code: digests of the training code, as `training_code` gave them for all runs.
    configuration: canonical (run_identity).
    images: the training images; then those of the validation, if they are others.
    device: "auto", "cpu" or "cuda".
    checkpoints: folders to look for checkpoints in; new ones are kept in the first. May be empty.
    on_new_torch: "keep" or "recompute": whether a run that another torch has finished is taken.
    output_directory: where the run's files are written.
    may_train: where False, a run that has not come to its end raises UserError.

    Raises UserError, and SystemExit when a signal ends the training early, a checkpoint written.
    """
    name = run_name(configuration)
    origin = Origin(
        configuration=configuration,
        code=code,
        data={path.name: image_digest(path) for path in images},
        torch=importlib.metadata.version("torch"),
    )
    LOGGER.info("%s, %d epochs", name, epochs)
    alone = only_one_works(checkpoints[0], name) if checkpoints else contextlib.nullcontext()
    with alone:
        end = find_end(checkpoints, origin, epochs, any_torch=on_new_torch == "keep")
        if end:
            LOGGER.info("%s: taken from %s", NOTHING_TO_TRAIN, end.path)
            run = finished_run(end, epochs)
        elif not may_train:
            raise UserError(f"{name} was not trained to its end by the job of its pack")
        else:
            run = _trained(origin, epochs, images, device, checkpoints)
        # A job that has outlived its Snakemake may want to write the same folder.
        write_run(output_directory, run)
    LOGGER.info("%s", ": ".join(filter(None, (run.description[k] for k in ("status", "reason")))))


def _trained(
    origin: Origin,
    epochs: int,
    images: Sequence[Path],
    device: str,
    checkpoints: Sequence[Path],
) -> FinishedRun:
    # Only now, since torch takes longer to import than a finished run takes to be copied.
    refuse_numba_settings()
    from lr_atlas.runs.training_job import train_run

    now = training_code([origin.configuration])
    refuse_changes({name: origin.code.get(name, "") for name in now}, now)
    training_images, test_images = images[0], images[1] if len(images) > 1 else None
    return train_run(origin, epochs, training_images, test_images, device, checkpoints)
