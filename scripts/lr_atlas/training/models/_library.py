"""Networks of torchvision and timm, without trained weights, fitted to channels and classes."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from lr_atlas.training.parts import PartError, library_and_network

#: torchvision's networks whose answers in training have further parts, unless this says otherwise.
_WITHOUT_FURTHER = {
    "googlenet": {"aux_logits": False, "init_weights": True},
    "inception_v3": {"aux_logits": False, "init_weights": True},
}


def maker(name: str) -> Callable[..., nn.Module]:
    """Return the function (shape, classes, **arguments) -> network of a name such as timm.vit_….

    shape: (channels, rows, columns). Raises PartError where the library is not installed, or has
    no such network.
    """
    found = library_and_network(name)
    assert found
    library, network = found
    make = {"torchvision": _of_torchvision, "timm": _of_timm}[library]
    if network not in networks(library):
        raise PartError(f"{library} has no network '{network}'")
    return functools.partial(make, network)


def networks(library: str) -> list[str]:
    """Return the names of the networks of a library. Raises PartError where it is not installed."""
    module = _module(library)
    # torchvision's others detect or segment, or take films; some fetch trained weights at once.
    return list(module.list_models(*([module] if library == "torchvision" else [])))


def _of_torchvision(
    network: str, shape: Sequence[int], classes: int, **arguments: Any
) -> nn.Module:
    models: Any = _module("torchvision")
    fixed = _WITHOUT_FURTHER.get(network, {})
    made = models.get_model(network, weights=None, num_classes=classes, **{**fixed, **arguments})
    _fit_channels(made, shape[0])
    return made


def _of_timm(network: str, shape: Sequence[int], classes: int, **arguments: Any) -> nn.Module:
    timm: Any = _module("timm")
    fixed = {"pretrained": False, "num_classes": classes, "in_chans": shape[0]}
    return timm.create_model(network, **{**fixed, **arguments})


def _module(library: str) -> Any:
    """Return the module that makes networks by name."""
    imported = {"torchvision": _import_torchvision, "timm": _import_timm}[library]
    try:
        return imported()
    except ImportError:
        raise PartError(
            f"{library} is not installed here; python -m pip install {library}, in the environment "
            "of this project"
        ) from None
    except RuntimeError as error:
        # A torchvision that was built for CUDA cannot load its operators beside a torch for the
        # CPU, and then fails on import because it describes two of them to torch. No network here
        # needs them, so it is enough that they have been declared.
        if "torchvision::nms" not in str(error):
            raise
        _declare_operators()
        return imported()


def _import_torchvision() -> Any:
    import torchvision.models

    return torchvision.models


def _import_timm() -> Any:
    import timm

    return timm


@functools.cache  # The declarations last as long as the object that is returned.
def _declare_operators() -> object:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def _fit_channels(network: nn.Module, channels: int) -> None:
    """Put another first convolution into a network if inputs have another number of channels."""
    convolutions = (
        (name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)
    )
    name, layer = next(convolutions, ("", None))
    if layer is None or layer.in_channels == channels:
        return
    measures: Any = {
        key: getattr(layer, key)
        for key in ("out_channels", "kernel_size", "stride", "padding", "dilation")
    }
    fitted = nn.Conv2d(channels, **measures, bias=layer.bias is not None)
    parent, _, attribute = name.rpartition(".")
    setattr(network.get_submodule(parent), attribute, fitted)
