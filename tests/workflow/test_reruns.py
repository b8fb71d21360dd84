"""The contract of reruns, as docs/reruns.md states it: what a change runs, and what it does not.

Real Snakemake on the tiny studies. Most tests look at what a dry run plans; those in which jobs
have to run count the jobs that came to their end.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from whole_runs import (
    TINY,
    TINY_DATA,
    executed,
    planned,
    run_folders,
    runs_of,
    snakemake,
    trained,
)

from lr_atlas.common.fingerprint import changed_files, code_digests, folder_digests
from lr_atlas.runs.beginning import CHECKED
from lr_atlas.studies.atlas import load_atlas

PAGES = {"draw_figures.py", "write_study_page.py", "write_report.py"}
#: Jobs that collect and draw from the runs, of both studies and of one.
RULES = ("collect", "select", "evaluate", "analyse", "figures", "study_page")
TABLES = {**dict.fromkeys(RULES, 2), "report": 1}
TABLES_OF_ONE = dict.fromkeys(TABLES, 1)

#: Jobs on one study's tables, when nothing but what is said of its runs has changed.
ANALYSIS_OF_ONE = dict.fromkeys(("analyse", "figures", "study_page", "report"), 1)

SGD = "{name: sgd, lr: [0.01, 0.1, 1e+6], momentum: 0.9}"
ADAM = "{name: adam, lr: 1e-3}"


def replace(path, old, new):
    """Edit a file as a user would."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def results(built, tmp_path):
    """A copy of the finished studies' results, to be changed."""
    return shutil.copytree(built, tmp_path / "results of mine")


@pytest.fixture
def whole_folder(built, copied):
    """The project with its configuration, its images and its results, all in one folder."""
    shutil.copytree(TINY_DATA, copied / "images")
    text = TINY.read_text(encoding="utf-8").replace("../data/fashion-mnist-tiny", "images")
    (copied / "config.yaml").write_text(text, encoding="utf-8")
    for name in ("results", ".snakemake"):
        shutil.copytree(built / name, copied / name)
    return copied


def dry_run_in(folder):
    """A dry run as in `cd folder; snakemake --dry-run`."""
    return snakemake("--dry-run", directory=folder, config=None, current=folder, project=folder)


# Nothing ------------------------------------------------------------------------------------------


def test_a_second_run_does_nothing(built):
    process = snakemake(directory=built)
    assert planned(process) == executed(process) == {}


def test_files_touched_in_the_worst_order_run_nothing(whole_folder):
    """Every file, of the project and of the results, is newer than what was made of it."""
    paths = sorted(whole_folder.rglob("*"), key=lambda path: path.stat().st_mtime_ns)
    first = time.time() - len(paths)
    for seconds, path in enumerate(reversed(paths)):
        os.utime(path, (first + seconds, first + seconds))
    assert planned(dry_run_in(whole_folder)) == {}


def test_the_whole_folder_copied_runs_nothing_there(whole_folder, tmp_path):
    subprocess.run(["cp", "-r", whole_folder, tmp_path / "copy"], check=True)
    shutil.rmtree(whole_folder)
    assert planned(dry_run_in(tmp_path / "copy")) == {}


def test_the_whole_folder_moved_runs_nothing_there(whole_folder, tmp_path):
    assert planned(dry_run_in(whole_folder.rename(tmp_path / "moved"))) == {}


def test_a_fresh_checkout_over_the_same_results_runs_nothing(built, copied):
    assert planned(snakemake("--dry-run", directory=built, project=copied, current=copied)) == {}


def test_results_without_snakemakes_record_train_nothing_and_tables_are_made_once_more(
    built, tmp_path
):
    shutil.copytree(built / "results", tmp_path / "results")
    assert planned(snakemake("--dry-run", directory=tmp_path)) == TABLES
    assert not (tmp_path / ".snakemake" / "lr-atlas").exists(), "a dry run leaves nothing of ours"


