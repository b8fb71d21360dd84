"""Processor, cores, GPU and torch of this machine, told without importing torch."""

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from pathlib import Path

from lr_atlas.common.errors import UserError


def has_gpu() -> bool:
    """Return whether an NVIDIA GPU is there: its driver makes a device file for the first one."""
    return Path("/dev/nvidia0").exists()


def torch_version() -> str:
    """Return the version of the torch that is installed. Raises UserError where none is."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        raise UserError(
            "torch is not installed in the environment of this Python, so neither its optimizers "
            "nor its version are known; install it there too, also where jobs bring their own"
        ) from None


def processor() -> str:
    """Return the processor's name, as runs record it; its architecture where it is not told."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


#: Variables by which a user, or a cluster, chooses among the kernels of the libraries that compute,
#: or how these divide their work; so other last digits come out. Those of Numba are not among them,
#: since jobs do without (see training.steps.plain_numba).
_FAMILIES = (
    *("OPENBLAS_", "MKL_", "BLIS_", "ATEN_", "DNNL_", "ONEDNN_", "NPY_", "OMP_", "KMP_", "GOMP_"),
    *("CUBLAS_", "CUBLASLT_", "CUDNN_", "GLIBC_TUNABLES", "NVIDIA_TF32_OVERRIDE"),
    *("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "TORCH_BLAS_PREFER_CUBLASLT"),
)
#: Numbers of threads, which Snakemake sets and a run's own `threads` overrides; what torch sets
#: itself when it is imported; and mere talk.
_WITHOUT_EFFECT = (
    "NUM_THREADS",
    "KMP_DUPLICATE_LIB_OK",
    "KMP_INIT_AT_FORK",
    "VERBOSE",
    "_LOG",
    "LOGINFO_DBG",
    "LOGDEST_DBG",
    "LEVEL_DBG",
)


def kernel_choices(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that may change the last digits of a run, by name."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith(_FAMILIES) and not name.endswith(_WITHOUT_EFFECT)
    }


def core_count() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
