"""Transforms of the training images, a batch at a time, before the network sees them.

Each piece of an epoch draws from a stream of its own, so that a run that goes on in the middle of
an epoch sees the same images as one that never stopped.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from lr_atlas.training.parts import load_part

#: Means a first layer of the network, in training and evaluation.
NORMALISE = "normalise"


class Mixed(NamedTuple):
    """Hold images that are partly others: their loss is that of both labels, by their shares.

    Attributes:
        images: The mixtures, float [n, …].
        labels: The labels of the others.
        share: The share of an image itself, 0..1; the other has the rest.
    """

    images: torch.Tensor
    labels: torch.Tensor
    share: float


#: (images float [n, channels, rows, columns], labels, random) -> images, or Mixed.
Transform = Callable[[torch.Tensor, torch.Tensor, torch.Generator], torch.Tensor | Mixed]


def name_of(transform: str | Mapping) -> str:
    """Return the name of a transform, given alone or as {"name": str, arguments…}."""
    return transform if isinstance(transform, str) else transform["name"]


def normalises(configuration: Mapping) -> bool:
    """Return whether a run's transforms have the network normalise its inputs."""
    return NORMALISE in map(name_of, configuration.get("transforms", ()))


def build_transforms(configuration: Mapping, stored: torch.Tensor) -> list[Transform]:
    """Return the transforms of a run's configuration, in their order.

    stored: the inputs of the data set; of uint8 ones `pixels` says what is black, of others 0.
    """
    black = 0.0 if stored.is_floating_point() else configuration["pixels"][0]
    named: Sequence[str | Mapping] = configuration.get("transforms", ())
    return [_made(each, black) for each in named if name_of(each) != NORMALISE]


def _made(transform: str | Mapping, black: float) -> Transform:
    thing: Any = load_part("transform", name_of(transform))
    given = {} if isinstance(transform, str) else {**transform}
    given.pop("name", None)
    asked = inspect.signature(thing).parameters

    def made(images: torch.Tensor, labels: torch.Tensor, random: torch.Generator) -> Any:
        offered = {"labels": labels, "random": random, "black": black}
        return thing(images, **{k: v for k, v in offered.items() if k in asked}, **given)

    return made


def apply_all(
    transforms: Sequence[Transform],
    images: torch.Tensor,
    labels: torch.Tensor,
    random: torch.Generator,
) -> tuple[torch.Tensor, list[Mixed]]:
    """Return (the images after all transforms, every mixture among them)."""
    mixtures = []
    for transform in transforms:
        found = transform(images, labels, random)
        if isinstance(found, Mixed):
            mixtures.append(found)
            found = found.images
        images = found
    return images, mixtures
