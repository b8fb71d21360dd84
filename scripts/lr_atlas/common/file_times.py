"""Times of files that lie ahead, as after a clock that was wrong, or of a copy from such a machine.

Snakemake fails a job whose output is older than its input, which then holds for whatever it makes.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Seconds by which a file that is being written may be ahead.
_TOLERANCE = 1.0


def bring_back(folders: Iterable[Path], now: float) -> int:
    """Give what lies in folders, and is newer than `now`, that time; return how many there were.

    now: seconds since 1970, by the clock of the file system. Links are not followed. Files of
    somebody else, whose times cannot be set, are left as they are.
    """
    ahead = 0
    for path in _inside(folders):
        with contextlib.suppress(OSError):
            if os.lstat(path).st_mtime > now + _TOLERANCE:
                os.utime(path, (now, now), follow_symlinks=False)
                ahead += 1
    return ahead


def _inside(folders: Iterable[Path]) -> Iterator[str]:
    for folder in folders:
        for place, inner, names in os.walk(folder):
            yield from (os.path.join(place, name) for name in (*inner, *names))
