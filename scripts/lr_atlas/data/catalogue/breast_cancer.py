"""Breast cancer (Wisconsin), measures of cells, that come with scikit-learn."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="Breast cancer (Wisconsin)",
    licence="CC BY 4.0",
    class_names=("malignant", "benign"),
    shape=(30,),
    counts=(455, 114),
    kind="sklearn",
    options={"loader": "load_breast_cancer", "test": 0.2},
)
