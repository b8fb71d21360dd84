"""A data set as it was published."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    """A data set: how it is called, the form of its images, and its published files.

    Attributes:
        title: What people call it.
        torchvision_class: The name of its class in torchvision.datasets.
        licence: Of its images.
        class_names: In the order of their labels.
        sha256: SHA-256 (hex) of each raw, that is decompressed, file, in the order of
            data_folders.FILE_NAMES.
        package: Where else than from torchvision's mirrors it comes, a key of
            data_sources.PACKAGES; "" for nowhere.
        shape: Of an image: rows and columns of pixels.
        counts: Training and test images.
    """

    title: str
    torchvision_class: str
    licence: str
    class_names: tuple[str, ...]
    sha256: tuple[str, str, str, str]
    package: str = ""
    shape: tuple[int, int] = (28, 28)
    counts: tuple[int, int] = (60_000, 10_000)

    @property
    def classes(self) -> int:
        """Return how many classes there are."""
        return len(self.class_names)
