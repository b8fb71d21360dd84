"""`lr-atlas judge` and `noise`: verdicts on runs of any kind, by the statistics of a study."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from whole_runs import PROJECT

from lr_atlas.analysis.verdicts import compare_settings
from lr_atlas.cli import main
from lr_atlas.studies.imported.imported import Columns
from lr_atlas.tools.judge.judged_runs import as_options, read_judged_runs
from lr_atlas.tools.judge.judgement import Rules, judge

#: Losses of three runs each; by a hundredth or so they scatter.
LOSSES = {
    "sgd": [0.520, 0.532, 0.511, 0.525, 0.519],
    "adam": [0.498, 0.512, 0.505, 0.491, 0.503],
    "lion": [0.521, 0.527, 0.516, 0.530, 0.513],
    "mid": [0.513, 0.519, 0.505, 0.526, 0.515],
}


def written(folder, losses, name="runs.csv", rate=0.1):
    """A file of runs: {group: losses}, a row per run."""
    rows = [
        {"optimizer": group, "lr": rate, "seed": seed, "val_loss": value}
        for group, values in losses.items()
        for seed, value in enumerate(values)
    ]
    pd.DataFrame(rows).to_csv(folder / name, index=False)
    return str(folder / name)


def judged(capsys, *arguments):
    """(exit code, what `lr-atlas judge --json` prints) of arguments."""
    code = main(["judge", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_group_is_judged_better_or_worse_and_the_exit_code_says_it(tmp_path, capsys):
    file = written(tmp_path, {name: LOSSES[name] for name in ("sgd", "adam")})
    code, found = judged(capsys, file, "--metric", "val_loss", "--lower", "--by", "optimizer")
    assert (code, found["verdict"], found["exit_code"]) == (0, "better", 0)
    assert (found["group"], found["baseline"]) == ("adam", "sgd")
    assert 0 < found["low"] < found["difference"] < found["high"]
    assert (found["n"], found["baseline_n"], found["metric"]) == (5, 5, "val_loss")
    assert found["sentence"].startswith("adam is better than sgd by 0.0196 in val_loss (95 %")
    code, found = judged(capsys, file, "--metric", "val_loss", "--baseline", "adam")
    assert (code, found["verdict"], found["group"]) == (10, "worse", "sgd")
    assert found["sentence"].startswith("sgd is worse than adam by 0.0196 in val_loss")


def test_what_cannot_be_told_apart_says_how_many_more_seeds_would_decide(tmp_path, capsys):
    file = written(tmp_path, {name: LOSSES[name] for name in ("sgd", "mid")})
    code, found = judged(capsys, file, "--metric", "val_loss")
    assert (code, found["verdict"]) == (20, "inconclusive")
    more = found["more_seeds"]
    assert 0 < more["low"] < more["seeds"] < more["high"]
    assert f"about {more['seeds']} more seeds of each" in found["sentence"]


def test_within_a_margin_that_matters_groups_are_alike(tmp_path, capsys):
    file = written(tmp_path, {name: LOSSES[name] for name in ("sgd", "lion")})
    code, found = judged(capsys, file, "--metric", "val_loss", "--matters", "0.02")
    assert (code, found["verdict"]) == (30, "alike")
    assert -0.02 < found["low"] < found["high"] < 0.02
    assert "lion and sgd are alike within 0.0200 in val_loss" in found["sentence"]
    code, found = judged(capsys, file, "--metric", "val_loss", "--matters", "0.005")
    assert (code, found["verdict"]) == (20, "inconclusive")


def test_a_difference_that_is_shown_but_matters_to_nobody_is_alike(tmp_path, capsys):
    file = written(tmp_path, {"sgd": LOSSES["sgd"], "adam": LOSSES["adam"]})
    code, found = judged(capsys, file, "--metric", "val_loss", "--matters", "0.1")
    assert (code, found["verdict"], found["low"] > 0) == (30, "alike", True)
    _, found = judged(capsys, file, "--metric", "val_loss", "--matters", "0.001")
    assert (found["verdict"], found["at_least_what_matters"]) == ("better", True)


def test_two_settings_are_judged_to_the_last_digit_as_a_study_judges_them(tmp_path):
    runs = read_judged_runs(
        [written(tmp_path, {"sgd": LOSSES["sgd"], "adam": LOSSES["adam"]})], Columns()
    )
    (found,) = judge(runs, "sgd", Rules()).comparisons
    (row,) = compare_settings(runs.runs, metric=runs.imported.metric).to_dict("records")
    names = ("difference", "low", "high", "p", "smallest_difference", "method")
    assert [getattr(found, name) for name in names] == [row[name] for name in names]


def test_a_group_of_several_settings_is_judged_as_the_largest_of_them(tmp_path):
    written(tmp_path, {"sgd": LOSSES["sgd"], "adam": LOSSES["adam"]})
    for k in range(3):
        losses = [value + 0.1 for value in LOSSES["adam"]]
        written(tmp_path, {"adam": losses}, f"more{k}.csv", rate=0.01 * (k + 1))
    one, four = (
        judge(read_judged_runs(paths, Columns()), "sgd", Rules()).decisive
        for paths in ([tmp_path / "runs.csv"], sorted(tmp_path.glob("*.csv")))
    )
    assert (one.difference, four.difference) == pytest.approx((0.0196, 0.0196))
    assert (four.group.settings, four.group.setting) == (4, {"learning_rate": 0.1})
    assert four.low < one.low
    assert four.p > one.p


def test_several_groups_share_one_error_and_are_held_against_the_first(tmp_path, capsys):
    two = judged(capsys, written(tmp_path, {n: LOSSES[n] for n in ("sgd", "adam")}))[1]
    three = {name: LOSSES[name] for name in ("sgd", "adam", "lion")}
    code, found = judged(capsys, written(tmp_path, three))
    assert [each["group"] for each in found["comparisons"]] == ["adam", "lion"]
    assert [each["verdict"] for each in found["comparisons"]] == ["better", "inconclusive"]
    assert {each["baseline"] for each in found["comparisons"]} == {"sgd"}
    assert (code, found["group"], found["verdict"]) == (0, "adam", "better")
    assert found["comparisons"][0]["p"] == pytest.approx(2 * two["p"])


def test_files_can_be_the_groups(tmp_path, capsys):
    before = written(tmp_path, {"x": LOSSES["adam"]}, "before.csv")
    after = written(tmp_path, {"x": LOSSES["sgd"]}, "after.csv")
    code, found = judged(capsys, before, after, "--by", "file", "--metric", "val_loss")
    assert (code, found["verdict"]) == (10, "worse")
    assert found["baseline"].endswith("before.csv")


def test_one_run_each_gives_no_verdict(tmp_path, capsys):
    file = written(tmp_path, {"sgd": [0.5], "adam": [0.4]})
    code, found = judged(capsys, file, "--metric", "val_loss")
    assert (code, found["verdict"], found["low"], found["p"]) == (20, "inconclusive", None, None)
    assert found["why"] == "an interval takes two runs of each"


def test_a_setting_whose_runs_diverged_has_no_score_unless_guessing_is_known(tmp_path, capsys):
    file = written(tmp_path, {"sgd": LOSSES["sgd"], "adam": [*LOSSES["adam"][:4], np.inf]})
    code, found = judged(capsys, file, "--metric", "val_loss", "--run", "seed", "--by", "optimizer")
    assert code == 20
    assert "adam diverged" in found["why"]
    assert "adam (learning_rate 0.1): 1 run diverged" in found["notes"][-1]
    code, found = judged(capsys, file, "--metric", "val_loss", "--chance", "2.3")
    assert (code, found["diverged"], found["n"]) == (20, 1, 5)
    assert found["mean"] > 0.8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["runs.csv", "--metric", "val_los"], "--metric: there is no column 'val_los'"),
        (["runs.csv", "--baseline", "adm"], "no run has optimizer 'adm': did you mean 'adam'?"),
        (["runs.csv", "--by", "lr"], "all runs have lr '0.1'"),
        (["gone.csv"], "gone.csv: there is no such file"),
        (["runs.csv", "--ledger", "runs.csv"], "runs.csv, line 1: this is no look"),
    ],
)
def test_what_cannot_be_judged_is_one_line_and_no_verdict(
    tmp_path, monkeypatch, caplog, capsys, arguments, said
):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, LOSSES)
    with pytest.raises(SystemExit) as ended:
        main(["judge", *arguments])
    assert ended.value.code == 1
    (record,) = caplog.records
    assert said in record.getMessage()
    assert "\n" not in record.getMessage()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "arguments", [["--at", "2"], ["--matters", "-1"], ["--looks", "0"], ["--lower", "--higher"]]
)
def test_a_wrong_option_has_an_exit_code_that_is_no_verdict(tmp_path, capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(["judge", written(tmp_path, LOSSES), *arguments])
    assert ended.value.code == 2
    assert "usage: lr-atlas judge" in capsys.readouterr().err


def test_a_message_about_keys_of_a_study_names_the_options():
    assert as_options("columns: {metric: loss}") == "--metric loss"
    assert as_options("columns: optimizer: there is none") == "--by: there is none"
    assert as_options("columns: {ignore: [seed, x]}") == "--ignore seed x"


def test_a_verdict_takes_no_torch_no_workflow_and_no_configuration(tmp_path):
    file = written(tmp_path, LOSSES)
    code = (
        "import sys; from lr_atlas.cli import main; "
        f"main(['judge', {file!r}]); main(['noise', {file!r}]); "
        "heavy = {'torch', 'snakemake', 'seaborn', 'matplotlib', 'pydantic', 'scipy.stats'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    environment = {"PYTHONPATH": str(PROJECT / "scripts")}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stderr.splitlines()[-1] == "[]"


def test_looking_again_is_counted_and_asks_for_more(tmp_path, capsys):
    ledger = ["--ledger", str(tmp_path / "looks.jsonl")]
    few = {name: LOSSES[name][:3] for name in ("sgd", "adam")}
    all_of_them = {name: LOSSES[name] for name in few}
    _, first = judged(capsys, written(tmp_path, few), *ledger)
    _, same = judged(capsys, written(tmp_path, few), *ledger)
    _, second = judged(capsys, written(tmp_path, all_of_them), *ledger)
    assert [each["look"] for each in (first, same, second)] == [1, 1, 2]
    assert same == first
    assert (second["level_of_look"], second["looks"]) == (pytest.approx(0.005), 2)
    assert "(99.5 % interval" in second["sentence"]
    assert "look 2" in second["sentence"]
    _, uncounted = judged(capsys, written(tmp_path, all_of_them))
    assert second["p"] == pytest.approx(10 * uncounted["p"])
    assert judged(capsys, written(tmp_path, all_of_them), "--looks", "2")[1]["p"] == second["p"]
    _, other = judged(capsys, written(tmp_path, LOSSES), *ledger)
    assert (other["look"], other["questions"]) == (2, 3)  # adam's runs are those of before
    assert other["false_verdicts_expected"] == pytest.approx(0.15)


def test_the_noise_of_a_baseline_is_its_scatter_with_what_runs_could_show(tmp_path, capsys):
    file = written(tmp_path, LOSSES)
    assert main(["noise", file, "--baseline", "adam", "--plan", "0.01", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (group,) = found["groups"]
    values = np.array(LOSSES["adam"])
    low, high = (4 * values.var(ddof=1) / stats.chi2.isf([0.025, 0.975], 4)) ** 0.5
    assert (group["n"], group["mean"]) == (5, pytest.approx(values.mean()))
    assert group["deviation"] == pytest.approx(values.std(ddof=1))
    assert (group["low"], group["high"]) == (pytest.approx(low), pytest.approx(high))
    assert [row["n"] for row in group["shown"]] == [*range(1, 21)]
    assert group["shown"][0]["difference"] is None
    asked = stats.t.isf(0.025, 8) + stats.t.isf(0.2, 8)
    assert group["shown"][4]["difference"] == pytest.approx(
        asked * values.std(ddof=1) * np.sqrt(2 / 5)
    )
    planned = group["planned"]["seeds"]
    assert (
        group["shown"][planned - 1]["difference"]
        <= 0.01
        < group["shown"][planned - 2]["difference"]
    )
    assert f"takes {planned} runs of each" in found["sentence"]


def test_noise_of_single_runs_is_refused(tmp_path, caplog):
    with pytest.raises(SystemExit):
        main(["noise", written(tmp_path, {"sgd": [0.5], "adam": [0.4]})])
    assert "one says nothing of noise" in caplog.text


@pytest.mark.parametrize(
    ("target", "said"), [("judge", "sgd is worse than adam"), ("noise", "val_loss scatters")]
)
def test_make_has_the_same_commands(tmp_path, target, said):
    file = written(tmp_path, LOSSES)
    words = [f"FILES={file}", "METRIC=val_loss", "BY=optimizer", "MORE=--baseline adam"]
    command = ["make", "--no-print-directory", "-o", "environment", target, *words]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert said in ended.stdout
