"""Networks and losses tried on shapes alone, before anything is trained.

What does not fit is told when a configuration is read, and what a network takes is known. It
imports torch, and so is called only for studies that need it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.digests import combined_digest, file_digest
from lr_atlas.common.environment_memory import recall, remember
from lr_atlas.common.machine import torch_version
from lr_atlas.common.spelling import suggestion
from lr_atlas.training import parts
from lr_atlas.training.configuration import grouping
from lr_atlas.training.form import CLASSIFICATION, Form
from lr_atlas.training.parts import PartError, names, short_name

if TYPE_CHECKING:
    import torch

    from lr_atlas.training.image_sets import ImageSet

#: Examples that a network is tried on: one alone is no batch for batch norm.
_TRIED = 2
_LONGEST = 200
_DIGEST_LENGTH = 12


class ProbeError(Exception):
    """A network, a loss or a transform does not fit the data; in one line."""


@dataclass(frozen=True)
class Size:
    """Hold the size of a network.

    Attributes:
        weights: The number of numbers that are trained.
        activations: The number of numbers that its layers give for one example.
        products: The number of multiplications for one example.
        takes_one: Whether it can be trained on a batch of one example, which batch norm cannot.
    """

    weights: int
    activations: int
    products: int
    takes_one: bool = True


def size_of_network(model: dict, form: Form) -> Size:
    """Return what the network of a run's configuration takes for examples of a form.

    Raises ProbeError, in one line, if it cannot be made, takes other inputs or gives other answers.
    """
    return _size(canonical_json(model), form)


@functools.cache
def _size(model: str, form: Form) -> Size:
    """Return the size of a network; that of one of ours is remembered, and needs no torch then."""
    if json.loads(model)["name"] not in names("model"):
        return _probed(model, form)
    place, key = _memory(), canonical_json([model, form])
    known = recall(place) or {}
    if key not in known:
        known[key] = dataclasses.asdict(_probed(model, form))
        remember(place, known)
    return Size(**known[key])


def _memory() -> str:
    """Return the name under which sizes are remembered: of this torch, and of the code of ours."""
    paths = [Path(__file__), *sorted((Path(parts.__file__).parent).rglob("*.py"))]
    code = combined_digest(file_digest(path) for path in paths)
    return f"networks-{torch_version()}-{code[:_DIGEST_LENGTH]}.json"


def _probed(model: str, form: Form) -> Size:
    import torch

    configuration = json.loads(model)
    try:
        # Shapes alone, without numbers: at once, however large the network is.
        return _tried(configuration, form, torch.device("meta"))
    except Exception:
        # A network that looks at its numbers has to have some.
        return _tried(configuration, form, torch.device("cpu"))


def _tried(model: dict, form: Form, device: torch.device) -> Size:
    import torch

    from lr_atlas.training.network import build_network, input_shape

    name = short_name(model["name"])
    try:
        with torch.random.fork_rng(devices=[]), device, _prints_aside():
            network = build_network(model, form, seed=0)
    # A network of one's own may even end the process.
    except (Exception, SystemExit) as error:
        raise ProbeError(f"{name} cannot be made: {_line(error)}") from None
    if not isinstance(network, torch.nn.Module):
        raise ProbeError(f"{name} gives a {type(network).__name__}, which is no torch.nn.Module")
    inputs = torch.zeros(_TRIED, *input_shape(model, form), device=device)
    shape = "x".join(map(str, inputs.shape[1:]))
    counted = _Counted(network)
    try:
        with torch.random.fork_rng(devices=[]), _prints_aside():
            outputs = network(inputs)
    except (Exception, SystemExit) as error:
        raise ProbeError(f"{name} does not take inputs of {shape}: {_line(error)}") from None
    finally:
        counted.remove()
    _check_outputs(name, outputs, form)
    if not outputs.requires_grad and any(each.requires_grad for each in network.parameters()):
        raise ProbeError(
            f"{name} answers with {outputs.dtype} that do not depend on its weights, so that it "
            "cannot be trained"
        )
    weights = sum(each.numel() for each in network.parameters())
    if not weights:
        raise ProbeError(f"{name} has no weights that could be trained")
    return Size(
        weights,
        counted.activations // _TRIED,
        counted.products // _TRIED,
        _takes_one(network, inputs[:1]),
    )


def check_groups(model: dict, optimizer: dict, form: Form) -> None:
    """Raise ProbeError if what an optimizer says of groups of parameters does not fit a network."""
    import torch

    from lr_atlas.training.network import build_network
    from lr_atlas.training.optimizer_groups import fits, named_parameters, parameter_groups

    name, network_name = short_name(optimizer["name"]), short_name(model["name"])
    with torch.random.fork_rng(devices=[]), torch.device("meta"), _prints_aside():
        try:
            network = build_network(model, form, seed=0)
        except Exception:
            # Others tell that a network cannot be made; or it looks at its numbers.
            return
    said, names_here = grouping(optimizer), list(named_parameters(network))
    groups = parameter_groups(network, optimizer)
    found = {group.is_rest for group in groups}
    if said.get("rest") and False not in found:
        hint = (
            ""
            if said.get("takes") == "matrices"
            else ("; with takes: matrices it takes those of the first and the last layer too")
        )
        raise ProbeError(f"{name} has nothing to train: {network_name} has no such matrix{hint}")
    if said.get("rest") and True not in found:
        raise ProbeError(f"nothing of {network_name} is left for `rest`")
    for pattern in said.get("multipliers", ()):
        if not any(fits(each, pattern) for each in names_here):
            meant = suggestion(pattern, names_here)
            raise ProbeError(f"no parameter of {network_name} fits '{pattern}'{meant}")
    if not any(each.lr_factor for each in groups):
        raise ProbeError(
            f"all parameters of {network_name} are frozen, by `multipliers` of 0; nothing is "
            "trained"
        )


def _takes_one(network: torch.nn.Module, inputs: torch.Tensor) -> bool:
    import torch

    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), _prints_aside():
            network(inputs)
    except Exception:
        return False
    return True


def _prints_aside() -> contextlib.redirect_stdout:
    """Send what is printed to stderr: it would stand in the way of a picture of the jobs."""
    return contextlib.redirect_stdout(sys.stderr)


def _check_outputs(name: str, outputs: Any, form: Form) -> None:
    import torch

    if not isinstance(outputs, torch.Tensor):
        raise ProbeError(f"{name} answers with a {type(outputs).__name__}, not with one tensor")
    is_classes = form.task == CLASSIFICATION
    wanted = [_TRIED, form.outputs]
    fits = list(outputs.shape) == wanted or (
        not is_classes and form.outputs == 1 and list(outputs.shape) == [_TRIED]
    )
    if not fits:
        what = "classes" if is_classes else "numbers to predict"
        found = "x".join(map(str, outputs.shape[1:])) or "one number"
        raise ProbeError(
            f"{name} answers an example with {found}; the data has {form.outputs} {what}"
        )


class _Counted:
    """Counts what the innermost layers of a network give, until it is removed."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.activations = self.products = 0
        innermost = [module for module in network.modules() if not [*module.children()]]
        self._hooks = [module.register_forward_hook(self._count) for module in innermost]

    def _count(self, module: torch.nn.Module, _inputs: Any, outputs: Any) -> None:
        size = getattr(outputs, "numel", lambda: 0)()
        self.activations += size
        weight = getattr(module, "weight", None)
        if weight is not None and weight.ndim > 1:
            # Each number is a sum over what belongs to one output: len(weight) of them.
            self.products += size * (weight.numel() // len(weight))

    def remove(self) -> None:
        """Leave the network as it was."""
        for hook in self._hooks:
            hook.remove()


def check_loss(loss: str | dict, form: Form) -> None:
    """Raise ProbeError if a loss refuses its arguments on examples of a form, or is no loss."""
    import torch

    from lr_atlas.training.loss import build_loss

    outputs, examples = _answers(form)
    outputs.requires_grad_()
    name = short_name(loss if isinstance(loss, str) else loss["name"])
    try:
        with torch.random.fork_rng(devices=[]), _prints_aside():
            found = build_loss(loss, examples, form)(outputs, examples.labels)
    except (Exception, SystemExit) as error:
        raise ProbeError(f"{name} cannot be computed: {_line(error)}") from None
    if not isinstance(found, torch.Tensor) or found.ndim or not found.requires_grad:
        raise ProbeError(
            f"{name} gives {_kind(found)}; a loss is one number as a tensor, computed from the "
            "outputs by torch"
        )


def check_metric(metric: str, form: Form) -> None:
    """Raise ProbeError if a metric of one's own gives no number for answers of a form."""
    import torch

    from lr_atlas.training.metrics_of_runs import metric_functions

    outputs, examples = _answers(form)
    name = short_name(metric)
    try:
        with torch.random.fork_rng(devices=[]), _prints_aside():
            metric_functions([metric])[name](outputs, examples.labels)
    except PartError as error:
        raise ProbeError(str(error)) from None
    except (Exception, SystemExit) as error:
        raise ProbeError(f"{name} gives no number: {_line(error)}") from None


def _answers(form: Form) -> tuple[torch.Tensor, ImageSet]:
    """Return answers that are all zero, and examples of every class or number."""
    import numpy as np
    import torch

    from lr_atlas.training.image_sets import image_set

    classes = form.task == CLASSIFICATION
    count = _TRIED * form.outputs
    shape = (count,) if form.outputs == 1 else (count, form.outputs)
    labels = np.arange(count) % form.outputs if classes else np.zeros(shape, np.float32)
    examples = image_set(np.zeros((count, 1), np.uint8), labels, "cpu")
    return torch.zeros((count, form.outputs) if classes else shape), examples


def check_transforms(transforms: list, form: Form) -> None:
    """Raise ProbeError if a transform refuses its arguments, or inputs of this form."""
    import torch

    from lr_atlas.training.random_streams import stream
    from lr_atlas.training.transform import apply_all, build_transforms, name_of

    labels = torch.zeros(_TRIED, dtype=torch.int64 if form.task == CLASSIFICATION else None)
    images = torch.zeros(_TRIED, *form.with_channels)
    for each in transforms:
        name = short_name(name_of(each))
        configuration = {"transforms": [each], "pixels": [0.0, 1.0]}
        try:
            with torch.random.fork_rng(devices=[]):
                made = build_transforms(configuration, torch.empty(0, dtype=torch.uint8))
                found, _ = apply_all(made, images, labels, stream(0, "transforms"))
        except Exception as error:
            raise ProbeError(f"{name} cannot be computed: {_line(error)}") from None
        before, after = _kind(images), _kind(found)
        if before != after:
            raise ProbeError(f"{name} makes {after} out of {before}; it should leave that as it is")


def _kind(inputs: Any) -> str:
    """Return what a thing of one's own is given or gives, such as "2x3x8x8 (torch.float32)"."""
    import torch

    if not isinstance(inputs, torch.Tensor):
        return f"a {type(inputs).__name__}"
    return f"{'x'.join(map(str, inputs.shape)) or 'a number'} ({inputs.dtype})"


def _line(error: BaseException) -> str:
    """Return what went wrong in one line."""
    text = " ".join(str(error).split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    is_ours = isinstance(error, ValueError) and text
    return text if is_ours else f"{type(error).__name__}: {text}"
