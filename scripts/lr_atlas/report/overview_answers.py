"""The answer of a study as a file, from which the report and the last words are read."""

import json
from collections.abc import Iterable
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.report.study_report import StudyReport
from lr_atlas.tables.missing_runs import log_of

#: The name of the file, in the folder of a study.
ANSWER = "answer.json"


def answer_for_file(report: StudyReport) -> dict:
    """Return the answer as plain values: what `summary.md` says first, and which runs are missing.

    The keys are study, title, description, headline, sentences, cautions, runs ("57 of 60 runs")
    and missing, a list of {setting, seed, log}.
    """
    said = report.answer
    return {
        "study": report.name,
        "title": report.title,
        "description": report.question,
        "headline": said.headline,
        "sentences": list(said.sentences),
        "cautions": list(said.cautions),
        "runs": report.runs,
        "missing": [
            {"setting": run.setting, "seed": run.seed, "log": log_of(run)} for run in report.missing
        ],
    }


def read_answer(folder: Path) -> dict:
    """Return the answer in the folder of a study.

    Raises UserError if the file cannot be read.
    """
    path = folder / ANSWER
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it, and start again") from None


def last_words(results: Path, studies: Iterable[str]) -> str:
    """Return each study's answer in a sentence with the path of its page, and the report's path.

    results: the folder of the results. Studies without an answer are left out; the text is empty
    if there is none.
    """
    lines = []
    for study in studies:
        folder = results / "studies" / study
        if (folder / ANSWER).is_file() and (folder / "report.html").is_file():
            said = read_answer(folder)
            few = f" ({said['runs']})" if said["missing"] else ""
            lines += [
                f"{said['title']}{few}: {said['headline']}",
                f"    {_seen(folder / 'report.html')}",
            ]
    report = results / "report.html"
    if lines and report.is_file():
        lines.append(f"All answers on one page, to be opened in a browser: {_seen(report)}")
    return "\n".join(lines)


def _seen(path: Path) -> Path:
    """Return a path as it is called from the working directory, if it lies there."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
