"""Values that trackers write beside measured ones, and no run is judged by."""

from collections.abc import Mapping
from typing import Any

_ENDS = ("_runtime", "_per_second", "total_flos", "_timestamp")
_SCHEDULED = ("learning_rate", "lr")


def measured_in(record: Mapping[str, Any], places: tuple[str, ...]) -> dict[str, float]:
    """Return the numbers of a record that are measured: without speed, clock and schedule.

    places: names of what says where in the run it stands, which are no values.
    """
    return {
        name: float(value)
        for name, value in record.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and name not in places
        and name not in _SCHEDULED
        and not name.endswith(_ENDS)
    }
