"""SVHN, house numbers in colour photographs."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="SVHN",
    licence="not for commerce",
    class_names=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    shape=(3, 32, 32),
    counts=(73_257, 26_032),
    kind="torchvision",
    options={"class": "SVHN", "parts": {"train": {"split": "train"}, "test": {"split": "test"}}},
)
