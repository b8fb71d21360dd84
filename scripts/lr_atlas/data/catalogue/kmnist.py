"""KMNIST, handwritten characters of old Japanese."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="KMNIST",
    licence="CC BY-SA 4.0",
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    shape=(1, 28, 28),
    counts=(60_000, 10_000),
    kind="torchvision",
    options={"class": "KMNIST", "parts": {"train": {"train": True}, "test": {"train": False}}},
)
