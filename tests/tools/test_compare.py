"""Two results folders or studies compared: what changed, how sure that is, and nothing else."""

import json
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
from lr_atlas.tables.collect import collect_study
from lr_atlas.tools.compare.comparison import compare_studies, difference_of
from lr_atlas.tools.compare.comparison_text import comparison_text
from lr_atlas.tools.compare.named_studies import studies_to_compare
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
        write_run(results / "runs" / run.folder, run, accuracy(run), describe or {})
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
    return found, flat(comparison_text([found], 100))


def flat(text):
    return " ".join(text.split())


def verdicts(found):
    return found.numbers.set_index("setting")["verdict"].to_dict()


@pytest.fixture
def first(tmp_path):
    return record(tmp_path / "one")


# Changes


def test_studies_that_are_alike_are_said_to_be_the_same(first, tmp_path):
    found, text = compared(first, record(tmp_path / "other"))
    assert set(found.numbers["verdict"]) == {"identical"}
    assert "The 12 runs that both have are the same, to the last digit." in text
    assert "Nothing that is recorded of configuration, versions, machine and code." in text
    assert found.numbers["p_holm"].isna().all()


def test_new_settings_and_seeds_are_named_and_the_rest_still_compared(first, tmp_path):
    grid = [{"name": "sgd", "lr": [0.01, 0.1, 1.0], "momentum": [0, 0.5]}, {"name": "adamw"}]
    second = record(tmp_path / "other", optimizers=grid, seeds=5)
    found, _ = compared(first, second)
    assert dict(found.changes) == {
        "optimizer": "adam, sgd -> adamw, sgd",
        "sgd: lr": "0.01, 0.1 -> 0.01, 0.1, 1.0",
        "sgd: momentum": "0.0 -> 0.0, 0.5",
        "seeds": "0, 1, 2, 3 -> 0, 1, 2, 3, 4",
    }
    # Named without momentum in A, where it does not vary, as in B, where 0 is the default.
    counts = found.numbers["verdict"].value_counts().to_dict()
    assert counts == {"only in B": 5, "identical": 2, "only in A": 1}
    assert verdicts(found)["adam-lr0.001"] == "only in A"


def test_settings_are_matched_by_what_they_are_whatever_they_are_called(first, tmp_path):
    grid = [{"name": "sgd", "lr": [0.01, 0.1], "batch_size": [100, 50]}, {"name": "adam"}]
    found, text = compared(first, record(tmp_path / "other", optimizers=grid, batch_size=50))
    rows = found.numbers[found.numbers["setting"] != ""]
    assert rows[["setting", "second_setting", "differing"]].to_numpy().tolist() == [
        ["adam-lr0.001", "adam-lr0.001", "batch_size 100 -> 50"],
        ["sgd-lr0.01", "sgd-lr0.01-batch_size100", ""],
        ["sgd-lr0.1", "sgd-lr0.1-batch_size100", ""],
    ]
    assert "setting in B n A B" in text


def test_with_another_shared_key_settings_are_compared_that_differ_in_nothing_else(first, tmp_path):
    found, text = compared(first, record(tmp_path / "other", model={"dropout": 0.1}))
    assert found.changes == [("model.dropout", "0.0 -> 0.1")]
    assert "3 settings compared with one that differs in model.dropout 0.0 -> 0.1." in text


def test_more_epochs_are_a_change_and_settings_with_their_own_are_matched_exactly(tmp_path):
    own = {"name": "adam", "lr": 0.001, "epochs": 3}
    grids = [[{"name": "sgd", "lr": [0.01, 0.1], "epochs": n}, own] for n in (2, 4)]
    first, second = (record(tmp_path / str(n), optimizers=grid) for n, grid in enumerate(grids))
    found, _ = compared(first, second)
    assert found.numbers["differing"].tolist() == ["", "epochs 2 -> 4", "epochs 2 -> 4"]


def test_another_learning_rate_is_another_setting(first, tmp_path):
    second = record(tmp_path / "other", optimizers=[{"name": "sgd", "lr": 1.0}])
    _, text = compared(first, second)
    assert "Of 4 settings, by validation accuracy: 3 only in A, 1 only in B." in text