def test_another_order_indentation_spelling_comments_and_written_defaults_run_nothing(
    built, edited
):
    config = edited(
        f"      - {SGD}\n      - {ADAM}\n",
        "          # the same, otherwise\n"
        "          - {betas: [0.9, 0.999], lr: '1.0e-3', name: adam, eps: 1e-8}\n"
        "          - momentum: 9e-1\n"
        "            lr: [1000000, 1e-2, 1e-1]\n"
        "            name: sgd\n"
        "            nesterov: false\n",
    )
    replace(config, "    dataset: fashion_mnist\n    validation: 100\n", "    validation: 100\n")
    replace(
        config,
        "    seeds: 2\n",
        "    pixels: [0, 1]\n    seeds: [1, 0]\n    dataset: fashion_mnist\n",
    )
    assert planned(snakemake("--dry-run", directory=built, config=config)) == {}


def test_formatted_rules_and_formatted_commented_training_code_run_nothing(built, copied):
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    for command in (
        [tools / "snakefmt", "--line-length", "60", "rules"],
        [tools / "ruff", "format", "--isolated", "--line-length", "60", "scripts"],
    ):
        subprocess.run(command, cwd=copied, env=environment, check=True, capture_output=True)
    package = copied / "scripts" / "lr_atlas"
    for path in [*package.rglob("*.py"), *(copied / "rules").glob("*.smk")]:
        path.write_text("# A comment.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    replace(package / "training" / "loop.py", "until it is so long or diverges", "to its end")
    assert planned(snakemake("--dry-run", directory=built, project=copied)) == {}


# Another way of running it ------------------------------------------------------------------------


def test_other_cores_resources_device_and_current_folder_run_nothing(built, tmp_path):
    resources = ("--resources", "gpu=3", "mem_mb=100", "--set-resources", "train:mem_mb=10")
    others = (*resources, "--set-threads", "train=3", "--config", "compute={device: cpu}")
    process = snakemake("--dry-run", *others, directory=built, cores=7, current=tmp_path)
    assert planned(process) == {}


@pytest.mark.parametrize("option", ["--profile", "--workflow-profile"])
def test_a_profile_of_ones_own_with_all_of_snakemakes_triggers_runs_nothing(
    option, built, tmp_path
):
    """Beside the project's profile, and in place of it."""
    (tmp_path / "config.yaml").write_text(
        "rerun-triggers: [code, input, mtime, params, software-env]\n"
        "default-resources: [mem_mb=1000]\n"
        "retries: 2\n"
        "max-checksum-file-size: 1MB\n"
    )
    assert planned(snakemake("--dry-run", option, tmp_path, directory=built)) == {}


# Other settings -----------------------------------------------------------------------------------


def test_a_new_learning_rate_trains_its_runs_and_removed_it_comes_back_for_free(results, edited):
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: [0.01, 0.03, 0.1, 1e+6]")
    process = snakemake("--dry-run", directory=results, config=config)
    assert planned(process) == {"train": 2, **TABLES_OF_ONE}
    assert trained(process) == runs_of(config) - runs_of(TINY)
    table = "results/studies/tiny/runs.csv"
    process = snakemake(table, directory=results, config=config)
    assert executed(process) == {"train": 2, "collect": 1}
    assert executed(snakemake(table, directory=results)) == {"collect": 1}
    assert len(run_folders(results)) == 10
    assert executed(snakemake(table, directory=results, config=config)) == {"collect": 1}


def test_a_new_seed_optimizer_or_study_trains_its_runs_alone(built, edited):
    """One more seed in one study, one more optimizer in the other, and a third study."""
    config = edited("seeds: 2", "seeds: 3")
    replace(config, "      - {name: adam}\n", "      - {name: adam}\n      - {name: rmsprop}\n")
    replace(
        config,
        "studies:\n",
        "studies:\n  new:\n    dataset: fashion_mnist\n    validation: 100\n    seeds: 3\n"
        "    optimizers: [{name: sgd}]\n",
    )
    process = snakemake("--dry-run", directory=built, config=config)
    assert planned(process) == {"train": 4 + 1 + 3, **dict.fromkeys(RULES, 3), "report": 1}
    assert trained(process) == runs_of(config) - runs_of(TINY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("Does the pipeline run", "Does it run", id="description"),
        pytest.param("tolerance: 0.5", "tolerance: 0.4", id="reference"),
        pytest.param("    reference:", "    target: 0.3\n    reference:", id="target"),
        pytest.param(
            "    reference:",
            "    claims: [{claim: overfits, where: {optimizer: adam}}]\n    reference:",
            id="claim",
        ),
    ],
)
def test_what_is_said_of_the_runs_changes_the_analysis_alone(old, new, built, edited):
    process = snakemake("--dry-run", directory=built, config=edited(old, new))
    assert planned(process) == ANALYSIS_OF_ONE


