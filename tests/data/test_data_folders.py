"""A folder that is named for a data set is read, or a message says what it holds and what to do."""

import gzip
import os
import re
import zipfile

import pytest
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.data import datasets
from lr_atlas.data.data_folders import FILE_NAMES, DataError, find_files
from lr_atlas.data.dataset import Dataset
from lr_atlas.data.datasets import DATASETS
from lr_atlas.studies.atlas import load_atlas

TINY = PROJECT / "tests" / "data" / "fashion-mnist-tiny"
CONTENTS = {path.name: path.read_bytes() for path in TINY.glob("*.gz")}

SPELLINGS = {
    "dots": lambda name: name.replace("-idx", ".idx"),
    "dots, compressed": lambda name: name.replace("-idx", ".idx") + ".gz",
    "capitals": str.upper,
    "capitals, compressed": lambda name: f"{name.upper()}.GZ",
    "underscores": lambda name: name.replace("-", "_"),
    "published": str,
}


def write(directory, spelling=str):
    """The tiny files under names of another spelling."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in CONTENTS.items():
        spelled = spelling(name.removesuffix(".gz"))
        raw = not spelled.lower().endswith(".gz")
        (directory / spelled).write_bytes(gzip.decompress(content) if raw else content)
    return directory


def load(tmp_path, datasets_text):
    path = tmp_path / "config.yaml"
    path.write_text(
        f"datasets: {{fashion_mnist: {datasets_text}}}\n"
        "studies: {a: {dataset: fashion_mnist, validation: 50, optimizers: [{name: sgd}]}}\n",
        encoding="utf-8",
    )
    return load_atlas([path])


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_other_spellings_of_the_four_names_are_read(spelling, tmp_path):
    folder = write(tmp_path / "d", spelling)
    assert datasets.inspect_folder(folder) == datasets.inspect_folder(TINY)


def touch(*names):
    def make(folder):
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"something")

    return make


def emnist(folder):
    for name in FILE_NAMES:
        (folder / f"emnist-digits-{name}.gz").write_bytes(b"")


def link_to_nothing(folder):
    for name in FILE_NAMES:
        (folder / name).symlink_to("/unmounted/" + name)


def folders_of_these_names(folder):
    for name in FILE_NAMES:
        (folder / name).mkdir()
        (folder / name / name).write_bytes(b"")


def two_below(folder):
    write(folder / "a" / "raw")
    write(folder / "b")


UNSUITABLE = {
    "empty": (lambda folder: None, "d holds none .*: it is empty .*not mounted"),
    "archive": (touch("all.zip"), r"It holds 1 archive \(all\.zip\)\. Unpack the archive"),
    "tables": (
        touch("a.csv", "b.csv"),
        r"holds 2 tables \(a\.csv, b\.csv\)\. Data in another form has a name .* \(docs/data\.md\)",
    ),
    "arrays": (touch("mnist.npz"), r"holds 1 NumPy file \(mnist\.npz\)"),
    "folders of images": (
        touch("train/0/1.png", "train/1/2.PNG", "test/0/3.jpeg"),
        r"holds 3 image files \(test/0/3\.jpeg, ",
    ),
    "another program's": (touch("processed.pt"), r"holds 1 file of another program"),
    "notes": (touch("notes.txt"), r"holds 1 other file \(notes\.txt\)"),
    "empty folders": (lambda folder: (folder / "x").mkdir(), "holds empty folders alone"),
    "emnist": (emnist, r"4 IDX files under another name .*Give the four .*transposed"),
    "dead links": (link_to_nothing, "is a link to /unmounted/train-images.*, which is not there"),
    "folders by these names": (folders_of_these_names, "train-images-idx3-ubyte is a folder"),
    "pipes": (lambda folder: os.mkfifo(folder / FILE_NAMES[0]), "is no regular file"),
    "one below": (lambda folder: write(folder / "raw"), "d/raw holds them: name that folder"),
    "two below": (two_below, r"these folders do: .*/d/b, .*/d/a/raw: name the one"),
    "one above": (
        lambda folder: write(folder.parent) and touch("x.pt")(folder),
        r"holds them: name that folder",
    ),
    "two spellings": (
        lambda folder: write(write(folder, SPELLINGS["dots"]), SPELLINGS["capitals"]),
        "keep one of them",
    ),
    "some missing": (
        lambda folder: write(folder).joinpath(FILE_NAMES[2]).unlink(),
        f"d lacks {FILE_NAMES[2]} ",
    ),
}


@pytest.mark.parametrize(("make", "message"), UNSUITABLE.values(), ids=UNSUITABLE)
def test_a_folder_that_does_not_serve_is_an_error_at_its_key_that_says_what_it_holds(
    make, message, tmp_path
):
    folder = tmp_path / "d"
    folder.mkdir()
    make(folder)
    with pytest.raises(UserError) as caught:
        load(tmp_path, "{directory: d}")
    text = str(caught.value)
    assert "config.yaml:1: datasets.fashion_mnist.directory: " in text
    assert re.search(message, text), text
    assert "\n" not in text


@pytest.mark.parametrize("link", [True, False])
def test_a_file_or_a_dead_link_in_place_of_the_folder_is_named(tmp_path, link):
    path = tmp_path / "d"
    if link:
        path.symlink_to("gone")
        message = "is a link to gone, which is not there"
    else:
        zipfile.ZipFile(path, "w").close()
        message = "d is not a folder but a file"
    with pytest.raises(DataError, match=message):
        find_files(path)


def test_an_emptied_folder_never_means_downloaded_data(tmp_path):
    folder = write(tmp_path / "d")
    before = load(tmp_path, "{directory: d}")
    assert not before.data["fashion_mnist"].canonical
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(UserError, match="it is empty"):
        load(tmp_path, "{directory: d}")


@pytest.mark.parametrize("text", ["{directory: }", "{directory: ~}", "{directory: ''}"])
def test_a_folder_without_a_name_is_an_error_and_null_is_none(tmp_path, text):
    with pytest.raises(UserError, match=r"config.yaml:1: .*directory: no folder is named here"):
        load(tmp_path, text)
    assert load(tmp_path, "{directory: null}").data["fashion_mnist"].canonical


@pytest.mark.parametrize("text", ["'~/d'", "$HOME/d", "'${DATA}'", "~/../home/d"])
def test_the_home_folder_and_variables_may_stand_in_paths(tmp_path, text, monkeypatch):
    folder = write(tmp_path / "home" / "d")
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("DATA", str(folder))
    assert load(tmp_path, f"{{directory: {text}}}").data["fashion_mnist"].training_images == 300


def test_a_variable_that_is_not_set_is_named(tmp_path):
    with pytest.raises(UserError, match=r"\$NO_SUCH/d is not a folder, and no environment var"):
        load(tmp_path, "{directory: $NO_SUCH/d}")


def test_the_cache_may_lie_in_the_home_folder(tmp_path, monkeypatch):
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "config.yaml"
    study = "studies: {a: {dataset: mnist, optimizers: [{name: sgd}]}}\n"
    path.write_text(f"cache: {{directory: ~/shared}}\n{study}")
    assert load_atlas([path]).configuration.cache.directory == str(tmp_path / "shared")
    path.write_text(f"cache:\n  directory: ~\n{study}")
    with pytest.raises(UserError, match=r"config.yaml:2: cache.directory: no folder is named"):
        load_atlas([path])


@pytest.fixture
def publish(monkeypatch):
    """A function that makes tiny files published ones, which are too large for the repository."""
    found = datasets.inspect_folder(TINY).file_digests

    def make(name, *published):
        values = vars(DATASETS[name])
        sha256 = [
            found[place] if place in published else digest
            for place, digest in enumerate(values["sha256"])
        ]
        changed = Dataset(**{**values, "sha256": tuple(sha256)})
        monkeypatch.setitem(DATASETS, name, changed)

    return make


@pytest.mark.parametrize(
    ("of_mnist", "of_fashion"), [([0, 1, 2, 3], []), ([0], []), ([2], [0]), ([3], [2])]
)
def test_files_of_another_published_set_are_named(tmp_path, publish, of_mnist, of_fashion):
    write(tmp_path / "d")
    publish("mnist", *of_mnist)
    publish("fashion_mnist", *of_fashion)
    named = ", ".join(FILE_NAMES[place] for place in of_mnist)
    part = "" if len(of_mnist) == 4 else rf" \({named}\)"
    message = f"d holds files of MNIST, as published{part}; they belong under datasets.mnist"
    with pytest.raises(UserError, match=message):
        load(tmp_path, "{directory: d}")


def test_other_images_may_go_with_the_labels_of_another_published_set(tmp_path, publish):
    write(tmp_path / "d")
    publish("mnist", 1, 3)
    assert not load(tmp_path, "{directory: d}").data["fashion_mnist"].canonical


def test_own_images_have_numbers_for_classes_or_the_names_that_are_given(tmp_path):
    write(tmp_path / "d")
    own = load(tmp_path, "{directory: d}").data["fashion_mnist"]
    assert own.classes == [str(label) for label in range(10)]
    names = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", 9]
    given = load(tmp_path, f"{{directory: d, classes: {names}}}").data["fashion_mnist"]
    assert given.classes == [*names[:-1], "9"]
    assert load(tmp_path, "{}").data["fashion_mnist"].classes is None


@pytest.mark.parametrize(
    ("classes", "message"),
    {
        "[a, b]": r"classes: 10 values belong here, found",
        "[a, b, c, d, e, f, g, h, i, a]": "'a' stands here twice",
        "[a, b, c, d, e, f, g, h, i, [j]]": r"classes\[9\]: text belongs here",
        "[a, b, c, d, e, f, g, h, i, true]": r"classes\[9\]: text belongs here",
        "[a, b, c, d, e, f, g, h, i, '']": r"classes\[9\]",
        f"[a, b, c, d, e, f, g, h, i, {'j' * 21}]": "at most 20 letters",
        '[a, b, c, d, e, f, g, h, i, "j\\nk"]': "one line",
        "cats": "a list belongs here",
    }.items(),
)
def test_names_of_classes_are_ten_different_short_texts(tmp_path, classes, message):
    with pytest.raises(UserError, match=message):
        load(tmp_path, f"{{classes: {classes}}}")


def test_images_that_stand_transposed_are_noticed(tmp_path):
    folder = write(tmp_path / "d")
    assert not load(tmp_path, "{directory: d}").data["fashion_mnist"].transposed
    path = folder / FILE_NAMES[0]
    content = path.read_bytes()
    images = [content[place : place + 784] for place in range(16, len(content), 784)]
    turned = [b"".join(image[column::28] for column in range(28)) for image in images]
    path.write_bytes(content[:16] + b"".join(turned))
    assert load(tmp_path, "{directory: d}").data["fashion_mnist"].transposed
