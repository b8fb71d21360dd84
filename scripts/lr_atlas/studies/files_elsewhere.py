"""The files of runs from elsewhere: read once, and remembered while nothing of them changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.environment_memory import recall, remember
from lr_atlas.common.errors import UserError
from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.files_of_runs import ColumnsOfRuns
from lr_atlas.config.study_models import Study
from lr_atlas.data.input_files import InputError, files_below, inputs_digest
from lr_atlas.studies.elsewhere import Elsewhere, of_imported
from lr_atlas.studies.study_checks import MOST_RUNS
from lr_atlas.training.parts import own_files_folder

if TYPE_CHECKING:
    from lr_atlas.studies.imported.imported import Imported

#: Studies whose files are remembered, those that were read last.
_MOST = 50
_DIGEST_LENGTH = 16


def find_elsewhere(name: str, study: Study, file: ConfigFile) -> Elsewhere:
    """Return what the files of a study hold. Raises ConfigError for those that cannot be used."""
    try:
        found = _found(study.runs, study.columns)
        if found.number_of_runs > MOST_RUNS:
            raise UserError(
                f"{found.number_of_runs:,} runs; at most {MOST_RUNS:,} can be in a study"
            )
    except (UserError, OSError) as error:
        raise file.error(("studies", name, "runs"), str(error)) from None
    return found


def read_elsewhere(files: Sequence[str], columns: Mapping[str, Any], digest: str) -> Imported:
    """Return the runs in files, as tables.

    columns: plain values of ColumnsOfRuns. digest: see `digest_of`. Raises UserError for files of
    another content, as one that changed since the workflow began.
    """
    from lr_atlas.studies.imported.imported import Columns
    from lr_atlas.studies.imported.registry import read_files
    from lr_atlas.studies.imported.roles import identify

    said = {key: value for key, value in columns.items() if key != "pattern"}
    said |= {key: tuple(said.get(key, ())) for key in ("by", "ignore")}
    imported = identify(read_files(map(Path, files), columns.get("pattern")), Columns(**said))
    if digest_of(files, columns) != digest:
        raise UserError(f"the runs in {_names(files)[0]} changed while they were read; start again")
    notes = imported.notes
    for path in files:  # where they lie is no matter
        notes = tuple(note.replace(os.path.join(Path(path).parent, ""), "") for note in notes)
    return replace(imported, notes=notes)


def digest_of(files: Sequence[str], columns: Mapping[str, Any]) -> str:
    """Return one value for the content of files, and what is said of their columns."""
    content = inputs_digest(Path(), files)
    text = canonical_json([content, dict(columns)])
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def plain_columns(columns: ColumnsOfRuns) -> dict[str, Any]:
    """Return what is said of columns as plain values; what is not said is left out."""
    return columns.model_dump(mode="json", exclude_defaults=True)


def _found(files: Sequence[str], columns: ColumnsOfRuns) -> Elsewhere:
    said, memory = plain_columns(columns), _memory()
    state, key = _state(files), canonical_json([list(files), said, str(own_files_folder())])
    known = recall(memory) or {}
    if key in known and known[key]["state"] == state:
        return Elsewhere.from_plain(known[key]["found"])
    digest = digest_of(files, said)
    found = of_imported(read_elsewhere(files, said, digest), digest, _names(files))
    # Another process may have read others meanwhile.
    known = recall(memory) or {}
    known.pop(key, None)
    known[key] = {"state": state, "found": found.to_plain()}
    remember(memory, dict([*known.items()][-_MOST:]))
    return found


def _names(files: Sequence[str]) -> list[str]:
    """Return files as a reader of a page should see them: from the configuration's folder on."""
    return [os.path.relpath(name, own_files_folder()) for name in files]


def _state(files: Sequence[str]) -> str:
    """Return one value for the names, sizes and times of files, which are not read."""
    found = hashlib.sha256()
    for name in files:
        for label, path in files_below(Path(), name):
            try:
                status = path.stat()
            except OSError as error:
                raise InputError(f"{path} cannot be read: {error.strerror}") from None
            looks = (label, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            found.update(repr(looks).encode(errors="replace"))
    return found.hexdigest()


@cache
def _memory() -> str:
    """Return the name of the memory: other code may read the same files in another way."""
    code = hashlib.sha256()
    room = Path(__file__).with_name("imported")
    for path in [Path(__file__), *sorted(room.rglob("*.py"))]:
        code.update(path.read_bytes())
    return f"elsewhere-{code.hexdigest()[:12]}.json"
