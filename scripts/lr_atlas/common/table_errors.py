"""Damaged files in the folder of a study: each is named, with the rule that makes it.

Without pandas, since the plan reads such a file whenever it is asked for.
"""

import json
from pathlib import Path
from typing import Any

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import RefusedError, read_plain

#: The rules that make the files of a study; all other ones are of `analyse`.
_MADE_BY = {
    "collect": ("epochs", "runs", "first_epoch", "defaults", "dynamics", "schedules"),
    "find_rates": ("range_tests",),
    "select": ("selection",),
    "evaluate": ("test", "confusion", "mistakes", "right_answers", "varied_runs"),
}


class TableError(UserError):
    """A table in a study's folder is damaged, or made by another version."""

    def __init__(self, path: Path, reason: object) -> None:
        if isinstance(reason, RefusedError):
            reason = f"it is {reason.found}, no plain file"
        lines = str(reason).strip().splitlines() or [type(reason).__name__]
        self.reason = lines[0].rstrip(".")
        rules = [rule for rule, names in _MADE_BY.items() if path.stem in names]
        super().__init__(
            f"{path} cannot be used: {self.reason}. Delete it and start again: the rule "
            f"{(rules or ['analyse'])[0]} makes it anew, and trains nothing"
        )


def read_json(path: Path) -> Any:
    """Read a JSON file of a study's folder. Raises TableError."""
    try:
        return json.loads(read_plain(path))
    except (OSError, ValueError) as error:
        raise TableError(path, error) from None
