"""The store of data of one's own: written by the data job, mapped by those that train."""

import json
import sys

import numpy as np
import pytest
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.image_files import load_held_out, load_images, save_arrays, save_images
from lr_atlas.data.mapped_arrays import mapped
from lr_atlas.data.sources import Source, describe
from lr_atlas.data.stored_form import GREY_IMAGES, form_of
from lr_atlas.data.stored_images import check_images, remove_changed

sys.path.insert(0, str(PROJECT / "scripts"))
import prepare_data

INPUTS = np.random.default_rng(0).random((20, 3)).astype(np.float32)
LABELS = np.arange(20) % 2


@pytest.fixture
def source(tmp_path):
    arrays = {"x_train": INPUTS, "y_train": LABELS, "x_val": INPUTS[:5], "y_val": LABELS[:5]}
    np.savez(tmp_path / "s.npz", **arrays, x_test=INPUTS[:7], y_test=LABELS[:7])
    return Source("arrays", str(tmp_path / "s.npz"))


@pytest.fixture
def store(source, tmp_path):
    digest = describe(source).digest
    folder = tmp_path / "data" / f"my-spirals-{digest[:12]}"
    prepare_data.main("my-spirals", folder, digest=digest, source=json.dumps(vars(source)))
    return folder


def test_the_data_job_writes_arrays_and_says_their_form(store, source):
    images, labels = load_images(store / "train.npz")
    assert np.array_equal(images, np.concatenate([INPUTS, INPUTS[:5]]))
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert load_held_out(store / "train.npz").tolist() == [False] * 20 + [True] * 5
    assert load_held_out(store / "test.npz") is None
    assert form_of(store) == ((3,), 2, "classification")
    said = json.loads((store / "source.json").read_text())
    assert said["counts"] == {"training": [13, 12], "test": [4, 3], "validation": [3, 2]}
    assert (said["dataset"], said["class_names"]) == ("my-spirals", ["0", "1"])
    assert sorted(path.name for path in store.parent.iterdir()) == [store.name]


def test_arrays_are_mapped_aligned_and_a_change_stays_in_memory(store):
    path = store / "train.npz"
    before = path.read_bytes()
    images, _ = load_images(path)
    assert images.ctypes.data % 64 == 0
    assert not images.flags.owndata
    images[:] = 0
    assert path.read_bytes() == before
    assert load_images(path)[0].any()
    with np.load(path) as arrays:
        assert np.array_equal(arrays["images"], load_images(path)[0])


def test_equal_arrays_give_equal_bytes_and_published_images_todays(tmp_path):
    for name in ("a", "b"):
        save_arrays(tmp_path / name, INPUTS, LABELS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    images, labels = np.ones((3, 784), np.uint8), np.ones(3, np.uint8)
    save_images(tmp_path / "today.npz", images, labels)
    np.savez(tmp_path / "numpy.npz", images=images, labels=labels)
    assert (tmp_path / "today.npz").read_bytes() == (tmp_path / "numpy.npz").read_bytes()
    assert np.array_equal(mapped(tmp_path / "today.npz")["images"], images)


def test_a_damaged_file_is_noticed_and_removed_at_the_next_start(store):
    assert [check_images(store / name) for name in ("train.npz", "test.npz")] == ["", ""]
    save_arrays(store / "train.npz", INPUTS, 1 - LABELS)
    with pytest.raises(UserError, match=r"its content is another one\. It was changed or damaged"):
        load_images(store / "train.npz")
    assert remove_changed(store) == [store / "train.npz"]


def test_a_store_under_the_name_of_other_data_is_refused(store):
    other = store.rename(store.with_name("my-spirals-0123456789ab"))
    assert "its digest is not 0123456789ab" in check_images(other / "test.npz")


def test_data_that_changed_since_the_start_is_not_stored(source, tmp_path):
    with pytest.raises(DataError, match="If the files changed while the workflow ran, start it"):
        prepare_data.main("s", tmp_path / "s", digest="0" * 64, source=json.dumps(vars(source)))


def test_a_function_that_gives_other_data_each_time_is_refused(tmp_path):
    (tmp_path / "my_data.py").write_text(
        "import numpy as np\n"
        "def load():\n"
        "    n = np.random.default_rng().integers(10**6) + 10\n"
        "    labels = np.arange(n) % 2\n"
        "    return labels, labels, labels, labels\n"
    )
    source = Source("python", "my_data.py:load", {}, str(tmp_path))
    describe(source)
    with pytest.raises(DataError, match="it must give the same each time, with a seed"):
        prepare_data.main("mine", tmp_path / "mine", source=json.dumps(vars(source)))


def test_a_folder_of_before_is_that_of_a_catalogue_set(tmp_path):
    assert form_of(tmp_path) == GREY_IMAGES
    (tmp_path / "source.json").write_text('{"dataset": "mnist"}')
    assert form_of(tmp_path) == GREY_IMAGES
    (tmp_path / "source.json").write_text('{"dataset": "none"}')
    with pytest.raises(UserError, match="does not say the form of the data"):
        form_of(tmp_path)
