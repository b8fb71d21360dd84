"""A whole run leaves tables, figures, report and logs; on a few hundred real images."""

import csv
import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import version

import matplotlib.image
import pandas as pd
import pytest
from whole_runs import PROJECT, executed, jobs, output, planned, run_folders, snakemake

from lr_atlas.figures.drawn import figures
from lr_atlas.runs.run_files import DYNAMICS, FILES
from lr_atlas.studies.study_checks import RESERVED_NAMES

#: The study here has no range tests, and varies no source of chance.
FIGURES = tuple(name for name in figures() if name not in ("finder", "variance"))
TABLES = (
    *("summary", "pairs", "optimizers", "best_of", "sensitivity", "seeds_and_images"),
    *("variance", "finder", "findings", "claims", "reported"),
)


def test_every_run_has_its_files_and_the_stamps_of_what_made_them(built):
    folders = run_folders(built)
    assert len(folders) == 8
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        stamps = {name for name in names if name.startswith("code-")}
        assert names - stamps == {*FILES, DYNAMICS}
        assert sorted(re.sub("-[0-9a-f]{12}", "-x", name) for name in stamps) == [
            "code-x",
            f"code-x-torch-{version('torch').split('+')[0]}",
        ]


def test_a_history_has_a_row_per_epoch_with_the_three_series(built):
    folder = next(f for f in run_folders(built) if "adam" in str(f))
    rows = list(csv.DictReader((folder / "history.csv").read_text().splitlines()))
    assert list(rows[0]) == [
        *("epoch", "running_loss", "running_accuracy", "train_loss", "train_accuracy"),
        *("validation_loss", "validation_accuracy"),
    ]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(0 <= float(row["validation_accuracy"]) <= 1 for row in rows)
    timing = list(csv.DictReader((folder / "timing.csv").read_text().splitlines()))
    assert list(timing[0]) == ["epoch", "train_seconds", "evaluate_seconds"]
    assert all(float(row["train_seconds"]) > 0 for row in timing)


def test_run_json_says_what_was_trained_and_with_what(built):
    folder = next(f for f in run_folders(built) if "adam" in str(f))
    description = json.loads((folder / "run.json").read_text())
    assert description["status"] == "finished"
    assert description["configuration"]["optimizer"] == {"name": "adam", "lr": 0.001}
    assert description["configuration"]["validation"] == 100
    assert description["configuration"]["loss"] == "cross_entropy"
    assert (description["device"], description["threads"]) == ("cpu", 1)
    assert (description["training_images"], description["validation_images"]) == (200, 100)
    assert description["versions"]["torch"].startswith("2.")


def test_a_diverged_run_ends_well_and_stays_in_the_tables_but_in_no_mean(built):
    folder = next(f for f in run_folders(built) if "1000000" in str(f))
    description = json.loads((folder / "run.json").read_text())
    assert (description["status"], description["diverged_epoch"]) == ("diverged", 1)
    study = built / "results" / "studies" / "tiny"
    summary = pd.read_csv(study / "summary.csv").set_index("setting")
    row = summary.loc["sgd-lr1000000"]
    assert (row["seeds"], row["diverged"]) == (2, 2)
    assert pd.isna(row["validation_accuracy_mean"])
    runs = pd.read_csv(study / "runs.csv")
    assert (runs["status"] == "diverged").sum() == 2


def test_the_tables_have_the_promised_columns_and_agree_with_the_histories(built):
    study = built / "results" / "studies" / "tiny"
    epochs = pd.read_csv(study / "epochs.csv")
    assert list(epochs.columns[:7]) == [
        *("study", "run", "setting", "dataset", "optimizer", "learning_rate", "seed")
    ]
    assert len(epochs) == 3 * 6
    for folder in run_folders(built):
        rows = epochs[epochs["run"] == folder.parent.name]
        history = pd.read_csv(folder / "history.csv")
        assert rows["validation_accuracy"].tolist() == history["validation_accuracy"].tolist()
    pd.testing.assert_frame_equal(
        pd.read_parquet(study / "epochs.parquet"), epochs, check_dtype=False
    )
    summary = pd.read_csv(study / "summary.csv").set_index("setting")
    final = epochs[(epochs["setting"] == "adam-lr0.001") & (epochs["epoch"] == 3)]
    row = summary.loc["adam-lr0.001"]
    assert row["validation_accuracy_mean"] == pytest.approx(final["validation_accuracy"].mean())
    assert row["validation_accuracy_std"] == pytest.approx(final["validation_accuracy"].std())
    assert row["generalisation_gap"] == pytest.approx(
        (final["train_accuracy"] - final["validation_accuracy"]).mean()
    )


