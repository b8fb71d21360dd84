"""QMNIST, handwritten digits: MNIST made anew, with 60,000 test images."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="QMNIST",
    licence="BSD 3-Clause",
    class_names=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    shape=(1, 28, 28),
    counts=(60_000, 60_000),
    kind="torchvision",
    options={"class": "QMNIST", "parts": {"train": {"what": "train"}, "test": {"what": "test"}}},
)
