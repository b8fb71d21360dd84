"""A small transformer for sequences, such as the rows of an image (Vaswani et al. 2017)."""

from collections.abc import Sequence

import torch
from torch import nn

from lr_atlas.training.models._attention import Blocks, Encoder
from lr_atlas.training.models._shapes import image_shape


class _Rows(nn.Module):
    """Take each row of an image as one token."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return float [n, rows, channels * columns] of [n, channels, rows, columns]."""
        return images.transpose(1, 2).flatten(2)


def transformer(
    shape: Sequence[int],
    classes: int,
    *,
    width: int = 64,
    depth: int = 2,
    heads: int = 4,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Return a transformer whose tokens are rows; it answers by their mean.

    shape: (channels, rows, columns); of sequences, rows are their steps, and columns what each step
    has. width: numbers per token. depth: blocks of attention, each with so many heads. dropout:
    after attention and dense layers.
    Maps float32 [n, *shape] to logits float32 [n, classes].
    """
    channels, rows, columns = image_shape(shape, "transformer")
    encoder = Encoder(
        rows, channels * columns, classes, blocks=Blocks(width, depth, heads, dropout)
    )
    return nn.Sequential(_Rows(), encoder)
