"""A file that counts how often runs were judged, since who looks until it shows finds something.

One line of JSON per look: the question (metric, direction, column, baseline and group), and the
digest of the runs that it was asked of. The same runs again are the same look.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lr_atlas.analysis.looks import count_look
from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import open_plain
from lr_atlas.tools.judge.judged_runs import JudgedRuns

_DIGEST_LENGTH = 24


@dataclass
class Ledger:
    """All looks that a file has counted, and those that are to be added.

    Attributes:
        path: The file.
        looks: {question as text: digests of the runs, in order}.
        asked: The questions that are asked now, as texts.
        added: Lines of looks that the file does not have yet.
    """

    path: Path
    looks: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Ledger":
        """Return what a file has counted; nothing where there is none. Raises UserError."""
        ledger = cls(path)
        try:
            with open_plain(path) as file:
                lines = file.read().decode("utf-8").splitlines()
        except FileNotFoundError:
            return ledger
        except UnicodeDecodeError:
            raise UserError(f"{path} is no ledger of judgements: it is no text") from None
        for number, line in enumerate(lines, start=1):
            question, runs = _look(path, number, line)
            ledger.looks.setdefault(question, []).append(runs)
        return ledger

    def look_at(self, judged: JudgedRuns, baseline: str) -> int:
        """Return the number of this look, of several groups that of the one looked at most."""
        numbers = [
            self._look_at(judged, baseline, group) for group in judged.groups if group != baseline
        ]
        return max(numbers, default=1)

    def _look_at(self, judged: JudgedRuns, baseline: str, group: str) -> int:
        question = {
            "metric": judged.imported.metric.name,
            "better": "higher" if judged.imported.metric.sign > 0 else "lower",
            "by": judged.by,
            "baseline": baseline,
            "group": group,
        }
        asked, runs = canonical_json(question), _digest(judged, (baseline, group))
        before = self.looks.get(asked, [])
        number, after = count_look(before, runs)
        if after != before:
            self.added.append(json.dumps({"question": question, "runs": runs}, ensure_ascii=False))
        self.looks[asked] = after
        self.asked.append(asked)
        return number

    def write(self) -> None:
        """Add these looks to the file, if they are such. Raises OSError."""
        if not self.added:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags, 0o666), "ab") as file:
            # Several may judge at a time; a line is written whole.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write("".join(f"{line}\n" for line in self.added).encode())

    def values(self, level: float) -> dict[str, Any]:
        """Return what programs are told of the ledger.

        level: the probability of a false verdict on a question that is looked at once.
        """
        return {
            "looks": max(len(self.looks[each]) for each in self.asked),
            "questions": len(self.looks),
            "false_verdicts_expected": round(level * len(self.looks), 6),
        }


def _look(path: Path, number: int, line: str) -> tuple[str, str]:
    try:
        look = json.loads(line)
        return canonical_json(look["question"]), str(look["runs"])
    except (ValueError, TypeError, KeyError):
        raise UserError(
            f"{path}, line {number}: this is no look that was counted. Name another file, or "
            "remove the line"
        ) from None


def _digest(judged: JudgedRuns, groups: Collection[str]) -> str:
    """Return one text for the runs of two groups: what they are and reached.

    Names of settings are no part of it, since they change with what else is in the files.
    """
    columns = ["optimizer", "learning_rate", "seed", "status", judged.imported.metric.validation]
    own = judged.runs.loc[judged.runs["optimizer"].isin(groups), columns]
    rows = sorted(repr(row) for row in own.itertuples(index=False, name=None))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:_DIGEST_LENGTH]
