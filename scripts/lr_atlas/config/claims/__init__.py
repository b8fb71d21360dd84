"""Kinds of claims, a file for each: keys, row of the documentation, words and rule.

A file defines a Claim that is called like it (not_better.py: NotBetter).
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from lr_atlas.config.claim import Claim


def _kinds() -> dict[str, type[Claim]]:
    """Return the kinds by the names of their files, in the order of their places."""
    names = [path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__"]
    found = {name: _kind(name) for name in sorted(names)}
    return dict(sorted(found.items(), key=lambda item: item[1].row.place))


def _kind(name: str) -> type[Claim]:
    module = importlib.import_module(f"{__name__}.{name}")
    return getattr(module, name.title().replace("_", ""))


KINDS = _kinds()

if TYPE_CHECKING:
    AnyClaim = Claim
else:
    AnyClaim = Annotated[Union[*KINDS.values()], Field(discriminator="claim")]
