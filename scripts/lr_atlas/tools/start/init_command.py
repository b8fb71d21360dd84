"""The command `init`: a first configuration in a folder, with a study of the user's own."""

import argparse
from pathlib import Path

from lr_atlas.common.errors import UserError

DESCRIPTION = """\
Write a short config.yaml that explains itself, with a study that trains in about a minute.

A file that is there already is left as it is."""

_NAME = "config.yaml"
_FIRST_STUDY = Path(__file__).with_name("first_study.yaml")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(), metavar="FOLDER", help="default: here"
    )


def run(given: argparse.Namespace) -> int:
    """Write the file and say what comes next. Raises UserError."""
    path = given.folder / _NAME
    try:
        given.folder.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(_FIRST_STUDY.read_text(encoding="utf-8"))
    except FileExistsError as error:
        if error.filename == str(path):
            raise UserError(f"{path} is there already, and is left as it is") from None
        raise UserError(f"{given.folder}: this is a file, where a folder is needed") from None
    except NotADirectoryError:
        raise UserError(f"{given.folder}: a part of it is a file, no folder") from None
    start = "lr-atlas run" if given.folder == Path() else f"cd {given.folder} && lr-atlas run"
    print(f"Wrote {path}. Edit it, or see first what comes out: {start}")
    return 0
