"""Files that programs keep between attempts are orphans as soon as no study asks for the run."""

import pytest

from lr_atlas.tools.prune.orphans import Reason, find_orphans

RUN = "command-sgd-lr0.1-seed0-0123456789ab"


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [({RUN: {5}}, []), ({RUN: {6}}, [Reason.LENGTH]), ({}, [Reason.RUN])],
)
def test_the_folder_of_a_program_goes_with_its_run(tmp_path, asked, reasons):
    kept = tmp_path / "checkpoints" / RUN / "epochs-5" / "checkpoint"
    kept.mkdir(parents=True)
    (kept / "weights.zip").write_bytes(b"123")
    orphans, _ = find_orphans(tmp_path, asked, [{}])
    assert [each.reason for each in orphans] == reasons
    assert [each.size for each in orphans] == [3] * len(reasons)
