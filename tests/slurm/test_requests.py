"""Jobs ask Slurm for the time, memory and GPU that they need."""

import shutil

import cluster
import pandas as pd
import pytest
from slurm_runs import HELD, STUDY, details, minutes_asked
from whole_runs import PROJECT, output, snakemake


@pytest.fixture
def edited_study(tmp_path):
    """A function that writes the study with one text replaced and another one added."""

    def write(old="", new="", added=""):
        text = STUDY.read_text(encoding="utf-8") + added
        data = str(PROJECT / "tests" / "data" / "fashion-mnist-tiny")
        for before, after in (("../data/fashion-mnist-tiny", data), (old, new)):
            assert before in text
            text = text.replace(before, after, 1)
        path = tmp_path / "edited.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_minutes_follow_from_what_past_runs_took(send, edited_study, local_results, tmp_path):
    """Runs that took a minute for each of 60 epochs; two more of them: 5 + 3 x 2 x 60 minutes."""
    shutil.copytree(local_results / "results", tmp_path / "results")
    for path in tmp_path.glob("results/runs/*/*/timing.csv"):
        timings = pd.read_csv(path)
        timings["train_seconds"], timings["evaluate_seconds"] = 59.0, 1.0
        timings.to_csv(path, index=False)
    config = edited_study("seeds: 2", "seeds: [0, 1, 2, 3]")
    sent = send("--until", "train", *HELD, config=config)
    asked = minutes_asked(sent.job())
    sent.interrupt()
    sent.process.wait(60)
    assert asked == 5 + 3 * 2 * 60


@pytest.mark.parametrize("way", ["gpu", "gres"])
def test_a_gpu_is_asked_for_as_the_profile_says(send, edited_study, profile, tmp_path, way):
    text = (profile / "config.yaml").read_text(encoding="utf-8")
    if way == "gres":
        for line in ("gpu: 0", "gres: \"'gpu:1'\""):
            assert text.count(f"# {line}") == 1
            text = text.replace(f"# {line}", line)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "config.yaml").write_text(text, encoding="utf-8")
    sent = send(
        "--until",
        "train",
        *HELD,
        config=edited_study(added="compute: {device: cuda}\n"),
        profile=tmp_path / "own",
    )
    asked = details(sent.job())
    sent.interrupt()
    sent.process.wait(60)
    assert asked["TresPerJob" if way == "gpu" else "TresPerNode"] == "gres:gpu:1"
    assert asked["NumCPUs"] == "1"


def test_a_cluster_is_started_once_and_a_machine_with_one_of_its_own_is_left_alone(
    monkeypatch, tmp_path
):
    before = cluster.pid_of("slurmctld")
    cluster.start()
    assert cluster.pid_of("slurmctld") == before
    own = tmp_path / "slurm.conf"
    own.write_text("ClusterName=real\n", encoding="utf-8")
    monkeypatch.setattr(cluster, "FILES", {own: cluster.configuration})
    with pytest.raises(SystemExit, match="this machine has a Slurm of its own"):
        cluster.start()
    assert own.read_text(encoding="utf-8") == "ClusterName=real\n"


def test_a_partition_that_there_is_not_ends_in_a_message(send, profile, tmp_path):
    text = (profile / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "own").mkdir()
    text = text.replace("slurm_partition=main", "slurm_partition=no-such")
    (tmp_path / "own" / "config.yaml").write_text(text, encoding="utf-8")
    sent = send("--until", "train", profile=tmp_path / "own")
    assert "invalid partition specified: no-such" in sent.fail()


def test_what_is_chosen_is_confirmed_by_jobs_of_its_own_and_tested_as_at_home(send, tmp_path):
    """The confirming runs are known only when the others have come back from the cluster."""
    config = PROJECT / "tests" / "configs" / "confirm.yaml"
    target = "results/studies/confirmed/test.csv"
    home = tmp_path / "home"
    output(snakemake(target, directory=home, config=config))
    sent = send(target, config=config)
    sent.finish()
    assert len(sent.sent_jobs()) >= 2
    assert (sent.directory / target).read_bytes() == (home / target).read_bytes()
