"""Data of one's own of every kind becomes one store, or one line that names what is wrong."""

import gzip
import os
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from lr_atlas.common import environment_memory
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.sources import Source, describe, load, memory

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (12, 5, 4), np.uint8)
LABELS = np.tile([0, 1, 2], 4)


@pytest.fixture(autouse=True)
def own_memory(tmp_path, monkeypatch):
    """A memory that other tests do not know."""
    place = tmp_path / "memory"
    for name in ("recall", "remember"):
        of_place = getattr(environment_memory, name)
        monkeypatch.setattr(memory, name, lambda *a, f=of_place: f(*a, place=place))


def read(source, tmp_path, processes=1):
    """The description and the arrays of a source, which say the same."""
    described = describe(source)
    digest, parts = load(source, tmp_path, processes)
    assert parts.description(digest) == described
    return described, parts


def refusal(source):
    with pytest.raises(DataError) as error:
        describe(source)
    assert "\n" not in str(error.value)
    return str(error.value)


# images in folders


def paint(folder, images, suffix=".png", mode=None):
    """Write images, a name each, below a folder."""
    for name, pixels in images.items():
        path = folder / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels, mode).save(path)


def colour(rows=6, columns=6):
    return RANDOM.integers(0, 256, (rows, columns, 3), np.uint8)


def photographs(folder, parts=("train", "test"), make=colour):
    for part in parts:
        for name in ("ant", "bee"):
            paint(folder / part / name, {f"{number:02}": make() for number in range(3)})
    return folder


def test_folders_of_classes_are_read_in_order_with_their_colours(tmp_path):
    folder = photographs(tmp_path / "p")
    found, parts = read(Source("folder", str(folder)), tmp_path)
    assert (found.shape, found.class_names, found.outputs) == ((3, 6, 6), ("ant", "bee"), 2)
    assert found.counts == {"training": (3, 3), "test": (3, 3)}
    assert parts.targets.tolist() == [0, 0, 0, 1, 1, 1]
    with Image.open(folder / "train" / "bee" / "00.png") as image:
        assert np.array_equal(parts.inputs[3], np.asarray(image).transpose(2, 0, 1))


def test_several_processes_give_the_same_images(tmp_path, monkeypatch):
    monkeypatch.setattr("lr_atlas.data.sources.folder._AT_A_TIME", 2)
    source = Source("folder", str(photographs(tmp_path / "p")))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    _, alone = load(source, tmp_path / "one", 1)
    _, together = load(source, tmp_path / "two", 2)
    assert np.array_equal(alone.inputs, together.inputs)


def test_a_validation_folder_is_held_out(tmp_path):
    folder = photographs(tmp_path / "p", ("train", "val", "test"))
    found, parts = read(Source("folder", str(folder)), tmp_path)
    assert (found.training, found.validation, found.test) == (12, 6, 6)
    assert parts.held_out.tolist() == [False] * 6 + [True] * 6


def test_of_one_level_a_share_is_kept_for_tests_by_a_seed_of_its_own(tmp_path):
    folder = photographs(tmp_path / "p", ("",), lambda: colour()[:, :, 0])
    sources = [Source("folder", str(folder), {"test": 0.3, "test_seed": n}) for n in (0, 0, 1)]
    found = [read(each, tmp_path)[0] for each in sources]
    assert found[0].counts == {"training": (2, 2), "test": (1, 1)}
    assert found[0].shape == (1, 6, 6)
    assert found[0] == found[1]
    assert found[0].digest != found[2].digest


def test_images_of_any_sizes_are_scaled_and_their_middle_cut_out(tmp_path):
    folder = photographs(tmp_path / "p")
    white_middle = np.zeros((8, 40, 3), np.uint8)
    white_middle[:, 12:28] = 255
    paint(folder / "train" / "ant", {"wide": white_middle})
    found, parts = read(Source("folder", str(folder), {"size": 4}), tmp_path)
    assert found.shape == (3, 4, 4)
    assert (parts.inputs[3] == 255).all()


def test_a_photograph_that_the_camera_has_turned_stands_upright(tmp_path):
    folder = photographs(tmp_path / "p", make=lambda: colour(8, 4))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(colour(4, 8)).save(folder / "test" / "bee" / "turned.jpg", exif=exif)
    assert read(Source("folder", str(folder)), tmp_path)[0].shape == (3, 8, 4)


