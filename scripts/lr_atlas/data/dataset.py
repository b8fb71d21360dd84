"""A data set as it was published."""

from dataclasses import dataclass, field
from typing import Any

CLASSIFICATION = "classification"
REGRESSION = "regression"


@dataclass(frozen=True)
class Dataset:
    """A data set: how it is called, the form of its images, and where they come from.

    Attributes:
        title: Its name for people.
        licence: The licence of its images.
        class_names: The classes in the order of their labels; none in regression.
        torchvision_class: The name of its class in torchvision.datasets, for the four IDX files.
        sha256: SHA-256 (hex) of each of these, raw, that is decompressed, in the order of
            data_folders.FILE_NAMES; none for data from elsewhere.
        package: The place it comes from beside torchvision's mirrors, a key of
            data_sources.PACKAGES; "" for nowhere.
        shape: Rows and columns of an image's pixels; other than in IDX files, channels first.
        counts: Training images, those of `held_out` among them, and test images.
        held_out: The number of training images that the data itself holds out to validate on.
        kind: The module of data/sources that reads it; "" for the four IDX files.
        options: The arguments of that module.
    """

    title: str
    licence: str
    class_names: tuple[str, ...]
    torchvision_class: str = ""
    sha256: tuple[str, ...] = ()
    package: str = ""
    shape: tuple[int, ...] = (28, 28)
    counts: tuple[int, int] = (60_000, 10_000)
    held_out: int = 0
    kind: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """Return how many classes there are; 0 in regression."""
        return len(self.class_names)

    @property
    def outputs(self) -> int:
        """Return how many numbers a network gives."""
        return self.classes or 1

    @property
    def task(self) -> str:
        """Return "classification" or "regression"."""
        return CLASSIFICATION if self.classes else REGRESSION
