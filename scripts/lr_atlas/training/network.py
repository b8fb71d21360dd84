"""The network of a run: made from its configuration, its weights in one tensor and as bytes."""

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from lr_atlas.training.form import Form
from lr_atlas.training.initialisation import initialise
from lr_atlas.training.parts import load_part
from lr_atlas.training.random_streams import stream_seed
from lr_atlas.training.tensor_files import from_bytes, to_bytes

#: Numbers between the places where torch lets a tensor begin: 64 bytes of float32.
_ALIGNMENT = 16
#: Networks of ours that are given the values of an input in one row.
_FLAT = ("fully_connected",)


class Standardise(nn.Module):
    """Take each column or channel of the inputs to mean 0 and deviation 1.

    The numbers are those of the training examples; they are part of the network's state.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        """shape: of an input, its columns or channels first, however a network is given it."""
        super().__init__()
        self.shape = shape
        kept = (shape[0], *(1 for _ in shape[1:]))
        self.register_buffer("mean", torch.zeros(kept))
        self.register_buffer("deviation", torch.ones(kept))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the inputs [n, …] standardised."""
        whole = inputs.reshape(-1, *self.shape)
        return ((whole - self.mean) / self.deviation).view(inputs.shape)

    def measure(self, pieces: Iterable[torch.Tensor]) -> None:
        """Take the numbers of inputs, given in pieces [n, …].

        A deviation of 0 counts as 1.
        """
        total, squares, count = torch.zeros(()), torch.zeros(()), 0
        for piece in pieces:
            values = piece.reshape(-1, *self.shape).double().movedim(1, 0).flatten(1)
            total = total + values.sum(1)
            squares = squares + values.square().sum(1)
            count += values.shape[1]
        mean = total / count
        deviation = (squares / count - mean.square()).clamp_min(0).sqrt()
        # A constant column has no deviation, though rounding leaves a little of one.
        deviation[deviation < 1e-9 * mean.abs()] = 0
        self.mean.copy_(mean.view(self.mean.shape))
        self.deviation.copy_(torch.where(deviation > 0, deviation, 1.0).view(self.mean.shape))


def build_network(model: dict, form: Form, seed: int, standardised: bool = False) -> nn.Module:
    """Return the network of a configuration, its first weights drawn from the run's seed.

    model: {"name": of a part, its arguments…}, or {"name", "arguments": {…}} for a network of one's
    own that is given inputs in their shape. `initialisation` among the arguments of a network of
    ours is a scheme of initialisation.py. The network maps inputs float32 [n, *input_shape] to
    logits float32 [n, classes], or to numbers [n, outputs]. standardised: with a first layer that
    standardises the inputs.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "weights"))
        network: nn.Module = _made(model, form)
    if standardised:
        return nn.Sequential(Standardise(form.with_channels), network)
    return network


def _made(model: dict, form: Form) -> Any:
    thing = load_part("model", model["name"])
    if "arguments" in model:
        offered = {"shape": form.with_channels, "classes": form.outputs, "outputs": form.outputs}
        asked = inspect.signature(thing).parameters
        given = {key: value for key, value in offered.items() if key in asked}
        return thing(**{**given, **model["arguments"]})
    arguments = {key: value for key, value in model.items() if key != "name"}
    if ":" in model["name"]:
        return thing(form.shape, form.outputs, **arguments)
    scheme = arguments.pop("initialisation", "default")
    network = thing(form.with_channels, form.outputs, **arguments)
    initialise(network, scheme)
    return network


def input_shape(model: dict, form: Form) -> tuple[int, ...]:
    """Return the shape of an input as the network is given it: in one row, or channels first."""
    is_flat = model["name"] in _FLAT or (":" in model["name"] and "arguments" not in model)
    return (form.values,) if is_flat else form.with_channels


def standardising_layer(network: nn.Module) -> Standardise | None:
    """Return the layer of a network that standardises its inputs, if it has one."""
    first = network[0] if isinstance(network, nn.Sequential) else None
    return first if isinstance(first, Standardise) else None


def flatten_parameters(network: nn.Module, aligned: bool = False) -> nn.Parameter:
    """Move all parameters of the network, and their gradients, into one tensor.

    aligned: each parameter begins where torch would let a tensor begin, with zeros between them:
    products and decompositions of a matrix round by where it lies in memory.
    Returns that tensor as an nn.Parameter, float32 [number of parameters]. The network's parameters
    become views of it, and their gradients views of its `grad`, so they must be zeroed in place.
    """
    parameters = list(network.parameters())
    pieces = [
        functional.pad(each, (0, -len(each) % _ALIGNMENT if aligned else 0))
        for each in (parameter.detach().flatten() for parameter in parameters)
    ]
    flat = nn.Parameter(torch.cat(pieces))
    flat.grad = torch.zeros_like(flat)
    start = 0
    for parameter, piece in zip(parameters, pieces, strict=True):
        end = start + parameter.numel()
        parameter.data = flat.detach()[start:end].view(parameter.shape)
        parameter.grad = flat.grad[start:end].view(parameter.shape)
        start += len(piece)
    return flat


def weights_bytes(network: nn.Module) -> bytes:
    """Return the network's state_dict, on the CPU, as a file for torch.load(weights_only=True)."""
    return to_bytes({key: value.cpu().clone() for key, value in network.state_dict().items()})


def load_weights(network: nn.Module, content: bytes) -> None:
    """Copy the weights of what `weights_bytes` gave into the network."""
    network.load_state_dict(from_bytes(content))
