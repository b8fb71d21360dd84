"""What runs again after a change, and what does not, on the results of a whole run."""

import subprocess

import pytest
from whole_runs import jobs, run_folders, snakemake


def test_a_second_run_does_nothing(built):
    process = snakemake(directory=built)
    assert process.returncode == 0
    assert "Nothing to be done" in process.stdout + process.stderr


def test_it_works_from_any_current_folder(built, tmp_path):
    process = snakemake("--dry-run", directory=built, current=tmp_path)
    assert "Nothing to be done" in process.stdout + process.stderr


def test_reordering_and_respelling_and_comments_run_nothing(built, edited):
    config = edited(
        "      - {name: sgd, lr: [0.01, 0.1, 1e+6], momentum: 0.9}\n"
        "      - {name: adam, lr: 1e-3}\n",
        "      # the same, otherwise\n"
        "      - {betas: [0.9, 0.999], lr: 0.001, name: adam}\n"
        "      - {momentum: 9e-1, lr: [1000000, 1e-2, 1e-1], name: sgd, nesterov: false}\n",
    )
    process = snakemake("--dry-run", directory=built, config=config)
    assert "Nothing to be done" in process.stdout + process.stderr, process.stdout


def test_one_more_learning_rate_trains_its_runs_alone(built, edited):
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: [0.01, 0.03, 0.1, 1e+6]")
    found = jobs(snakemake("--dry-run", directory=built, config=config))
    assert found["train"] == 2
    assert found["collect"] == found["figures"] == 1


def test_a_setting_removed_collects_again_and_trains_nothing(built, edited):
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: [0.01, 0.1]")
    found = jobs(snakemake("--dry-run", directory=built, config=config))
    assert "train" not in found
    assert found["collect"] == 1


def test_touched_data_trains_nothing(built):
    for path in (built / "results" / "data").rglob("*.npz"):
        path.touch()
    process = snakemake("--dry-run", directory=built)
    assert "Nothing to be done" in process.stdout + process.stderr


def test_deleted_data_trains_nothing_even_when_tables_are_made_anew(built, edited):
    config = edited("Does the pipeline run", "Does it run")
    data, elsewhere = built / "results" / "data", built / "elsewhere"
    data.rename(elsewhere)
    try:
        found = jobs(snakemake("--dry-run", directory=built, config=config))
    finally:
        elsewhere.rename(data)
    assert found["collect"] == 1
    assert "train" not in found
    assert "data" not in found


def test_a_deleted_run_is_made_again(built):
    folder = next(f for f in run_folders(built) if "adam" in str(f) and "seed1" in str(f))
    folder.rename(built / "away")
    try:
        found = jobs(snakemake("--dry-run", directory=built))
    finally:
        (built / "away").rename(folder)
    assert found["train"] == 1


def test_another_place_new_times_and_comments_in_the_code_run_nothing(built, copied):
    training = copied / "scripts" / "lr_atlas" / "training.py"
    training.write_text("# A comment.\n" + training.read_text(encoding="utf-8"))
    rule = copied / "rules" / "train.smk"
    rule.write_text(rule.read_text(encoding="utf-8") + "\n# Another one.\n")
    process = snakemake("--dry-run", directory=built, project=copied, current=copied)
    assert "Nothing to be done" in process.stdout + process.stderr, process.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "training.py",
            "_PIECE = 2_000",
            "_PIECE = 1_000",
            {"train": 8, "collect": 2, "figures": 2, "study_page": 2, "report": 1},
        ),
        (
            "collect.py",
            "_MOST_NAMED = 5",
            "_MOST_NAMED = 6",
            {"collect": 2, "figures": 2, "study_page": 2, "report": 1},
        ),
        ("figures/style.py", '"#D00000"', '"#D00001"', {"figures": 2, "report": 1}),
    ],
)
def test_an_edit_of_code_reruns_what_it_made_and_what_follows(
    name, old, new, expected, built, copied
):
    path = copied / "scripts" / "lr_atlas" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1))
    found = jobs(snakemake("--dry-run", directory=built, project=copied))
    del found["total"], found["all"]
    assert found == expected


def test_an_edited_caption_builds_the_report_anew(built, copied):
    caption = copied / "report" / "curves.rst"
    caption.write_text(caption.read_text(encoding="utf-8") + "\nMore.\n")
    found = jobs(snakemake("--dry-run", directory=built, project=copied))
    assert found == {"report": 1, "all": 1, "total": 2}


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
