"""One made-up study and its analysis, which the tests of this folder share."""

import pytest
from grid_of_two import GRID, analyse, make_study


@pytest.fixture(scope="module")
def study():
    return make_study(GRID, diverged=[("adam", 0.01, 0)], seeds=5)


@pytest.fixture(scope="module")
def analysis(study):
    return analyse(*study)