def test_reported_values_stand_beside_the_measured_ones(built):
    reported = pd.read_csv(built / "results" / "studies" / "tiny" / "reported.csv")
    assert reported["metric"].tolist() == ["train_loss", "validation_accuracy"]
    assert reported["reproduced"].tolist() == [False, True]
    assert reported["n"].tolist() == [2, 2]


ALL_FORMATS = ("--config", "figures={formats: [png, svg, pdf]}")


@pytest.fixture(scope="module")
def in_all_formats(built, tmp_path_factory):
    """(A copy of the results, one study of which is in all formats now, the finished process)."""
    copy = shutil.copytree(built, tmp_path_factory.mktemp("in all formats") / "results")
    return copy, snakemake("tiny", *ALL_FORMATS, directory=copy)


def test_formats_of_figures_asked_for_later_train_and_collect_nothing(built, in_all_formats):
    process = snakemake("--dry-run", *ALL_FORMATS, directory=built)
    assert planned(process) == {"figures": 2, "study_page": 2, "report": 1}
    copy, process = in_all_formats
    assert executed(process) == {"figures": 1, "study_page": 1, "tiny": 1}
    for folder, formats in ((built, ["svg"]), (copy, ["svg", "pdf", "png"])):
        page = (folder / "results" / "studies" / "tiny" / "report.html").read_text()
        assert re.findall(r'href="figures/heatmap\.(\w+)"', page) == formats


