"""The index of all results: each study with its answer, and what changed since last time.

Last time is when the answers were others than now: a report that is made again without news changes
nothing here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.table_errors import read_json
from lr_atlas.locale.speech import say
from lr_atlas.report.templates import html

#: The file with the answers of now and of last time, beside the index.
MEMORY = "answers.json"
_STUDY = {"headline": str, "runs": str}


def read_memory(path: Path) -> dict:
    """Return {"now": {study: {headline, runs}}, "before": the same}, as the file has it.

    Both are empty where there is no file, or one that is damaged: it is made anew.
    """
    empty: dict = {"now": {}, "before": {}}
    if not path.is_file():
        return empty
    try:
        found = read_json(path)
    except UserError:
        return empty
    is_whole = isinstance(found, dict) and all(
        isinstance(found.get(when), dict)
        and all(has_shape(each, _STUDY) for each in found[when].values())
        for when in empty
    )
    return found if is_whole else empty


def remembered(memory: Mapping, answers: Sequence[Mapping]) -> dict:
    """Return the memory with the answers of now, which become last time's where they are others.

    answers: of the studies, see study_report.answer_for_file.
    """
    now = {each["study"]: {"headline": each["headline"], "runs": each["runs"]} for each in answers}
    before = memory["before"] if now == memory["now"] else memory["now"]
    return {"now": now, "before": before}


def changes(memory: Mapping) -> dict[str, str]:
    """Return what changed of each study since last time, in a sentence; empty if nothing did."""
    found = {}
    for study, now in memory["now"].items():
        before = memory["before"].get(study)
        if not memory["before"]:
            found[study] = ""
        elif before is None:
            found[study] = say("New.")
        elif before["headline"] != now["headline"]:
            found[study] = say("Another answer. Before: {headline}", headline=before["headline"])
        elif before["runs"] != now["runs"]:
            found[study] = say("The same answer from {runs} before.", runs=before["runs"])
        else:
            found[study] = ""
    return found


def index_page(answers: Sequence[Mapping], memory: Mapping, version: str = "") -> str:
    """Return the index, HTML with links to files that are named relative to it.

    answers: as in `remembered`. memory: what that gave. version: of the project.
    """
    news = changes(memory)
    rows = [
        {**each, "page": f"studies/{quote(each['study'])}/report.html", "news": news[each["study"]]}
        for each in answers
    ]
    gone = sorted(set(memory["before"]) - set(memory["now"]))
    return html("index_page.html.j2", studies=rows, gone=gone, version=version)
