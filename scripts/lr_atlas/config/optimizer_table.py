"""The optimizers that a study may name: torch's own, as a table that is read without torch."""

import json
from pathlib import Path
from typing import Any

TABLE_FILE = Path(__file__).with_name("optimizer_table.json")

#: name -> {"class": name in torch.optim, "arguments": {argument: {"kind", "default", range}}};
#: written by scripts/write_optimizer_table.py.
OPTIMIZERS = json.loads(TABLE_FILE.read_text(encoding="utf-8")) if TABLE_FILE.exists() else {}


def defaults(name: str) -> dict[str, Any]:
    """Return the default of every argument of the optimizer `name`; tuples are lists.

    Of one's own there are none: its arguments are all written out when a configuration is read.
    """
    arguments = OPTIMIZERS[name]["arguments"] if name in OPTIMIZERS else {}
    return {key: value["default"] for key, value in arguments.items()}
