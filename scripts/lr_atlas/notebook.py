"""Results read, and studies run, from Python, such as in a notebook.

import lr_atlas as atlas

results = atlas.run("config.yaml", cores=2)     # or atlas.read("results")
results.answer                                  # shown as text with emphasis
results["my-study"].figure("sensitivity")       # shown as a picture
results.runs                                    # a table of pandas, a row per run
"""

import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path

import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import suggestion
from lr_atlas.common.system import refuse_windows
from lr_atlas.common.workflow_folder import workflow_folder
from lr_atlas.report.overview_answers import ANSWER, read_answer
from lr_atlas.report.templates import emphasis
from lr_atlas.tables.study_tables import read_recorded
from lr_atlas.tools.start.snakemake_call import check_words, snakemake_words

File = str | PathLike[str]


class Answer(str):
    """Markdown that a notebook shows as what it means; printed, it is plain text."""

    def _repr_markdown_(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return "\n".join(map(_html, self.split("\n\n")))


def _html(paragraph: str) -> str:
    """Return a paragraph, heading or list of an answer as HTML."""
    if paragraph.startswith("### "):
        return f"<h3>{emphasis(paragraph[4:])}</h3>"
    if paragraph.startswith("- "):
        items = (f"<li>{emphasis(line[2:])}</li>" for line in paragraph.split("\n"))
        return f"<ul>{''.join(items)}</ul>"
    return f"<p>{emphasis(paragraph)}</p>"


@dataclass(frozen=True)
class Figure:
    """A figure of a study, shown inline in a notebook.

    Attributes:
        path: Its file, SVG; PDF and PNG lie beside it.
    """

    path: Path

    @property
    def svg(self) -> str:
        """Return the figure as SVG."""
        return self.path.read_text(encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True)
class Study:
    """The results of one study.

    Attributes:
        folder: Its folder, results/studies/<name>.
    """

    folder: Path

    @property
    def name(self) -> str:
        """Return its name."""
        return self.folder.name

    @property
    def page(self) -> Path:
        """Return the path of its page, to be opened in a browser."""
        return self.folder / "report.html"

    @cached_property
    def answer(self) -> Answer:
        """Return what the study says, and what to mind. Raises UserError."""
        said = read_answer(self.folder)
        lines = [f"- {' '.join(line.split())}" for line in [*said["sentences"], *said["cautions"]]]
        return Answer(
            "\n\n".join([f"### {said['title']}", f"**{said['headline']}**", *_list(lines)])
        )

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Return a row per run: what it was, and how it ended. Raises UserError."""
        return self.table("runs")

    @cached_property
    def settings(self) -> pd.DataFrame:
        """Return a row per setting: means and intervals over its runs. Raises UserError."""
        return self.table("summary")

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """Return a row per run and epoch. Raises UserError."""
        return self.table("epochs")

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the study's folder, by the name of its file. Raises UserError."""
        table = read_recorded(self.folder, name)
        if table is None:
            tables = {path.stem for path in self.folder.glob("*.csv")}
            raise UserError(_no_such("table", name, tables, self.folder))
        return table

    @property
    def figures(self) -> list[str]:
        """Return the names of its figures, those of single settings behind the others."""
        folder = self.folder / "figures"
        found = sorted(folder.rglob("*.svg"), key=lambda path: (len(path.parts), path))
        return [path.relative_to(folder).with_suffix("").as_posix() for path in found]

    def figure(self, name: str) -> Figure:
        """Return a figure by its name. Raises UserError, with the names that there are."""
        if name not in self.figures:
            raise UserError(_no_such("figure", name, self.figures, self.folder / "figures"))
        return Figure(self.folder / "figures" / f"{name}.svg")

    def _repr_html_(self) -> str:
        return self.answer._repr_html_()


class Results(Mapping[str, Study]):
    """The results of all studies in a folder, by their names."""

    def __init__(self, folder: Path, studies: Mapping[str, Study]) -> None:
        """Take the folder of the results, and the studies in it."""
        self.folder = folder
        self.studies = studies

    def __getitem__(self, name: str) -> Study:
        """Return a study by its name. Raises UserError, with those that there are."""
        if name not in self.studies:
            raise UserError(_no_such("study", name, self.studies, self.folder))
        return self.studies[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is a study of that name."""
        return name in self.studies

    def __iter__(self) -> Iterator[str]:
        """Return the names of the studies."""
        return iter(self.studies)

    def __len__(self) -> int:
        """Return the number of studies."""
        return len(self.studies)

    def __repr__(self) -> str:
        """Return where they lie, and their names."""
        return f"<results in {self.folder}: {', '.join(self.studies)}>"

    @property
    def page(self) -> Path:
        """Return the path of the page with all answers, to be opened in a browser."""
        return self.folder / "report.html"

    @property
    def answer(self) -> Answer:
        """Return what all studies say, one after the other. Raises UserError."""
        return Answer("\n\n".join(study.answer for study in self.studies.values()))

    @property
    def runs(self) -> pd.DataFrame:
        """Return a row per run of every study, with the column `study`. Raises UserError."""
        return pd.concat([study.runs.assign(study=study.name) for study in self.values()])

    def figure(self, name: str, study: str | None = None) -> Figure:
        """Return a figure by its name: of that study, or of the only one. Raises UserError."""
        if study is None and len(self.studies) > 1:
            raise UserError(f"of which study? There are {', '.join(self.studies)}")
        return self[study or next(iter(self.studies))].figure(name)

    def _repr_html_(self) -> str:
        return self.answer._repr_html_()


def read(folder: File = "results") -> Results:
    """Return the results in a folder, or in its folder `results`. Raises UserError."""
    given = Path(folder)
    for results in (given, given / "results"):
        found = sorted(results.glob(f"studies/*/{ANSWER}"))
        if found:
            return Results(results, {path.parent.name: Study(path.parent) for path in found})
    what = "it has no studies with answers" if given.is_dir() else "there is no such folder"
    raise UserError(f"{given}: {what}; `lr-atlas run`, or lr_atlas.run(), makes them")


def run(*files: File, cores: int | None = None, directory: File = ".") -> Results:
    """Do what `lr-atlas run` does, say what it says, and return the results. Raises UserError.

    files: configurations in place of config.yaml, later ones over earlier ones. cores: default all.
    directory: where `results` is to lie.
    """
    refuse_windows()
    paths = [Path(file) for file in files]
    words = snakemake_words(paths, (), None if cores is None else str(cores), Path(directory))
    for command in [check_words(paths), words] if paths else [words]:
        _say_all_of(command)
    return read(Path(directory) / "results")


def snakefile() -> str:
    """Return the path of the Snakefile, for another workflow that uses this one as a module."""
    return str(workflow_folder() / "Snakefile")


def _say_all_of(command: list[str]) -> None:
    """Run a command and print what it says, line by line. Raises UserError if it fails."""
    # A session of its own: an interrupt would else reach Snakemake twice, which then stops at once.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
    if process.wait():
        raise UserError("it did not come to its end, as said above; what was finished is kept")


def _list(lines: list[str]) -> list[str]:
    return ["\n".join(lines)] if lines else []


def _no_such(kind: str, name: str, known: Iterable[str], folder: Path) -> str:
    """Return a message that there is no thing of this name, with what was probably meant."""
    return f"{folder}: there is no {kind} '{name}'{suggestion(name, sorted(known))}"
