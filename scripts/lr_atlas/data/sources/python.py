"""A function of one's own that returns arrays."""

import contextlib
import sys
from pathlib import Path
from typing import Any

from lr_atlas.common.own_code import own_code
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.source import Source
from lr_atlas.data.sources.labelled_arrays import Given
from lr_atlas.data.sources.named_arrays import EXPECTED, parts_of_tuple, sorted_into_parts
from lr_atlas.training.parts import (
    PartError,
    count_own_files_from,
    file_and_thing,
    load_part,
    own_files_folder,
)


def code(source: Source) -> dict[str, str]:
    """Return {file: digest} of the function's file and of the modules beside it that it imports.

    A comment changes no digest. Raises CodeError for a file that is no Python, or not there.
    """
    own = file_and_thing(source.place)
    assert own is not None
    return own_code(own[0], Path(source.base_folder))


def given(source: Source) -> dict[str, Given]:
    """Return the arrays of each part, which the function gives.

    Raises DataError with what it raises, or if it gives something else.
    """
    arguments = source.options.get("arguments", {})
    before = own_files_folder()
    count_own_files_from(Path(source.base_folder))
    try:
        # Its prints would get into the picture of the jobs, which is read from standard output.
        with contextlib.redirect_stdout(sys.stderr):
            arrays: Any = load_part("data", source.place)(**arguments)
    # A user's function may raise anything, the end of the process included.
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, PartError) else f"{type(error).__name__}: {error}"
        raise DataError(f"{source.place} gives no data: {' '.join(reason.split())}") from None
    finally:
        count_own_files_from(before)
    if isinstance(arrays, dict):
        return sorted_into_parts(arrays, source.place)
    if isinstance(arrays, tuple | list):
        return parts_of_tuple(arrays, source.place)
    raise DataError(
        f"{source.place} gives a {type(arrays).__name__}; a mapping or a tuple is needed: "
        f"{EXPECTED}"
    )