def cut_off(folder):
    path = folder / "train" / "ant" / "cut.jpg"
    Image.fromarray(colour(64, 64)).save(path)
    path.write_bytes(path.read_bytes()[:500])


def text_for_an_image(folder):
    (folder / "train" / "ant" / "no.png").write_text("no image")
    (folder / "test" / "bee" / "nor.png").write_text("")


def lacking(folder):
    for path in (folder / "test" / "bee").iterdir():
        path.unlink()


def pipe(folder):
    os.mkfifo(folder / "train" / "ant" / "pipe.png")


def deep(folder):
    paint(folder / "train" / "ant", {"deep": np.zeros((6, 6), np.uint16)})


BAD_FOLDERS = {
    "a pipe": (pipe, "p/train/ant/pipe.png is no plain file"),
    "16 bits": (deep, "p/train/ant/deep.png has more than 8 bits a pixel; save it with 8"),
    "a name of two lines": (
        lambda folder: [
            (folder / part / "ant").rename(folder / part / "a\nnt") for part in ("train", "test")
        ],
        "p/train: 'a\\nnt' is no name of a class: it cannot be shown",
    ),
    "a class missing": (lacking, "p/test: the class 'bee' is missing in the test part"),
    "a class of one": (
        lambda folder: (
            paint(folder / "train" / "cat", {"1": colour()})
            or paint(folder / "test" / "cat", {"1": colour()})
        ),
        "p/train: there is one input alone of the class 'cat' to train on",
    ),
    "sizes": (
        lambda folder: paint(folder / "test" / "bee", {"9": colour(7, 6)}),
        "p: train/ant/00.png has 6 x 6 pixels, test/bee/9.png 6 x 7; with `size: 32` each is",
    ),
    "cut off": (cut_off, "p/train/ant/cut.jpg cannot be read as an image: "),
    "no image": (text_for_an_image, "no.png cannot be read as an image: no image is in it; so"),
    "no training": (lambda folder: (folder / "train").rename(folder / "val"), "no folder `train`"),
}


@pytest.mark.parametrize(("spoil", "expected"), BAD_FOLDERS.values(), ids=BAD_FOLDERS)
def test_a_folder_that_cannot_be_used_is_answered_with_the_file(spoil, expected, tmp_path):
    folder = photographs(tmp_path / "p")
    spoil(folder)
    assert expected in refusal(Source("folder", str(folder)))


def test_a_folder_without_a_test_part_is_told_to_say_a_share(tmp_path):
    folder = photographs(tmp_path / "p", ("",))
    assert "as in `test: 0.2`" in refusal(Source("folder", str(folder)))
    photographs(tmp_path / "q")
    assert "leave out `test`" in refusal(Source("folder", str(tmp_path / "q"), {"test": 0.2}))


def test_what_is_unchanged_is_listed_and_not_read_again(tmp_path, monkeypatch):
    folder = photographs(tmp_path / "p")
    source = Source("folder", str(folder))
    before = describe(source)
    with monkeypatch.context() as patched:
        patched.setattr("lr_atlas.data.sources.folder.header", None)
        assert describe(source) == before
    paint(folder / "test" / "bee", {"01": colour()})
    after = describe(source)
    assert after.digest != before.digest
    assert load(source, tmp_path)[0] == after.digest
    assert describe(Source("folder", str(folder.rename(tmp_path / "moved")))).digest == after.digest


# arrays


ARRAYS = {"x_train": GREY, "y_train": LABELS, "x_test": GREY[:6], "y_test": LABELS[:6]}


