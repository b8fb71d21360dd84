"""One network for many runs: the weights of each are a row of one tensor.

Fully connected layers are batched products, written out; on a processor they give each run the
bytes that it has alone. Other networks are mapped over the runs by torch.func.vmap.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.func import functional_call, vmap

from lr_atlas.training.models.fully_connected import ACTIVATIONS
from lr_atlas.training.network import Standardise

#: Numbers between the places where torch lets a tensor begin: 64 bytes of float32. Products round
#: by where a matrix lies, and all rows are to be alike.
_ALIGNMENT = 16
#: Layers that treat every number, or every image, by itself.
_BY_THEMSELVES = (*ACTIVATIONS.values(), nn.Identity, Standardise)


class Drop(NamedTuple):
    """Hold a layer of dropout: its name, the share that it drops, the shape of one input."""

    name: str
    share: float
    shape: tuple[int, ...]


class GivenDropout(nn.Module):
    """Dropout whose mask is given, as torch computes it."""

    mask: torch.Tensor

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.register_buffer("mask", torch.ones(()))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the inputs, in training without those that the mask (bool) leaves out."""
        return dropped(inputs, self.mask, self.share) if self.training else inputs


def dropped(inputs: torch.Tensor, mask: torch.Tensor, share: float) -> torch.Tensor:
    """Return the inputs where the mask is true, and zero elsewhere, of the same mean."""
    return inputs * mask * (1 / (1 - share))


