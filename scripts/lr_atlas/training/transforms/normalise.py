"""Normalisation by channel, in training and in evaluation."""

import torch


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Return the images as they are: the network's first layer normalises them (Standardise).

    It stands behind all transforms, wherever it is named among them, takes each channel or column
    to mean 0 and deviation 1, by the training part alone, and is kept with the weights.
    """
    return images
