"""Files of W&B, MLflow, TensorBoard, Optuna, Lightning, Keras and Hugging Face are read whole."""

import os
import subprocess
from pathlib import Path

import pytest
from logged_runs import EXPORTS, check

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-trackers" / "bin" / "python"
#: A port that nobody listens at: who asks for the network is refused at once.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [PYTHON, HERE / "exports.py", folder],
        env=environment | proxies,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("name", EXPORTS)
def test_all_that_was_logged_is_read_back(exports, name):
    check(exports / name, EXPORTS[name])
