"""Studies of any program: the example of docs/command.md, and what bad programs get."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from whole_runs import PROJECT, output, plan, run_folders, snakemake, statuses

EXAMPLE = PROJECT / "docs" / "command"
#: A program that tells the least that is asked for, as JSON lines, of a metric that nobody here
#: knows, and has no file of its own.
LEAST = """\
include: study.yaml
studies:
  least:
    command: >-
      sh -c 'for n in 10 20; do
      echo "{{\\"step\\": $n, \\"validation_perplexity\\": 9.$n$3$4}}"; done > "$1"'
      sh {history} {optimizer} {seed} {lr}
    metric: {name: perplexity, better: lower}
    chance: 64
    epochs: 2
    seeds: 2
    optimizers: [{name: mine, lr: [1, 2]}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The example of the documentation, and the least that goes, run to their pages."""
    folder = tmp_path_factory.mktemp("command")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    (folder / "both.yaml").write_text(LEAST)
    output(snakemake(directory=folder, config=folder / "both.yaml"))
    return folder


def described(folder, *words):
    path = next(path for path in run_folders(folder) if all(word in str(path) for word in words))
    return json.loads((path / "run.json").read_text())


def test_a_program_in_another_language_comes_to_its_tables_its_answer_and_its_page(folder):
    study = folder / "results" / "studies" / "awk"
    runs = pd.read_csv(study / "runs.csv")
    assert len(runs) == 18
    assert runs.groupby("status").size().to_dict() == {"diverged": 3, "finished": 15}
    assert runs["running_loss"].isna().all()
    assert set(runs["chance"]) == {0.5}
    epochs = pd.read_csv(study / "epochs.csv")
    assert epochs["validation_accuracy"].between(0.3, 1).all()
    assert len(pd.read_csv(study / "test.csv")) == 6
    said = json.loads((study / "answer.json").read_text())
    page = (study / "report.html").read_text(encoding="utf-8")
    assert "accuracy after the last epoch" in said["sentences"][0]
    assert said["headline"] in page
    assert "Program: " in page
    assert "-f train.awk" in page


def test_steps_and_one_column_of_json_lines_are_enough(folder):
    study = folder / "results" / "studies" / "least"
    epochs = pd.read_csv(study / "epochs.csv")
    assert epochs["epoch"].tolist() == [1, 2] * 4
    assert epochs["validation_perplexity"].tolist() == [
        *(9.1001, 9.2001, 9.1011, 9.2011, 9.1002, 9.2002, 9.1012, 9.2012)
    ]
    assert epochs["validation_loss"].isna().all()
    assert pd.read_csv(study / "test.csv").empty
    said = json.loads((study / "answer.json").read_text())
    assert "the lowest validation perplexity after the last epoch" in said["sentences"][0]
    page = (study / "report.html").read_text(encoding="utf-8")
    assert "Program: " in page
    assert "accuracy" not in said["headline"] + " ".join(said["sentences"])


def test_run_json_says_what_ran_and_how_it_ended(folder):
    finished, diverged = described(folder, "lr0.1-seed0"), described(folder, "lr1000000")
    assert finished["ran"][:4] == ["awk", "-v", "lr=0.1", "-v"]
    assert 0.5 < finished["test"]["test_accuracy"] <= 1
    assert diverged["status"] == "diverged"
    assert diverged["reason"] == "train_loss is nan in row 1"


def test_only_another_content_of_its_inputs_runs_a_program_again(folder):
    config = folder / "both.yaml"
    assert "Nothing to be done" in output(snakemake(directory=folder, config=config))
    (folder / "other.txt").write_text("not among the inputs")
    os.utime(folder / "train.awk")
    assert statuses(plan(folder, config)[1]) == {"cached": 22}
    content = (folder / "train.awk").read_text()
    (folder / "train.awk").write_text(content + "\n# edited\n")
    assert statuses(plan(folder, config)[1]) == {"new": 18, "cached": 4}
    (folder / "train.awk").write_text(content)
    assert statuses(plan(folder, config)[1]) == {"cached": 22}


BAD = {
    "none": (":", "has written no table to {history}"),
    "half": ("echo epoch,validation_accuracy > $1; echo 1,0.5 >> $1", "has 1 row of 2"),
    "other": ("echo epoch,error > $1; echo 1,0.5 >> $1", "no column validation_accuracy"),
    "text": (
        "echo epoch,validation_accuracy > $1; echo 1,good >> $1",
        "validation_accuracy is 'good', which is no number",
    ),
    "exits": ("echo 'what went wrong' >&2; exit 7", "exit code 7. It said last: what went wrong."),
    "killed": ("kill -9 $$", "was killed (by SIGKILL"),
}


def test_a_bad_program_is_answered_in_a_line_with_its_log_and_the_others_go_on(tmp_path):
    studies = {}
    for name, (script, _) in {**BAD, "good": ("", "")}.items():
        good = "printf 'epoch,validation_accuracy\\n1,0.5\\n2,0.6\\n' > $1"
        (tmp_path / f"{name}.sh").write_text(script or good)
        studies[name] = {
            "command": f"sh {name}.sh {{history}} {{lr}}",
            "inputs": [f"{name}.sh"],
            **{"chance": 0.1, "epochs": 2, "seeds": [0], "optimizers": [{"name": "x", "lr": 0.1}]},
        }
    config = tmp_path / "bad.yaml"
    config.write_text(json.dumps({"studies": studies}))
    process = snakemake("--until", "train", directory=tmp_path, config=config)
    assert process.returncode != 0
    assert len(list(tmp_path.glob("results/runs/*/*/history.csv"))) == 1
    errors = {}
    for path in tmp_path.glob("results/logs/train/*/*.log"):
        lines = [line for line in path.read_text().splitlines() if " ERROR " in line]
        errors |= dict.fromkeys(lines, path)
    for name, (_, said) in BAD.items():
        found = [line for line in errors if said in line]
        assert len(found) == 1, (name, errors)
        assert found[0].endswith(f"Its log is {errors[found[0]].relative_to(tmp_path)}")


SLOW = """\
echo $$ >> "$2/attempts"
if [ "$(wc -l < "$2/attempts")" = 1 ]; then sleep 600; fi
printf 'epoch,validation_accuracy\\n1,0.5\\n' > "$1"
"""


def test_stopped_with_snakemake_a_program_is_gone_and_goes_on_from_what_it_has_kept(tmp_path):
    (tmp_path / "slow.sh").write_text(SLOW)
    study = {
        "command": "sh slow.sh {history} {checkpoint} {lr}",
        "inputs": ["slow.sh"],
        **{"chance": 0.1, "epochs": 1, "seeds": [0], "optimizers": [{"name": "x", "lr": 0.1}]},
    }
    config = tmp_path / "slow.yaml"
    config.write_text(json.dumps({"studies": {"slow": study}}))
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile"]
    command += ["--cores", 1, "--directory", tmp_path, "--configfile", config, "--until", "train"]
    with subprocess.Popen(
        list(map(str, command)),
        cwd=PROJECT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        attempts = waited_for(tmp_path, "results/checkpoints/*/epochs-1/checkpoint/attempts")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) != 0
    (number,) = attempts.read_text().split()
    assert not Path(f"/proc/{number}").exists()
    output(snakemake("--until", "train", directory=tmp_path, config=config))
    assert len(attempts.read_text().split()) == 2
    (folder,) = run_folders(tmp_path)
    assert (folder / "history.csv").read_text() == "epoch,validation_accuracy\n1,0.5\n"


def waited_for(folder, pattern):
    end = time.monotonic() + 120
    while not (found := [path for path in folder.glob(pattern) if path.stat().st_size]):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found[0]
