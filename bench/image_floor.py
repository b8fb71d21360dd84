"""The least time that a step of a convolutional network could take: convolutions and products.

Each is timed with every layout of the images in memory, on one thread, and the fastest counts.
"""

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from lr_atlas.training.memory import keep_memory

Way = Callable[[], object]
_BACKWARD = torch.ops.aten.convolution_backward


def products_of(network: nn.Module, images: torch.Tensor) -> list[list[Way]]:
    """Return the ways to compute each convolution and product of a step, of random numbers.

    images: a batch, float32 [n, channels, rows, columns].
    """
    keep_memory()
    products: list[list[Way]] = []

    def note(layer: nn.Module, given: tuple, output: torch.Tensor) -> None:
        first = not products
        if isinstance(layer, nn.Conv2d):
            products.extend(_convolutions(layer, given[0], output, first))
        elif isinstance(layer, nn.Linear):
            products.extend(_matrix_products(layer, given[0], output))

    handles = [layer.register_forward_hook(note) for layer in network.modules()]
    with torch.no_grad():
        network(images)
    for handle in handles:
        handle.remove()
    return products


def seconds(products: list[list[Way]]) -> float:
    """Return the seconds of all products, each in the fastest way, on this core."""
    with torch.no_grad():
        return sum(min(map(_seconds, ways)) for ways in products)


def _seconds(way: Way) -> float:
    started = time.process_time()
    way()
    return time.process_time() - started


def _convolutions(
    layer: nn.Conv2d, inputs: torch.Tensor, outputs: torch.Tensor, first: bool
) -> list[list[Way]]:
    """Return the ways to go forward, and back to the weights and the inputs, of a layer."""
    rest = (layer.stride, layer.padding, layer.dilation)
    bias, biases = layer.bias, None if layer.bias is None else [layer.out_channels]
    wanted = [not first, True, bias is not None]
    forward, backward = [], []
    for layout in (torch.contiguous_format, torch.channels_last):
        given = torch.empty_like(inputs, memory_format=layout).normal_()
        gradient = torch.empty_like(outputs, memory_format=layout).normal_()
        weight = layer.weight.detach().to(memory_format=layout)
        forward.append(partial(torch.conv2d, given, weight, bias, *rest))
        convolve_back = partial(_BACKWARD, gradient, given, weight, biases, *rest)
        backward.append(partial(convolve_back, False, [0, 0], 1, wanted))
    return [forward, backward]


def _matrix_products(
    layer: nn.Linear, inputs: torch.Tensor, outputs: torch.Tensor
) -> list[list[Way]]:
    given, gradient = torch.randn_like(inputs), torch.randn_like(outputs)
    weight = layer.weight.detach()
    return [
        [lambda: given @ weight.t()],
        [lambda: gradient.t() @ given, lambda: (given.t() @ gradient).t()],
        [lambda: gradient @ weight],
    ]
