"""The code that decides the bytes of runs, by which finished ones are up to date or stale."""

from pathlib import Path

from lr_atlas.common.fingerprint import folder_digests

_SCRIPTS = Path(__file__).parents[2]


def training_code() -> dict[str, str]:
    """Return {file: digest} of the folder `training`, the files relative to `scripts`.

    Nothing else is part of a run: help texts, locks, messages and files of jobs may be edited, and
    finished runs stay finished. Raises CodeError for a file that is no Python.
    """
    return folder_digests(_SCRIPTS / "lr_atlas" / "training", _SCRIPTS)
