"""MNIST-1D, forms of ten digits along a line, generated here."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="MNIST-1D",
    licence="generated",
    class_names=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    shape=(40,),
    counts=(4_000, 1_000),
    kind="mnist1d",
    options={"seed": 42},
)
