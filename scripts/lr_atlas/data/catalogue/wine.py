"""Wine, analyses of wines, that come with scikit-learn."""

from lr_atlas.data.dataset import Dataset

DATASET = Dataset(
    title="Wine",
    licence="CC BY 4.0",
    class_names=("class_0", "class_1", "class_2"),
    shape=(13,),
    counts=(142, 36),
    kind="sklearn",
    options={"loader": "load_wine", "test": 0.2},
)
