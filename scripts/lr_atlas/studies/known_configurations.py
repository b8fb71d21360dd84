"""Configurations that runs may belong to: the project's, and those that were run in a folder.

A run that one of them asks for is nobody's left-over, whichever is looked at now.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.safe_files import read_plain
from lr_atlas.config.command_line import PROJECT, configuration_files
from lr_atlas.studies.atlas import Atlas

#: Lists what workflows were started with, the last one first, in their folder of own doings.
_RECORD = "configurations.json"
_MOST_REMEMBERED = 50


@dataclass(frozen=True)
class Configuration:
    """The start of a workflow, past or possible: files, and values over theirs."""

    files: tuple[Path, ...]
    overrides: dict

    @property
    def name(self) -> str:
        """Return such as "mine.yaml", or "config.yaml with more.yaml", values as given."""
        here = Path.cwd()
        shown = [
            str(path.relative_to(here) if path.is_relative_to(here) else path)
            for path in self.files
        ]
        values = [f"{key}={json.dumps(value)}" for key, value in self.overrides.items()]
        return " with ".join([*shown, *values]) if shown else "a workflow that uses this one"


def remember_configuration(own: Path, files: Sequence[Path], overrides: Mapping) -> None:
    """Write down that a workflow is started with these files, merged, and values over theirs.

    own: the folder of its own doings, .snakemake/lr-atlas.
    """
    entry = {"files": [str(Path(path).resolve()) for path in files], "overrides": dict(overrides)}
    entries = [entry, *(each for each in _read(own) if each != entry)][:_MOST_REMEMBERED]
    own.mkdir(parents=True, exist_ok=True)
    with open_atomically(own / _RECORD) as file:
        file.write(json.dumps(entries, default=str).encode())


def known_configurations(directory: Path) -> list[Configuration]:
    """Return those of the project and of a folder, and those that were run there and still exist.

    Each once: config.yaml, the shipped studies, then those that were run.
    """
    own = directory / ".snakemake" / "lr-atlas"
    alone = [
        PROJECT / "config.yaml",
        *configuration_files([], directory),
        *sorted((PROJECT / "studies").glob("*.yaml")),
        *sorted((directory / "studies").glob("*.yaml")),
    ]
    found = [Configuration((path.resolve(),), {}) for path in alone if path.is_file()]
    for entry in _read(own):
        files = tuple(map(Path, entry["files"]))
        if all(path.is_file() for path in files):
            found.append(Configuration(files, entry["overrides"]))
    return [each for n, each in enumerate(found) if each not in found[:n]]


def asked_for(atlases: Iterable[Atlas]) -> dict[str, set[int]]:
    """Return for how many epochs each run is asked for by any of them, by the run's name."""
    asked: dict[str, set[int]] = {}
    for atlas in atlases:
        for name, lengths in atlas.lengths.items():
            asked.setdefault(name, set()).update(lengths)
    return asked


def trunks_of(atlases: Iterable[Atlas]) -> dict[str, set[int]]:
    """Return the budgets of the runs of each trunk that any of them has, by the trunk's name."""
    found: dict[str, set[int]] = {}
    for atlas in atlases:
        for name, budgets in atlas.trunks.items():
            found.setdefault(name, set()).update(budgets)
    return found


def _read(own: Path) -> list[dict]:
    """Return the entries of the record; none where there is none that can be read."""
    try:
        entries = json.loads(read_plain(own / _RECORD))
        return [each for each in entries if {"files", "overrides"} <= set(each)]
    except (OSError, ValueError, TypeError):
        return []
