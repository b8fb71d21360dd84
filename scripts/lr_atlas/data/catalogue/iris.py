"""Iris, measures of flowers, that come with scikit-learn."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="Iris",
    licence="CC BY 4.0",
    class_names=("setosa", "versicolor", "virginica"),
    shape=(4,),
    counts=(120, 30),
    kind="sklearn",
    options={"loader": "load_iris", "test": 0.2},
)
