"""Nodes that are lost under a running study: a node for each test, so that they share the rest."""

import cluster
import pytest
from slurm_runs import PLACE, details, histories, state, until

pytestmark = pytest.mark.usefixtures("whole_cluster")


def not_on(node):
    """Options for jobs that leave a node to another test."""
    return (*PLACE, f"slurm_extra='--exclude={node}'")


def test_a_job_of_a_lost_node_is_begun_again_by_slurm(send, local, faults):
    sent = send("--until", "train", *not_on("n2"))
    job = sent.job_in_training()
    node = details(job)["NodeList"]
    cluster.lose_node(node)
    said = until(lambda: state(job) != "RUNNING" and state(job), "the loss to be seen")
    sent.finish()
    assert sent.sent_jobs() == [job]
    assert details(job)["NodeList"] != node
    assert histories(sent.directory) == local
    faults("node lost, requeue on (as in the profile)", said, "begun again elsewhere by Slurm")


def test_without_requeue_a_job_of_a_lost_node_is_sent_again(
    whole_cluster, send, local, faults, profile, tmp_path
):
    text = (profile / "config.yaml").read_text(encoding="utf-8")
    assert text.count("slurm-requeue: true") == 1
    other = tmp_path / "profile"
    other.mkdir()
    (other / "config.yaml").write_text(text.replace("slurm-requeue", "slurm-no-requeue"))
    sent = send("--until", "train", *not_on("n1"), profile=other)
    first = sent.job_in_training()
    cluster.lose_node(details(first)["NodeList"])
    sent.finish()
    assert state(first) == "NODE_FAIL"
    assert len(sent.sent_jobs()) == 2
    assert histories(sent.directory) == local
    faults("node lost, requeue off", state(first), "sent again, went on from its checkpoint")
