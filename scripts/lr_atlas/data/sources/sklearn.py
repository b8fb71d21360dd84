"""Small data sets that come with scikit-learn."""

import numpy as np

from lr_atlas.data.data_folders import DataError
from lr_atlas.data.source import Source
from lr_atlas.data.sources.labelled_arrays import Given


def given(source: Source) -> dict[str, Given]:
    """Return the rows and targets of a data set.

    Raises DataError if scikit-learn is not installed.
    """
    loader = source.options["loader"]
    try:
        from sklearn import datasets
    except ImportError:
        raise DataError(
            f"this data comes with scikit-learn (sklearn.datasets.{loader}), which is not "
            "installed; make environment installs it"
        ) from None
    inputs, targets = getattr(datasets, loader)(return_X_y=True)
    shape = source.options.get("shape", inputs.shape[1:])
    return {"train": Given(np.reshape(inputs, (len(inputs), *shape)), targets, loader)}
