"""Lay tensors in memory so that convolutions on a processor are fast."""

import copy
import ctypes

import torch
from torch import nn

#: Numbers of options of glibc's mallopt.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_memory() -> None:
    """Have the process keep memory that was freed, for the tensors of the next step.

    The C library gives large pieces back to the system at once, and each page that it then takes
    anew is cleared: a tenth of the time of a step. Where it is another library nothing happens.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    set_option(_MMAP_MAX, 0)
    set_option(_TRIM_THRESHOLD, 2**31 - 1)


def works_channels_last(network: nn.Module, shape: tuple[int, ...]) -> bool:
    """Return whether a network convolves images, and takes them with the channel varying fastest.

    That is how convolutions are fastest on processors. A network that asks for a view of what a
    convolution gave, where it could reshape it, fails with such images. shape: of one input.
    """
    if len(shape) != 3 or not any(isinstance(part, nn.Conv2d) for part in network.modules()):
        return False
    images = torch.zeros(2, *shape[1:], shape[0]).permute(0, 3, 1, 2)
    try:
        # A copy, since a network in training keeps statistics of what it is given.
        tried = copy.deepcopy(network).float()
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            for in_training in (True, False):
                tried.train(in_training)(images)
    # A user's network may raise anything; training says what is wrong with it.
    except Exception:
        return False
    return True
