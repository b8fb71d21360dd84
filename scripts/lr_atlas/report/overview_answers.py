"""The answer of a study as a file, from which the report and the last words are read."""

from collections.abc import Iterable
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.table_errors import TableError, read_json

#: The name of the file, in the folder of a study.
ANSWER = "answer.json"
#: The shape of what study_report.answer_for_file gives.
_SHAPE = {
    **dict.fromkeys(("study", "title", "description", "headline", "runs"), str),
    "sentences": [str],
    "cautions": [str],
    "missing": [{"setting": str, "seed": int, "log": str}],
}


def read_answer(folder: Path) -> dict:
    """Return the answer in the folder of a study.

    Raises TableError if the file cannot be read, or is not what `analyse` writes.
    """
    answer = read_json(folder / ANSWER)
    if not has_shape(answer, _SHAPE):
        raise TableError(folder / ANSWER, "it is not what the rule analyse writes")
    return answer


def last_words(results: Path, studies: Iterable[str]) -> str:
    """Return each study's answer in a sentence with the path of its page, and the report's path.

    results: the folder of the results. Studies without an answer are left out; of a damaged one it
    is said. The text is empty if there is none.
    """
    lines = []
    for study in studies:
        folder = results / "studies" / study
        if (folder / ANSWER).is_file() and (folder / "report.html").is_file():
            try:
                said = read_answer(folder)
            except UserError as error:
                lines.append(f"{study}: {error}")
                continue
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
