"""The compiled steps give what automatic differentiation and torch's own optimizers give."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info
from whole_runs import PROJECT

from lr_atlas.common.machine import kernel_choices
from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.data.image_files import save_images
from lr_atlas.runs.checkpoints import Origin
from lr_atlas.runs.provenance import made_with
from lr_atlas.runs.training_job import train_run
from lr_atlas.training.blas import torchs_mkl, use_threads
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.models.fully_connected import ACTIVATIONS, fully_connected
from lr_atlas.training.network import build_network
from lr_atlas.training.steps import compiled_loop
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.compiled import CompiledSteps, can_compile
from lr_atlas.training.steps.compiled_products import aligned
from lr_atlas.training.steps.compiling import sources_digest

OPTIMIZER_ARGUMENTS = [
    {"name": "sgd"},
    {"name": "sgd", "momentum": 0.9},
    {"name": "sgd", "momentum": 0.9, "dampening": 0.3},
    {"name": "sgd", "momentum": 0.8, "nesterov": True, "weight_decay": 0.02},
    {"name": "sgd", "maximize": True},
    {"name": "adam"},
    {"name": "adam", "betas": [0.7, 0.95], "eps": 1e-3, "weight_decay": 0.02},
    {"name": "adam", "amsgrad": True, "betas": [0.5, 0.6]},
    {"name": "adam", "weight_decay": 0.1, "decoupled_weight_decay": True},
    {"name": "adam", "maximize": True},
    {"name": "adamw"},
    {"name": "adamw", "weight_decay": 0.3, "amsgrad": True},
    {"name": "rmsprop"},
    {"name": "rmsprop", "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.02},
    {"name": "rmsprop", "momentum": 0.7},
    {"name": "rmsprop", "centered": True},
    {"name": "rmsprop", "centered": True, "momentum": 0.7, "maximize": True},
    {"name": "adagrad"},
    {"name": "adagrad", "lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3},
    {"name": "adagrad", "weight_decay": 0.02, "maximize": True},
]


@pytest.fixture(scope="module")
def images(tiny_arrays):
    torch.set_num_threads(1)
    return image_set(*tiny_arrays["train"], "cpu")


def configuration(optimizer, batch_size=20, loss="cross_entropy", **model):
    model = {"hidden": [16, 12], "activation": "tanh", **model}
    return complete_configuration(
        {
            "dataset": "mnist",
            "seed": 0,
            "batch_size": batch_size,
            "loss": loss,
            "pixels": [-1, 1],
            "model": model,
            "optimizer": {"lr": 0.001, **optimizer},
        }
    )


def both(configuration, images, dtype=torch.float64):
    """(network, steps) of the compiled way and of automatic differentiation, equal at the start."""
    network = build_network(configuration["model"], Form((28, 28), 10), 0).to(dtype)
    compiled = CompiledSteps(network, configuration, images)
    compiled.dropout_masks = dropout_masks_of_torch(compiled)
    yield network, compiled
    network = build_network(configuration["model"], Form((28, 28), 10), 0).to(dtype)
    yield network, AutogradSteps(network, configuration, images, Form((28, 28), 10))


def dropout_masks_of_torch(steps):
    """In place of steps.dropout_masks: the numbers that nn.Dropout draws after the same seed."""

    def masks(images, seed):
        torch.manual_seed(seed)
        keep = 1 - steps.dropout
        parts = [
            torch.empty(min(steps.batch_size, images - start) * neurons, dtype=torch.float64)
            .bernoulli_(keep)
            .div_(keep)
            for start in range(0, images if steps.dropout else 0, steps.batch_size)
            for neurons in steps.network.widths[1:-1]
        ]
        return torch.cat([torch.empty(0), *parts]).numpy().astype(steps.network.weights.dtype)

    return masks


def weights(network):
    return torch.cat([parameter.detach().flatten().clone() for parameter in network.parameters()])


def name(arguments):
    return "-".join(map(str, arguments.values()))


@pytest.mark.parametrize("hidden", [[], [16], [16, 12]], ids=len)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_gradients_losses_and_answers_are_those_of_autograd(
    loss, activation, dropout, hidden, images
):
    """The change of the weights at a rate of 1 is the gradient."""
    model = {"activation": activation, "dropout": dropout, "hidden": hidden}
    found = []
    for network, steps in both(
        configuration({"name": "sgd", "lr": 1.0}, 40, loss, **model), images
    ):
        before = weights(network)
        losses, correct = steps.train(torch.arange(40), 1)
        evaluation = steps.evaluate(images)
        found.append((losses, correct, before - weights(network), evaluation))
    (losses, correct, gradients, evaluation), expected = found
    assert losses == pytest.approx(expected[0], rel=1e-12)
    assert correct == expected[1]
    assert (gradients - expected[2]).abs().max() <= 1e-10 * expected[2].abs().max()
    assert evaluation[0] == pytest.approx(expected[3][0], rel=1e-10)
    assert evaluation[1].tolist() == expected[3][1].tolist()
    assert evaluation[2] == expected[3][2]


def test_outputs_of_images_with_channels_are_those_of_their_pixels_in_a_row(images):
    with_channels = image_set(
        images.images.view(-1, 1, 28, 28).numpy(), images.labels.numpy(), "cpu"
    )
    (_, steps), _ = both(configuration({"name": "sgd"}), images, torch.float32)
    found = [steps.evaluate(each, with_outputs=True).outputs for each in (images, with_channels)]
    assert torch.equal(*found)


@pytest.mark.parametrize("arguments", OPTIMIZER_ARGUMENTS, ids=name)
def test_compiled_optimizers_are_torchs(arguments, images):
    indices = torch.randperm(300, generator=torch.Generator().manual_seed(0))
    found = []
    for network, steps in both(configuration(arguments, 30), images):
        before = weights(network)
        losses = [*steps.train(indices, 0)[0], *steps.train(indices, 0)[0]]
        found.append((losses, weights(network) - before))
    (losses, changes), (expected_losses, expected_changes) = found
    # Not to the last digits: where a gradient is nearly nothing, its sign may be that of rounding.
    assert losses == pytest.approx(expected_losses, rel=1e-6)
    assert (changes - expected_changes).abs().max() <= 1e-5 * expected_changes.abs().max()


@pytest.mark.parametrize("optimizer", sorted(set(torch_optimizers()) - {"lbfgs", "muon"}))
def test_with_every_optimizer_an_epoch_in_float32_is_that_of_autograd_within_rounding(
    optimizer, images
):
    indices = torch.randperm(300, generator=torch.Generator().manual_seed(0))
    losses = [
        steps.train(indices, 3)[0]
        for _, steps in both(configuration({"name": optimizer}, dropout=0.2), images, torch.float32)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize("batch_size", [1, 7, 16, 17, 64, 300])
def test_every_size_of_batch_gives_what_autograd_gives(batch_size, images):
    """Also where the last batch is smaller."""
    found = []
    for network, steps in both(configuration({"name": "adam"}, batch_size, dropout=0.1), images):
        found.append((steps.train(torch.arange(200), 2), weights(network)))
    ((losses, correct), found_weights), ((expected, expected_correct), expected_weights) = found
    assert losses == pytest.approx(expected, rel=1e-9)
    assert correct == expected_correct
    assert torch.allclose(found_weights, expected_weights, atol=1e-9)


def test_products_in_float32_are_those_of_float64_within_rounding(images):
    """The loss of a wide network, at batches of few rows and of many."""
    for batch_size in (10, 100):
        settings = configuration({"name": "sgd"}, batch_size, hidden=[256], activation="relu")
        (_, single), _ = both(settings, images, torch.float32)
        (_, double), _ = both(settings, images, torch.float64)
        indices = torch.arange(batch_size)
        assert single.train(indices, 0)[0] == pytest.approx(double.train(indices, 0)[0], rel=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_loss_that_is_not_finite_is_not_hidden_by_an_activation(activation, images):
    settings = configuration({"name": "sgd"}, activation=activation)
    (network, steps), _ = both(settings, images, torch.float32)
    with torch.no_grad():
        next(network.parameters()).fill_(math.nan)
    assert all(math.isnan(loss) for loss in steps.train(torch.arange(40), 0)[0])
    assert math.isnan(steps.evaluate(images)[0])


def test_plain_networks_are_compiled_and_all_others_left_to_autograd():
    usual = configuration({"name": "nadam"}, dropout=0.1)
    plain = build_network(usual["model"], Form((28, 28), 10), 0)
    assert can_compile(plain, usual)
    for other in ({"model": {"name": "nets.py:Wide"}}, {"loss": "losses.py:focal"}):
        assert not can_compile(plain, usual | other)
    assert not can_compile(plain, usual | {"schedule": "schedules.py:cosine"})
    other = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.LayerNorm(10))
    assert not can_compile(other, usual)
    assert not can_compile(plain.to("meta"), usual)


def test_autograd_trains_any_network(images):
    network = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.LayerNorm(10))
    settings = configuration({"name": "adam"})
    steps = AutogradSteps(network, settings, images, Form((28, 28), 10))
    before = steps.evaluate(images)[0]
    for _ in range(3):
        losses, _ = steps.train(torch.arange(300), 0)
    assert len(losses) == 15
    assert steps.evaluate(images)[0] < before


def test_dropout_keeps_the_share_that_it_should_and_the_mean(images):
    steps = CompiledSteps(
        fully_connected((28, 28), 10, [16, 12], "relu", 0.2),
        configuration({"name": "sgd"}, dropout=0.2),
        images,
    )
    masks = steps.dropout_masks(10_000, 5)
    assert len(masks) == 280_000
    assert set(masks.tolist()) == {0.0, 1.25}
    assert masks.mean() == pytest.approx(1, abs=4 * 0.5 / math.sqrt(len(masks)))
    masks = masks.copy()
    assert (steps.dropout_masks(10_000, 5) == masks).all()
    assert (steps.dropout_masks(10_000, 6) != masks).mean() > 0.3


def test_what_is_compiled_and_what_comes_from_the_cache_give_the_same_bytes(tiny_arrays, tmp_path):
    """And the job says that it compiles."""
    save_images(tmp_path / "train.npz", *tiny_arrays["train"])
    job = {
        "dataset": "mnist",
        "seed": 0,
        "batch_size": 10,
        "validation": 100,
        "model": {"hidden": [32, 16], "dropout": 0.1},
        "optimizer": {"name": "adam", "lr": 0.01},
    }
    found = []
    for attempt in ("first", "second", "with a damaged cache"):
        folder = tmp_path / attempt
        if "damaged" in attempt:
            # Damages the machine code of the one function, and the index of the other.
            code, index = (sorted((tmp_path / "cache").rglob(f"*.{end}")) for end in ("nbc", "nbi"))
            for path in (code[0], index[-1]):
                path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        process = subprocess.run(
            [
                *(sys.executable, PROJECT / "scripts" / "train.py", "--epochs", "2"),
                *("--configuration", json.dumps(job), "--output-directory", folder),
                *("--training-images", tmp_path / "train.npz"),
            ],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=True,
        )
        bytes_ = [(folder / name).read_bytes() for name in ("history.csv", "model.pt")]
        found.append((bytes_, "compiled the steps" in process.stderr))
    assert found[0][0] == found[1][0] == found[2][0]
    assert [said for _, said in found] == [True, False, True]


def test_what_is_compiled_is_kept_under_a_digest_of_all_files_that_it_is_made_of():
    """Numba by itself notices an edit of the one file alone that a cached function is in."""
    assert compiled_loop.train.py_func.__closure__[-1].cell_contents == sources_digest()
    signature, codegen = (), compiled_loop.train.targetctx.codegen()
    keys = [
        function._cache._index_key(signature, codegen)
        for sources in ("one", "another")
        for function in compiled_loop._compiled(sources)
    ]
    assert len(set(keys)) == 4


@pytest.mark.parametrize("batch_size", [1, 20, 100])
def test_with_mkl_the_products_are_those_of_scipys_blas(batch_size, images):
    """And the same bytes each time: MKL's depend on where in memory the matrices begin."""
    mkl = torchs_mkl()
    if mkl is None:
        pytest.skip("this torch has no MKL")
    found = []
    for sgemm in (0, mkl.sgemm, mkl.sgemm):
        arguments = configuration({"name": "sgd", "lr": 0.01}, batch_size, hidden=[128, 64])
        network = build_network(arguments["model"], Form((28, 28), 10), 0)
        steps = CompiledSteps(network, arguments, images)
        steps.network = steps.network._replace(sgemm=sgemm)
        steps.train(torch.arange(3 * batch_size), 0)
        found.append(weights(network))
    expected, with_mkl, again = found
    torch.testing.assert_close(with_mkl, expected, rtol=1e-4, atol=1e-6)
    assert torch.equal(with_mkl, again)
    assert not torch.equal(with_mkl, expected)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_buffers_begin_where_mkl_gives_the_same_digits(kind):
    numbers = [aligned(count, np.dtype(kind)) for count in (1, 7, 1000, 12345)]
    assert [array.ctypes.data % 64 for array in numbers] == [0, 0, 0, 0]
    assert [len(array) for array in numbers] == [1, 7, 1000, 12345]