def test_arrays_of_numpy_and_of_torch_are_the_same_data(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", **ARRAYS)
    tensors = {name: torch.from_numpy(each) for name, each in ARRAYS.items()}
    torch.save(tensors, tmp_path / "a.pt")
    torch.save(
        (
            (tensors["x_train"], tensors["y_train"]),
            (tensors["x_test"], tensors["y_test"]),
        ),
        tmp_path / "t.pt",
    )
    (tmp_path / "n").mkdir()
    for name, each in ARRAYS.items():
        np.save(tmp_path / "n" / f"{name}.npy", each)
    for name in ("a.npz", "a.pt", "t.pt", "n"):
        found, parts = read(Source("arrays", str(tmp_path / name)), tmp_path)
        assert (found.shape, found.class_names) == ((1, 5, 4), ("0", "1", "2"))
        assert np.array_equal(parts.inputs[:, 0], GREY)
        assert (parts.inputs.dtype, parts.targets.dtype) == (np.uint8, np.int64)


def described(tmp_path, options=None, **arrays):
    np.savez(tmp_path / "a.npz", **{**ARRAYS, **arrays})
    return describe(Source("arrays", str(tmp_path / "a.npz"), options or {}))


def test_colours_come_first_and_fractions_are_kept(tmp_path):
    found = described(tmp_path, x_train=np.zeros((12, 5, 4, 3)), x_test=np.zeros((6, 5, 4, 3)))
    assert found.shape == (3, 5, 4)
    assert described(tmp_path, x_val=GREY[:3], y_val=LABELS[:3]).validation == 3


def test_targets_that_are_no_whole_numbers_are_a_regression(tmp_path):
    found = described(tmp_path, y_train=LABELS / 3, y_test=LABELS[:6] / 3)
    assert (found.task, found.outputs, found.counts) == (
        "regression",
        1,
        {"training": (12,), "test": (6,)},
    )
    assert "`task:` says otherwise" in found.notes[0]
    assert described(tmp_path, {"task": "regression"}).classes == 0


def test_labels_in_words_are_the_names_of_the_classes(tmp_path):
    words = np.array(["no", "yes", "maybe"])[LABELS]
    assert described(tmp_path, y_train=words, y_test=words[:6]).class_names == (
        "maybe",
        "no",
        "yes",
    )


BAD_ARRAYS = {
    "from 1": ({"y_train": LABELS + 1, "y_test": LABELS[:6] + 1}, "none is 0;"),
    "a gap": ({"y_train": LABELS * 2, "y_test": LABELS[:6] * 2}, "labels run to 4, and none is 1;"),
    "negative": ({"y_train": LABELS - 1}, "the labels are -1 to 1; they should be whole numbers"),
    "a class lacks": ({"y_test": LABELS[:6] % 2}, "the class '2' is missing in the test part"),
    "numbers": ({"x_train": GREY[:9]}, "9 inputs and 12 targets"),
    "no rows": ({"x_train": GREY[:0], "y_train": LABELS[:0]}, "holds no rows"),
    "NaN": (
        {"x_train": np.full((12, 2), np.nan), "x_test": np.zeros((6, 2))},
        "input 0 (counted from 0) holds a value that is no finite number",
    ),
    "shapes": ({"x_test": GREY[:6, 1:]}, "one input of the test part is 1 x 4 x 4, of the train"),
    "types": ({"x_test": GREY[:6] / 1}, "are float32, those of the train part uint8"),
    "no numbers": ({"x_train": GREY[:, :0], "x_test": GREY[:6, :0]}, "the shape 0 x 4 holds no"),
    "too large": ({"x_train": GREY * 1e300, "x_test": GREY[:6] * 1e300}, "no finite number of 32"),
    "equal targets": ({"y_train": LABELS * 0 + 0.5, "y_test": LABELS[:6] / 3}, "are equal;"),
    "targets": (
        {"y_train": np.stack([LABELS, LABELS], 1) / 3, "y_test": LABELS[:6] / 3},
        "one target of the test part is one number, of the train part 2; they should be equal",
    ),
    "one class": ({"y_train": LABELS * 0, "y_test": LABELS[:6] * 0}, "one class alone, '0'"),
}


@pytest.mark.parametrize(("arrays", "expected"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_arrays_that_cannot_be_used_are_answered_with_the_file(arrays, expected, tmp_path):
    np.savez(tmp_path / "a.npz", **{**ARRAYS, **arrays})
    said = refusal(Source("arrays", str(tmp_path / "a.npz")))
    assert said.startswith(str(tmp_path / "a.npz"))
    assert expected in said


def test_arrays_under_other_names_are_listed(tmp_path):
    np.savez(tmp_path / "a.npz", pictures=GREY, words=LABELS)
    said = refusal(Source("arrays", str(tmp_path / "a.npz")))
    assert "holds pictures, words; it should hold x_train, y_train, x_test, y_test, or" in said
    np.savez(tmp_path / "a.npz", images=GREY, labels=np.array([{}] * 12))
    assert "cannot be read: Object arrays cannot be loaded" in refusal(
        Source("arrays", str(tmp_path / "a.npz"))
    )


@pytest.mark.parametrize(
    ("name", "expected"), [("a.npz", "is no .npz file, or only the"), ("a.pt", "it is damaged, or")]
)
def test_a_file_of_another_kind_is_no_file_of_arrays(name, expected, tmp_path):
    (tmp_path / name).write_text("no arrays")
    assert expected in refusal(Source("arrays", str(tmp_path / name)))


# IDX files


def write_idx(path, array, code):
    header = struct.pack(f">2xBB{array.ndim}I", code, array.ndim, *array.shape)
    content = header + array.astype(array.dtype.newbyteorder(">")).tobytes()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def letters(folder, prefix="", suffix="", begin=1):
    for part, count in (("train", 12), ("test", 6)):
        write_idx(folder / f"{prefix}{part}-images-idx3-ubyte{suffix}", GREY[:count], 8)
        write_idx(
            folder / f"{prefix}{part}-labels-idx1-ubyte{suffix}",
            LABELS[:count].astype(np.uint8) + begin,
            8,
        )
    return folder


def test_idx_files_of_letters_are_counted_from_one_and_turned(tmp_path):
    folder = letters(tmp_path / "d", "emnist-letters-", ".gz")
    assert "`labels_from: 1` counts them from 1" in refusal(Source("idx", str(folder)))
    options = {"labels_from": 1, "transposed": True}
    found, parts = read(Source("idx", str(folder), options), tmp_path)
    assert (found.shape, found.class_names) == ((1, 4, 5), ("1", "2", "3"))
    assert np.array_equal(parts.inputs[:, 0], GREY.transpose(0, 2, 1))


@pytest.mark.parametrize(("kind", "code"), [("i2", 0x0B), ("i4", 0x0C), ("f4", 0x0D), ("f8", 0x0E)])
def test_idx_files_of_every_type_are_read(kind, code, tmp_path):
    folder = tmp_path / "d"
    for part, count in (("train", 12), ("t10k", 6)):
        write_idx(folder / f"{part}-images.idx2-ubyte", GREY[:count, 0].astype(kind) * 3, code)
        write_idx(folder / f"{part}-labels.idx1-ubyte", LABELS[:count].astype("i4"), 0x0C)
    found, parts = read(Source("idx", str(folder)), tmp_path)
    assert found.shape == (4,)
    assert np.array_equal(parts.inputs, GREY[:, 0] * np.float32(3))


def test_idx_files_that_do_not_go_together_are_named(tmp_path):
    folder = letters(tmp_path / "d", "emnist-letters-")
    letters(folder, "emnist-digits-", begin=0)
    assert "holds emnist-digits-test-images-idx3-ubyte and emnist-letters-test" in refusal(
        Source("idx", str(folder))
    )
    for path in folder.glob("emnist-letters*"):
        path.unlink()
    path = folder / "emnist-digits-train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    assert "has 255 bytes (decompressed); its header asks for 256" in refusal(
        Source("idx", str(folder))
    )
    path.unlink()
    assert "holds emnist-digits-train-labels-idx1-ubyte, and no images to it" in refusal(
        Source("idx", str(folder))
    )


# tables


def table(tmp_path, text, name="t.csv", **options):
    path = tmp_path / name
    path.write_text(text)
    return Source("table", str(path), {"test": 0.25, **options})


BEANS = "length,width,kind\n" + "".join(f"{n},{n / 2},{'ab'[n % 2]}\n" for n in range(8))


def test_a_table_is_a_classification_by_text_and_a_regression_by_fractions(tmp_path):
    found, parts = read(table(tmp_path, BEANS, target="kind"), tmp_path)
    assert (found.task, found.class_names, found.shape) == ("classification", ("a", "b"), (2,))
    assert found.counts == {"training": (3, 3), "test": (1, 1)}
    assert parts.inputs.dtype == np.float32
    numbers = table(tmp_path, BEANS.replace(",a", ",1").replace(",b", ",2"), target="width")
    found, parts = read(numbers, tmp_path)
    assert (found.task, found.outputs, len(parts.targets)) == ("regression", 1, 6)
    several = table(tmp_path, BEANS, target=["width", "length"], columns=["length"])
    assert "the target stands among `columns`" in refusal(several)


def test_classes_of_a_table_may_be_any_whole_numbers(tmp_path):
    text = BEANS.replace(",a", ",3").replace(",b", ",10")
    assert describe(table(tmp_path, text, target="kind")).class_names == ("3", "10")
    assert describe(table(tmp_path, text, target="kind", task="regression")).classes == 0


def test_a_table_in_parquet_is_the_same_as_in_csv(tmp_path):
    import io

    import pandas

    source = table(tmp_path, BEANS, target="kind")
    pandas.read_csv(io.StringIO(BEANS)).to_parquet(tmp_path / "t.parquet")
    other = Source("table", str(tmp_path / "t.parquet"), source.options)
    parts = [load(each, tmp_path)[1] for each in (source, other)]
    assert np.array_equal(parts[0].inputs, parts[1].inputs)
    assert np.array_equal(parts[0].test_targets, parts[1].test_targets)


BAD_TABLES = {
    "missing": (
        BEANS.replace("3,1.5", ",1.5"),
        {},
        "'length' has no value in line 5, as in 1 of 8",
    ),
    "missing class": (BEANS.replace("1.5,b", "1.5,"), {}, "'kind' has no value in line 5"),
    "text": (BEANS.replace("3,1.5", "three,1.5"), {}, "'length' holds 'three' in line 5, which is"),
    "no column": (BEANS, {"target": "kin"}, "has no column 'kin': did you mean 'kind'?"),
    "no rows": ("a,kind\n", {}, "holds no rows"),
    "twice": ("a,a,kind\n1,2,x\n", {"columns": ["a"]}, "has two columns 'a'"),
    "column twice": (BEANS, {"columns": ["width", "width"]}, "the column 'width' is named twice"),
    "ragged": ("a,kind\n1,2\n1,2,3\n", {}, "cannot be read: CSV parse error"),
}


@pytest.mark.parametrize(("text", "options", "expected"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_table_that_cannot_be_used_is_answered_with_the_line(text, options, expected, tmp_path):
    said = refusal(table(tmp_path, text, **{"target": "kind", **options}))
    assert said.startswith(str(tmp_path / "t.csv"))
    assert expected in said


# functions


def function(tmp_path, text, **arguments):
    (tmp_path / "my_data.py").write_text(text)
    return Source("python", "my_data.py:load", {"arguments": arguments}, str(tmp_path))


SPIRALS = """
import numpy as np
import counting

def load(noise=0.0, classes=2):
    print("called")
    counting.count()
    labels = np.arange(20) % classes
    inputs = np.stack([labels + noise, labels], axis=1)
    return inputs, labels, inputs, labels
"""


def test_a_function_is_called_again_only_after_its_code_or_its_arguments_changed(tmp_path, capsys):
    called = tmp_path / "called"
    (tmp_path / "counting.py").write_text(
        f"def count():\n    with open({str(called)!r}, 'a') as file:\n        file.write('.')\n"
    )
    source = function(tmp_path, SPIRALS, noise=0.1)
    found = describe(source)
    assert (found.shape, found.counts["training"]) == ((2,), (10, 10))
    function(tmp_path, SPIRALS + "# a comment\n")
    assert describe(source) == found
    assert called.read_text() == "."
    assert describe(function(tmp_path, SPIRALS, noise=0.2)).digest != found.digest
    assert load(source, tmp_path)[0] == found.digest
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return 1 / 0", "my_data.py:load gives no data: ZeroDivisionError: division by zero"),
        ("return 3", "my_data.py:load gives a int; a mapping or a tuple is needed: x_train"),
        ("return [[1], [2], [3]]", "my_data.py:load gives 3 arrays; they should be x_train"),
    ],
)
def test_a_function_that_gives_no_data_is_answered_with_its_name(body, expected, tmp_path):
    assert expected in refusal(function(tmp_path, f"def load():\n    {body}\n"))
