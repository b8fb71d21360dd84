"""Diabetes, a regression of how the disease went on, that comes with scikit-learn."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="Diabetes",
    licence="not known",
    class_names=(),
    shape=(10,),
    counts=(354, 88),
    kind="sklearn",
    options={"loader": "load_diabetes", "test": 0.2, "task": "regression"},
)