def test_a_format_taken_away_draws_nothing(in_all_formats):
    assert planned(snakemake("--dry-run", "tiny", directory=in_all_formats[0])) == {}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_there_and_not_blank(in_all_formats, name):
    figures = in_all_formats[0] / "results" / "studies" / "tiny" / "figures"
    assert (figures / f"{name}.svg").stat().st_size > 5_000
    assert (figures / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    assert matplotlib.image.imread(figures / f"{name}.png").std() > 0.02


def test_every_setting_has_its_curves(in_all_formats):
    curves = in_all_formats[0] / "results" / "studies" / "tiny" / "figures" / "curves"
    names = {path.stem for path in curves.glob("*.png")}
    assert names == {"adam-lr0.001", "sgd-lr0.01", "sgd-lr0.1", "sgd-lr1000000"}
    assert {path.stem for path in curves.glob("*.svg")} == names
    assert {path.stem for path in curves.glob("*.pdf")} == names


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_the_analysis_is_there_as_csv_and_json(built, name):
    study = built / "results" / "studies" / "tiny"
    table = pd.read_csv(study / f"{name}.csv")
    rows = json.loads((study / f"{name}.json").read_text(encoding="utf-8"))
    assert len(rows) == len(table)
    assert all(list(row) == list(table.columns) for row in rows)


def test_the_main_result_is_there_for_latex(built):
    text = (built / "results" / "studies" / "tiny" / "summary.tex").read_text(encoding="utf-8")
    assert r"\toprule" in text
    assert r"\bottomrule" in text


def test_the_report_says_all_answers_and_its_links_lead_to_files(built):
    results = built / "results"
    report = (results / "report.html").read_text(encoding="utf-8")
    for study in ("tiny", "shared"):
        said = json.loads((results / "studies" / study / "answer.json").read_text())
        assert said["headline"] in report
        assert f'href="studies/{study}/report.html"' in report
        assert f'src="studies/{study}/figures/sensitivity.svg"' in report
        assert f'href="studies/{study}/pairs.csv"' in report
    links = re.findall(r"(?:src|href)=\"([^\"]+)\"", report)
    assert links
    assert all((results / link).is_file() for link in links), "no network, and nothing missing"


def test_snakemakes_own_report_has_the_captions_of_all_figures(built, tmp_path):
    path = tmp_path / "figures.html"
    output(snakemake("--report", path, directory=built))
    text = path.read_text(encoding="utf-8").replace("\\n", " ")
    for name, figure in figures().items():
        (limits,) = re.findall(r"Limits: [\w ]+", " ".join(figure.caption.split()))
        assert text.count(limits) == 2, f"{name}: one for each study"


def test_the_last_words_are_the_answers_with_the_paths_of_their_pages(built):
    said = json.loads((built / "results" / "studies" / "tiny" / "answer.json").read_text())
    text = output(snakemake(directory=built))
    assert "Nothing to be done" in text
    assert f"tiny: {said['headline']}\n    " in text
    assert text.index("studies/tiny/report.html") < text.index("results/report.html")
    one = output(snakemake("shared", directory=built))
    assert "shared: " in one
    assert "tiny: " not in one
    for arguments in (("--dry-run",), ("--until", "train"), ("--quiet",)):
        assert "tiny: " not in output(snakemake(*arguments, directory=built))


def test_the_page_and_the_text_say_that_the_data_is_not_canonical(built):
    study = built / "results" / "studies" / "tiny"
    for name in ("report.html", "summary.md"):
        assert "not the canonical Fashion-MNIST" in (study / name).read_text(encoding="utf-8")
    log = next((built / "results" / "logs" / "data").glob("*.log")).read_text()
    assert "WARNING" in log
    assert "are not the published Fashion-MNIST" in log


def test_a_jobs_log_has_a_line_per_epoch(built):
    log = next((built / "results" / "logs" / "train").glob("*adam*/*.log")).read_text()
    assert len(re.findall(r"epoch \d/3 ", log)) == 3


def test_two_studies_share_a_run(built):
    shared = pd.read_csv(built / "results" / "studies" / "shared" / "runs.csv")
    tiny = pd.read_csv(built / "results" / "studies" / "tiny" / "runs.csv")
    assert set(shared["run"]) < set(tiny["run"])


def test_a_run_by_hand_gives_the_bytes_of_the_workflows(built, tmp_path):
    folder = next(f for f in run_folders(built) if "adam" in str(f))
    description = json.loads((folder / "run.json").read_text())
    command = [sys.executable, PROJECT / "scripts" / "train.py", "--epochs", 3]
    command += ["--configuration", json.dumps(description["canonical_configuration"])]
    command += ["--training-images", next((built / "results" / "data").glob("*/train.npz"))]
    command += ["--output-directory", tmp_path]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    for name in ("history.csv", "model.pt"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_values_given_with_config_reach_the_runs(tmp_path):
    given = ("--config", "compute={threads: 2}")
    process = snakemake("shared", "--until", "train", *given, directory=tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr
    description = json.loads(next((tmp_path / "results").rglob("run.json")).read_text())
    assert description["threads"] == 2


def test_no_study_can_take_the_name_of_a_rule():
    rules = re.findall(
        r"^(?:rule|checkpoint) (\w+):",
        "".join(path.read_text() for path in [PROJECT / "Snakefile", *PROJECT.glob("rules/*")]),
        re.MULTILINE,
    )
    assert set(RESERVED_NAMES) == set(rules)


def test_one_study_can_be_built_by_name(tmp_path):
    found = jobs(snakemake("--dry-run", "shared", directory=tmp_path))
    assert found["train"] == 1
    assert "tiny" not in found


def test_the_graph_of_the_default_studies_has_each_run_and_each_stage_once(tmp_path):
    process = snakemake("--dry-run", directory=tmp_path, config=None)
    found = jobs(process)
    assert found == {
        **{"data": 2, "train_pack": 21, "train": 105, "collect": 3, "select": 3, "evaluate": 3},
        **{"analyse": 3, "figures": 3, "study_page": 3, "report": 1, "all": 1, "total": 148},
    }


def test_a_held_out_validation_keeps_the_test_images_from_training(tmp_path):
    process = snakemake("--dry-run", directory=tmp_path)
    inputs = re.findall(r"rule train:\n    input: (.*)", process.stdout + process.stderr)
    assert len(inputs) == 8
    assert not any("test.npz" in line for line in inputs)


def test_a_given_configuration_takes_the_place_of_the_projects_own(tmp_path):
    found = jobs(snakemake("--dry-run", directory=tmp_path))
    assert found["train"] == 8  # and not those of config.yaml with them


def test_a_configuration_in_the_results_folder_is_used(tmp_path, edited):
    shutil.copy(edited("seeds: 2", "seeds: 1"), tmp_path / "config.yaml")
    assert jobs(snakemake("--dry-run", directory=tmp_path, config=None))["train"] == 4


def test_bad_input_ends_in_one_message_before_anything_runs(tmp_path, edited):
    process = snakemake(directory=tmp_path / "results", config=edited("name: adam", "name: amad"))
    assert process.returncode == 1
    text = process.stdout + process.stderr
    assert "unknown optimizer 'amad': did you mean 'adam'?" in text
    assert "Traceback" not in text
    assert not (tmp_path / "results" / "results").exists()