def test_a_study_renamed_or_removed_trains_nothing(built, edited):
    config = edited("  tiny:\n", "  renamed:\n")
    assert planned(snakemake("--dry-run", directory=built, config=config)) == TABLES_OF_ONE
    text = config.read_text(encoding="utf-8")
    config.write_text(text[: text.index("  shared:\n")], encoding="utf-8")
    replace(config, "  renamed:\n", "  tiny:\n")
    assert planned(snakemake("--dry-run", directory=built, config=config)) == {"report": 1}


@pytest.fixture
def varied(edited):
    """A function that writes a configuration with a copy of the study `tiny` for each change.

    changes: {name: (old text, new text)}. One dry run then shows what each change runs. Returns the
    configuration's path and {name: the names of the study's runs}.
    """

    def write(changes):
        config = edited("studies:", "studies:")
        head, study = config.read_text(encoding="utf-8").split("  tiny:\n")
        study, shared = study.split("  shared:\n")
        copies = {}
        for name, (old, new) in changes.items():
            assert old in study
            copies[name] = f"  {name}:\n{study.replace(old, new, 1)}"
        config.write_text(f"{head}{''.join(copies.values())}  shared:\n{shared}", encoding="utf-8")
        plans = load_atlas([config]).plans
        return config, {name: {run.name for run in plans[name].runs} for name in changes}

    return write


def test_a_changed_argument_of_an_optimizer_trains_exactly_the_runs_concerned(built, varied):
    config, runs = varied(
        {
            "value-changed": (SGD, SGD.replace("0.9}", "0.8}")),
            "values-swapped": (SGD, SGD.replace("momentum: 0.9", "momentum: 0, dampening: 0.9")),
            "pair-turned-round": (ADAM, ADAM.replace("}", ", betas: [0.999, 0.9]}")),
            "value-of-another-argument": (ADAM, ADAM.replace("}", ", weight_decay: 1e-3}")),
            "exchanged-with-another-argument": (
                SGD,
                SGD.replace("0.9}", "0.1}").replace("0.1,", "0.9,"),
            ),
        }
    )
    before = runs_of(TINY)
    concerned = {name: names - before for name, names in runs.items()}
    assert {name: len(names) for name, names in concerned.items()} == {
        "value-changed": 6,
        "values-swapped": 6,
        "pair-turned-round": 2,
        "value-of-another-argument": 2,
        "exchanged-with-another-argument": 6,
    }
    process = snakemake("--dry-run", directory=built, config=config)
    assert trained(process) == set.union(*concerned.values())
    assert planned(process)["train"] == sum(map(len, concerned.values()))


def test_a_changed_key_of_a_study_trains_every_run_of_the_study(built, varied):
    model = "model: {hidden: [16]}"
    config, runs = varied(
        {
            "dropout": (model, "model: {hidden: [16], dropout: 0.1}"),
            "hidden": (model, "model: {hidden: [17]}"),
            "pixels": (model, f"{model}\n    pixels: [-1, 1]"),
            "loss": (model, f"{model}\n    loss: mse"),
            "validation": ("validation: 100", "validation: 110"),
            "batch_size": ("batch_size: 20", "batch_size: 25"),
            "training_images": ("validation: 100", "validation: 100\n    training_images: 150"),
        }
    )
    assert all(len(names) == 8 for names in runs.values())
    process = snakemake("--dry-run", directory=built, config=config)
    assert trained(process) == set.union(*runs.values())
    assert planned(process)["train"] == 7 * 8


def test_another_number_of_threads_trains_every_run(built):
    process = snakemake("--dry-run", "--config", "compute={threads: 2}", directory=built)
    # One at a time, so that several share a job.
    assert planned(process) == {"train_pack": 1, "train": 8, **TABLES}


