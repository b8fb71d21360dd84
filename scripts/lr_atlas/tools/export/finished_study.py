"""Read a finished study as it lies in results/, whatever its configuration has become since."""

import hashlib
import importlib.metadata
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from lr_atlas.common.digests import file_digest
from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import PACKAGE, fingerprint, folder_digests
from lr_atlas.common.spelling import did_you_mean
from lr_atlas.common.units import shortened
from lr_atlas.runs.run_files import DESCRIPTION
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.studies.study_metric import StudyMetric, recorded_metric
from lr_atlas.tables.study_tables import recorded_file
from lr_atlas.tables.table_files import read_csv, read_parquet

#: The last file of a study's analysis, in which its answer stands.
ANSWER = "answer.json"
_NEEDED = {
    "runs": ("run", "setting", "optimizer", "learning_rate", "seed", "status"),
    "epochs": ("run", "setting", "seed", "epoch"),
}
#: Files of a study that people look at, or other programs read.
_SHOWN = (".csv", ".json", ".parquet", ".md", ".tex", ".html", ".svg", ".png", ".pdf")
_MOST_NAMED = 8
PROJECT = Path(__file__).parents[4]


@dataclass(frozen=True)
class FinishedStudy:
    """A finished study.

    Attributes:
        name: As the folder of its tables.
        results: The folder `results`.
        folder: The folder of its tables.
        runs: The table of runs.
        epochs: The table of epochs.
        answer: The content of answer.json.
    """

    name: str
    results: Path
    folder: Path
    runs: pd.DataFrame
    epochs: pd.DataFrame
    answer: dict

    @cached_property
    def metric(self) -> StudyMetric:
        """Return what the study is about."""
        return recorded_metric(self.runs)

    @cached_property
    def descriptions(self) -> dict[str, tuple[Path, dict]]:
        """Return {run: (its folder, content of its run.json)}.

        Runs from elsewhere have none, nor those whose folder is gone. Of several lengths of a run
        it is that which the table is of, or else the longest.
        """
        folders = RunFolders(self.results / "runs")
        found = {}
        for name, wanted in zip(self.runs["run"], self._lengths(), strict=True):
            lengths = folders.lengths(name)
            keys = [(name, each) for each in lengths if each == wanted] or [
                (name, each) for each in lengths[:1]
            ]
            description = folders.description(keys[0]) if keys else None
            if description is not None:
                found[str(name)] = (folders.path(keys[0]), description)
        return found

    def _lengths(self) -> pd.Series:
        """Return for how many epochs, or steps, each run was to go, as far as the table says it."""
        for name in ("epochs", "steps"):
            if name in self.runs:
                return self.runs[name]
        name = "steps_completed" if "steps_completed" in self.runs else "epochs_completed"
        whole = self.runs[name].where(self.runs["status"] != "diverged")
        return pd.Series(whole.max(), index=self.runs.index)

    @property
    def sentence(self) -> str:
        """Return the study's answer in a sentence; empty where the file has none."""
        return str(self.answer.get("headline") or "")

    @cached_property
    def table_files(self) -> dict[str, Path]:
        """Return the file of each table by its name, as Parquet if it is there in both forms."""
        names = sorted({path.stem for path in self.folder.glob("*.csv")})
        names += [p.stem for p in sorted(self.folder.glob("*.parquet")) if p.stem not in names]
        files = {name: recorded_file(self.folder, name) for name in names}
        return {name: path for name, path in files.items() if path is not None}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by its name. Raises TableError."""
        return read_table(self.table_files[name])

    def files(self, *suffixes: str) -> list[Path]:
        """Return all files of the study's folder with these suffixes; of none all, in order."""
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file() and (not suffixes or path.suffix in suffixes)
        )

    def shown_files(self) -> list[Path]:
        """Return tables, texts, page and figures: what people look at, or programs read."""
        return self.files(*_SHOWN)

    def content_digest(self, with_source: bool = False) -> str:
        """Return a digest of all that an export is made from, and of the code that makes it.

        with_source: whether the training code counts, comments and formatting left out.
        """
        package = Path(__file__).parents[2]
        folders = (Path(__file__).parent, *((package / "training",) if with_source else ()))
        code = {k: v for each in folders for k, v in folder_digests(each, package).items()}
        found = hashlib.sha256(f"{atlas_version()} {fingerprint(code)}".encode())
        described = [folder / DESCRIPTION for folder, _ in self.descriptions.values()]
        for path in [*self.files(), *described]:
            found.update(f"\n{path.relative_to(self.results)} {file_digest(path)}".encode())
        return found.hexdigest()


def read_table(path: Path) -> pd.DataFrame:
    """Return a table of a study, of any version. Raises TableError."""
    return read_parquet(path) if path.suffix == ".parquet" else read_csv(path)


def read_finished(name: str, directory: Path) -> FinishedStudy:
    """Return a finished study. directory: where `results` lies.

    Raises UserError for one that is not there, or not finished.
    """
    results = directory / "results"
    known = sorted(path.name for path in (results / "studies").glob("*") if path.is_dir())
    if name not in known:
        there = f"are {shortened(known, _MOST_NAMED)}" if known else "is none yet"
        meant = did_you_mean(name, known)
        raise UserError(
            f"no study '{name}' in {results / 'studies'}{meant}{' There' if meant else '; there'} "
            f"{there}"
        )
    folder = results / "studies" / name
    lacking = [each for each in _NEEDED if recorded_file(folder, each) is None]
    lacking += [] if (folder / ANSWER).is_file() else [ANSWER.partition(".")[0]]
    if lacking:
        raise UserError(
            f"study {name} is not finished: {folder} has no {' and no '.join(lacking)} yet. "
            "`make run` finishes it"
        )
    tables = {each: _read_needed(folder, each) for each in _NEEDED}
    try:
        answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{folder / ANSWER} is damaged: {error}. Delete it and run again") from None
    return FinishedStudy(name, results, folder, tables["runs"], tables["epochs"], dict(answer))


def _read_needed(folder: Path, name: str) -> pd.DataFrame:
    path = recorded_file(folder, name)
    assert path is not None
    table = read_table(path)
    lacking = _lacking(table, _NEEDED[name])
    if lacking:
        raise UserError(f"{path} has no column {', '.join(lacking)}; run the workflow again")
    return table


def _lacking(table: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    return [column for column in columns if column not in table]


def atlas_version() -> str:
    """Return the version of LR Atlas: of this checkout, or else of the package."""
    path = PROJECT / "pyproject.toml"
    if path.is_file():
        return tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"]
    return importlib.metadata.version(PACKAGE.replace("_", "-"))
