"""Loss and gradients of one batch: by autograd for any network, or by hand for a plain one.

Both have one form: a function from a batch to (loss, logits) that leaves the gradients in the
`grad` of the parameters. By hand a step of a small network costs about half as much, since autograd
spends its time on bookkeeping there; the arithmetic is the same, the order of its sums is not.
"""

import torch
from torch import nn
from torch.nn import functional

from lr_atlas.network import LOSSES

_BACKWARD = torch.ops.aten

#: activation -> gradient with respect to its input, from (gradient, its input, its output).
_ACTIVATION_GRADIENTS = {
    nn.ReLU: lambda gradient, before, after: _BACKWARD.threshold_backward(gradient, after, 0),
    nn.Sigmoid: lambda gradient, before, after: _BACKWARD.sigmoid_backward(gradient, after),
    nn.Tanh: lambda gradient, before, after: _BACKWARD.tanh_backward(gradient, after),
    nn.LeakyReLU: lambda gradient, before, after: _BACKWARD.leaky_relu_backward(
        gradient, before, 0.01, False
    ),
    nn.ELU: lambda gradient, before, after: _BACKWARD.elu_backward(
        gradient, 1.0, 1.0, 1.0, False, before
    ),
    nn.GELU: lambda gradient, before, after: _BACKWARD.gelu_backward(gradient, before),
    nn.SiLU: lambda gradient, before, after: _BACKWARD.silu_backward(gradient, before),
}

_PLAIN = {nn.Linear, nn.Dropout, *_ACTIVATION_GRADIENTS}


def choose(network, loss):
    """("by hand" or "by autograd", the function) for a network and the name of its loss."""
    known = all(type(module) in _PLAIN for module in network)
    return (
        ("by hand", by_hand(network, loss))
        if known
        else ("by autograd", by_autograd(network, loss))
    )


def cross_entropy_gradient(logits, labels):
    """(loss, gradient with respect to the logits) of network.cross_entropy."""
    log_shares = functional.log_softmax(logits, dim=1)
    loss = functional.nll_loss(log_shares, labels)
    gradient = log_shares.exp_()
    gradient.sub_(functional.one_hot(labels, logits.shape[1]))
    return loss, gradient.div_(len(labels))


def mean_squared_error_gradient(logits, labels):
    """(loss, gradient with respect to the logits) of network.mean_squared_error."""
    shares = functional.softmax(logits, dim=1)
    difference = shares - functional.one_hot(labels, logits.shape[1])
    loss = difference.square().mean()
    gradient = difference.mul_(2 / difference.numel())
    return loss, _BACKWARD._softmax_backward_data(gradient, shares, 1, shares.dtype)


_LOSS_GRADIENTS = {"cross_entropy": cross_entropy_gradient, "mse": mean_squared_error_gradient}


def by_autograd(network, loss):
    """The gradients of any network for a loss of network.LOSSES."""
    loss_function = LOSSES[loss]

    def gradients(images, labels):
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.grad.zero_()
        logits = network(images)
        value = loss_function(logits, labels)
        value.backward()
        return value.detach(), logits.detach()

    return gradients


def by_hand(network, loss):
    """The gradients of a network of fully connected layers, as network.build_network makes it."""
    for parameter in network.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    blocks = _blocks(network)
    loss_gradient = _LOSS_GRADIENTS[loss]

    @torch.no_grad()
    def gradients(images, labels):
        passed = []
        value = images
        for linear, activation, dropout in blocks:
            before = torch.addmm(linear.bias, value, linear.weight.t())
            after = activation(before) if activation else before
            mask = _dropout_mask(after, dropout.p) if dropout else None
            passed.append((linear, activation, value, before, after, mask))
            value = after if mask is None else after * mask
        logits = value
        loss_value, gradient = loss_gradient(logits, labels)
        for index in reversed(range(len(passed))):
            linear, activation, inputs, before, after, mask = passed[index]
            if mask is not None:
                gradient = gradient * mask
            if activation:
                gradient = _ACTIVATION_GRADIENTS[type(activation)](gradient, before, after)
            torch.mm(gradient.t(), inputs, out=linear.weight.grad)
            torch.sum(gradient, 0, out=linear.bias.grad)
            if index > 0:
                gradient = torch.mm(gradient, linear.weight)
        return loss_value, logits

    return gradients


def _dropout_mask(values, probability):
    """What nn.Dropout multiplies by, from the same random numbers."""
    return torch.empty_like(values).bernoulli_(1 - probability).div_(1 - probability)


def _blocks(network):
    """The network as (linear, activation or None, dropout or None) blocks."""
    blocks = []
    for module in network:
        if isinstance(module, nn.Linear):
            blocks.append([module, None, None])
        else:
            blocks[-1][2 if isinstance(module, nn.Dropout) else 1] = module
    return [tuple(block) for block in blocks]
