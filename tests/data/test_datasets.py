"""A folder as `data.datasets` describes it, and the files of `data.image_files`."""

import gzip
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lr_atlas.data import datasets, image_format
from lr_atlas.data.datasets import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAINING_IMAGES,
    TRAINING_LABELS,
    DataError,
)
from lr_atlas.data.image_files import load_images, save_images

TINY = Path(__file__).parents[1] / "data" / "fashion-mnist-tiny"
SCRIPTS = Path(__file__).parents[2] / "scripts"


def idx_images(count, height=28, width=28):
    return struct.pack(">4I", 0x803, count, height, width) + bytes(count * height * width)


def idx_labels(labels):
    return struct.pack(">2I", 0x801, len(labels)) + bytes(labels)


def good_files():
    return {
        TRAINING_IMAGES: idx_images(3),
        TRAINING_LABELS: idx_labels([0, 9, 4]),
        TEST_IMAGES: idx_images(2),
        TEST_LABELS: idx_labels([1, 2]),
    }


def write_folder(directory, files):
    for name, content in files.items():
        (directory / name).write_bytes(content)
    return directory


def test_a_good_folder_is_counted(tmp_path):
    contents = datasets.inspect_folder(write_folder(tmp_path, good_files()))
    assert (contents.training_images, contents.test_images) == (3, 2)


def test_the_tiny_folder_holds_30_and_10_images_of_each_class():
    files = datasets.read_folder(TINY)
    assert [files[TRAINING_LABELS][8:].count(label) for label in range(10)] == [30] * 10
    assert [files[TEST_LABELS][8:].count(label) for label in range(10)] == [10] * 10
    assert sum(path.stat().st_size for path in TINY.iterdir()) < 250_000


def test_compressed_and_raw_files_have_the_same_digest(tmp_path):
    write_folder(tmp_path, datasets.read_folder(TINY))
    assert datasets.inspect_folder(tmp_path) == datasets.inspect_folder(TINY)


def test_the_digest_changes_with_a_single_pixel(tmp_path):
    before = datasets.inspect_folder(write_folder(tmp_path, good_files())).digest
    files = good_files()
    files[TEST_IMAGES] = files[TEST_IMAGES][:-1] + b"\x01"
    assert datasets.inspect_folder(write_folder(tmp_path, files)).digest != before


def test_the_raw_file_is_preferred_to_the_compressed_one(tmp_path):
    write_folder(tmp_path, good_files())
    (tmp_path / f"{TEST_IMAGES}.gz").write_bytes(gzip.compress(idx_images(5)))
    assert datasets.inspect_folder(tmp_path).test_images == 2


BAD_FILES = {
    "not IDX": ({TEST_IMAGES: b"<html>" * 9}, "begins with 3c68746d, which should be 00000803"),
    "colour": (
        {TEST_IMAGES: struct.pack(">5I", 0x804, 2, 28, 28, 3) + bytes(2 * 28 * 28 * 3)},
        "holds images of 4 dimensions, as colour images have; in the place of this",
    ),
    "fractions": (
        {TEST_IMAGES: struct.pack(">4I", 0xD03, 2, 28, 28) + bytes(4 * 2 * 28 * 28)},
        "holds fractions of 4 bytes; they should be bytes, 0 to 255",
    ),
    "whole numbers": (
        {TRAINING_LABELS: struct.pack(">2I", 0xC01, 3) + bytes(4 * 3)},
        "holds whole numbers of 4 bytes; they should be bytes",
    ),
    "labels for images": ({TEST_IMAGES: idx_labels([1] * 9)}, "begins with 00000801"),
    "too short for a header": ({TEST_LABELS: b"\0\0"}, "too short for an IDX file: 2 bytes"),
    "truncated": ({TRAINING_IMAGES: idx_images(3)[:-5]}, r"has 2363 bytes .* asks for 2368"),
    "too long": ({TRAINING_LABELS: idx_labels([0, 9, 4]) + b"\0"}, r"has 12 bytes .* asks for 11"),
    "other size": ({TEST_IMAGES: idx_images(2, 32, 30)}, "32 x 30 pixels; they should be 28 x 28"),
    "other count": ({TEST_LABELS: idx_labels([1])}, "2 images in .* but 1 labels"),
    "label 10": ({TEST_LABELS: idx_labels([1, 10])}, "holds the label 10; .* 0 to 9"),
    "no images": ({TEST_IMAGES: idx_images(0), TEST_LABELS: idx_labels([])}, "holds no images"),
}


