"""Digits, handwritten, 8 x 8, that come with scikit-learn."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="Digits",
    licence="CC BY 4.0",
    class_names=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    shape=(1, 8, 8),
    counts=(1_438, 359),
    kind="sklearn",
    options={"loader": "load_digits", "test": 0.2, "shape": [8, 8]},
)