def test_a_run_computes_with_as_many_threads_as_it_says(tiny_arrays, tmp_path):
    save_images(tmp_path / "train.npz", *tiny_arrays["train"])
    job = {"dataset": "mnist", "seed": 0, "validation": 100, "optimizer": {"name": "sgd", "lr": 1}}
    origin = Origin(job, {}, {}, "0", "cpu")
    use_threads(2)
    train_run(origin, 1, [tmp_path / "train.npz"], "cpu", [])
    assert {library["num_threads"] for library in threadpool_info()} == {1}
    assert torch.get_num_threads() == 1


def trained_with(variables, images, folder, current=PROJECT):
    """Train a small run with variables set beside those that there are; the finished process."""
    job = {"dataset": "mnist", "seed": 0, "validation": 100}
    job |= {"model": {"hidden": [32, 16]}, "optimizer": {"name": "adam", "lr": 0.01}}
    return subprocess.run(
        [
            *(sys.executable, PROJECT / "scripts" / "train.py", "--epochs", "3"),
            *("--configuration", json.dumps(job), "--output-directory", folder),
            *("--training-images", images),
        ],
        env={**os.environ, **variables},
        cwd=current,
        capture_output=True,
        text=True,
    )


def test_no_setting_of_numba_reaches_a_run(tiny_arrays, tmp_path):
    images = tmp_path / "train.npz"
    save_images(images, *tiny_arrays["train"])
    settings = {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_OPT": "0",
        "NUMBA_LOOP_VECTORIZE": "0",
        "NUMBA_SLP_VECTORIZE": "1",
        "NUMBA_ENABLE_AVX": "0",
        "NUMBA_DISABLE_JIT": "1",
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_DEBUGINFO": "1",
    }
    for name, variables in (("plain", {}), ("set", settings)):
        process = trained_with(variables, images, tmp_path / name)
        assert process.returncode == 0, process.stderr
    for name in ("history.csv", "model.pt"):
        assert (tmp_path / "set" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()

    (tmp_path / ".numba_config.yaml").write_text("opt: 0\n")
    process = trained_with({}, images, tmp_path / "by file", current=tmp_path)
    assert process.returncode == 1
    assert f"{tmp_path / '.numba_config.yaml'} has settings for Numba" in process.stderr
    assert "Traceback" not in process.stderr
    assert not (tmp_path / "by file").exists()


def test_a_run_says_by_which_variables_kernels_were_chosen(tiny_arrays, tmp_path, monkeypatch):
    save_images(tmp_path / "train.npz", *tiny_arrays["train"])
    job = {"dataset": "mnist", "seed": 0, "validation": 100, "optimizer": {"name": "sgd", "lr": 1}}
    origin = Origin(job, {}, {}, "0", "cpu")
    for name in [*kernel_choices(os.environ)]:
        monkeypatch.delenv(name)
    made = made_with(train_run(origin, 1, [tmp_path / "train.npz"], "cpu", []).description)
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")  # Snakemake sets it, and the run's threads hold
    other = made_with(train_run(origin, 1, [tmp_path / "train.npz"], "cpu", []).description)
    assert other == made | {"blas": f"{made['blas']} (MKL_CBWR=COMPATIBLE)"}


def test_variables_that_choose_kernels_are_told_from_others():
    chosen = {
        *("OPENBLAS_CORETYPE", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ATEN_CPU_CAPABILITY"),
        *("DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE", "OMP_DYNAMIC", "OMP_THREAD_LIMIT"),
        *("CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
        *("KMP_DETERMINISTIC_REDUCTION", "GLIBC_TUNABLES", "NPY_DISABLE_CPU_FEATURES"),
    }
    others = {"HOME", "PATH", "OMP_NUM_THREADS", "MKL_VERBOSE", "TORCH_HOME", "NUMBA_OPT"}
    others |= {"KMP_DUPLICATE_LIB_OK"}
    assert set(kernel_choices(dict.fromkeys(chosen | others, "1"))) == chosen


def test_without_a_place_for_a_cache_each_job_compiles_and_says_so():
    """As in a container that is read-only and in which the user has no home."""
    code = (
        "import logging, numba.core.caching as caching; logging.basicConfig()\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from lr_atlas.training.steps import compiled, compiling\n"
        "assert not compiling.COMPILED['cache']"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert "each job will compile for some ten seconds: cannot cache" in process.stderr
