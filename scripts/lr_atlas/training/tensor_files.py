"""Tensors in plain containers, to and from the bytes of a file."""

import io
import zipfile
from typing import Any

import torch


def to_bytes(value: Any) -> bytes:
    """Return tensors, numbers and texts in dictionaries and lists as torch.save writes them.

    Equal values give equal bytes, since a buffer has no name for torch to put into the content.
    """
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def from_bytes(content: bytes) -> Any:
    """Return what `to_bytes` was given, on the CPU. Never runs code that the content may hold.

    Raises ValueError for an archive that is compressed, and whatever zipfile and torch raise.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # torch compresses nothing, and a small file of someone else could fill the memory.
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise ValueError("its tensors are compressed, which torch does not do")
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
