"""Numba as it is by itself: no setting of whoever starts a job changes what it compiles.

Another processor, another level of optimization and the like give other last digits, and Numba's
cache does not tell all of them apart. Import from here, and not from numba.
"""

import os

#: Variables that begin so say where Numba keeps what it has compiled, no matter of digits.
_ALLOWED = "NUMBA_CACHE_"
for _name in [name for name in os.environ if name.startswith("NUMBA_")]:
    if not _name.startswith(_ALLOWED):
        del os.environ[_name]

from llvmlite import ir  # noqa: E402
from numba import config, njit, types  # noqa: E402, it reads the variables when it is imported
from numba.core import cgutils  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

# Something else may have imported it before.
config.reload_config()

__all__ = ["cgutils", "intrinsic", "ir", "njit", "types"]
