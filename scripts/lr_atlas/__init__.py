"""LR Atlas: maps how optimizer and learning rate shape the training of a neural network.

In a notebook, `import lr_atlas as atlas` offers `atlas.read("results")`, `atlas.run("config.yaml")`
and `atlas.snakefile()`; the module `lr_atlas.notebook` describes them.
"""

from typing import Any

#: Found by name when they are asked for: `import lr_atlas` costs nothing, and no import statement
#: makes them part of what tables and figures are made by.
_OFFERED = ("read", "run", "snakefile")


def __getattr__(name: str) -> Any:
    """Return one of the functions that are offered. Raises AttributeError for another name."""
    if name not in _OFFERED:
        raise AttributeError(f"module 'lr_atlas' has no attribute '{name}'")
    from pkgutil import resolve_name

    return resolve_name(f"lr_atlas.notebook:{name}")


def __dir__() -> list[str]:
    """Return the names that a notebook completes."""
    return [*globals(), *_OFFERED]