def test_versions_machine_and_code_are_named_with_how_many_runs(first, tmp_path):
    describe = {
        "versions": {"torch": "2.14.0", "python": "3.11.7", "blas": "openblas 0.3.30"},
        "code": {"train.py": "0123", "lr_atlas/training/loop.py": "9999"},
    }
    second = record(tmp_path / "other", describe=describe)
    path = next((tmp_path / "other" / "runs").glob("*adam*/epochs-2")) / DESCRIPTION
    path.write_text(path.read_text().replace('"compiled"', '"autograd"'))
    found, text = compared(first, second)
    changes = dict(found.changes)
    assert [*changes] == ["torch", "gradients", "code", "changed files"]
    assert changes["torch"] == "2.13.0 -> 2.14.0"
    assert changes["gradients"] == "compiled -> compiled (11 runs), autograd (1 run)"
    assert changes["changed files"] == "lr_atlas/training/loop.py"
    assert "The 12 runs that both have are the same, to the last digit." in text


# The numbers


def test_runs_of_equal_seed_are_compared_in_pairs_and_others_by_welchs_t():
    generator = np.random.default_rng(1)
    first = pd.Series(generator.normal(0.5, 0.01, 6), [0, 1, 2, 3, 4, 9])
    second = pd.Series(generator.normal(0.52, 0.01, 6), [4, 3, 2, 1, 0, 8])
    one, other = first[[0, 1, 2, 3, 4]], second[[0, 1, 2, 3, 4]]
    apart = second.set_axis(range(20, 26))
    for found, expected, n, means in (
        (
            difference_of(first, second, True),
            stats.ttest_rel(other, one),
            5,
            (one.mean(), other.mean()),
        ),
        (
            difference_of(first, apart, True),
            stats.ttest_ind(apart, first, equal_var=False),
            6,
            (first.mean(), apart.mean()),
        ),
    ):
        expected = (*means, means[1] - means[0], *expected.confidence_interval(), expected.pvalue)
        keys = ("first_mean", "second_mean", "difference", "low", "high", "p")
        assert found["n"] == n
        assert [found[key] for key in keys] == pytest.approx(list(expected))


@pytest.mark.parametrize(
    ("first", "second", "n", "difference"),
    [
        ({0: 0.5}, {0: 0.6}, 1, 0.1),
        ({0: 0.5}, {1: 0.6}, 1, 0.1),
        ({0: 0.5, 1: 0.5}, {0: 0.6}, 1, 0.1),
        ({0: np.nan}, {0: 0.6}, 0, np.nan),
    ],
)
def test_few_runs_have_a_difference_without_an_interval_and_no_warning(
    first, second, n, difference
):
    found = difference_of(pd.Series(first), pd.Series(second), True)
    assert found["n"] == n
    assert found["difference"] == pytest.approx(difference, nan_ok=True)
    assert np.isnan([found["low"], found["high"], found["p"]]).all()


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
    table = pd.concat(tables).dropna(subset="p")
    _, expected, _, _ = multipletests(table["p"], method="holm")
    assert len(table) == 4
    assert table["p_holm"].tolist() == pytest.approx(expected.tolist())


def test_a_setting_is_better_worse_or_inconclusive(first, tmp_path):
    shift = {0.01: 0.02, 0.1: -0.03, 0.001: 0.0}

    def accuracy(run):
        noise = np.random.default_rng(100 + run.seed).normal(0, 0.0005)
        return accuracy_of(run) + shift[run.parameters["learning_rate"]] + noise

    found, text = compared(first, record(tmp_path / "other", accuracy=accuracy))
    assert verdicts(found) == {
        "sgd-lr0.01": "better",
        "sgd-lr0.1": "worse",
        "adam-lr0.001": "inconclusive",
    }
    assert (
        "Of 3 settings, by validation accuracy: 1 better, 1 worse, 1 inconclusive; most of all "
        "sgd-lr0.1, by -3.0" in text
    )
    assert "after Holm's correction over 3 tests" in text
    assert "The best setting of each optimizer is the same in both." in text


def test_more_seeds_of_the_same_runs_change_nothing(first, tmp_path):
    found, _ = compared(first, record(tmp_path / "other", seeds=7))
    assert set(found.numbers["verdict"]) == {"identical"}
    assert set(found.numbers["n"]) == {4}


