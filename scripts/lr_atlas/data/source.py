"""A source of data, and what can be said of the data: plain values, without NumPy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from lr_atlas.common.canonical import canonical_json

#: Raised when the same files give other arrays than before.
_FORM = 1


@dataclass(frozen=True)
class Source:
    """Data of one's own, as the configuration names it, or a published set of the catalogue.

    Attributes:
        kind: A module of data/sources.
        place: An absolute path; for `python` such as "my_data.py:load"; "" for data that is
            downloaded, generated, or comes with a package.
        options: Plain values, without defaults, that decide the content beside the files.
        base_folder: From which files of Python are counted.
    """

    kind: str
    place: str
    options: dict[str, Any] = field(default_factory=dict)
    base_folder: str = ""

    @property
    def test_share(self) -> float | None:
        """Return the share that is kept for tests, where one is asked for."""
        return self.options.get("test")

    def digest(self, contents: dict[str, str]) -> str:
        """Return the digest (hex) of the data: of its options and of the digests of its files."""
        known = {"form": _FORM, "kind": self.kind, "options": self.options, "files": contents}
        return hashlib.sha256(canonical_json(known).encode()).hexdigest()


@dataclass(frozen=True)
class Description:
    """Describe data without keeping it.

    Attributes:
        digest: The digest of the content (hex).
        task: "classification" or "regression".
        shape: The shape of one input, channels first.
        class_names: The classes in the order of their labels; none in regression.
        outputs: Numbers that a network has to give: classes, or targets in regression.
        counts: The number of each class, by part: "training" (those of "validation", which
            the data brings, among them), "validation", "test". In regression one number each.
        notes: Sentences on what was decided by default.
        are_bytes: Whether the inputs are pixels of 0 to 255; other numbers are standardised.
    """

    digest: str
    task: str
    shape: tuple[int, ...]
    class_names: tuple[str, ...]
    outputs: int
    counts: dict[str, tuple[int, ...]]
    notes: tuple[str, ...] = ()
    are_bytes: bool = True

    @property
    def classes(self) -> int:
        """Return how many classes there are; 0 in regression."""
        return len(self.class_names)

    @property
    def training(self) -> int:
        """Return how many there are to train on, those held out by the data among them."""
        return sum(self.counts["training"])

    @property
    def validation(self) -> int:
        """Return how many of these the data itself holds out; 0 if it does not."""
        return sum(self.counts.get("validation", ()))

    @property
    def test(self) -> int:
        """Return how many there are to test on."""
        return sum(self.counts["test"])

    def sentences(self) -> list[str]:
        """Return what to say of the data, a line each."""
        said = [f"{self.task}; one input is {' x '.join(map(str, self.shape))}"]
        for part, counts in self.counts.items():
            each = ""
            if self.class_names:
                pairs = zip(self.class_names, counts, strict=True)
                each = f" ({', '.join(f'{name} {count:,}' for name, count in pairs)})"
            said.append(f"{sum(counts):,} for {part}{each}")
        return [*said, *self.notes]
