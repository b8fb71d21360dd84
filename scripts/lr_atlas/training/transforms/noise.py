"""Noise on the inputs."""

import torch


def noise(images: torch.Tensor, random: torch.Generator, *, deviation: float = 0.1) -> torch.Tensor:
    """Return the inputs with normal noise, drawn on their device.

    images: float [n, …]. deviation: of the noise, in units of the inputs as they are given to
    transforms, not below 0. Raises ValueError for another.
    """
    if deviation < 0:
        raise ValueError(f"the deviation of noise is not below 0; found {deviation}")
    seed = int(torch.randint(2**62, (), generator=random))
    drawn = torch.Generator(images.device).manual_seed(seed)
    added = torch.empty_like(images).normal_(0, 1, generator=drawn)
    return images + deviation * added
