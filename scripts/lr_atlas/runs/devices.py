"""The device that a training job will use, as far as it can be told without importing torch."""

from lr_atlas.common.errors import UserError
from lr_atlas.common.machine import has_gpu, torch_version

#: So many runs share a GPU at a time: the slots of the resource `gpu` in profiles/default.
RUNS_ON_A_GPU = 4


def uses_gpu(device: str) -> bool:
    """Return whether a job will train on a GPU here. device: "auto", "cpu" or "cuda"."""
    return device == "cuda" or (device == "auto" and has_gpu() and not _torch_is_for_processors())


def _torch_is_for_processors() -> bool:
    try:
        return torch_version().endswith("+cpu")
    except UserError:
        return False  # jobs bring an environment of their own
