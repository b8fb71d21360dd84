"""GTSRB, German traffic signs in colour photographs, scaled to 32 x 32."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="GTSRB",
    licence="not known",
    class_names=tuple(map(str, range(43))),
    shape=(3, 32, 32),
    counts=(26_640, 12_630),
    kind="torchvision",
    options={
        "class": "GTSRB",
        "parts": {"train": {"split": "train"}, "test": {"split": "test"}},
        "size": 32,
    },
)
