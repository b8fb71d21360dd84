"""The number of runs that are trained as one: as many as there are, and as fit into memory."""

from collections.abc import Sequence

import torch
from torch import nn

from lr_atlas.runs.devices import RUNS_ON_A_GPU
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.stacked_optimizers import OPTIMIZERS, plain_arguments

#: Tensors of a row beside its weights, gradients and state: what an update makes on its way.
_IN_AN_UPDATE = 3
#: The share of a card's memory that a stack may take; libraries and the images have the rest.
_SHARE = 0.8
_FLOAT = 4


def stack_width(runs: int, memory: int, row: int) -> int:
    """Return how many rows a stack has: one for each run, or as many as fit, at least one.

    memory: of the card, in bytes; all of it, so that an attempt after a kill has the same width.
    row: bytes of a row, see `bytes_of_row`.
    """
    return max(1, min(runs, int(_SHARE * memory) // row))


def width_on(device: torch.device, asked: int, steps: AutogradSteps) -> int:
    """Return how many of the rows that are asked for a stack has on a device.

    A card's memory is shared by as many jobs as use it at a time; a processor has what is asked
    for. steps: of a run of the stack, trained alone.
    """
    if device.type != "cuda":
        return asked
    memory = torch.cuda.get_device_properties(device).total_memory // RUNS_ON_A_GPU
    return stack_width(asked, memory, bytes_of_row(steps))


def bytes_of_row(steps: AutogradSteps) -> int:
    """Return about how many bytes a run takes in a stack, rather too many than too few.

    steps: of a run of it, wherever it is trained.
    """
    network = steps.network
    values = sum(each.numel() for each in network.parameters())
    values += sum(each.numel() for each in network.buffers())
    (group,) = steps.optimizer.param_groups
    arguments = plain_arguments(group)
    state = OPTIMIZERS[type(steps.optimizer.members[0]).__name__.lower()].state(arguments)
    held = _FLOAT * values * (2 + len(state) + _IN_AN_UPDATE)
    at_once = max(2 * steps.batch_size, steps.evaluated_at_a_time)
    return held + at_once * bytes_of_an_input(network, steps.shape)


def bytes_of_an_input(network: nn.Module, shape: Sequence[int]) -> int:
    """Return the bytes that a network keeps of one input for its gradients. shape: of the input."""
    few, more = (_kept(network, shape, count) for count in (2, 4))
    return (more - few) // 2


def _kept(network: nn.Module, shape: Sequence[int], count: int) -> int:
    """Return the bytes of all tensors that autograd keeps of so many inputs."""
    found: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        found[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    mode, device = network.training, next(network.parameters()).device
    # Batch normalisation in training would change its statistics.
    network.eval()
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        outputs = network(torch.zeros(count, *shape, device=device))
    network.train(mode)
    return sum(found.values()) + outputs.numel() * outputs.element_size()