# Edited code --------------------------------------------------------------------------------------


def scripts_concerned(project, name, old, new):
    """Edit a module of a copy of the project; {script: its files that changed}, if there are any.

    What a rule makes is stale where this says that its script changed. That takes no dry run.
    """
    scripts = [project / "scripts" / name for name in CHECKED if "train" not in name]
    before = {script: code_digests(script) for script in scripts}
    replace(project / "scripts" / "lr_atlas" / name, old, new)
    changed = {
        script.name: changed_files(before[script], code_digests(script)) for script in scripts
    }
    return {script: files for script, files in changed.items() if files}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param(
            "models/fully_connected.py", "width = neurons", "width = neurons + 0", id="model"
        ),
        pytest.param("optimizer.py", '{"adafactor"}', '{"adafactor", "adam"}', id="optimizer"),
        pytest.param("random_streams.py", '"big") >> 1', '"little") >> 1', id="order of the data"),
        pytest.param("steps/compiled_layers.py", "kind(2 / (rows", "kind(1 / (rows", id="loss"),
        pytest.param(
            "transforms/scale.py", "(high - low) / 255", "(high - low) / 256", id="scaling"
        ),
        pytest.param("configuration.py", '"batch_size": 100', '"batch_size": 50', id="default"),
        pytest.param("records.py", ":.10g}", ":.9g}", id="digits"),
    ],
)
def test_an_edit_of_what_training_computes_changes_the_stamp_of_runs(name, old, new, copied):
    scripts = copied / "scripts"
    training = scripts / "lr_atlas" / "training"
    before = folder_digests(training, scripts)
    replace(training / name, old, new)
    assert changed_files(before, folder_digests(training, scripts)) == [f"lr_atlas/training/{name}"]


def test_an_edit_of_whatever_else_a_training_job_uses_trains_nothing(built, copied):
    """Help, messages and the like, in modules that nothing but the job of a run imports."""
    package = copied / "scripts" / "lr_atlas"
    replace(package / "runs" / "training_options.py", 'help="', 'help="now: ')
    replace(package / "runs" / "training_job.py", "_INTERVAL = 100", "_INTERVAL = 90")
    replace(package / "runs" / "numba_settings.py", "has settings", "holds settings")
    process = snakemake("--dry-run", directory=built, project=copied)
    assert "Nothing to be done" in process.stdout, process.stdout


def test_an_edit_of_what_training_computes_trains_every_run(built, copied):
    code = copied / "scripts" / "lr_atlas" / "training" / "random_streams.py"
    replace(code, '"big") >> 1', '"little") >> 1')
    process = snakemake("--dry-run", directory=built, project=copied)
    assert planned(process) == {"train": 8, **TABLES}


def test_an_edit_of_training_code_trains_once_and_taken_back_trains_nothing(results, copied):
    def run():
        process = snakemake(table, directory=results, project=copied)
        log = next((results / "results" / "logs" / "train").glob("*adam*seed0*/*.log"))
        return executed(process), history.read_bytes(), log.read_text(encoding="utf-8")

    table = "results/studies/shared/runs.csv"
    history = next((results / "results" / "runs").glob("*adam*seed0*/epochs-3/history.csv"))
    before = history.read_bytes()
    code = copied / "scripts" / "lr_atlas" / "training" / "transforms" / "scale.py"
    replace(code, "(high - low) / 255", "(high - low) / 256")
    done, after, log = run()
    assert done == {"train": 1, "collect": 1}
    assert after != before
    assert "scale.py changed" in log  # why the checkpoint of before was of no use
    assert "epoch 3/3" in log
    assert run()[0] == {}
    replace(code, "(high - low) / 256", "(high - low) / 255")
    done, after, log = run()
    assert done == {"train": 1, "collect": 1}
    assert after == before
    assert "nothing to train" in log
    assert "epoch 1/3" not in log


