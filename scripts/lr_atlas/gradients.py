"""Loss and gradients of one batch: by autograd for any network, or by hand for a plain one.

Both have one form: a function from a batch to (loss, logits) that leaves the gradients in the
`grad` of the parameters. By hand a step of a small network costs about half as much, since autograd
spends its time on bookkeeping there; the arithmetic is the same, the order of its sums is not.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from lr_atlas.matrix_products import affine, weight_gradient
from lr_atlas.network import LOSSES, Linear

_ATEN = torch.ops.aten

LossAndLogits = tuple[torch.Tensor, torch.Tensor]
#: (images float32 [n, pixels], labels int64 [n]) -> (loss [], logits [n, classes]).
Gradients = Callable[[torch.Tensor, torch.Tensor], LossAndLogits]

#: module -> (function, its gradient with respect to its input from (gradient, input, output)).
_ACTIVATIONS = {
    nn.ReLU: (torch.relu, lambda g, before, after: _ATEN.threshold_backward(g, after, 0)),
    nn.Sigmoid: (torch.sigmoid, lambda g, before, after: _ATEN.sigmoid_backward(g, after)),
    nn.Tanh: (torch.tanh, lambda g, before, after: _ATEN.tanh_backward(g, after)),
    nn.LeakyReLU: (
        functional.leaky_relu,
        lambda g, before, after: _ATEN.leaky_relu_backward(g, before, 0.01, False),
    ),
    nn.ELU: (
        functional.elu,
        lambda g, before, after: _ATEN.elu_backward(g, 1.0, 1.0, 1.0, False, before),
    ),
    nn.GELU: (functional.gelu, lambda g, before, after: _ATEN.gelu_backward(g, before)),
    nn.SiLU: (functional.silu, lambda g, before, after: _ATEN.silu_backward(g, before)),
}

_PLAIN = {Linear, nn.Dropout, *_ACTIVATIONS}


def choose(network: nn.Sequential, loss: str) -> tuple[str, Gradients]:
    """("by hand" or "by autograd", the function) for a network and the name of its loss."""
    if all(type(module) in _PLAIN for module in network):
        return "by hand", by_hand(network, loss)
    return "by autograd", by_autograd(network, loss)


def by_autograd(network: nn.Module, loss: str) -> Gradients:
    """The gradients of any network for a loss of network.LOSSES."""
    loss_function = LOSSES[loss]

    def gradients(images: torch.Tensor, labels: torch.Tensor) -> LossAndLogits:
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.grad.zero_()
        logits = network(images)
        value = loss_function(logits, labels)
        value.backward()
        return value.detach(), logits.detach()

    return gradients


def by_hand(network: nn.Sequential, loss: str) -> Gradients:
    """The gradients of a network of fully connected layers, as network.build_network makes it."""
    layers = _layers(network)
    last = layers[-1]
    loss_gradient = _LOSS_GRADIENTS[loss]
    one_hot = torch.eye(len(last.bias), dtype=last.bias.dtype, device=last.bias.device)

    def gradients(images: torch.Tensor, labels: torch.Tensor) -> LossAndLogits:
        passed = []
        value = images
        for layer in layers:
            inputs = value
            before = affine(inputs, layer.weight, layer.bias)
            after = value = layer.activation(before) if layer.activation else before
            mask = None
            if layer.dropout:
                mask = _dropout_mask(after, layer.dropout)
                value = after * mask
            passed.append((layer, inputs, before, after, mask))
        logits = value
        loss_value, gradient = loss_gradient(logits, labels, one_hot.index_select(0, labels))
        for layer, inputs, before, after, mask in reversed(passed):
            if mask is not None:
                gradient = gradient * mask
            if layer.activation:
                gradient = layer.activation_gradient(gradient, before, after)
            weight_gradient(gradient, inputs, layer.weight_gradient)
            torch.sum(gradient, 0, out=layer.bias_gradient)
            if layer is not layers[0]:
                gradient = torch.mm(gradient, layer.weight)
        return loss_value, logits

    return gradients


def _cross_entropy(
    logits: torch.Tensor, labels: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss, gradient with respect to the logits) of network.cross_entropy."""
    log_shares = torch.log_softmax(logits, 1)
    loss = functional.nll_loss(log_shares, labels)
    return loss, log_shares.exp_().sub_(targets).div_(len(labels))


def _mean_squared_error(
    logits: torch.Tensor, labels: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss, gradient with respect to the logits) of network.mean_squared_error."""
    shares = torch.softmax(logits, 1)
    difference = shares - targets
    loss = difference.square().mean()
    gradient = difference.mul_(2 / difference.numel())
    return loss, _ATEN._softmax_backward_data(gradient, shares, 1, shares.dtype)


_LOSS_GRADIENTS = {"cross_entropy": _cross_entropy, "mse": _mean_squared_error}


@dataclass(frozen=True, eq=False, slots=True)
class _Layer:
    """A linear layer with what follows it; tensors share their memory with the network's."""

    weight: torch.Tensor
    bias: torch.Tensor
    weight_gradient: torch.Tensor
    bias_gradient: torch.Tensor
    activation: Callable | None
    activation_gradient: Callable | None
    dropout: float


def _layers(network: nn.Sequential) -> list[_Layer]:
    """The network as a list of _Layer; gives its parameters a `grad` where they have none."""
    for parameter in network.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    modules = list(network)
    starts = [i for i, module in enumerate(modules) if isinstance(module, nn.Linear)]
    layers = []
    for start, end in zip(starts, [*starts[1:], len(modules)], strict=True):
        linear, *rest = modules[start:end]
        functions = [_ACTIVATIONS[type(module)] for module in rest if type(module) in _ACTIVATIONS]
        dropout = sum(module.p for module in rest if isinstance(module, nn.Dropout))
        layers.append(
            _Layer(
                linear.weight.detach(),
                linear.bias.detach(),
                linear.weight.grad,
                linear.bias.grad,
                *(functions[0] if functions else (None, None)),
                dropout,
            )
        )
    return layers


def _dropout_mask(values: torch.Tensor, probability: float) -> torch.Tensor:
    """What nn.Dropout multiplies by, from the same random numbers."""
    return torch.empty_like(values).bernoulli_(1 - probability).div_(1 - probability)
