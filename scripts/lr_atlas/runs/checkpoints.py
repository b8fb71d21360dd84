"""Checkpoints: interrupted runs go on, longer ones continue shorter ones, finished ones are shared.

A checkpoint is <directory>/<run>/<origin>/epochs-<n>.zip, or steps-<n>.zip of a budget in steps, n
being how far the job wanted to go. The archive keeps a checksum of each of its files: `state.json`
(where the run comes from and how far it is), `model.pt` (the weights, as in the run's folder) and
`optimizer.pt` (the optimizer's state, in the middle of a piece that of its random numbers too).
Reading the first needs no torch.

Whether a checkpoint may be used is decided by what it says, not by its name:

    configuration, code, data   always have to be equal
    torch, device               too, for training on from it
"""

import contextlib
import errno
import hashlib
import json
import logging
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.json_shapes import is_state
from lr_atlas.common.lengths import Steps, length_name, length_of
from lr_atlas.common.safe_files import RefusedError, file_mode, make_folder, open_folder, open_plain
from lr_atlas.runs.run_files import MODEL, FinishedRun, columns_of, diverged_at
from lr_atlas.runs.run_locks import writable_or_explained
from lr_atlas.runs.training_code import changed_code, run_code
from lr_atlas.studies.run_identity import run_name
from lr_atlas.training.course import is_by_steps
from lr_atlas.training.records import EpochRecord, history_text

LOGGER = logging.getLogger(__name__)

#: To be raised when the meaning of a checkpoint's content changes.
FORMAT = 2
STATE, OPTIMIZER = "state.json", "optimizer.pt"
#: A job says this that has found the end of its run; its seconds are then none of training.
NOTHING_TO_TRAIN = "nothing to train"
_ALWAYS = ("format", "configuration", "code", "data")
FOR_TRAINING_ON = (*_ALWAYS, "torch", "device")


class UnreadableError(ValueError):
    """A checkpoint that cannot be opened now, and may be whole."""


