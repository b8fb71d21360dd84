"""The report as one HTML text, a pure function of the answers and of the files beside them."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from lr_atlas.common.figure_formats import FORMATS
from lr_atlas.figures import drawn
from lr_atlas.locale.speech import mark, say_word
from lr_atlas.report.templates import html
from lr_atlas.studies.study_metric import ACCURACY

#: The files of a study that a reader may want, by what they hold.
FILES = {
    "summary.md": mark("answer and tables as text"),
    "summary.tex": mark("the main table for LaTeX"),
    "summary.csv": mark("settings"),
    "optimizers.csv": mark("optimizers"),
    "pairs.csv": mark("pairs"),
    "findings.csv": mark("findings"),
    "claims.csv": mark("claims"),
    "reported.csv": mark("reported values"),
    "test.csv": mark("test results"),
    "runs.csv": mark("runs"),
    "epochs.csv": mark("epochs"),
}
_MOST_LISTED = 10


def report_page(
    answers: Sequence[Mapping],
    files: Mapping[str, Sequence[str]],
    left_out: Mapping[str, Mapping],
    version: str = "",
) -> str:
    """Return the report, HTML with links to files that are named relative to it.

    answers: of the studies, see study_report.answer_for_file. files: by study, the names of files
    that lie in its folder, figures as "figures/<name>". left_out: studies of which there are no
    results, each {runs: "0 of 9 runs", logs: of the first that are missing, more: how many
    others}. version: of the project.
    """
    return html(
        "overview.html.j2",
        studies=[_study(answer, files[answer["study"]]) for answer in answers],
        left_out=left_out,
        most_listed=_MOST_LISTED,
        version=version,
    )


def _study(answer: Mapping, files: Sequence[str]) -> dict:
    folder = f"studies/{quote(answer['study'])}"
    metric = answer.get("metric", ACCURACY.title)
    main = f"figures/{next(iter(drawn.figures()))}.svg"
    shown = [
        {
            "title": figure.title_of(metric),
            "formats": [
                {"name": suffix.upper(), "path": f"{folder}/figures/{name}.{suffix}"}
                for suffix in FORMATS
                if f"figures/{name}.{suffix}" in files
            ],
        }
        for name, figure in drawn.figures().items()
    ]
    return {
        **answer,
        "page": f"{folder}/report.html",
        "picture": f"{folder}/{main}" if main in files else "",
        "picture_title": next(iter(drawn.figures().values())).title_of(metric),
        "figures": [figure for figure in shown if figure["formats"]],
        "tables": [
            {"name": name, "path": f"{folder}/{name}", "holds": say_word(holds)}
            for name, holds in FILES.items()
            if name in files
        ],
    }