@pytest.mark.parametrize(
    ("name", "old", "new", "concerned"),
    [
        # Pages show all figures, and find them where their code is.
        pytest.param("style", '"#D00000"', '"#D00001"', PAGES, id="style"),
        pytest.param("spread", "= 0.15", "= 0.2", PAGES, id="plotting"),
        # Texts and pages call optimizers by the names that figures give them.
        pytest.param(
            *("looks", '"#0072B2"', '"#0072B3"'),
            {*PAGES, "analyse.py"},
            id="names and colours",
        ),
    ],
)
def test_an_edit_of_plotting_code_or_style_concerns_no_runs(name, old, new, concerned, copied):
    found = scripts_concerned(copied, f"figures/{name}.py", old, new)
    assert found.keys() == concerned


def test_an_edit_of_plotting_code_or_style_draws_figures_and_report_alone(built, copied):
    replace(copied / "scripts" / "lr_atlas" / "figures" / "spread.py", "= 0.15", "= 0.2")
    process = snakemake("--dry-run", directory=built, project=copied)
    assert planned(process) == {"figures": 2, "study_page": 2, "report": 1}


def test_an_edit_of_collecting_code_collects_and_makes_what_follows(built, copied):
    replace(
        copied / "scripts" / "lr_atlas" / "tables" / "collect.py",
        "_MOST_NAMED = 5",
        "_MOST_NAMED = 6",
    )
    assert planned(snakemake("--dry-run", directory=built, project=copied)) == TABLES


@pytest.fixture
def editing_at_the_first_job(copied, tmp_path):
    """Environment variables with which the training code is edited when a job's shell starts."""
    file = copied / "scripts" / "lr_atlas" / "training" / "network.py"
    script = tmp_path / "edit.sh"
    script.write_text(f"echo 'EDITED = True' >> '{file}'\n")
    return {"BASH_ENV": str(script)}


def test_a_job_refuses_to_run_code_that_was_edited_after_snakemake_had_started(
    editing_at_the_first_job, copied, tmp_path
):
    process = snakemake(
        "results/studies/shared/runs.csv",
        directory=tmp_path,
        project=copied,
        environment=editing_at_the_first_job,
    )
    assert process.returncode != 0
    text = process.stdout + process.stderr
    assert "the code was edited after Snakemake had started: lr_atlas/training/network.py." in text
    assert "Traceback" not in text
    assert not (tmp_path / "results" / "checkpoints").exists()
    assert not [path for path in (tmp_path / "results" / "runs").rglob("*") if path.is_file()]
    assert not (tmp_path / "results" / "studies").exists()


