"""STL-10, colour photographs of ten kinds of things, 96 x 96."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="STL-10",
    licence="not known",
    class_names=(
        "airplane",
        "bird",
        "car",
        "cat",
        "deer",
        "dog",
        "horse",
        "monkey",
        "ship",
        "truck",
    ),
    shape=(3, 96, 96),
    counts=(5_000, 8_000),
    kind="torchvision",
    options={"class": "STL10", "parts": {"train": {"split": "train"}, "test": {"split": "test"}}},
)
