"""An error in a file of the user's is told with its line, any other stays what it is."""

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.runs.own_faults import own_faults_told
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.parts import count_own_files_from, load_part, own_files_folder

METRICS = """\
def cost(outputs, targets):
    return helped(outputs)

def helped(outputs):
    raise KeyError("two\\nlines")
"""


@pytest.fixture
def configuration(tmp_path):
    (tmp_path / "metrics.py").write_text(METRICS)
    before = own_files_folder()
    count_own_files_from(tmp_path)
    yield complete_configuration(
        {"dataset": "mnist", "seed": 0, "optimizer": {"name": "sgd"}, "metric": "metrics.py:cost"}
    )
    count_own_files_from(before)


def test_an_error_of_ones_own_code_is_one_line_with_its_place(configuration):
    compute = load_part("metric", "metrics.py:cost")
    with pytest.raises(UserError) as error, own_faults_told(configuration):
        compute(None, None)
    assert str(error.value) == r"metrics.py:5, in helped: KeyError: 'two\nlines'"


def test_an_error_of_this_project_keeps_its_traceback(configuration):
    with pytest.raises(ZeroDivisionError), own_faults_told(configuration):
        _ = 1 / 0
