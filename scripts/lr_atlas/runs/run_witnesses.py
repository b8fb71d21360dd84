"""Witnesses of what a run's folder should hold: its checkpoint and the study's images."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from lr_atlas.common.digests import file_digest
from lr_atlas.data.stored_images import FILES, check_images
from lr_atlas.runs.checkpoints import Checkpoint, checkpoint_files, read_checkpoint
from lr_atlas.runs.folder_difference import CIRCUMSTANCES
from lr_atlas.runs.run_files import columns_of
from lr_atlas.training.records import EpochRecord, history_text


def own_ends(
    name: str, epochs: int, description: dict, directories: Iterable[Path]
) -> list[Checkpoint]:
    """Return the checkpoints at which a run has come to its end, made as its folder says.

    description: the content of run.json. directories: where checkpoints lie.
    """
    ends = []
    for path in checkpoint_files(directories, name):
        with contextlib.suppress(ValueError):
            end = read_checkpoint(path)
            if not end.is_end_of(epochs):
                continue
            made = end.description or {}
            if all(made.get(key) == description.get(key) for key in CIRCUMSTANCES):
                ends.append(end)
    return ends


def history_of(end: Checkpoint) -> str:
    """Return what history.csv holds where a run has come to its end with this checkpoint."""
    records = [EpochRecord.from_dict(each) for each in end.progress["records"]]
    return history_text(records, columns_of(end.description or {}))


def digests_of_images(folder: Path) -> dict[str, str]:
    """Return {file: SHA-256 (hex)} of the image files in a folder of results/data, as in run.json.

    Without those that are gone, or are not what the name of the folder says.
    """
    paths = [folder / name for name in FILES]
    return {
        path.name: file_digest(path) for path in paths if path.is_file() and not check_images(path)
    }
