"""A process that works somewhere, written down so that another can tell whether it is gone.

Besides the record a process holds a lock on it, which the system takes back when the process ends,
however that comes. So neither numbers of processes nor clocks play a part.
"""

import fcntl
import json
import os
import socket
from pathlib import Path

from lr_atlas.common.atomic import unfinished_name
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import open_folder, open_lock


def remember_process(path: Path) -> None:
    """Write to `path` that this process works here, until it ends.

    No process that this one starts inherits the lock. On a file system without locks nothing is
    written.
    """
    own = path.with_name(unfinished_name(path.name))
    file = os.open(own, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.write(file, _this_machine())
        # Only now, so that nobody finds a record that is not locked yet. The file stays open.
        os.replace(own, path)
    except OSError:
        os.close(file)
        own.unlink(missing_ok=True)


def process_has_ended(path: Path) -> bool:
    """Return whether the process that `remember_process` wrote down is known to have ended.

    Nothing is known of other machines, whose locks may not be seen here, nor if nothing was written
    down. Of several processes that ask one is told so; it holds the lock until it ends itself.
    """
    try:
        with open_folder(path.parent) as folder, open_lock(path, folder, make=False) as found:
            file = os.dup(found.fileno())
    except (OSError, UserError):
        return False
    try:
        if os.read(file, 1000) == _this_machine():
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:
        pass
    os.close(file)
    return False


def _this_machine() -> bytes:
    return json.dumps({"host": socket.gethostname()}).encode()
