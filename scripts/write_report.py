"""Write the report: the answers of all studies on one page, with links to what lies beside it."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_job
from lr_atlas.locale.language import SOURCE
from lr_atlas.locale.speech import speaking
from lr_atlas.report.index_page import MEMORY, index_page, read_memory, remembered
from lr_atlas.report.overview import FILES, report_page
from lr_atlas.report.overview_answers import read_answer


def main(
    *,
    studies: Sequence[str],
    left_out: str,
    version: str,
    language: str,
    index: Path,
    output: Path,
) -> None:
    """Write `output`, which lies beside the folder `studies`, and the index beside it.

    studies: names of those that are shown. left_out: JSON of those that are not, see
    report.overview.report_page. version: of the project. language: the code of the page's.
    """
    folders = {study: output.parent / "studies" / study for study in studies}
    files = {study: _files(folder) for study, folder in folders.items()}
    answers = [read_answer(folder) for folder in folders.values()]
    memory = remembered(read_memory(output.parent / MEMORY), answers)
    with speaking(language):
        page = report_page(answers, files, json.loads(left_out), version)
        overview = index_page(answers, memory, version)
    texts = {output: page, index: overview, output.parent / MEMORY: json.dumps(memory) + "\n"}
    for path, text in texts.items():
        with open_atomically(path) as file:
            file.write(text.encode("utf-8"))


def _files(folder: Path) -> list[str]:
    figures = sorted(path.name for path in (folder / "figures").glob("*.*") if path.stat().st_size)
    tables = [name for name in FILES if (folder / name).is_file()]
    return [*tables, *(f"figures/{name}" for name in figures)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", nargs="*", default=[], help="names of the studies to show")
    parser.add_argument("--left-out", default="{}", help="JSON of the studies that are not shown")
    parser.add_argument("--version", default="", help="the version of the project")
    parser.add_argument("--language", default=SOURCE.code, help="the code of the page's language")
    parser.add_argument("--index", type=Path, required=True, help="the index of all results")
    parser.add_argument("--output", type=Path, required=True, help="the HTML file to write")
    run_job(main, parser)
