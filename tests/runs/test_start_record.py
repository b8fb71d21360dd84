"""Jobs read what their workflow started with."""

import json

import pytest
from whole_runs import PROJECT, TINY

from lr_atlas.common.errors import UserError
from lr_atlas.runs.start_record import Start, read_start, write_start
from lr_atlas.studies.atlas import load_atlas


@pytest.mark.parametrize("config", [TINY, PROJECT / "config.yaml"])
def test_jobs_read_the_same_studies_that_the_workflow_started_with(config, tmp_path):
    atlas = load_atlas([config])
    path = tmp_path / "started.json"
    code = {"train.py": {"train.py": "1"}}
    write_start(path, Start("a", atlas, code), 3, {"tiny/pack": []})
    found = read_start(path, "a")
    assert found == Start("a", atlas, code, 3)
    assert list(found.atlas.plans) == list(atlas.plans)
    assert list(found.atlas.runs) == list(atlas.runs)


def test_a_job_of_an_earlier_start_is_refused(tmp_path):
    path = tmp_path / "started.json"
    write_start(path, Start("a", load_atlas([TINY]), {}), 1, {})
    with pytest.raises(UserError, match="sent by a Snakemake that is gone"):
        read_start(path, "b")
    with pytest.raises(UserError, match=r"there is no .*none\.json"):
        read_start(tmp_path / "none.json", "a")
    assert json.loads(path.read_text())["start"] == "a"
