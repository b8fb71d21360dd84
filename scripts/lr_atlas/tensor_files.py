"""Tensors in plain containers, to and from the bytes of a file."""

import io
from typing import Any

import torch


def to_bytes(value: Any) -> bytes:
    """Tensors, numbers and texts in dictionaries and lists, as torch.save writes them.

    Equal values give equal bytes, since a buffer has no name for torch to put into the content.
    """
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def from_bytes(content: bytes) -> Any:
    """What `to_bytes` was given, on the CPU. Never runs code that the content may hold."""
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
