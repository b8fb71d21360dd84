"""The page "Your own data and network", carried out to its three pages and beyond."""

import gzip
import json
import re
import string
import struct

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_diabetes
from whole_runs import PROJECT, executed, planned, snakemake, trained

#: A whole file that the page shows.
FILE = re.compile(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```$", re.M | re.S)


def photographs(folder, count, seed):
    """Bright and dark noisy pictures of different sizes, a folder for each class."""
    random = np.random.default_rng(seed)
    for name, middle in (("ant", 90), ("bee", 160)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            size = random.integers(16, 24, 2)
            pixels = random.normal(middle, 40, (*size, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """(folder of the files that the page shows, folder in which they were run)."""
    folder = tmp_path_factory.mktemp("own problem")
    page = (PROJECT / "docs" / "own-problem.md").read_text(encoding="utf-8")
    files = dict(FILE.findall(page))
    assert files.keys() == {"nets.py", "metrics.py", "spirals.py", "studies.yaml"}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    photographs(folder / "photos" / "train", 24, 0)
    photographs(folder / "photos" / "test", 8, 1)
    load_diabetes(as_frame=True).frame.to_csv(folder / "diabetes.csv", index=False)
    directory = folder / "work"
    process = snakemake(directory=directory, config=folder / "studies.yaml")
    assert process.returncode == 0, process.stderr
    assert executed(process)["report"] == 1
    return folder, directory


def answer(place, study):
    return json.loads((place[1] / "results" / "studies" / study / "answer.json").read_text())


def table(place, study, name):
    return pd.read_csv(place[1] / "results" / "studies" / study / f"{name}.csv")


def test_the_answers_speak_of_their_own_metric(place):
    assert "worst recall" in json.dumps(answer(place, "bees"))
    assert "R²" in json.dumps(answer(place, "sugar"), ensure_ascii=False)
    assert "accuracy" in json.dumps(answer(place, "spirals"))
    for study in ("bees", "sugar", "spirals"):
        page = place[1] / "results" / "studies" / study / "report.html"
        assert page.stat().st_size > 100_000


def test_what_was_measured_is_in_the_tables(place):
    runs = table(place, "bees", "runs")
    assert set(runs["network"]) == {"Small-width4", "Small-width8"}
    assert runs["validation_worst_recall"].between(0, 1).all()
    assert (runs["chance"] == 0).all()  # of the class that is never answered
    sugar = table(place, "sugar", "runs")
    assert not [name for name in sugar if "accuracy" in name]
    assert (sugar["validation_r2"] <= 1).all()
    assert table(place, "sugar", "test")["test_r2"].notna().all()
    assert table(place, "sugar", "confusion").empty


def test_a_photograph_that_is_added_trains_its_runs_alone(place):
    folder, directory = place
    added = folder / "photos" / "train" / "ant" / "new.jpg"
    Image.new("RGB", (20, 20)).save(added)
    try:
        process = snakemake(
            "--until", "train", "--dry-run", directory=directory, config=folder / "studies.yaml"
        )
    finally:
        added.unlink()
    assert planned(process) == {"data": 1, "train": 12, "train_pack": 2}
    assert {name.split("-")[0] for name in trained(process)} == {"photos"}
    process = snakemake("--dry-run", directory=directory, config=folder / "studies.yaml")
    assert planned(process) == {}


#: As EMNIST's letters come: labels from 1, rows and columns exchanged.
LETTERS = """\
datasets: {letters: {idx: emnist, labels_from: 1, transposed: true}}
studies:
  letters:
    dataset: letters
    validation: 26
    model: {name: lenet5}
    batch_size: 26
    epochs: 2
    seeds: 1
    optimizers: [{name: adam, lr: [0.001, 0.01]}]
  digits:
    dataset: digits
    validation: 0.2
    epochs: 2
    seeds: 1
    optimizers: [{name: sgd, lr: [0.01, 0.1]}]
"""


def drawn(letter, place):
    """A letter, white on black, uint8 [28, 28], its columns first."""
    image = Image.new("L", (28, 28))
    ImageDraw.Draw(image).text(place, letter, fill=255, font=ImageFont.load_default(16))
    return np.asarray(image).T


def test_letters_in_idx_files_and_a_set_of_the_catalogue_come_to_their_pages(tmp_path):
    folder = tmp_path / "emnist"
    folder.mkdir()
    for part, count in (("train", 6), ("test", 2)):
        places = [(4 + n, 3 + n % 3) for n in range(count)]
        images = np.stack([drawn(c, place) for place in places for c in string.ascii_uppercase])
        labels = np.tile(np.arange(1, 27), count).astype(np.uint8)
        sizes = struct.pack(">4I", 0x803, *images.shape), struct.pack(">2I", 0x801, len(labels))
        for name, head, array in (
            ("images-idx3", sizes[0], images),
            ("labels-idx1", sizes[1], labels),
        ):
            content = gzip.compress(head + array.tobytes())
            (folder / f"emnist-letters-{part}-{name}-ubyte.gz").write_bytes(content)
    (tmp_path / "c.yaml").write_text(LETTERS)
    process = snakemake(directory=tmp_path, config=tmp_path / "c.yaml")
    assert process.returncode == 0, process.stderr
    studies = tmp_path / "results" / "studies"
    confusion = pd.read_csv(studies / "letters" / "confusion.csv")
    assert confusion["label"].nunique() == 26
    assert confusion["images"].sum() == 52
    (stored,) = (tmp_path / "results" / "data").glob("letters-*/train.npz")
    first = np.load(stored)["images"][0].reshape(28, 28)
    assert (first == drawn("A", (4, 3)).T).all()
    assert (studies / "digits" / "report.html").is_file()
    assert pd.read_csv(studies / "digits" / "runs.csv")["validation_accuracy"].max() > 0.5
