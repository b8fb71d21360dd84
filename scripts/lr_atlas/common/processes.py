"""Other programs, several at a time, of which none outlives the one that started them."""

import subprocess
import threading
from collections.abc import Generator, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def run_all(
    commands: Mapping[Key, Sequence[str]], at_once: int
) -> Generator[tuple[Key, subprocess.CompletedProcess], None, None]:
    """Run commands, `at_once` at a time; yields each, with what it printed, when it has ended.

    They are begun in the order of `commands`. When the caller leaves before the last one, or a
    signal does, those that still run are killed.
    """
    processes, stopped = [], threading.Event()

    def run(command: Sequence[str]) -> subprocess.CompletedProcess:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        processes.append(process)
        if stopped.is_set():  # meanwhile, and the loop below may have missed this one
            process.kill()
        with process:
            printed = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, *printed)

    with ThreadPoolExecutor(at_once) as pool:
        futures = {pool.submit(run, command): key for key, command in commands.items()}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()  # does nothing to those that have ended
