"""USPS, handwritten digits of postal codes, 16 x 16."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="USPS",
    licence="not known",
    class_names=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    shape=(1, 16, 16),
    counts=(7_291, 2_007),
    kind="torchvision",
    options={"class": "USPS", "parts": {"train": {"train": True}, "test": {"train": False}}},
)
