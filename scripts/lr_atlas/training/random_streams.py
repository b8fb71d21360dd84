"""Random numbers for a run: one stream per purpose, each derived from the run's seed.

Initial weights, the order of the images and dropout draw from streams of their own, so two
optimizers with the same seed start from the same weights and see the same batches. The order has a
stream per epoch, dropout one per piece of an epoch, so that no random number depends on those
before it.

A configuration may set the seeds of single sources apart; without, all are derived from its `seed`.
"""

import hashlib
import random

import numpy as np
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


def seed_others(seed: int) -> None:
    """Seed the random numbers of Python and of NumPy, from which packages draw beside torch's."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # what `np.random.random()` of a package draws from


class DrawnInOrder:
    """The random numbers of a piece of an epoch: torch's own, for dropout, and the transforms'.

    They can be left in the middle of the piece, for others to draw.
    """

    def __init__(self, device: torch.device, with_others: bool) -> None:
        """Take the device of the network, and whether Python's and NumPy's numbers are drawn."""
        self._device = device
        self._with_others = with_others
        self._left: dict = {}
        self.transforms = torch.Generator()

    def begin(self, seed: int) -> None:
        """Begin a piece."""
        torch.manual_seed(seed)
        if self._with_others:
            seed_others(seed)
        self.transforms = stream(seed, "transforms")

    def pause(self) -> None:
        """Note how far the numbers have come that others draw too."""
        is_cuda = self._device.type == "cuda"
        own = torch.cuda.get_rng_state(self._device) if is_cuda else torch.random.get_rng_state()
        self._left = {"torch": own}
        if self._with_others:
            of_numpy = np.random.get_state(legacy=False)
            keys, place = of_numpy["state"]["key"].tolist(), of_numpy["state"]["pos"]
            numpy_left = [keys, place, of_numpy["has_gauss"], of_numpy["gauss"]]
            self._left |= {"python": random.getstate(), "numpy": numpy_left}

    def go_on(self) -> None:
        """Have all draw on from where `pause` was called."""
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(self._left["torch"], self._device)
        else:
            torch.random.set_rng_state(self._left["torch"])
        if self._with_others:
            random.setstate(self._left["python"])
            keys, place, has_gauss, gauss = self._left["numpy"]
            state = ("MT19937", np.array(keys, np.uint32), place, has_gauss, gauss)
            np.random.set_state(state)

    def state(self) -> dict:
        """Return tensors and numbers from which `restore` goes on."""
        return {**self._left, "transforms": self.transforms.get_state()}

    def restore(self, state: dict) -> None:
        """Go back to what `state` gave; empty at the beginning of a piece."""
        if state:
            self._left = {key: each for key, each in state.items() if key != "transforms"}
            self.transforms.set_state(state["transforms"])
