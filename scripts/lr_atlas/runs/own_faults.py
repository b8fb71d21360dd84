"""Errors that a run met in a file of the user's, told in one line."""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lr_atlas.common.errors import UserError
from lr_atlas.training.parts import PartError, file_and_thing, named_parts, own_files_folder


@contextmanager
def own_faults_told(configuration: Mapping[str, Any]) -> Iterator[None]:
    """Raise UserError, with file and line, for what code of the user's raises in the block.

    configuration: of the run, complete; it names the user's files. Other errors stay as they are.
    """
    try:
        yield
    except (UserError, OSError, MemoryError):
        raise
    except PartError as error:
        raise UserError(str(error)) from None
    except Exception as error:
        own = [file_and_thing(name) for _, name in named_parts(dict(configuration))]
        files = {str(own_files_folder() / each[0]): each[0] for each in own if each}
        frames = [
            each for each in traceback.extract_tb(error.__traceback__) if each.filename in files
        ]
        if not frames:
            raise
        at, text = frames[-1], " ".join(str(error).split())
        raise UserError(
            f"{files[at.filename]}:{at.lineno}, in {at.name}: {type(error).__name__}: {text}"
        ) from None
