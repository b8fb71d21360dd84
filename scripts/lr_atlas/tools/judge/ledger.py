"""A file that counts how often runs were judged, since who looks until it shows finds something.

One line of JSON per look: the question (metric, direction, column, baseline and groups), and the
digest of the runs that it was asked of. The same runs again are the same look.
"""

import fcntl
import hashlib
import json
import os
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
    """All looks that a file has counted, and the one that is to be added.

    Attributes:
        path: The file.
        looks: {question as text: digests of the runs, in order}.
        question: The question that is asked now, as text.
        added: The line of a look that the file does not have yet; empty for none.
    """

    path: Path
    looks: dict[str, list[str]] = field(default_factory=dict)
    question: str = ""
    added: str = ""

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
        """Return the number of this look at a question."""
        question = {
            "metric": judged.imported.metric.name,
            "better": "higher" if judged.imported.metric.sign > 0 else "lower",
            "by": judged.by,
            "baseline": baseline,
            "groups": sorted(judged.groups),
        }
        self.question, runs = canonical_json(question), _digest(judged)
        before = self.looks.get(self.question, [])
        number, after = count_look(before, runs)
        if after != before:
            self.added = json.dumps({"question": question, "runs": runs}, ensure_ascii=False)
            self.looks[self.question] = after
        return number

    def write(self) -> None:
        """Add this look to the file, if it is one. Raises OSError."""
        if not self.added:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags, 0o666), "ab") as file:
            # Several may judge at a time; a line is written whole.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(f"{self.added}\n".encode())

    def values(self, level: float) -> dict[str, Any]:
        """Return what programs are told of the ledger.

        level: the probability of a false verdict on a question that is looked at once.
        """
        return {
            "looks": len(self.looks[self.question]),
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


def _digest(judged: JudgedRuns) -> str:
    """Return one text for the runs that a question is asked of: what they are and reached."""
    columns = ["setting", "seed", "status", judged.imported.metric.validation]
    rows = sorted(repr(row) for row in judged.runs[columns].itertuples(index=False, name=None))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:_DIGEST_LENGTH]
