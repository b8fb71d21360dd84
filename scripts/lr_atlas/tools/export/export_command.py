"""The command `export`: a finished study where people look already, in a folder."""

import argparse
import importlib
import textwrap
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import suggestion
from lr_atlas.tools.export.export_folder import Export, replaced
from lr_atlas.tools.export.finished_study import read_finished
from lr_atlas.tools.export.kinds import KINDS, Kind, check_installed

_WIDTH = 88


def _listed() -> str:
    width = max(map(len, KINDS))
    indent = " " * (width + 4)
    lines = (
        textwrap.fill(
            f"{name:<{width}}  {kind.help}", _WIDTH, initial_indent="  ", subsequent_indent=indent
        )
        for name, kind in KINDS.items()
    )
    return "\n".join(lines)


DESCRIPTION = f"""\
Write a finished study of results/ in a form of others, into a folder:

{_listed()}

What is there already is left as it is if nothing has changed since, and else replaced as a whole.
Nothing of results/ is changed, nothing is sent anywhere."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("kind", metavar="KIND", help=f"one of {', '.join(KINDS)}")
    parser.add_argument("study", metavar="STUDY", help="the name of a study in results/studies")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where to (default: results/exports/STUDY/KIND)",
    )
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="where `results` lies (default: here)"
    )


def run(given: argparse.Namespace) -> int:
    """Export a study, say where to in a few lines, and return 0. Raises UserError."""
    print("\n".join(export(given.kind, given.study, given.directory, given.to)))
    return 0


def export(kind: str, name: str, directory: Path, to: Path | None = None) -> Sequence[str]:
    """Export a study and return what is to be said of it, line by line.

    directory: where `results` lies. to: the folder to be written. Raises UserError.
    """
    if kind not in KINDS:
        raise UserError(f"no kind of export '{kind}'{suggestion(kind, KINDS)}")
    study = read_finished(name, directory)
    form = KINDS[kind]
    folder = to or directory / "results" / "exports" / study.name / kind
    wanted = Export(kind, study.name, study.content_digest(form.packs_source))
    if wanted.is_at(folder):
        return [
            f"{folder} is up to date: study {study.name} has not changed since",
            *_look(form, folder),
        ]
    check_installed(form)
    module = importlib.import_module(form.module)
    with replaced(folder, wanted) as (building, final):
        said: list[str] = module.write(study, building, final)
    return [f"Wrote study {study.name} to {folder}: {said[0]}", *said[1:], *_look(form, folder)]


def _look(form: Kind, folder: Path) -> list[str]:
    return [f"  {form.look.format(folder=folder)}"]