def test_a_job_refuses_to_run_code_that_was_edited_while_it_was_being_imported(
    built, copied, tmp_path
):
    """The edit comes after the first comparison, before the module is read."""
    program = (
        "import runpy, sys\n"
        "folder, *sys.argv = sys.argv[1:]\n"
        "class Editor:\n"
        "    @staticmethod\n"
        "    def find_spec(name, *_):\n"
        "        if name == 'lr_atlas.runs.training_job':\n"
        "            open(f'{folder}/lr_atlas/training/loop.py', 'a').write('EDITED = True')\n"
        "sys.meta_path.insert(0, Editor)\n"
        "sys.path.insert(0, folder)\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    description = json.loads(next(built.rglob("*adam*/epochs-3/run.json")).read_text())
    scripts = copied / "scripts"
    started = tmp_path / "started.json"
    started.write_text(
        json.dumps({"start": None, "code": {"train.py": code_digests(scripts / "train.py")}})
    )
    process = subprocess.run(
        [
            *(sys.executable, "-c", program, scripts, scripts / "train.py"),
            *("--configuration", json.dumps(description["canonical_configuration"])),
            *("--epochs", "3", "--started", started),
            *("--training-images", next(built.rglob("train.npz"))),
            *("--output-directory", tmp_path / "run"),
        ],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 1
    assert "had started: lr_atlas/training/loop.py. Nothing was computed" in process.stderr
    assert "Traceback" not in process.stderr
    assert not (tmp_path / "run").exists()


# Data ---------------------------------------------------------------------------------------------


def test_another_source_of_the_same_images_runs_nothing_and_other_images_every_run(built, tmp_path):
    """Raw files in another folder, where there were compressed ones."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for path in TINY_DATA.glob("*.gz"):
        (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    config = tmp_path / "config.yaml"
    text = TINY.read_text(encoding="utf-8").replace("../data/fashion-mnist-tiny", "raw")
    config.write_text(text, encoding="utf-8")
    assert planned(snakemake("--dry-run", directory=built, config=config)) == {}
    images = folder / "train-images-idx3-ubyte"
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    images.write_bytes(content)
    process = snakemake("--dry-run", directory=built, config=config)
    assert planned(process) == {"data": 1, "train": 8, **TABLES}


def test_deleted_images_train_nothing_even_when_tables_are_made_anew(results, edited):
    shutil.rmtree(results / "results" / "data")
    config = edited("Does the pipeline run", "Does it run")
    assert planned(snakemake("--dry-run", directory=results, config=config)) == ANALYSIS_OF_ONE


def test_a_new_run_without_the_images_trains_itself_while_the_others_come_from_checkpoints(
    results, edited
):
    shutil.rmtree(results / "results" / "data")
    config = edited("- {name: adam}", "- {name: adam, lr: [0.001, 0.01]}")
    process = snakemake("results/studies/shared/runs.csv", directory=results, config=config)
    assert executed(process) == {"data": 1, "train": 2, "collect": 1}
    logs = [
        (results / "results" / "logs" / "train" / name / "epochs-3.log").read_text()
        for name in trained(process)
    ]
    assert sorted("nothing to train" in log for log in logs) == [False, True]


def test_a_deleted_run_is_made_again(built):
    folder = next(f for f in run_folders(built) if "adam" in str(f) and "seed1" in str(f))
    folder.rename(built / "away")
    try:
        process = snakemake("--dry-run", directory=built)
    finally:
        (built / "away").rename(folder)
    assert planned(process)["train"] == 1


# torch --------------------------------------------------------------------------------------------


@pytest.fixture
def newer_torch(tmp_path):
    """Environment variables with which every process finds that torch 2.99.0 is installed.

    What computes is still the torch that is there: this is about what runs, not about numbers.
    """
    folder = tmp_path / "site" / "torch-2.99.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.99.0\n")
    return {"PYTHONPATH": str(folder.parent)}


ON_NEW_TORCH = ("--config", "recompute={on_new_torch: true}")


def test_a_new_torch_runs_nothing_by_default_and_everything_if_asked_to(built, newer_torch):
    given = {"directory": built, "environment": newer_torch}
    assert planned(snakemake("--dry-run", **given)) == {}
    assert planned(snakemake("--dry-run", *ON_NEW_TORCH, **given)) == {"train": 8, **TABLES}


def test_recompute_on_new_torch_without_a_new_torch_trains_nothing(built):
    assert planned(snakemake("--dry-run", *ON_NEW_TORCH, directory=built)) == TABLES


def test_a_new_torch_really_trains_again_and_the_page_says_which_torch_made_which_run(
    results, newer_torch
):
    table = "results/studies/shared/runs.csv"
    process = snakemake(table, *ON_NEW_TORCH, directory=results, environment=newer_torch)
    assert executed(process) == {"train": 1, "collect": 1}
    log = next((results / "results" / "logs" / "train").glob("*adam*seed0*/*.log")).read_text()
    assert "from another torch" in log
    assert "epoch 3/3" in log
    # The study that shares this run, with the torch of before, has the others made by that.
    page = "results/studies/tiny/report.html"
    made = executed(snakemake(page, directory=results))
    assert made == dict.fromkeys(RULES, 1)
    text = (results / page).read_text(encoding="utf-8")
    assert (
        f"Trained with torch {version('torch')} (7 of the runs) and 2.99.0 (1 of the runs)" in text
    )
    assert "adam-lr0.001 (seed 0)" in text


# Cleaning -----------------------------------------------------------------------------------------


def test_cleaning_keeps_runs_data_and_the_record_of_them(copied):
    kept = ("results/runs/a/history.csv", "results/data/b/train.npz", ".snakemake/metadata/c")
    gone = ("results/studies/d/summary.csv", "results/report.html", "results/dag.svg")
    for name in kept + gone:
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        (copied / name).write_text("")
    (copied / "tests").mkdir()
    subprocess.run(["make", "clean"], cwd=copied, check=True, capture_output=True)
    assert all((copied / name).exists() for name in kept)
    assert not any((copied / name).exists() for name in gone)
