"""One text for one value, to be hashed and compared."""

import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Return one text for one value: sorted keys, no spaces, shortest exact numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
