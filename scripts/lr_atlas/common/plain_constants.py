"""Constants of a module, read without importing it."""

import ast
from pathlib import Path
from typing import Any


def plain_constant(path: Path, name: str) -> Any:
    """Return the value, of literals alone, that a module gives a name at its top.

    Raises ValueError if there is none, or it takes more than literals.
    """
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    raise ValueError(f"{path} has no {name}")
