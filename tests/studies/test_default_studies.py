"""The studies that run where no configuration is given: the same, wherever their files lie."""

import hashlib

from whole_runs import PROJECT

from lr_atlas.studies.atlas import load_atlas

#: Of "study run epochs" of every run, in order; from when all studies stood in config.yaml itself.
DIGEST = "7d2a97ccc10dfb548dfb3022ec27dc5620e566443936ed1006981d5763056d88"


def test_the_default_studies_are_the_same_runs_in_the_same_order_as_ever():
    plans = load_atlas([PROJECT / "config.yaml"]).plans
    assert list(plans) == ["mnist-sgd-adagrad", "fashion-mnist-learning-rate", "mnist-optimizers"]
    runs = [
        f"{name} {run.name} {run.epochs}"
        for name, plan in plans.items()
        for run in (*plan.runs, *plan.confirmations)
    ]
    assert hashlib.sha256("\n".join(runs).encode()).hexdigest() == DIGEST
