"""Layers of transformers (Vaswani et al. 2017), with norms in front (Xiong et al. 2020)."""

import torch
from torch import nn


class _Attention(nn.Module):
    """Self-attention of several heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return float [n, tokens, width], each token a mean of all, by their likeness."""
        count, length, width = tokens.shape
        # [3, n, heads, tokens, width of a head]
        parts = self.queries_keys_values(tokens).view(count, length, 3, self.heads, -1)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        # Written out, since torch's fused kernels differ from one device and version to the next,
        # and not all of them repeat their last digits.
        scores = queries @ keys.transpose(2, 3) * (width // self.heads) ** -0.5
        mixed = scores.softmax(dim=3) @ values
        return self.output(mixed.transpose(1, 2).reshape(count, length, width))


class _Block(nn.Module):
    """Attention, then two linear layers for each token; both added to their input."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = _Attention(width, heads)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return float [n, tokens, width]."""
        tokens = tokens + self.dropout(self.attention(self.norm1(tokens)))
        return tokens + self.dropout(self.dense(self.norm2(tokens)))


class Encoder(nn.Module):
    """Tokens with learnt places, blocks of attention, and a linear layer on the tokens' mean."""

    def __init__(self, length: int, values: int, outputs: int, *, blocks: "Blocks") -> None:
        """length: tokens of an input. values: of one. outputs: of the last layer."""
        super().__init__()
        self.embedding = nn.Linear(values, blocks.width)
        self.places = nn.Parameter(torch.empty(length, blocks.width))
        nn.init.trunc_normal_(self.places, std=0.02)
        self.blocks = nn.Sequential(
            *(_Block(blocks.width, blocks.heads, blocks.dropout) for _ in range(blocks.depth))
        )
        self.norm = nn.LayerNorm(blocks.width)
        self.output = nn.Linear(blocks.width, outputs)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return float [n, outputs] of tokens float [n, length, values]."""
        hidden = self.blocks(self.embedding(tokens) + self.places)
        return self.output(self.norm(hidden).mean(dim=1))


class Blocks:
    """The measures of the blocks of an encoder."""

    def __init__(self, width: int, depth: int, heads: int, dropout: float) -> None:
        """Raise ValueError for what no transformer has."""
        if min(width, depth, heads) < 1 or width % heads:
            raise ValueError(
                f"width, depth and heads are at least 1, and width is a multiple of heads; found "
                f"width {width}, depth {depth}, heads {heads}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is at least 0 and below 1; found {dropout}")
        self.width, self.depth, self.heads, self.dropout = width, depth, heads, dropout