class StackedNetwork:
    """Holds the weights and gradients of runs that have networks of one shape.

    Attributes:
        weights: float32 [runs, numbers]; the parameters of a network in their order, then zeros.
        gradients: The same of the gradients.
        count: How many of the numbers are parameters.
        drops: The layers of dropout, in the order in which they draw.
        is_written_out: Whether the products are written out.
    """

    def __init__(self, network: nn.Module, shape: Sequence[int], width: int) -> None:
        """Make room for so many runs. network: of one of them. shape: of one input."""
        device = next(network.parameters()).device
        self.count = sum(each.numel() for each in network.parameters())
        padded = self.count + -self.count % _ALIGNMENT
        self.weights = torch.zeros(width, padded, device=device)
        self.gradients = torch.zeros(width, padded, device=device)
        self._parameters = dict(self._parts(network, self.weights))
        for parameter in self._parameters.values():
            parameter.requires_grad_()
        self._gradients = [each for _, each in self._parts(network, self.gradients)]
        self.buffers = {
            name: torch.stack([buffer] * width) for name, buffer in network.named_buffers()
        }
        self.drops = [*drops_of(network, shape)]
        layers = _plain_layers(copy.deepcopy(network))
        self.is_written_out = layers is not None
        self._layers = layers or []
        self._template = _with_given_dropout(network)
        self._mapped = vmap(self._outputs_of_one)
        self._mapped_of_same = vmap(self._outputs_of_one, in_dims=(0, 0, None, 0))

    def _parts(self, network: nn.Module, whole: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        """Yield the part [runs, …] of a tensor for each parameter, by its name."""
        start, runs = 0, len(whole)
        for name, parameter in network.named_parameters():
            end = start + parameter.numel()
            yield name, whole[:, start:end].view(runs, *parameter.shape)
            start = end

    def adopt(self, row: int, network: nn.Module, flat: nn.Parameter) -> None:
        """Have the network of a run live in a row, with its weights as they are.

        flat: what `flatten_parameters` gave for it, without alignment.
        """
        with torch.no_grad():
            self.weights[row, : self.count] = flat
            for name, buffer in network.named_buffers():
                self.buffers[name][row] = buffer
        held = {name: each[row] for name, each in self.buffers.items()}
        weights, gradients = self.weights[row, : self.count], self.gradients[row, : self.count]
        hold(network, flat, weights, gradients, held)

    def release(self, row: int, network: nn.Module, flat: nn.Parameter) -> None:
        """Give the network of a run weights of its own, as they are now."""
        weights, gradients = self.weights[row, : self.count], self.gradients[row, : self.count]
        held = {name: each[row].clone() for name, each in self.buffers.items()}
        hold(network, flat, weights.clone(), gradients.clone(), held)

    def outputs(
        self, inputs: torch.Tensor, masks: Sequence[torch.Tensor], training: bool
    ) -> torch.Tensor:
        """Return the outputs [runs, n, …] of inputs [runs, n, …], or of the same for all [n, …].

        masks: of `drops`, bool [runs, n, *shape], in training.
        """
        is_same = not training
        if self.is_written_out:
            each = inputs.expand(len(self.weights), *inputs.shape) if is_same else inputs
            return self._written_out(each, masks, training)
        self._template.train(training)
        named = {f"{drop.name}.mask": mask for drop, mask in zip(self.drops, masks, strict=False)}
        mapped = self._mapped_of_same if is_same else self._mapped
        found: torch.Tensor = mapped(self._parameters, self.buffers, inputs, named)
        return found

    def take_gradients(self, losses: torch.Tensor) -> None:
        """Leave the gradients of the losses [runs], each of its own run's weights."""
        # A run's loss is no function of the weights of others, so those of the sum are its own.
        found = torch.autograd.grad(losses.sum(), [*self._parameters.values()])
        self.gradients.zero_()
        for part, each in zip(self._gradients, found, strict=True):
            part.add_(each)

    def _outputs_of_one(
        self,
        parameters: Mapping[str, torch.Tensor],
        buffers: Mapping[str, torch.Tensor],
        inputs: torch.Tensor,
        masks: Mapping[str, torch.Tensor],
    ) -> torch.Tensor:
        outputs: torch.Tensor = functional_call(
            self._template, (dict(parameters), dict(buffers), dict(masks)), (inputs,)
        )
        return outputs

    def _written_out(
        self, values: torch.Tensor, masks: Sequence[torch.Tensor], training: bool
    ) -> torch.Tensor:
        given = iter(masks)
        for name, layer in self._layers:
            if isinstance(layer, nn.Linear):
                weight = self._parameters[f"{name}.weight"].transpose(1, 2)
                bias = self._parameters[f"{name}.bias"].unsqueeze(1)
                values = torch.baddbmm(bias, values, weight)
            elif isinstance(layer, nn.Dropout):
                values = dropped(values, next(given), layer.p) if training else values
            else:
                values = layer(values)
        return values


def hold(
    network: nn.Module,
    flat: nn.Parameter,
    weights: torch.Tensor,
    gradients: torch.Tensor,
    buffers: Mapping[str, torch.Tensor],
) -> None:
    """Have a network, and the tensor of all its parameters, live in the memory of others."""
    flat.data, flat.grad = weights, gradients
    start = 0
    for parameter in network.parameters():
        end = start + parameter.numel()
        parameter.data = weights[start:end].view(parameter.shape)
        parameter.grad = gradients[start:end].view(parameter.shape)
        start = end
    for name, buffer in buffers.items():
        path, _, own = name.rpartition(".")
        setattr(network.get_submodule(path), own, buffer)


def drops_of(network: nn.Module, shape: Sequence[int]) -> Iterator[Drop]:
    """Yield the layers of dropout in the order in which they draw. shape: of one input."""
    found: list[Drop] = []

    def note(name: str, share: float) -> None:
        drops[name].register_forward_hook(
            lambda _module, inputs, _outputs: found.append(Drop(name, share, inputs[0].shape[1:]))
        )

    tried = copy.deepcopy(network).eval()
    drops = {name: each for name, each in tried.named_modules() if isinstance(each, nn.Dropout)}
    for name, layer in drops.items():
        note(name, layer.p)
    if drops:
        with torch.no_grad():
            tried(torch.zeros(1, *shape, device=next(network.parameters()).device))
    yield from found


def _plain_layers(network: nn.Module) -> list[tuple[str, nn.Module]] | None:
    """Return the layers of a network by name, in order; None unless they can be written out."""
    layers = [
        (name, each)
        for name, each in network.named_modules()
        if not isinstance(each, nn.Sequential)
    ]
    plain = all(
        (isinstance(each, nn.Linear) and each.bias is not None)
        or isinstance(each, nn.Dropout | Standardise)
        or type(each) in _BY_THEMSELVES
        for _, each in layers
    )
    return layers if plain and isinstance(network, nn.Sequential) else None


def _with_given_dropout(network: nn.Module) -> nn.Module:
    """Return a copy of a network whose dropout is given its masks."""
    made = copy.deepcopy(network)
    for name, layer in [*made.named_modules()]:
        if isinstance(layer, nn.Dropout):
            path, _, own = name.rpartition(".")
            setattr(made.get_submodule(path), own, GivenDropout(layer.p))
    return made