@pytest.mark.parametrize(("changed", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_named_with_what_was_found_and_what_is_allowed(tmp_path, changed, message):
    write_folder(tmp_path, good_files() | changed)
    with pytest.raises(DataError, match=message) as caught:
        datasets.inspect_folder(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert any(name in str(caught.value) for name in changed)


BAD_COMPRESSION = {
    "truncated": gzip.compress(idx_images(2))[:-9],
    "not compressed": idx_images(2),
    "damaged": gzip.compress(idx_images(2))[:10] + b"\xff" * 40,
    "empty": b"",
}


@pytest.mark.parametrize("content", BAD_COMPRESSION.values(), ids=BAD_COMPRESSION)
def test_a_damaged_compressed_file_is_named(tmp_path, content):
    write_folder(tmp_path, good_files())
    (tmp_path / TEST_IMAGES).unlink()
    (tmp_path / f"{TEST_IMAGES}.gz").write_bytes(content)
    with pytest.raises(DataError, match=rf"{TEST_IMAGES}"):
        datasets.inspect_folder(tmp_path)


def test_missing_files_are_named(tmp_path):
    write_folder(tmp_path, {TRAINING_IMAGES: idx_images(3), TEST_LABELS: idx_labels([1, 2])})
    with pytest.raises(DataError, match=f"lacks {TRAINING_LABELS}, {TEST_IMAGES} "):
        datasets.inspect_folder(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere is not a folder"):
        datasets.inspect_folder(tmp_path / "nowhere")


def test_reading_the_workflow_needs_the_standard_library_alone():
    code = "import sys, lr_atlas.data.datasets; "
    code += "print({'numpy', 'torch', 'pandas'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"


def test_each_data_set_names_its_ten_classes():
    for dataset in (datasets.DATASETS[name] for name in ("mnist", "fashion_mnist")):
        assert len(set(dataset.class_names)) == image_format.CLASSES


def some_images():
    rng = np.random.default_rng(0)
    return rng.integers(256, size=(7, 784), dtype=np.uint8), np.arange(7, dtype=np.uint8)


def test_saved_images_are_loaded_unchanged(tmp_path):
    images, labels = some_images()
    save_images(tmp_path / "some.npz", images, labels)
    loaded_images, loaded_labels = load_images(tmp_path / "some.npz")
    np.testing.assert_array_equal(loaded_images, images, strict=True)
    np.testing.assert_array_equal(loaded_labels, labels, strict=True)
    assert [path.name for path in tmp_path.iterdir()] == ["some.npz"]


def test_equal_images_give_equal_bytes_at_any_time(tmp_path):
    images, labels = some_images()
    save_images(tmp_path / "first.npz", images, labels)
    save_images(tmp_path / "second.npz", np.asfortranarray(images), labels)
    content = (tmp_path / "first.npz").read_bytes()
    assert content == (tmp_path / "second.npz").read_bytes()
    # The archive's entries bear the earliest time a zip file can, not the time of writing.
    assert content[10:14] == b"\x00\x00\x21\x00"


def test_images_of_another_shape_or_dtype_are_refused(tmp_path):
    images, labels = some_images()
    with pytest.raises(ValueError, match="images are float32"):
        save_images(tmp_path / "bad.npz", images.astype(np.float32), labels)
    with pytest.raises(ValueError, match="labels are uint8"):
        save_images(tmp_path / "bad.npz", images, labels[:3])
    assert not list(tmp_path.iterdir())
