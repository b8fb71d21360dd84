"""What the tests share: the tiny real data set, as training reads it."""

from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).parents[1]
TINY_DATA = PROJECT / "tests" / "data" / "fashion-mnist-tiny"

# The machines that run this are shared; a slow example is no failure.
settings.register_profile("project", deadline=None, max_examples=50)
settings.load_profile("project")


@pytest.fixture(scope="session")
def tiny_arrays():
    """The tiny real data set: {"train" or "test": (images uint8 [n, 784], labels uint8 [n])}."""
    import gzip

    import numpy as np

    def read(name, header):
        content = gzip.decompress((TINY_DATA / f"{name}.gz").read_bytes())
        return np.frombuffer(content, np.uint8)[header:].copy()

    return {
        split: (
            read(f"{prefix}-images-idx3-ubyte", 16).reshape(-1, 784),
            read(f"{prefix}-labels-idx1-ubyte", 8),
        )
        for split, prefix in (("train", "train"), ("test", "t10k"))
    }