def test_one_digit_in_one_epoch_makes_a_run_another_one(first, tmp_path):
    second = record(tmp_path / "other")
    epochs = pd.read_parquet(second / "epochs.parquet")
    epochs.loc[0, "train_loss"] += 1e-9
    epochs.to_parquet(second / "epochs.parquet")
    found, _ = compared(first, second)
    assert found.numbers["same_runs"].tolist() == [3, 4, 4]
    assert found.numbers["verdict"].tolist() == ["inconclusive", "identical", "identical"]


def test_divergence_is_counted_and_all_that_diverge_alike_are_the_same(tmp_path):
    def diverging(rates, seeds=range(4)):
        return lambda run: (
            None
            if run.parameters["learning_rate"] in rates and run.seed in seeds
            else accuracy_of(run)
        )

    first = record(tmp_path / "one", accuracy=diverging([0.01]))
    found, text = compared(first, record(tmp_path / "other", accuracy=diverging([0.01, 0.1])))
    assert verdicts(found)["sgd-lr0.01"] == "identical"
    assert verdicts(found)["sgd-lr0.1"] == "diverged"
    assert "Diverged runs: sgd-lr0.1 (0 of 4 -> 4 of 4)." in text
    assert "4 -> 4" in text
    # Nothing speaks for an improvement of a setting of which some runs diverge.
    second = record(tmp_path / "some", accuracy=diverging([0.001], [0]))
    found, _ = compared(first, second)
    row = found.numbers.set_index("setting").loc["adam-lr0.001"]
    assert (row["verdict"], row["low"], row["second_diverged"]) == ("inconclusive", -np.inf, 1)


def test_seconds_are_compared_where_all_else_is_the_same(first, tmp_path):
    second = record(tmp_path / "other")
    runs = pd.read_parquet(second / "runs.parquet")
    runs["seconds_per_epoch"] = 0.25 + 0.001 * runs["seed"].astype(float)
    runs.to_parquet(second / "runs.parquet")
    found, text = compared(first, second, "seconds_per_epoch")
    assert set(found.numbers["verdict"]) == {"better"}
    assert (found.numbers["difference"] < 0).all()
    assert "Seconds per epoch (s)" in text


# The choices


def test_another_best_setting_is_said_with_what_the_runs_of_b_tell(first, tmp_path):
    def accuracy(run):
        noise = np.random.default_rng(7 + run.seed).normal(0, 0.0005)
        return accuracy_of(run) + (0.3 if run.parameters["learning_rate"] == 0.01 else noise)

    found, text = compared(first, record(tmp_path / "other", accuracy=accuracy))
    [choice] = found.choices
    assert (choice.before, choice.now) == ("sgd-lr0.1", "sgd-lr0.01")
    assert choice.advantage.low > 0.09
    assert found.numbers["best_in"].tolist() == ["AB", "B", "A"]
    expected = "The best setting is now sgd-lr0.01, no longer sgd-lr0.1: in B it is ahead by 10.0"
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
    assert found.choices
    assert "which is inconclusive." in text


def test_all_diverged_on_both_sides_gives_a_text(tmp_path):
    first, second = (
        record(tmp_path / name, accuracy=lambda run: None, epochs=epochs)
        for name, epochs in (("one", 2), ("other", 3))
    )
    found, text = compared(first, second)
    assert set(found.numbers["verdict"]) == {"identical"}
    assert "epochs 2 -> 3" in text
    assert "nan" not in text


# Files on disk


def test_without_run_folders_settings_go_by_their_names(first, tmp_path):
    second = record(tmp_path / "other", model={"dropout": 0.1})
    shutil.rmtree(tmp_path / "other" / "runs")
    found, text = compared(first, second)
    assert (found.numbers["setting"] == found.numbers["second_setting"]).all()
    assert (
        "configuration is not compared, and settings go by their names: of some, run.json" in text
    )
    assert "dropout" not in text
    assert dict(found.changes)["gradients"] == "compiled -> not recorded"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_of_an_older_version_are_compared_as_far_as_they_go(form, first, tmp_path):
    second = record(tmp_path / "other")
    for name in ("runs", "epochs"):
        table = pd.read_parquet(second / f"{name}.parquet")
        table = table.drop(columns=["blas", "best_validation_accuracy"], errors="ignore")
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
    assert dict(found.changes)["blas"] == "openblas 0.3.30 -> not recorded"
    assert "nan" not in text
    with pytest.raises(UserError, match="has no column best_validation_accuracy"):
        compared(first, second, "best_validation_accuracy")


