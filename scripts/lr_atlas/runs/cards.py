"""A card for each job, where a machine has several GPUs: by locks, which end with their process.

A card has so many places, each a file in a folder of the user's on this machine. A job locks a
place for as long as its process lives, so that a kill frees it, and sees that card alone.
"""

import contextlib
import fcntl
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from lr_atlas.common.safe_files import RefusedError, open_folder, open_lock
from lr_atlas.runs.devices import RUNS_ON_A_GPU

#: The variable by which CUDA is told the cards that a process may see.
VISIBLE = "CUDA_VISIBLE_DEVICES"
_NUMBERED = re.compile(r"nvidia(\d+)")
#: The locks of this process, which must stay open.
_HELD: list[BinaryIO] = []


def visible_cards() -> list[str]:
    """Return the cards that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    given = os.environ.get(VISIBLE)
    if given is not None:
        return [card.strip() for card in given.split(",") if card.strip()]
    found = [_NUMBERED.fullmatch(path.name) for path in Path("/dev").glob("nvidia*")]
    return sorted((match[1] for match in found if match), key=int)


def use_one_card(each: int = RUNS_ON_A_GPU) -> None:
    """Have this process see one card, where it could see several; before CUDA has begun.

    Once in a process. Where all places are taken it sees what it saw before. each: the places of a
    card.
    """
    cards = visible_cards()
    if _HELD or len(cards) < 2:
        return
    card = take_card(cards, Path(tempfile.gettempdir()), each)
    if card is not None:
        os.environ[VISIBLE] = card


def take_card(cards: Sequence[str], root: Path, each: int) -> str | None:
    """Take a place on a card for the life of this process; return the card, None if all are taken.

    Jobs spread over the cards before they share one. root: a folder of this machine. None too where
    no lock can be had there.
    """
    name = f"lr-atlas-cards-{os.getuid()}"
    try:
        with contextlib.suppress(FileExistsError):
            (root / name).mkdir(mode=0o700)
        with open_folder(root, name) as folder:
            if os.fstat(folder).st_uid != os.getuid():
                return None
            for place in range(each):
                for card in cards:
                    file = f"{re.sub(r'[^A-Za-z0-9-]', '_', card)}-{place}"
                    lock = open_lock(root / name / file, folder, make=True)
                    if _is_locked(lock):
                        _HELD.append(lock)
                        return card
                    lock.close()
    except (OSError, RefusedError):
        pass
    return None


def _is_locked(lock: BinaryIO) -> bool:
    """Return whether the lock could be taken."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