@dataclass(frozen=True)
class Origin:
    """Name all that decides the bytes of a run, on one type of machine."""

    configuration: dict  # canonical, see run_identity
    code: dict[str, str]  # training_code.training_code
    data: dict[str, str]  # {file: SHA-256 of the images}
    torch: str  # version
    # Known once torch is there:
    device: str = ""  # "cpu", or "cuda" and the GPU's name
    steps: str = ""  # one of parts.STEPS

    def as_dict(self) -> dict:
        """Return plain values, for JSON; of the code what the run depends on."""
        values = {key: value for key, value in vars(self).items() if key != "steps"}
        used = run_code(self.code, self.configuration, self.steps)
        return {"format": FORMAT, **values, "code": used}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as its state.json describes it."""

    path: Path
    origin: dict
    progress: dict  # training.progress.Progress as plain values
    parts: list  # which processor trained from which epoch on
    description: dict | None  # run.json, once the run has come to its end

    @property
    def reached(self) -> int:
        """Return how many epochs are complete; steps, where the length of the run is in steps."""
        configuration = self.origin["configuration"]
        unit = "step" if configuration.get("budget") == "steps" else "epochs"
        return length_of(configuration, self.progress[unit])

    @property
    def place(self) -> tuple[int, int]:
        """Return what sorts checkpoints of a run by how far they are."""
        return self.progress["step"], len(self.progress["records"])

    def member(self, name: str) -> bytes:
        """Return the content of one of its files.

        A damaged archive raises whatever its readers raise.
        """
        with _opened(self.path) as archive:
            return archive.read(name)

    def is_end_of(self, length: int) -> bool:
        """Return whether a run that is so long ends here."""
        if self.description is None:
            return False
        diverged = diverged_at(self.description)
        if self.description["epochs"] == length or diverged is None:
            return bool(self.description["epochs"] == length)
        # At its own end a run is judged by more than a longer one is there.
        only_there = is_by_steps(self.origin["configuration"]) and self._is_at(
            self.description["epochs"]
        )
        return diverged <= length and not only_there

    def is_before(self, length: int) -> bool:
        """Return whether a run that is so long comes by here, and can go on."""
        if self.description is not None and self.description["status"] == "diverged":
            return False
        return self.reached < length or self._is_at(length)

    def _is_at(self, length: int) -> bool:
        """Return whether this is just so far."""
        in_steps = isinstance(self.reached, Steps)
        return self.reached == length and (in_steps or not self.progress["images"])


def checkpoint_path(directory: Path, origin: Origin, length: int) -> Path:
    """Return where a job that wants to train a run so long keeps its checkpoint."""
    key = hashlib.sha256(canonical_json(origin.as_dict()).encode()).hexdigest()[:12]
    name = length_name(length_of(origin.configuration, length))
    return directory / run_name(origin.configuration) / key / f"{name}.zip"


def write_checkpoint(
    path: Path,
    origin: Origin,
    progress: dict,
    parts: list,
    tensors: dict[str, bytes],
    *,
    description: dict | None,
) -> None:
    """Write a checkpoint, complete or not at all.

    tensors: the contents of model.pt and optimizer.pt. New folders and files are as open as the
    folder that they are made in, so that what is shared by a group stays so. Raises UserError where
    nothing may be written, or where something else than a folder lies on the way.
    """
    state = {
        "origin": origin.as_dict(),
        "progress": progress,
        "parts": parts,
        "description": description,
    }
    with writable_or_explained():
        make_folder(_directory(path))
        with (
            open_folder(_directory(path), *_names(path), make=True) as folder,
            open_atomically(path, folder, file_mode(folder)) as file,
            zipfile.ZipFile(file, "w") as archive,
        ):
            archive.writestr(STATE, json.dumps(state))
            for name, content in tensors.items():
                archive.writestr(name, content)


def _directory(path: Path) -> Path:
    """Return the folder of all checkpoints, which the user has named, from the path of one."""
    return path.parents[2]


def _names(path: Path) -> tuple[str, ...]:
    """Return the folders between that one and a checkpoint: of its run and its origin."""
    return path.parts[-3:-1]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive of a checkpoint. Raises ValueError for one that would unpack to more."""
    with (
        open_folder(_directory(path), *_names(path)) as folder,
        open_plain(path, folder) as file,
        zipfile.ZipFile(file) as archive,
    ):
        # Nothing is compressed here, so that a small file never fills the memory.
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise ValueError
        yield archive


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint's state.

    Raises ValueError with the reason if it cannot be used, UnreadableError if that may pass, and
    RefusedError, which is one too, for a link or whatever else is no plain file.
    """
    try:
        with _opened(path) as archive:
            state, names = json.loads(archive.read(STATE)), archive.namelist()
        is_of_another_version = state["origin"]["format"] != FORMAT
        checkpoint = None if is_of_another_version else _checkpoint(path, state, names)
    except RefusedError:
        raise
    except Exception as error:
        # A damaged archive may also point to before its own beginning: an invalid argument. And
        # whatever else its readers come up with, there is nothing to do but to leave it alone.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise UnreadableError(f"it cannot be read: {error.strerror}") from None
        raise ValueError("it is damaged") from None
    if checkpoint is None:
        raise ValueError("it was written by another version of this project")
    return checkpoint


def _checkpoint(path: Path, state: dict, names: Iterable[str]) -> Checkpoint:
    """Return the checkpoint with this state and these files. Raises an exception if none is."""
    if not {MODEL, OPTIMIZER} <= set(names) or not is_state(state):
        raise ValueError
    records = [EpochRecord.from_dict(record) for record in state["progress"]["records"]]
    if state.get("description"):
        history_text(records, columns_of(state["description"]))  # which also looks for all of them
    return Checkpoint(path, **state)


def checkpoint_files(directories: Iterable[Path], name: str) -> list[Path]:
    """Return the files of all checkpoints of the run `name`, of whatever origin."""
    return [path for folder in directories for path in sorted(folder.glob(f"{name}/*/*.zip"))]


def find_end(
    directories: Iterable[Path], origin: Origin, epochs: int, any_torch: bool
) -> Checkpoint | None:
    """Return where a run of so many epochs or steps has already come to its end, on any device.

    any_torch: whether it counts if another version of torch did it; the same one comes first.
    """
    keys = _ALWAYS if any_torch else (*_ALWAYS, "torch")
    found = [
        checkpoint
        for checkpoint in readable_checkpoints(directories, run_name(origin.configuration))
        if checkpoint.is_end_of(epochs)
        and not difference(checkpoint.origin, origin, keys)
        and _is_whole(checkpoint)
    ]
    found.sort(key=lambda checkpoint: checkpoint.origin["torch"] == origin.torch)
    return found[-1] if found else None


def find_starts(directories: Iterable[Path], origin: Origin, epochs: int) -> list[Checkpoint]:
    """Return where a run of so many epochs or steps could go on, furthest first.

    What cannot be used is named in the log, with the reason.
    """
    found = []
    for checkpoint in readable_checkpoints(directories, run_name(origin.configuration)):
        foreign = difference(checkpoint.origin, origin, FOR_TRAINING_ON)
        if foreign:
            LOGGER.info("not used: %s: it is from %s", checkpoint.path, foreign)
        elif checkpoint.is_before(epochs):
            found.append(checkpoint)
    return sorted(found, key=lambda each: each.place, reverse=True)


def _is_whole(checkpoint: Checkpoint) -> bool:
    """Return whether all of its files have their checksums; logs it if not."""
    try:
        with _opened(checkpoint.path) as archive:
            damaged = archive.testzip()
    except Exception:  # as above
        damaged = "the archive"
    if damaged:
        LOGGER.warning("not used: %s: %s in it is damaged", checkpoint.path, damaged)
    return not damaged


def readable_checkpoints(directories: Iterable[Path], name: str) -> Iterator[Checkpoint]:
    """Yield all checkpoints of the run `name`; those that cannot be used are named in the log."""
    for path in checkpoint_files(directories, name):
        try:
            yield read_checkpoint(path)
        except ValueError as error:
            LOGGER.warning("not used: %s: %s", path, error)


def difference(found: dict, origin: Origin, keys: Iterable[str]) -> str | None:
    """Return how a checkpoint's origin differs in `keys`, in words that follow "it is from"."""
    wanted = {"format": FORMAT, **vars(origin)}
    for key in keys:
        if key == "code":
            changed = changed_code(found[key], wanted[key])
            if changed:
                return f"other code: {', '.join(changed)} changed"
            continue
        if found.get(key) == wanted[key]:
            continue
        if key in ("torch", "device"):
            return f"another {key}: {found.get(key)}, here {wanted[key]}"
        return {"data": "other images"}.get(key, f"another {key}")
    return None


def finished_run(checkpoint: Checkpoint, epochs: int) -> FinishedRun:
    """Return what a finished run's folder is written from, taken from where it ended."""
    assert checkpoint.description is not None
    records = [EpochRecord.from_dict(values) for values in checkpoint.progress["records"]]
    description = {**checkpoint.description, "epochs": epochs}
    pieces = checkpoint.progress["first_epoch"]["pieces"]
    # Checkpoints of earlier versions have none.
    dynamics = checkpoint.progress.get("dynamics", {"layers": [], "rows": []})
    recorded = dynamics["layers"], dynamics["rows"]
    return FinishedRun(records, checkpoint.member(MODEL), description, pieces, *recorded)
