"""Random numbers for a run: one stream per purpose, each derived from the run's seed.

Initial weights, the order of the images and dropout draw from streams of their own, so two
optimizers with the same seed start from the same weights and see the same batches. The order has a
stream per epoch, dropout one per piece of an epoch, so that no random number depends on those
before it.
"""

import hashlib

import torch

#: The held-out part is the same for all seeds: replicates differ in training, not in the data.
SPLIT_SEED = 0


def stream_seed(seed: int, purpose: str, epoch: int = 0, image: int = 0) -> int:
    """Return a 63-bit seed for a purpose of a run, an epoch and a place in it."""
    place = f" {image}" if image else ""
    digest = hashlib.sha256(f"{seed} {purpose} {epoch}{place}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(seed: int, purpose: str, epoch: int = 0) -> torch.Generator:
    """Return a torch.Generator (CPU) for that purpose."""
    return torch.Generator().manual_seed(stream_seed(seed, purpose, epoch))
