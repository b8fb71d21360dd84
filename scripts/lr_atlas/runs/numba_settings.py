"""A file of settings for Numba, which would change the digits of a run."""

from pathlib import Path

from lr_atlas.common.errors import UserError

#: Numba reads it in the current folder, whenever it compiles.
_FILE = Path(".numba_config.yaml")


def refuse_numba_settings() -> None:
    """Raise UserError if the current folder has settings for Numba."""
    if _FILE.exists():
        raise UserError(
            f"{_FILE.absolute()} has settings for Numba, which change the last digits of runs; "
            "remove it from the folder that this is started in"
        )
