"""CIFAR-10, small colour photographs of ten kinds of things."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="CIFAR-10",
    licence="not known",
    class_names=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    shape=(3, 32, 32),
    counts=(50_000, 10_000),
    kind="torchvision",
    options={"class": "CIFAR10", "parts": {"train": {"train": True}, "test": {"train": False}}},
)
