"""Packs of runs that are trained in one job, where a job costs more than a short run.

Each run has a place in a binary tree, by the bits of a hash of its name; a pack is the largest
subtree with at most so many runs. So a run that is added can split the pack that it comes into,
and leaves all others as they are.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Run

#: Of a default pack: its job should not be much of a study, and its start is little of it by then.
_LARGEST = 10
#: Fewer jobs than that for each core, and the last ones leave other cores with nothing to do.
_JOBS_PER_CORE = 3
#: Nothing is seen of a job's runs before its end. By the guess of job_resources, which is cautious.
_SECONDS = 600


def fitting_size(seconds: Sequence[float], cores: int) -> int:
    """Return how many runs a job should train at most.

    seconds: a guess for each run that is to do, 0 where there is none. cores: how many jobs there
    are at a time.
    """
    if not any(seconds):
        return 1
    size = min(_LARGEST, len(seconds) // (_JOBS_PER_CORE * cores), _SECONDS // max(seconds))
    return max(1, int(size))


def packs(names: Collection[str], size: int) -> dict[str, str]:
    """Return the pack of each run, by the run's name; a pack has at most `size` runs."""
    return {name: pack for pack, members in _subtrees("", set(names), size) for name in members}


def _subtrees(prefix: str, names: set[str], size: int) -> Iterator[tuple[str, set[str]]]:
    if len(names) <= size:
        if names:
            yield f"pack{prefix}", names
        return
    for bit in "01":
        yield from _subtrees(
            prefix + bit, {name for name in names if _bits(name)[len(prefix)] == bit}, size
        )


def _bits(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    return "".join(f"{byte:08b}" for byte in digest)


def study_packs(atlas: Atlas, size: int) -> dict[str, list[Run]]:
    """Return {study/pack: its runs, of all lengths}; none where a pack would be a single run.

    Runs that studies share belong to the first. The runs that would confirm a setting have packs of
    their own, since few of them are trained. size: how many runs a pack has at most.
    """
    found: dict[str, list[Run]] = {}
    if size == 1:
        return found
    lengths: dict[str, list[Run]] = {}
    for run in atlas.possible_runs.values():
        lengths.setdefault(run.name, []).append(run)
    packed: set[str] = set()
    for study, plan in atlas.plans.items():
        groups = {"": list(plan.runs)}
        for run in plan.confirmations:
            groups.setdefault(f"{run.setting}-", []).append(run)
        for prefix, runs in groups.items():
            names = {run.name for run in runs} - packed
            packed |= names
            for name, pack in packs(names, size).items():
                found.setdefault(f"{study}/{prefix}{pack}", []).extend(lengths[name])
    return found


def finished_folder(results: Path, run: str, epochs: int | str) -> Path:
    """Return where a pack leaves a finished run's files until Snakemake takes them."""
    return results / "trained" / run / f"epochs-{epochs}"
