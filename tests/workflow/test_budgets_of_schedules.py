"""Studies of several budgets: what is trained of each, as planned, and what is kept."""

import re

from whole_runs import PROJECT, output, plan, script, snakemake

STUDY = """\
figures: {{formats: [svg]}}
datasets:
  fashion_mnist: {{directory: {data}}}
studies:
  budgets:
    dataset: fashion_mnist
    validation: 100
    model: {{hidden: [16]}}
    batch_size: 20
    seeds: 1
    schedule: [constant, cosine, {{name: wsd, warmup: 5, cooldown: 0.25}}]
    optimizers:
      - {{name: sgd, lr: 0.1, epochs: {epochs}}}
"""


def configuration(path, epochs):
    data = PROJECT / "tests" / "data" / "fashion-mnist-tiny"
    path.write_text(STUDY.format(data=data, epochs=epochs))
    return path


def to_train(rows):
    """{(schedule, epochs): (status, epochs to train)} of the rows of a plan."""
    found = {}
    for (_, epochs), row in rows.items():
        schedule = re.search(r"schedule([a-z]+)", row["setting"])
        key = (schedule[1] if schedule else "constant", epochs)
        found[key] = (row["status"], int(row["epochs_to_train"]))
    return found


def test_a_longer_budget_goes_on_from_a_trunk_or_a_shorter_run_and_a_cosine_begins_anew(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    config = configuration(folder / "config.yaml", [4, 8])
    text, rows = plan(folder, config)
    planned = to_train(rows)
    assert planned == {
        ("constant", 4): ("new", 4),
        ("constant", 8): ("continue", 4),
        ("cosine", 4): ("new", 4),
        ("cosine", 8): ("new", 8),
        ("warmup", 4): ("new", 4),
        ("warmup", 8): ("continue", 5),
    }
    assert "the stable part of 1 run is that of shorter ones, which spares 3 epochs" in text
    process = snakemake("--until", "train", directory=folder, config=config, cores=1)
    assert process.returncode == 0, output(process)
    for (name, epochs), row in rows.items():
        log = folder / "results" / "logs" / "train" / name / f"epochs-{epochs}.log"
        trained = re.findall(rf"epoch \d+/{epochs} ", log.read_text(encoding="utf-8"))
        assert len(trained) == int(row["epochs_to_train"]), row
    recomputed = script("verify.py", "--directory", folder, "--configfile", config, "--cores", 1)
    assert recomputed.returncode == 0, recomputed.stderr
    assert "byte for byte" in recomputed.stderr

    config = configuration(folder / "config.yaml", [4, 8, 16])
    text, rows = plan(folder, config)
    planned = to_train(rows)
    assert planned["constant", 16] == ("continue", 8)
    assert planned["cosine", 16] == ("new", 16)
    assert planned["warmup", 16] == ("continue", 10)
    assert (
        "its schedule or average ends with the run, and those there end after 4, 8 epochs" in text
    )
    assert "There are no orphans" in script("prune.py", "--directory", folder).stdout


def test_the_plan_of_budgets_in_steps_speaks_of_steps(tmp_path):
    config = configuration(tmp_path / "config.yaml", [4, 8])
    text = config.read_text().replace("epochs: [4, 8]", "steps: [16, 32]")
    config.write_text(text)
    said, _ = plan(tmp_path, config)
    # The first step of a cool-down, here the 13th, still has the whole rate.
    assert "the stable part of 1 run is that of shorter ones, which spares 13 steps" in said
    assert "epoch" not in said.partition("Estimate")[0]
