"""The ways to train one epoch that `bench/epochs.py` times, each as it is usually written.

All get the same images, the same initial weights and the same order in each epoch, compute in
float32 on one thread, and give the mean loss over the steps of the epoch, so that it can be seen
that they compute the same.
"""

import functools
import importlib.util
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from lr_atlas.data.data_sources import import_torchvision
from lr_atlas.data.datasets import DATASETS
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.network import build_network

DATASET = "fashion_mnist"
SHAPE, CLASSES = DATASETS[DATASET].shape, DATASETS[DATASET].classes
FORM = Form(SHAPE, CLASSES)
#: Every argument is given, so that no default differs.
OPTIMIZERS = {
    "SGD": {"name": "sgd", "lr": 0.01},
    "momentum": {"name": "sgd", "lr": 0.01, "momentum": 0.9},
    "Adam": {"name": "adam", "lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-8},
    "RMSprop": {"name": "rmsprop", "lr": 0.001, "alpha": 0.9, "eps": 1e-8},
}

#: (number of the turn, from 1) -> mean loss over its steps; a turn of a `Case` is an epoch
Turn = Callable[[int], float]


class Case(NamedTuple):
    """A network and how it is trained."""

    batch_size: int
    hidden: tuple[int, ...]
    activation: str
    dropout: float
    optimizer: str  # a key of OPTIMIZERS

    @property
    def title(self) -> str:
        """Return such as "batch 100, 784-128-64-10 relu, dropout 0.1"."""
        widths = "-".join(map(str, (math.prod(SHAPE), *self.hidden, CLASSES)))
        dropout = f", dropout {self.dropout}" if self.dropout else ""
        return f"batch {self.batch_size}, {widths} {self.activation}{dropout}"

    @property
    def model(self) -> dict:
        """Return the network as a run's configuration has it."""
        return {"hidden": [*self.hidden], "activation": self.activation, "dropout": self.dropout}

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return channels, rows and columns of an image."""
        return (1, *SHAPE)

    @property
    def configuration(self) -> dict:
        """Return a complete configuration of a run."""
        return complete_configuration(
            {
                "dataset": DATASET,
                "seed": 0,
                "batch_size": self.batch_size,
                "pixels": [-1, 1],
                "model": self.model,
                "optimizer": OPTIMIZERS[self.optimizer],
            }
        )

    def batches(self, number: int, count: int) -> tuple[torch.Tensor, ...]:
        """Return which of `count` images each step of an epoch takes."""
        return order_of(number, count).split(self.batch_size)

    def build(self) -> torch.nn.Sequential:
        """Return the network with its first weights."""
        return build_network(self.configuration["model"], FORM, seed=0)


def order_of(epoch: int, count: int) -> torch.Tensor:
    """Return the order of the images in an epoch, int64 [count]."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(epoch))


def project(case: Case, images: np.ndarray, labels: np.ndarray, device: str = "cpu") -> Turn:
    """Train as a run of LR Atlas does, an epoch piece after piece."""
    from lr_atlas.runs.training_job import choose_device
    from lr_atlas.training.trainer import Trainer

    torch.set_flush_denormal(True)
    data = image_set(images, labels, choose_device(device))
    trainer = Trainer(case.configuration, data, FORM)

    def epoch(number: int) -> float:
        losses = []
        order = order_of(number, len(labels)).to(data.images.device)
        for piece, indices in enumerate(order.split(trainer.piece)):
            losses += trainer.steps.train(indices, 100 * number + piece)[0]
        return float(np.mean(losses))

    return epoch


def eager(case: tuple, images: np.ndarray, labels: np.ndarray, compiled: bool = False) -> Turn:
    """Train the plain fast way: one tensor of floats, batches by indexing, torch.optim.

    case: a Case, or an ImageCase of image_contenders.
    """
    network, optimizer, loss_function = _torch_parts(case)
    if compiled:
        network = torch.compile(network)
    scaled = torch.from_numpy(images).float().div_(255).mul_(2).sub_(1)
    targets = torch.from_numpy(labels).long()

    def turn(number: int) -> float:
        losses = []
        for batch in case.batches(number, len(targets)):
            loss = loss_function(network(scaled[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    return turn


def tutorial(case: tuple, images: np.ndarray, labels: np.ndarray) -> Turn:
    """Train as tutorials do: torchvision's data set, its transforms and a DataLoader.

    case: a Case, or an ImageCase of image_contenders.
    """
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    transforms = import_torchvision().transforms
    network, optimizer, loss_function = _torch_parts(case)
    middle = (0.5,) * case.shape[0]
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(middle, middle)])
    # torchvision's data sets keep the channels last, and none for grey images.
    pictures = images.reshape(-1, *case.shape).transpose(0, 2, 3, 1).squeeze()
    as_tensors, targets = torch.from_numpy(pictures), torch.from_numpy(labels).long()

    class Images(Dataset):
        """Gives an image as the classes of torchvision.datasets do."""

        def __len__(self) -> int:
            return len(targets)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return transform(Image.fromarray(as_tensors[index].numpy())), int(targets[index])

    data = Images()

    def turn(number: int) -> float:
        # shuffle=True would cost the same, but all contenders share an order.
        order = torch.cat([*case.batches(number, len(targets))]).tolist()
        losses = []
        for batch, wanted in DataLoader(data, case.batch_size, sampler=order):
            # A fully connected network takes the pixels of an image in one row.
            loss = loss_function(network(batch.view(-1, *images.shape[1:])), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return float(np.mean(losses))

    return turn


def jax_scan(case: Case, images: np.ndarray, labels: np.ndarray) -> Turn:
    """Train with JAX and optax: a whole epoch is one compiled scan over the batches."""
    import jax
    import jax.numpy as jnp
    import optax

    # Copies: a buffer of NumPy's or torch's must not be given away to be changed in place.
    all_images, targets = jnp.array(images), jnp.array(labels.astype(np.int32))
    activation = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[case.activation]
    transformation = same_in_optax(optax, OPTIMIZERS[case.optimizer])
    linear = [m for m in case.build() if isinstance(m, torch.nn.Linear)]
    parameters = [
        (jnp.array(m.weight.detach().numpy().T), jnp.array(m.bias.detach().numpy())) for m in linear
    ]

    def loss(parameters: list, batch: jax.Array, wanted: jax.Array, key: jax.Array) -> jax.Array:
        values = batch
        for layer, (weight, bias) in enumerate(parameters[:-1]):
            values = activation(values @ weight + bias)
            if case.dropout:
                keep = jax.random.bernoulli(
                    jax.random.fold_in(key, layer), 1 - case.dropout, values.shape
                )
                values = jnp.where(keep, values / (1 - case.dropout), 0)
        weight, bias = parameters[-1]
        logits = values @ weight + bias
        return optax.softmax_cross_entropy_with_integer_labels(logits, wanted).mean()

    def step(state: tuple, batch: tuple) -> tuple:
        parameters, states = state
        indices, key = batch
        # Gathered step by step: measured faster than the whole epoch at once.
        pixels = all_images[indices].astype(jnp.float32) * (2 / 255) - 1
        value, gradients = jax.value_and_grad(loss)(parameters, pixels, targets[indices], key)
        updates, states = transformation.update(gradients, states, parameters)
        return (optax.apply_updates(parameters, updates), states), value

    # The state is given away, so that it is changed in place.
    @functools.partial(jax.jit, donate_argnums=0)
    def run(state: tuple, order: jax.Array, key: jax.Array) -> tuple:
        batches = order.reshape(-1, case.batch_size)
        state, losses = jax.lax.scan(step, state, (batches, jax.random.split(key, len(batches))))
        return state, losses.mean()

    state = (parameters, transformation.init(parameters))

    def epoch(number: int) -> float:
        nonlocal state
        order = jnp.array(order_of(number, len(labels)).numpy().astype(np.int32))
        state, value = run(state, order, jax.random.key(number))
        return float(value)

    return epoch


CONTENDERS = {
    "project": project,
    "tutorial": tutorial,
    "eager": eager,
    "JAX": jax_scan,
    "GPU": functools.partial(project, device="cuda"),
}


def present() -> list[str]:
    """Return those that can take part here."""
    missing = {
        "JAX": importlib.util.find_spec("optax") is None,
        "GPU": not torch.cuda.is_available(),
    }
    return [name for name in CONTENDERS if not missing.get(name)]


def _torch_parts(case: tuple) -> tuple:
    network = case.build()
    arguments = dict(OPTIMIZERS[case.optimizer])
    name = {"sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop"}[arguments.pop("name")]
    optimizer = getattr(torch.optim, name)(network.parameters(), **arguments)
    return network.train(), optimizer, torch.nn.CrossEntropyLoss()


def same_in_optax(optax: object, optimizer: dict) -> object:
    """Return an optimizer of optax with the same mathematics."""
    rate = optimizer["lr"]
    if optimizer["name"] == "sgd":
        return optax.sgd(rate, momentum=optimizer.get("momentum"))
    if optimizer["name"] == "adam":
        return optax.adam(rate, *optimizer["betas"], eps=optimizer["eps"])
    return optax.rmsprop(rate, decay=optimizer["alpha"], eps=optimizer["eps"], eps_in_sqrt=False)
