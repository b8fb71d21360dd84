"""A run of a program that a study names by `command`, as a job."""

import json
import logging
import os
import platform
import shlex
import time
from collections.abc import Callable, Collection
from pathlib import Path

from lr_atlas.common.command_words import filled, value_text
from lr_atlas.common.errors import UserError
from lr_atlas.common.machine import processor
from lr_atlas.common.program import Ended, run_program
from lr_atlas.common.safe_files import make_folder, read_plain
from lr_atlas.data.input_files import inputs_digest
from lr_atlas.runs.program_table import ProgramTable, ProgramTableError, read_program_table
from lr_atlas.runs.run_files import (
    DESCRIPTION,
    FIRST_EPOCH,
    HISTORY,
    NOT_KNOWN,
    TIMING,
    FinishedProgram,
    is_finished,
    timing_text,
)
from lr_atlas.runs.training_code import PROGRAM_CODE
from lr_atlas.studies.run_identity import run_name
from lr_atlas.training.parts import own_files_folder, short_name
from lr_atlas.training.records import first_epoch_text

LOGGER = logging.getLogger(__name__)

#: Variables by which programs take a number of threads; those that are set stay as they are.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def work_folder(root: Path, run: str, epochs: int) -> Path:
    """Return where a program's run keeps what stays between attempts. root: of all checkpoints."""
    return root / run / f"epochs-{epochs}"


def finished_program(
    folder: Path, stamps: Callable[[dict], Collection[str]]
) -> FinishedProgram | None:
    """Return the run in a folder, as a pack has left it; None unless it is complete."""
    try:
        description = json.loads(read_plain(folder / DESCRIPTION))
        if not is_finished(folder, stamps(description["canonical_configuration"])):
            return None
        texts = {
            name: read_plain(folder / name).decode() for name in (HISTORY, FIRST_EPOCH, TIMING)
        }
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return None
    return FinishedProgram(texts, description)


def run_command(configuration: dict, epochs: int, root: Path) -> FinishedProgram:
    """Run the program of a canonical configuration, and return what its table says.

    root: the folder of all checkpoints. The program works in the folder from which own files are
    counted. Raises UserError with how the program failed, or what is wrong with its table, and
    SystemExit when a signal has ended it.
    """
    folder = own_files_folder()
    _refuse_other_inputs(configuration, folder, "before it was run")
    work = work_folder(root, run_name(configuration), epochs).absolute()
    make_folder(work / "checkpoint")
    history = work / "history"
    history.unlink(missing_ok=True)
    own = {"history": str(history), "checkpoint": str(work / "checkpoint")}
    LOGGER.info("%s", shlex.join(told(configuration, epochs, {})))
    threads = str(configuration.get("threads", 1))
    began = time.perf_counter()
    ended = run_program(
        told(configuration, epochs, own),
        folder,
        {**dict.fromkeys(_THREADS, threads), **os.environ},
    )
    taken = time.perf_counter() - began
    metric = short_name(configuration.get("metric", "accuracy"))
    table = _table(history, epochs, metric, ended)
    _refuse_other_inputs(configuration, folder, "while it was run")
    history.unlink()
    return FinishedProgram(
        {
            HISTORY: history_text(table),
            FIRST_EPOCH: first_epoch_text([]),
            TIMING: timing_text([(taken / len(table.rows), 0.0) for _ in table.rows]),
        },
        describe(configuration, epochs, table),
    )


def told(configuration: dict, epochs: int, own: dict[str, str]) -> list[str]:
    """Return the words that a program is started with.

    own: the values of history and checkpoint; without them these placeholders stay as they are.
    """
    arguments = dict(configuration["optimizer"])
    optimizer = arguments.pop("name")
    values = {
        **{name: f"{{{name}}}" for name in ("history", "checkpoint")},
        **own,
        "optimizer": optimizer,
        "seed": str(configuration["seed"]),
        "epochs": str(epochs),
        **{key: value_text(value) for key, value in arguments.items()},
    }
    return filled(configuration["command"], values, list(arguments))


def history_text(table: ProgramTable) -> str:
    """Return a row per epoch: epoch, then the metrics that the program has measured."""
    rows = [",".join(("epoch", *table.columns))]
    for epoch, values in enumerate(table.rows, 1):
        rows.append(",".join([str(epoch), *(f"{value:.10g}" for value in values)]))
    return "\n".join(rows) + "\n"


def describe(configuration: dict, epochs: int, table: ProgramTable) -> dict:
    """Return the content of run.json."""
    here = processor()
    completed = len(table.rows)
    return {
        "run": run_name(configuration),
        "configuration": {"threads": 1, **configuration},
        "canonical_configuration": configuration,
        "ran": told(configuration, epochs, {}),
        "epochs": epochs,
        "status": table.status,
        "reason": table.reason,
        "diverged_epoch": None if table.diverged_step is None else completed + 1,
        "diverged_step": table.diverged_step,
        "epochs_completed": completed,
        "test": table.test,
        "device": NOT_KNOWN,
        "threads": configuration.get("threads", 1),
        "gradients": NOT_KNOWN,
        "versions": {"python": NOT_KNOWN, "torch": NOT_KNOWN, "blas": NOT_KNOWN},
        "machine": {"processor": here, "system": platform.platform()},
        "trained_in": [{"from_epoch": 0, "processor": here}],
        "code": dict(PROGRAM_CODE),
        "data": {},
        "training_images": 0,
        "validation_images": 0,
        "validation_chance": None,
    }


def _table(path: Path, epochs: int, metric: str, ended: Ended) -> ProgramTable:
    """Return the program's table. Raises UserError, in one line with the path of its log."""
    said = f" It said last: {ended.last_lines}." if ended.last_lines else " It said nothing."
    if ended.code:
        raise UserError(f"the program {ended.how}.{said}{_log()}")
    try:
        return read_program_table(path, epochs, metric)
    except ProgramTableError as error:
        raise UserError(f"the program has ended, but {error}.{said}{_log()}") from None


def _log() -> str:
    """Return where what the program said is written, as far as the system tells."""
    try:
        place = os.readlink("/proc/self/fd/2")
    except OSError:
        return ""
    return f" Its log is {os.path.relpath(place)}" if os.path.isfile(place) else ""


def _refuse_other_inputs(configuration: dict, folder: Path, when: str) -> None:
    """Raise UserError if the inputs are no longer those that the run is named by."""
    if inputs_digest(folder, configuration.get("inputs", [])) != configuration["data_digest"]:
        raise UserError(
            f"an input of the program ({', '.join(configuration.get('inputs', []))}, in {folder}) "
            f"was edited {when}: start again, so that no run is named by other content than its own"
        )
