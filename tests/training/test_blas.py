"""The libraries that multiply matrices, and what a run says of them."""

import json
import os
import platform
import subprocess
import sys

import pytest
from whole_runs import PROJECT

from lr_atlas.data.image_files import save_images
from lr_atlas.training import blas
from lr_atlas.training.blas import Mkl, blas_version, helping_mkl, torchs_mkl


@pytest.mark.parametrize(
    ("scipys", "helps"),
    [
        ("openblas 0.3.30 Haswell", True),
        ("openblas 0.3.30 Zen", True),
        ("openblas 0.3.30 SkylakeX", False),
        ("openblas 0.3.30 Cooperlake", False),
        ("openblas 0.3.30 neoversen1", False),
        ("unknown", False),
    ],
)
def test_mkl_helps_openblas_where_there_is_no_avx_512(scipys, helps, monkeypatch):
    monkeypatch.setattr(blas, "_scipys_blas", lambda: scipys)
    monkeypatch.setattr(blas, "torchs_mkl", lambda: Mkl("2024.2", 1))
    assert helping_mkl() == (Mkl("2024.2", 1) if helps else None)
    assert blas_version() == (f"{scipys} and mkl 2024.2" if helps else scipys)


def test_a_torch_without_mkl_gives_none(monkeypatch, tmp_path):
    monkeypatch.setattr(blas.torch, "__file__", str(tmp_path / "__init__.py"))
    assert torchs_mkl() is None
    monkeypatch.setattr(blas, "_scipys_blas", lambda: "openblas 0.3.30 Haswell")
    assert blas_version() == "openblas 0.3.30 Haswell"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels of another architecture")
def test_a_run_says_which_libraries_multiplied(tiny_arrays, tmp_path):
    save_images(tmp_path / "train.npz", *tiny_arrays["train"])
    job = {"dataset": "mnist", "seed": 0, "validation": 100, "optimizer": {"name": "sgd", "lr": 1}}
    command = [
        *(sys.executable, PROJECT / "scripts" / "train.py", "--epochs", "1"),
        *("--configuration", json.dumps(job), "--output-directory", tmp_path / "run"),
        *("--training-images", tmp_path / "train.npz"),
    ]
    # As on a processor without AVX-512.
    environment = {**os.environ, "OPENBLAS_CORETYPE": "Haswell"}
    subprocess.run(command, env=environment, check=True)
    made = json.loads((tmp_path / "run" / "run.json").read_text())["versions"]["blas"]
    mkl = torchs_mkl()
    assert made.startswith("openblas")
    assert made.endswith(f" Haswell and mkl {mkl.version}" if mkl else " Haswell")
