"""Random numbers for a run: one stream per purpose, each derived from the run's seed.

Initial weights, the order of the images and dropout draw from streams of their own, so two
optimizers with the same seed start from the same weights and see the same batches. Order and
dropout have a stream per epoch, so an epoch's random numbers do not depend on those before it.
"""

import hashlib

import torch

#: The held-out part is the same for all seeds: replicates differ in training, not in the data.
SPLIT_SEED = 0


def stream_seed(seed: int, purpose: str, epoch: int = 0) -> int:
    """A 63-bit seed for torch, from the run's seed, the name of a purpose and an epoch."""
    digest = hashlib.sha256(f"{seed} {purpose} {epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(seed: int, purpose: str, epoch: int = 0) -> torch.Generator:
    """A torch.Generator (CPU) for that purpose."""
    return torch.Generator().manual_seed(stream_seed(seed, purpose, epoch))


def generator_state(device: torch.device) -> torch.Tensor:
    """The state (uint8) of torch's own generator on that device, which dropout draws from."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def set_generator_state(state: torch.Tensor, device: torch.device) -> None:
    """Set the state that `generator_state` gave."""
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)
