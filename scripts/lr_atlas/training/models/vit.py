"""A small vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929)."""

from collections.abc import Sequence

import torch
from torch import nn

from lr_atlas.training.models._attention import Blocks, Encoder
from lr_atlas.training.models._shapes import image_shape


class _Patches(nn.Module):
    """Cut images into square patches, each one token."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return float [n, patches, channels * size * size] of [n, channels, rows, columns]."""
        count, channels, rows, columns = images.shape
        size = self.size
        cut = images.reshape(count, channels, rows // size, size, columns // size, size)
        return cut.permute(0, 2, 4, 1, 3, 5).reshape(count, -1, channels * size * size)


def vit(
    shape: Sequence[int],
    classes: int,
    *,
    patch: int = 4,
    width: int = 64,
    depth: int = 4,
    heads: int = 4,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Return a transformer whose tokens are patches of an image; it answers by their mean.

    shape: (channels, rows, columns). patch: rows and columns of one, which divide those of the
    image. width: numbers per token. depth: blocks of attention, each with so many heads. dropout:
    after attention and dense layers.
    Maps float32 [n, *shape] to logits float32 [n, classes].
    """
    channels, rows, columns = image_shape(shape, "vit")
    if patch < 1 or rows % patch or columns % patch:
        raise ValueError(f"a patch of {patch} does not divide images of {rows}x{columns}")
    blocks = Blocks(width, depth, heads, dropout)
    length = (rows // patch) * (columns // patch)
    encoder = Encoder(length, channels * patch * patch, classes, blocks=blocks)
    return nn.Sequential(_Patches(patch), encoder)
