"""Cached runs trained again in a temporary folder, and compared with what comes out."""

import contextlib
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.fingerprint import code_digests
from lr_atlas.common.machine import kernel_choices
from lr_atlas.common.processes import run_all
from lr_atlas.studies.grid import Run
from lr_atlas.tools.verify.cached_runs import RunCache
from lr_atlas.tools.verify.certificate import SAME, Verification
from lr_atlas.tools.verify.verification import judge_by_recomputing

LOGGER = logging.getLogger(__name__)


def recompute(
    chosen: Sequence[tuple[Run, str]], cache: RunCache, training_script: Path, at_once: int
) -> list[Verification]:
    """Train runs again from the first epoch on, `at_once` at a time, and compare.

    chosen: runs, each with why it is one; what came of them is returned in the same order. Logs a
    line for each as it ends. When an exception or a signal ends this, the jobs are killed and the
    temporary folder is removed.
    """
    verifications = {}
    # The longest first, so that at the end no core waits for it.
    order = sorted(range(len(chosen)), key=lambda index: -cache.training_seconds(chosen[index][0]))
    with tempfile.TemporaryDirectory(prefix="lr-atlas-verify-") as work:
        folders = [Path(work, run.folder) for run, _ in chosen]
        started = Path(work) / "started.json"
        digests = {"start": None, "code": {training_script.name: code_digests(training_script)}}
        started.write_text(canonical_json(digests), encoding="utf-8")
        script = [sys.executable, str(training_script), "--started", str(started)]
        commands = {
            index: [
                *with_environment(cache.kernel_choices(chosen[index][0]), os.environ),
                *(*script, "--output-directory", str(folders[index])),
                *cache.training_options(chosen[index][0]),
            ]
            for index in order
        }
        # Closed here, so that no job still writes into the folder that is removed.
        with contextlib.closing(run_all(commands, at_once)) as finished:
            for index, process in finished:
                run, why = chosen[index]
                found = judge_by_recomputing(run, cache, why, folders[index], _failure(process))
                verifications[index] = found
                _log_progress(found, len(verifications), len(chosen))
    return [verifications[index] for index in range(len(chosen))]


def with_environment(chosen: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Return the beginning of a command that runs with these kernel choices, and no others.

    present: the environment that it would have by itself.
    """
    others = [f"--unset={name}" for name in kernel_choices(present) if name not in chosen]
    settings = [f"{name}={value}" for name, value in chosen.items()]
    return ["env", *others, *settings] if others or settings else []


def _failure(process: subprocess.CompletedProcess) -> str | None:
    """Return why a job has made no run, with what it printed last; None if it has."""
    if process.returncode == 0:
        return None
    lines = process.stderr.strip().splitlines()
    return f"exit code {process.returncode}: {lines[-1] if lines else 'nothing was printed'}"


def _log_progress(found: Verification, done: int, total: int) -> None:
    LOGGER.log(
        logging.INFO if found.result == SAME else logging.ERROR,
        "%d of %d: %s, %s: %s%s",
        *(done, total, found.run, found.length, found.result),
        f": {found.where}" if found.where else "",
    )
