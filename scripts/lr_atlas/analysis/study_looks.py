"""Count the looks at a study: at the runs that choose, at fresh seeds, at the test images.

They are kept in a file beside the results, `results/looks/<study>.json`, so that they outlive the
tables. A look is another set of seeds of the same question, or another set of settings and seeds
whose test images were evaluated; the same once more is none. One run of each setting shows no
difference, so a set of one seed counts as none.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lr_atlas.analysis.looks import count_look, level_of_look
from lr_atlas.analysis.verdicts import CHOOSING, FRESH
from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.safe_files import read_plain
from lr_atlas.tables.study_tables import COLUMNS

#: The keys of a study's definition that make another question: data, images held out, metric.
_QUESTION = ("dataset", "validation", "metric", "select_by")
_SHAPE = [
    {
        "question": dict,
        "seeds": [[int]],
        "tests": [{"settings": [str], "seeds": [int], "fresh": bool}],
    }
]
TEST = "test images"
_DECIMALS = 9


@dataclass(frozen=True)
class Looks:
    """Hold the sets looked at so far, this time included, each in the order of first sight.

    seeds: of the runs that choose. fresh: of the confirming runs. tests: of all runs whose test
    images were evaluated. Each is the number of seeds of each look.
    """

    seeds: tuple[int, ...] = ()
    fresh: tuple[int, ...] = ()
    tests: tuple[int, ...] = ()

    def number(self, fresh: bool = False) -> int:
        """Return the number of this look at the runs that chose, or at fresh seeds; from 1."""
        return max(1, len(self.fresh if fresh else self.seeds))

    def table(self) -> pd.DataFrame:
        """Return a row per kind of look that there was: kind, looks, seeds of each, error."""
        rows = [
            {
                "kind": kind,
                "looks": len(sizes),
                "seeds": "; ".join(map(str, sizes)),
                "error": None if kind == TEST else round(level_of_look(len(sizes)), _DECIMALS),
            }
            for kind, sizes in ((CHOOSING, self.seeds), (FRESH, self.fresh), (TEST, self.tests))
            if sizes
        ]
        table = pd.DataFrame(rows, columns=list(COLUMNS["looks"]))
        return table.astype({"looks": "int64", "error": float})


#: A study that was never looked at before.
FIRST_LOOK = Looks()


def look_at(
    path: Path, definition: dict, runs: pd.DataFrame, test: pd.DataFrame | None = None
) -> tuple[Looks, list[dict]]:
    """Return (the looks with this one, what to keep of them, see `keep`).

    path: of the file of the study's looks, which may not be there. definition: see
    studies.study_definition. runs, test: as in answer_tables.analyse_study.
    Raises UserError for a file of something else.
    """
    kept = read_looks(path)
    question = _question(definition)
    series = next((each for each in kept if each["question"] == question), None)
    others = [each for each in kept if each is not series]
    series = series or {"question": question, "seeds": [], "tests": []}
    sets, seeds = _looked_at(series["seeds"], _seeds(runs))
    tests, tested = series["tests"], []
    if test is not None and len(test):
        number, tests = count_look(tests, _tested(test))
        tested = tests[:number]
    fresh = [each for each in tested if each["fresh"] and len(each["seeds"]) > 1]
    if tested and not tested[-1]["fresh"]:
        fresh = []
    looks = Looks(
        seeds=tuple(map(len, seeds)),
        fresh=tuple(len(each["seeds"]) for each in fresh),
        tests=tuple(len(each["seeds"]) for each in tested),
    )
    return looks, [*others, {**series, "seeds": sets, "tests": tests}]


def keep(path: Path, kept: list[dict]) -> None:
    """Write down what `look_at` gave; nothing where the file says so already."""
    content = (json.dumps(kept, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    if path.exists() and read_plain(path) == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(path) as file:
        file.write(content)


def read_looks(path: Path) -> list[dict]:
    """Read the looks at a study, a dict per question; none without a file. Raises UserError."""
    if not path.exists():
        return []
    try:
        kept = json.loads(read_plain(path))
    except (OSError, ValueError):
        kept = None
    if not has_shape(kept, _SHAPE):
        raise UserError(
            f"{path} is no list of looks at a study, as the analysis writes it. Bring it back, or "
            "delete it: looks are then counted anew, and verdicts forget the earlier ones"
        )
    return kept


def _question(definition: dict) -> dict[str, Any]:
    asked = {key: value for key, value in definition["study"].items() if key in _QUESTION}
    return {**asked, "digest": definition["data"].get("digest")}


def _seeds(runs: pd.DataFrame) -> list[int]:
    return sorted({int(seed) for seed in runs["seed"]})


def _looked_at(before: list[list[int]], this: list[int]) -> tuple[list, list]:
    """Return (all sets of seeds, those up to this one)."""
    if len(this) < 2:
        return before, []
    number, sets = count_look(before, this)
    return sets, sets[:number]


def _tested(test: pd.DataFrame) -> dict[str, Any]:
    return {
        "settings": sorted(set(map(str, test["setting"]))),
        "seeds": _seeds(test),
        "fresh": bool(test["confirmation"].astype(bool).any()),
    }