def test_without_a_table_of_epochs_it_is_not_known_whether_runs_are_the_same(first, tmp_path):
    second = record(tmp_path / "other")
    for path in second.glob("epochs.*"):
        path.unlink()
    found, text = compared(first, second)
    assert set(found.numbers["verdict"]) == {"inconclusive"}
    assert "A table of epochs is missing, so no run is known to be the same." in text


# The command line


def compare(*arguments):
    return script("compare.py", *arguments)


def test_two_results_folders_are_compared_study_by_study_and_written_to_a_file(tmp_path):
    for name in ("a", "b"):
        for side in ("one", "other"):
            record(tmp_path / side, name, epochs=3 if (name, side) == ("b", "other") else 2)
    record(tmp_path / "other", "c")
    before = sorted(tmp_path.rglob("*"))
    process = compare(tmp_path / "one", tmp_path / "other", "--csv", tmp_path / "rows.csv")
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    assert process.stdout.startswith("Summary\n=======\na  The 12 runs that both have are the same")
    assert process.stdout.endswith("Not compared, since only in B: c\n")
    assert max(map(len, process.stdout.splitlines())) <= 100
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert rows.groupby("study").size().to_dict() == {"a": 3, "b": 3}
    assert {*tmp_path.rglob("*")} - {*before} == {tmp_path / "rows.csv"}


def test_two_studies_of_one_results_folder_are_compared_by_their_names(tmp_path):
    record(tmp_path / "results", "plain")
    record(tmp_path / "results", "wide", model={"hidden": [256]})
    process = compare("plain", "wide", "--directory", tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("plain and wide\n")
    assert "model.hidden  [128,64] -> [256]\n" in process.stdout


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
    texts = [comparison_text([found], 100, complete) for complete in (False, True)]
    assert texts[0].count("  identical") == 19
    assert "10 more rows: --all shows them." in flat(texts[0])
    assert texts[0].index("0 -> 2") < texts[0].index("sgd-lr0.01 ")
    assert texts[1].count("  identical") == 29


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("", "plain", "A is not given. A and B are each a results folder"),
        (
            "plane",
            "plain",
            "of that name is in results: did you mean 'plain'? Give a results folder",
        ),
        ("plain", "x/y", "B=x/y: no tables of a study's runs are there"),
        ("results/studies/plane", "plain", "did you mean 'plain'?"),
        ("plain", "plain", "A and B are the same"),
        ("results", ".", "A and B are the same"),
        ("results", "results/studies/later", "B=results/studies/later: no tables of a study's"),
        ("two", "results", "A, two, has another, third; B, results, has plain, wide"),
        ("results/runs", "results", "A=results/runs: no tables of a study's runs are there"),
        ("empty", "results", "or the name of a study in results: plain, wide"),
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
    record(folder / "two", "another", **grid)
    record(folder / "two", "third", **grid)
    for name in ("results/studies/later", "empty/studies/a", "broken", "foreign"):
        (folder / name).mkdir(parents=True)
    (folder / "broken" / "runs.parquet").write_bytes(b"PAR1")
    (folder / "foreign" / "runs.csv").write_text("run,seed\n1,2\n")
    return folder


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--csv", "no/such/folder.csv"), "no/such/folder.csv: No such file or directory"),
        (("--metric", "train_lost"), "--metric train_lost: no such metric: did you mean 'train_l"),
    ],
)
def test_a_mistake_ends_with_one_line_and_no_traceback(option, message, small_results):
    process = compare("plain", "wide", "--directory", small_results, *option)
    assert process.returncode == 1
    assert process.stdout == ""
    assert message in process.stderr
    assert len(process.stderr.splitlines()) == 1


def test_the_default_studies_can_be_compared_though_they_have_little_in_common(tmp_path):
    """Other optimizers, lengths, networks, a network without hidden layers, one seed."""
    grid = [
        {"name": "rmsprop", "lr": 0.1, "alpha": [0.9, 0.99], "batch_size": 15, "epochs": 3},
        {"name": "sgd", "lr": [0.1, 0.3], "model": [{"hidden": [[], [30, 20]]}]},
    ]
    second = record(tmp_path / "other", optimizers=grid, seeds=[7], dataset="fashion_mnist")
    _, text = compared(record(tmp_path / "one"), second)
    assert "model.hidden [128,64] -> [128,64], [30,20], []" in text
    assert "seeds 0, 1, 2, 3 -> 7" in text
    assert "nan" not in text
