"""EMNIST: six choices of handwritten digits and letters, each its own data set."""

from lr_atlas.data.dataset import Dataset

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SMALL = CAPITALS.lower()
#: The small letters that do not look like their capitals, which alone stand apart from these.
UNLIKE_CAPITALS = "abdefghnqrt"


def emnist(split: str, classes: str, counts: tuple[int, int], labels_from: int = 0) -> Dataset:
    """Return the data set of one of EMNIST's splits.

    classes: their names, a letter each. counts: training and test images. labels_from: the first
    label in the files.
    """
    options = {
        "class": "EMNIST",
        "parts": {
            "train": {"split": split, "train": True},
            "test": {"split": split, "train": False},
        },
        "transposed": True,
    }
    return Dataset(
        title=f"EMNIST ({split})",
        licence="not known",
        class_names=tuple(classes),
        shape=(1, 28, 28),
        counts=counts,
        kind="torchvision",
        options=options | ({"labels_from": labels_from} if labels_from else {}),
    )
