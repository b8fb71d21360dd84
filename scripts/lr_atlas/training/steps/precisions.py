"""The precisions of the products in training, by the names that a configuration has for them.

A run of float32, as all are by default, says nothing of it.
"""

from typing import Final

FLOAT32: Final = "float32"
TF32: Final = "tf32"
BFLOAT16: Final = "bfloat16"
#: The key of a configuration, in those alone that have another precision than float32.
PRECISION: Final = "precision"


def precision_of(configuration: dict) -> str:
    """Return the precision of a run of a configuration."""
    return str(configuration.get(PRECISION, FLOAT32))
