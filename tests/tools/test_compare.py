"""Two results folders or studies compared: what changed, how sure that is, and nothing else."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from whole_runs import script

from lr_atlas.common.errors import UserError
from lr_atlas.config.study_models import Study
from lr_atlas.runs.run_files import DESCRIPTION, HISTORY, TIMING
from lr_atlas.studies.grid import plan_study
from lr_atlas.tables.collect import collect_study, run_folder
from lr_atlas.tools.compare.comparison import compare_studies
from lr_atlas.tools.compare.numbers import PAIRED, WELCH, difference_of
from lr_atlas.tools.compare.places import studies_to_compare
from lr_atlas.tools.compare.rendering import as_text
from lr_atlas.tools.compare.text import comparison_rows, comparison_sections
from lr_atlas.training.records import METRICS

STUDY = {
    "dataset": "mnist",
    "epochs": 2,
    "seeds": 4,
    "optimizers": [{"name": "sgd", "lr": [0.01, 0.1]}, {"name": "adam", "lr": 0.001}],
}
BASE = {0.01: 0.6, 0.1: 0.8, 0.001: 0.7}


def accuracy_of(run):
    """The final accuracy of a run: by its learning rate, with noise by its seed."""
    noise = np.random.default_rng(run.seed).normal(0, 0.002)
    return BASE.get(run.parameters["learning_rate"], 0.5) + noise


def record(results, name="a", accuracy=accuracy_of, describe=None, **changes):
    """Write a study as the workflow does: folders of runs and tables. Returns its folder.

    accuracy: of a run, None where it diverged. describe: {key of run.json: value}. changes: of
    the study.
    """
    plan = plan_study(name, Study.model_validate(STUDY | changes), None, 1)
    for run in plan.runs:
        write_run(run_folder(results / "runs", run), run, accuracy(run), describe or {})
    folder = results / "studies" / name
    folder.mkdir(parents=True)
    for table, kind in zip(collect_study(plan, results / "runs"), ("epochs", "runs"), strict=True):
        table.to_parquet(folder / f"{kind}.parquet")
        table.to_csv(folder / f"{kind}.csv", index=False, float_format="%.10g")
    return folder


def write_run(folder, run, accuracy, describe):
    folder.mkdir(parents=True, exist_ok=True)
    diverged = accuracy is None
    epochs = range(1, 1 if diverged else run.epochs + 1)
    history = [",".join(("epoch", *METRICS))]
    history += [
        f"{epoch},1,0.5,0.9,0.5,1.1,{accuracy - 0.1 / epoch + 0.05:.10g}" for epoch in epochs
    ]
    timing = ["epoch,train_seconds,evaluate_seconds", *(f"{epoch},0.5,0.1" for epoch in epochs)]
    (folder / HISTORY).write_text("\n".join(history) + "\n")
    (folder / TIMING).write_text("\n".join(timing) + "\n")
    description = {
        "canonical_configuration": run.configuration,
        "status": "diverged" if diverged else "finished",
        "reason": "loss" if diverged else "",
        "diverged_epoch": 1 if diverged else None,
        "diverged_step": 7 if diverged else None,
        "epochs_completed": len(epochs),
        "device": "cpu",
        "threads": 1,
        "gradients": "compiled",
        "versions": {"torch": "2.13.0", "python": "3.11.7", "blas": "openblas 0.3.30"},
        "machine": {"system": "Linux", "processor": "one"},
        "trained_in": [{"from_epoch": 1, "processor": "one"}],
        "code": {"train.py": "0123", "lr_atlas/training/loop.py": "4567"},
        "data": {"train.npz": "89ab"},
        "training_images": 50_000,
        "validation_images": 10_000,
        "validation_chance": 0.1,
        "epochs": run.epochs,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description | describe))


def compared(first, second, metric="validation_accuracy"):
    """(the comparison of two folders of studies, its text in one line)."""
    [found] = compare_studies([(first, second)], metric)
    return found, flat(as_text(comparison_sections([found], metric), 100))


def flat(text):
    return " ".join(text.split())


def by_setting(found):
    return found.numbers.set_index("setting")


@pytest.fixture
def first(tmp_path):
    return record(tmp_path / "one")


# The sections


def test_studies_that_are_alike_are_said_to_be_the_same(first, tmp_path):
    found, text = compared(first, record(tmp_path / "other"))
    assert set(found.numbers["verdict"]) == {"identical"}
    assert found.configuration == found.makers == found.code_files == ()
    assert "The 12 runs that both have are the same, to the last digit." in text
    assert "The same in both: configuration, versions and machine, code." in text
    assert found.numbers["p_holm"].isna().all()


def test_new_settings_and_seeds_are_named_and_the_rest_still_compared(first, tmp_path):
    grid = [{"name": "sgd", "lr": [0.01, 0.1, 1.0], "momentum": [0, 0.5]}, {"name": "adamw"}]
    second = record(tmp_path / "other", optimizers=grid, seeds=5)
    found, text = compared(first, second)
    changes = {change.key: (change.before, change.after) for change in found.configuration}
    assert changes == {
        "optimizer": (("adam", "sgd"), ("adamw", "sgd")),
        "sgd: lr": (("0.01", "0.1"), ("0.01", "0.1", "1")),
        "sgd: momentum": (("0",), ("0", "0.5")),
        "seeds": (("0", "1", "2", "3"), ("0", "1", "2", "3", "4")),
    }
    # Named without momentum in A, where it does not vary, as in B, where 0 is the default.
    assert found.numbers["setting"].tolist() == ["sgd-lr0.01", "sgd-lr0.1"]
    assert found.numbers["verdict"].tolist() == ["identical", "identical"]
    assert "2 compared; 1 only in A (adam-lr0.001); 5 only in B" in text


def test_settings_are_matched_by_what_they_are_whatever_they_are_called(first, tmp_path):
    grid = [{"name": "sgd", "lr": [0.01, 0.1], "batch_size": [100, 50]}, {"name": "adam"}]
    found, text = compared(first, record(tmp_path / "other", optimizers=grid, batch_size=50))
    names = [(pair.first.name, pair.second.name) for pair in found.pairs]
    assert names == [
        ("adam-lr0.001", "adam-lr0.001"),
        ("sgd-lr0.01", "sgd-lr0.01-batch_size100"),
        ("sgd-lr0.1", "sgd-lr0.1-batch_size100"),
    ]
    assert [pair.differing for pair in found.pairs] == [("batch_size",), (), ()]
    assert "setting in B n A B" in text


def test_with_another_shared_key_settings_are_compared_that_differ_in_nothing_else(first, tmp_path):
    second = record(tmp_path / "other", model={"dropout": 0.1})
    found, text = compared(first, second)
    assert [pair.differing for pair in found.pairs] == [("model.dropout",)] * 3
    assert "compared with one that differs in nothing but model.dropout 0 -> 0.1." in text
    assert "model.dropout 0 -> 0.1 settings 3 compared" in text


def test_more_epochs_are_a_change_and_settings_with_their_own_are_matched_exactly(tmp_path):
    own = {"name": "adam", "lr": 0.001, "epochs": 3}
    grids = [[{"name": "sgd", "lr": [0.01, 0.1], "epochs": n}, own] for n in (2, 4)]
    first, second = (record(tmp_path / str(n), optimizers=grid) for n, grid in enumerate(grids))
    found, _ = compared(first, second)
    differing = {pair.first.optimizer: pair.differing for pair in found.pairs}
    assert differing == {"adam": (), "sgd": ("epochs",)}


def test_another_learning_rate_is_another_setting(first, tmp_path):
    found, text = compared(
        first, record(tmp_path / "other", optimizers=[{"name": "sgd", "lr": 1.0}])
    )
    assert not found.pairs
    assert "No setting of A has a counterpart in B" in text
    assert [setting.name for setting in found.only_second] == ["sgd-lr1"]


def test_versions_machine_and_code_are_named_with_how_many_runs(first, tmp_path):
    describe = {
        "versions": {"torch": "2.14.0", "python": "3.11.7", "blas": "openblas 0.3.30"},
        "code": {"train.py": "0123", "lr_atlas/training/loop.py": "9999"},
    }
    second = record(tmp_path / "other", describe=describe)
    found, text = compared(first, second)
    assert [change.key for change in found.makers] == ["torch", "code"]
    assert "torch 2.13.0 -> 2.14.0; in 12 of 12 runs of both" in text
    assert "changed files lr_atlas/training/loop.py" in text
    assert "The 12 runs that both have are the same, to the last digit." in text
    assert "Changed with it: torch, code. The same in both: configuration." in text


def test_where_only_some_runs_were_made_otherwise_they_are_counted(first, tmp_path):
    second = record(tmp_path / "other")
    path = next((tmp_path / "other" / "runs").glob("*adam*/epochs-2")) / DESCRIPTION
    path.write_text(path.read_text().replace('"compiled"', '"autograd"'))
    _, text = compared(first, second)
    assert (
        "gradients compiled -> compiled (11 runs), autograd (1 run); in 1 of 12 runs of both"
        in text
    )


# The numbers


def test_paired_differences_are_those_of_scipy_and_the_means_are_over_common_seeds():
    generator = np.random.default_rng(1)
    first = pd.Series(generator.normal(0.5, 0.01, 6), [0, 1, 2, 3, 4, 9])
    second = pd.Series(generator.normal(0.52, 0.01, 6), [4, 3, 2, 1, 0, 8])
    found = difference_of(first, second)
    one, other = first[[0, 1, 2, 3, 4]], second[[0, 1, 2, 3, 4]]
    expected = stats.ttest_rel(other, one)
    interval = expected.confidence_interval()
    assert (found.method, found.first_n, found.second_n) == (PAIRED, 5, 5)
    assert found.difference == pytest.approx(other.mean() - one.mean())
    assert (found.low, found.high, found.p) == pytest.approx((*interval, expected.pvalue))


def test_without_common_seeds_the_interval_is_welchs():
    first = pd.Series([0.50, 0.51, 0.49, 0.52], range(4))
    second = pd.Series([0.55, 0.60, 0.52], range(4, 7))
    found = difference_of(first, second)
    error = np.sqrt(first.var() / 4 + second.var() / 3)
    freedom = error**4 / ((first.var() / 4) ** 2 / 3 + (second.var() / 3) ** 2 / 2)
    half = stats.t.ppf(0.975, freedom) * error
    difference = second.mean() - first.mean()
    assert (found.method, found.first_n, found.second_n) == (WELCH, 4, 3)
    assert (found.low, found.high) == pytest.approx((difference - half, difference + half))


@pytest.mark.parametrize(
    ("first", "second", "method", "n", "difference", "has_interval"),
    [
        ({0: 0.5}, {0: 0.6}, PAIRED, 1, 0.1, False),
        ({0: 0.5}, {1: 0.6}, WELCH, 1, 0.1, False),
        ({0: 0.5, 1: 0.5}, {2: 0.6, 3: 0.6}, WELCH, 2, 0.1, True),
        ({0: 0.5, 1: 0.7}, {0: 0.6, 1: 0.8}, PAIRED, 2, 0.1, True),
        ({0: 0.5, 1: np.nan}, {0: 0.6, 1: 0.7}, WELCH, 1, 0.15, False),
        ({0: np.nan}, {0: 0.6}, "", 0, np.nan, False),
    ],
)
def test_few_runs_have_a_difference_without_an_interval_and_no_warning(
    first, second, method, n, difference, has_interval
):
    found = difference_of(pd.Series(first), pd.Series(second))
    assert (found.method, found.first_n) == (method, n)
    assert found.difference == pytest.approx(difference, nan_ok=True)
    assert np.isfinite([found.low, found.high, found.p]).all() == has_interval
    if has_interval:
        assert found.low == pytest.approx(0.1)
        assert found.p == 0


def test_holms_correction_is_over_the_rows_of_all_studies_that_are_tested(tmp_path):
    folders = [
        (
            record(tmp_path / "one", name),
            record(
                tmp_path / "other",
                name,
                lambda run: accuracy_of(run) + 1e-3 * (run.seed + run.parameters["learning_rate"]),
                optimizers=[{"name": "sgd", "lr": [0.01, 0.1]}],
            ),
        )
        for name in ("a", "b")
    ]
    tables = [each.numbers for each in compare_studies(folders, "validation_accuracy")]
    table = pd.concat(tables)
    _, expected, _, _ = multipletests(table["p"], method="holm")
    assert len(table) == 4
    assert table["p_holm"].tolist() == pytest.approx(expected.tolist())


def test_a_setting_is_higher_lower_or_inconclusive(first, tmp_path):
    shift = {0.01: 0.02, 0.1: -0.03, 0.001: 0.0}

    def accuracy(run):
        noise = np.random.default_rng(100 + run.seed).normal(0, 0.0005)
        return accuracy_of(run) + shift[run.parameters["learning_rate"]] + noise

    found, text = compared(first, record(tmp_path / "other", accuracy=accuracy))
    verdicts = by_setting(found)["verdict"].to_dict()
    assert verdicts == {
        "sgd-lr0.01": "higher",
        "sgd-lr0.1": "lower",
        "adam-lr0.001": "inconclusive",
    }
    assert (
        "1 is higher and 1 is lower in validation accuracy, most of all sgd-lr0.1 by -3.0" in text
    )
    assert "after Holm's correction over 3 tests" in text
    assert "The best setting of each optimizer is the same in both." in text


def test_more_seeds_of_the_same_runs_change_nothing(first, tmp_path):
    found, _ = compared(first, record(tmp_path / "other", seeds=7))
    assert set(found.numbers["verdict"]) == {"identical"}
    assert set(found.numbers["first_n"]) == {4}


def test_one_digit_in_one_epoch_makes_a_run_another_one(first, tmp_path):
    second = record(tmp_path / "other")
    epochs = pd.read_parquet(second / "epochs.parquet")
    epochs.loc[0, "train_loss"] += 1e-9
    epochs.to_parquet(second / "epochs.parquet")
    found, _ = compared(first, second)
    assert found.numbers["same_runs"].tolist() == [3, 4, 4]
    assert found.numbers["verdict"].tolist() == ["inconclusive", "identical", "identical"]


def test_divergence_is_counted_and_all_that_diverge_alike_are_the_same(tmp_path):
    def diverging(rates):
        return lambda run: None if run.parameters["learning_rate"] in rates else accuracy_of(run)

    first = record(tmp_path / "one", accuracy=diverging([0.01]))
    found, text = compared(first, record(tmp_path / "other", accuracy=diverging([0.01, 0.1])))
    verdicts = by_setting(found)["verdict"].to_dict()
    assert verdicts["sgd-lr0.01"] == "identical"
    assert verdicts["sgd-lr0.1"] == "diverged"
    assert "More runs diverge in sgd-lr0.1 (0 of 4 -> 4 of 4)." in text
    assert "4 -> 4" in text


def test_seconds_are_compared_where_all_else_is_the_same(first, tmp_path):
    second = record(tmp_path / "other")
    runs = pd.read_parquet(second / "runs.parquet")
    runs["seconds_per_epoch"] = 0.25 + 0.001 * runs["seed"].astype(float)
    runs.to_parquet(second / "runs.parquet")
    found, text = compared(first, second, "seconds_per_epoch")
    assert set(found.numbers["verdict"]) == {"lower"}
    assert "Seconds per epoch: means over the runs" in text


# The choices


def test_another_best_setting_is_the_first_thing_said_where_the_runs_of_b_tell_it(first, tmp_path):
    def accuracy(run):
        noise = np.random.default_rng(7 + run.seed).normal(0, 0.0005)
        return accuracy_of(run) + (0.3 if run.parameters["learning_rate"] == 0.01 else noise)

    found, text = compared(first, record(tmp_path / "other", accuracy=accuracy))
    choice = found.choices.set_index("optimizer").loc["sgd"]
    assert (choice["first_setting"], choice["second_setting"]) == ("sgd-lr0.1", "sgd-lr0.01")
    assert choice["low"] > 0.09
    expected = "= The best setting is now sgd-lr0.01, no longer sgd-lr0.1: in B it is ahead by 10.0"
    assert expected in text


def test_another_best_setting_within_noise_is_said_to_be_inconclusive(tmp_path):
    def accuracy(shift):
        def of(run):
            stream = (shift, run.seed, int(1000 * run.parameters["learning_rate"]))
            return 0.7 + np.random.default_rng(stream).normal(0, 0.01)

        return of

    first, second = (
        record(tmp_path / str(shift), accuracy=accuracy(shift), seeds=5) for shift in (1, 4)
    )
    found, text = compared(first, second)
    assert found.choices["changed"].any()
    assert "= Of 3 settings compared, none differs beyond noise in validation accuracy." in text
    assert "which is inconclusive." in text


def test_optimizers_of_one_side_alone_are_in_the_table(first, tmp_path):
    grid = [{"name": "sgd", "lr": 0.1}, {"name": "adamw"}]
    found, text = compared(first, record(tmp_path / "other", optimizers=grid))
    assert set(found.choices["optimizer"]) == {"all together", "sgd", "adam", "adamw"}
    assert "only in A" in text
    assert "only in B" in text
    assert "nan" not in text


def test_all_diverged_on_both_sides_gives_a_text(tmp_path):
    first, second = (
        record(tmp_path / name, accuracy=lambda run: None, epochs=epochs)
        for name, epochs in (("one", 2), ("other", 3))
    )
    found, text = compared(first, second)
    assert set(found.numbers["verdict"]) == {"identical"}
    assert "epochs 2 -> 3" in text
    assert "nan" not in text


# What is on disk


def test_without_run_folders_the_tables_tell_what_is_compared(first, tmp_path):
    second = record(tmp_path / "other", model={"dropout": 0.1})
    shutil.rmtree(tmp_path / "other" / "runs")
    found, text = compared(first, second)
    assert len(found.pairs) == 3
    assert "Of B, 12 of 12 runs have no run.json that can be read" in text
    assert "Not known of all runs: parts of the configuration, system, threads" in text
    assert "The same in both" not in text
    assert "dropout" not in text.replace("beside its tables", "")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_of_an_older_version_are_compared_as_far_as_they_go(form, first, tmp_path):
    second = record(tmp_path / "other")
    for name in ("runs", "epochs"):
        table = pd.read_parquet(second / f"{name}.parquet")
        table = table.drop(
            columns=["blas", "best_validation_accuracy", "running_loss"], errors="ignore"
        )
        (second / f"{name}.parquet").unlink()
        if form == "parquet":
            table.to_parquet(second / f"{name}.parquet")
        table.to_csv(second / f"{name}.csv", index=False, float_format="%.10g")
    for path in (tmp_path / "other" / "runs").glob("*/*/run.json"):
        description = json.loads(path.read_text())
        del description["code"], description["trained_in"], description["versions"]["blas"]
        path.write_text(json.dumps(description))
    found, text = compared(first, second)
    assert set(found.numbers["verdict"]) == {"identical"}
    assert "blas openblas 0.3.30 -> not recorded" in text
    assert "The same in both: configuration. Not known of all runs: blas, code." in text
    found, text = compared(first, second, "best_validation_accuracy")
    assert "B has no column best_validation_accuracy: it was made by an older version." in text
    assert "nan" not in text


def test_without_a_table_of_epochs_it_is_not_known_whether_runs_are_the_same(first, tmp_path):
    second = record(tmp_path / "other")
    for path in second.glob("epochs.*"):
        path.unlink()
    found, text = compared(first, second)
    assert set(found.numbers["verdict"]) == {"inconclusive"}
    assert "B has no table of epochs: whether runs are the same is not known." in text


# The command line


def compare(*arguments):
    return script("compare.py", *arguments)


def test_two_results_folders_are_compared_study_by_study_and_written_to_files(tmp_path):
    for name in ("a", "b"):
        for side in ("one", "other"):
            record(tmp_path / side, name, epochs=3 if (name, side) == ("b", "other") else 2)
    record(tmp_path / "other", "c")
    files = ["--markdown", tmp_path / "text.md", "--csv", tmp_path / "rows.csv"]
    before = sorted(tmp_path.rglob("*"))
    process = compare(tmp_path / "one", tmp_path / "other", *files)
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    assert process.stdout.startswith("Summary\n=======\na  The 12 runs that both have are the same")
    assert "Only in B: c." in process.stdout
    assert max(map(len, process.stdout.splitlines())) <= 100
    text = (tmp_path / "text.md").read_text(encoding="utf-8")
    assert "# a\n" in text
    assert "- epochs: 2 -> 3\n" in text
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert rows.groupby("study").size().to_dict() == {"a": 3, "b": 3}
    assert sorted({*tmp_path.rglob("*")} - {*before}) == sorted(files[1::2])


def test_two_studies_of_one_results_folder_are_compared_by_their_names(tmp_path):
    record(tmp_path / "results", "plain")
    record(tmp_path / "results", "wide", model={"hidden": [256]})
    process = compare("plain", "wide", "--directory", tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("plain and wide\n")
    assert "model.hidden  [128, 64] -> [256]\n" in process.stdout


def test_long_tables_are_shown_whole_if_asked_for_and_changes_come_first(tmp_path):
    rates = [round(0.01 * n, 2) for n in range(1, 31)]
    grid = [{"name": "sgd", "lr": rates}]
    first = record(tmp_path / "one", optimizers=grid, seeds=2)
    second = record(
        tmp_path / "other",
        accuracy=lambda run: None if run.parameters["learning_rate"] == 0.3 else accuracy_of(run),
        optimizers=grid,
        seeds=2,
    )
    [found] = compare_studies([(first, second)], "validation_accuracy")
    texts = [
        as_text(comparison_sections([found], METRICS[-1], complete=complete), 100)
        for complete in (False, True)
    ]
    assert texts[0].count("identical") == 19
    assert "10 more rows: --all shows them." in flat(texts[0])
    assert texts[0].index("0 -> 2") < texts[0].index("sgd-lr0.01 ")
    assert texts[1].count("identical") == 29


def test_only_settings_of_one_side_are_rows_of_the_file_too(first, tmp_path):
    second = record(tmp_path / "other", optimizers=[{"name": "sgd", "lr": [0.1, 0.2]}])
    [found] = compare_studies([(first, second)], "validation_accuracy")
    rows = comparison_rows([found], "validation_accuracy")
    assert rows["verdict"].tolist() == ["identical", "only in A", "only in A", "only in B"]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("", "plain", "A is not given. A and B are each a results folder"),
        ("plane", "plain", "no such study in results: did you mean 'plain'? It has plain, wide"),
        ("plain", "x/y", "B=x/y: there is no such folder"),
        ("results/studies/plane", "plain", "no such folder: did you mean 'plain'?"),
        ("plain", "plain", "A and B are the same"),
        ("results", ".", "A and B are the same"),
        (
            "results",
            "results/studies/later",
            "B=results/studies/later has no tables of its runs yet",
        ),
        ("other", "results", "A, other, has another; B, results, has plain, wide"),
        ("results/runs", "results", "A=results/runs is neither a results folder"),
        ("empty", "results", "A=empty has no tables of a study yet. Run the workflow there first"),
        (
            "wide",
            "plain",
            "A=wide is a folder here and a study in results. Give ./wide for the one",
        ),
        ("broken", "plain", "its table of runs cannot be read"),
        ("foreign", "plain", "its table of runs has no column setting"),
    ],
)
def test_what_cannot_be_compared_is_one_message(first, second, message, small_results, monkeypatch):
    monkeypatch.chdir(small_results)
    with pytest.raises(UserError) as error:
        compare_studies(studies_to_compare(first, second, Path("results"))[0], METRICS[0])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def small_results(tmp_path_factory):
    """A folder with two studies in results, and folders that are not what they seem."""
    folder = tmp_path_factory.mktemp("small")
    grid = {"optimizers": [{"name": "adam"}], "seeds": 1}
    record(folder / "results", "plain", **grid)
    record(folder / "results", "wide", **grid)
    record(folder / "other", "another", **grid)
    shutil.copytree(folder / "other" / "studies" / "another", folder / "wide")
    for name in ("results/studies/later", "empty/studies/a", "broken", "foreign"):
        (folder / name).mkdir(parents=True)
    (folder / "broken" / "runs.parquet").write_bytes(b"PAR1")
    (folder / "foreign" / "runs.csv").write_text("run,seed\n1,2\n")
    return folder


def test_a_mistake_ends_with_one_line_and_no_traceback(small_results):
    arguments = ("plain", "wide", "--directory", small_results, "--csv", "no/such/folder.csv")
    process = compare(*arguments)
    assert process.returncode == 1
    assert process.stdout == ""
    assert re.search(
        r"ERROR --csv no/such/folder.csv: no file can be written there", process.stderr
    )
    assert len(process.stderr.splitlines()) == 1


def test_the_default_studies_can_be_compared_though_they_have_little_in_common(tmp_path):
    """Other optimizers, lengths, networks, a network without hidden layers, one seed."""
    grid = [
        {"name": "rmsprop", "lr": 0.1, "alpha": [0.9, 0.99], "batch_size": 15, "epochs": 3},
        {"name": "sgd", "lr": [0.1, 0.3], "model": [{"hidden": [[], [30, 20]]}]},
    ]
    second = record(tmp_path / "other", optimizers=grid, seeds=[7], dataset="fashion_mnist")
    found, text = compared(record(tmp_path / "one"), second)
    assert not found.pairs
    assert "model.hidden [128, 64] -> [128, 64], [30, 20], []" in text
    assert "seeds 0, 1, 2, 3 -> 7" in text
    assert "nan" not in text
