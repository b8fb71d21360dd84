"""The ways to train a convolutional network that `bench/image_steps.py` times.

All get the same images, the same initial weights and the same order, compute in float32 on one
thread, take some steps when they are called and give their mean loss.
"""

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from contenders import OPTIMIZERS, Turn, eager, order_of, same_in_optax, tutorial

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.network import build_network
from lr_atlas.training.parts import count_own_files_from

if TYPE_CHECKING:
    from lr_atlas.training.trainer import Trainer


class ImageCase(NamedTuple):
    """A network and how it is trained."""

    network: str  # a class in image_networks.py
    shape: tuple[int, int, int]
    optimizer: str  # a key of OPTIMIZERS
    batch_size: int
    steps: int  # of a turn

    @property
    def title(self) -> str:
        """Return such as "ResNet20, 3 x 32 x 32, batch 100"."""
        shape = " x ".join(map(str, self.shape))
        return f"{self.network}, {shape}, batch {self.batch_size}"

    @property
    def form(self) -> Form:
        """Return the form of the images."""
        return Form(self.shape, 10)

    @property
    def configuration(self) -> dict:
        """Return that of a run whose network is in a file of one's own."""
        return complete_configuration(
            {
                "dataset": "made up",
                "seed": 0,
                "batch_size": self.batch_size,
                "pixels": [-1, 1],
                "model": {"name": f"image_networks.py:{self.network}", "arguments": {}},
                "optimizer": OPTIMIZERS[self.optimizer],
            }
        )

    def batches(self, turn: int, count: int) -> torch.Tensor:
        """Return the images of a turn of `count` ones, int64 [steps, batch size]."""
        order = order_of(turn, count)[: self.steps * self.batch_size]
        return order.view(self.steps, self.batch_size)

    def build(self) -> torch.nn.Module:
        """Return the network with its first weights."""
        count_own_files_from(Path(__file__).parent)
        return build_network(self.configuration["model"], self.form, seed=0)


def trainer_of(case: ImageCase, images: np.ndarray, labels: np.ndarray) -> "Trainer":
    """Return the trainer of a run."""
    from lr_atlas.training.trainer import Trainer

    count_own_files_from(Path(__file__).parent)
    torch.set_flush_denormal(True)
    return Trainer(case.configuration, image_set(images, labels, "cpu"), case.form)


def project(case: ImageCase, images: np.ndarray, labels: np.ndarray) -> Turn:
    """Train as a run of LR Atlas does, some steps at each turn."""
    trainer = trainer_of(case, images, labels)

    def turn(number: int) -> float:
        indices = case.batches(number, len(labels)).flatten()
        return float(np.mean(trainer.steps.train(indices, number)[0]))

    return turn


def jax_steps(case: ImageCase, images: np.ndarray, labels: np.ndarray) -> Turn:
    """Train with JAX and optax: a compiled step, channels last.

    A compiled scan over the steps took several times as long: XLA's convolutions are slow in loops.
    """
    import jax
    import jax.numpy as jnp
    import optax

    all_images = jnp.array(images.transpose(0, 2, 3, 1))
    targets = jnp.array(labels.astype(np.int32))
    transformation = same_in_optax(optax, OPTIMIZERS[case.optimizer])
    network = {"TwoConvolutions": _two_convolutions, "ResNet20": _resnet20}[case.network]
    parameters = [_for_jax(p) for p in case.build().parameters()]
    if case.network == "TwoConvolutions":
        # Its inputs come with the channels last.
        weight = parameters[4].reshape(64, 7, 7, 1024).transpose(1, 2, 0, 3)
        parameters[4] = jnp.array(weight.reshape(3136, 1024))

    def loss(parameters: list, batch: jax.Array, wanted: jax.Array) -> jax.Array:
        logits = network(iter(parameters), batch)
        return optax.softmax_cross_entropy_with_integer_labels(logits, wanted).mean()

    # The state is given away, so that it is changed in place.
    @functools.partial(jax.jit, donate_argnums=0)
    def step(state: tuple, indices: jax.Array) -> tuple:
        parameters, states = state
        pixels = all_images[indices].astype(jnp.float32) * (2 / 255) - 1
        value, gradients = jax.value_and_grad(loss)(parameters, pixels, targets[indices])
        updates, states = transformation.update(gradients, states, parameters)
        return (optax.apply_updates(parameters, updates), states), value

    state = (parameters, transformation.init(parameters))

    def turn(number: int) -> float:
        nonlocal state
        losses = []
        for batch in case.batches(number, len(labels)).numpy().astype(np.int32):
            state, value = step(state, jnp.array(batch))
            losses.append(value)
        return float(jnp.stack(losses).mean())

    return turn


def _for_jax(parameter: torch.nn.Parameter) -> object:
    import jax.numpy as jnp

    axes = {1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}[parameter.dim()]
    return jnp.array(parameter.detach().permute(axes).contiguous().numpy())


def _convolve(values: object, weight: object, stride: int = 1) -> object:
    import jax

    padding = [(weight.shape[0] // 2,) * 2] * 2
    layout = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        values, weight, (stride, stride), padding, dimension_numbers=layout
    )


def _two_convolutions(given: object, values: object) -> object:
    import jax

    for _ in range(2):
        values = jax.nn.relu(_convolve(values, next(given)) + next(given))
        window = (1, 2, 2, 1)
        values = jax.lax.reduce_window(values, -np.inf, jax.lax.max, window, window, "VALID")
    values = values.reshape(len(values), -1)
    values = jax.nn.relu(values @ next(given) + next(given))
    return values @ next(given) + next(given)


def _resnet20(given: object, values: object) -> object:
    """Return the logits, without running statistics, of which training makes no use."""
    import jax
    import jax.numpy as jnp

    def normalised(values: object) -> object:
        weight, bias = next(given), next(given)
        mean, variance = values.mean((0, 1, 2)), values.var((0, 1, 2))
        return (values - mean) * (jax.lax.rsqrt(variance + 1e-5) * weight) + bias

    values = jax.nn.relu(normalised(_convolve(values, next(given))))
    for channels in (16, 16, 16, 32, 32, 32, 64, 64, 64):
        stride = 1 if channels == values.shape[-1] else 2
        shortcut = values[:, ::stride, ::stride]
        padding = [(0, 0)] * 3 + [(0, channels - values.shape[-1])]
        weight, *norm = next(given), next(given), next(given)
        second, *second_norm = next(given), next(given), next(given)
        given = iter([*norm, *second_norm, *given])
        values = jax.nn.relu(normalised(_convolve(values, weight, stride)))
        values = normalised(_convolve(values, second))
        values = jax.nn.relu(values + jnp.pad(shortcut, padding))
    return values.mean((1, 2)) @ next(given) + next(given)


IMAGE_CONTENDERS = {
    "project": project,
    "tutorial": tutorial,
    "eager": eager,
    "torch.compile": functools.partial(eager, compiled=True),
    "JAX": jax_steps,
}


def present() -> list[str]:
    """Return those that can take part here; torch.compile says so itself."""
    no_jax = importlib.util.find_spec("optax") is None
    return [name for name in IMAGE_CONTENDERS if name != "JAX" or not no_jax]
