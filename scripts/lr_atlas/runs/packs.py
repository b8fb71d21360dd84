"""Packs of runs that are trained in one job, where a job costs more than a short run.

Each run has a place in a binary tree, by the bits of a hash of its name; a pack is the largest
subtree with at most so many runs. So a run that is added can split the pack that it comes into,
and leaves all others as they are.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Run
from lr_atlas.studies.trunks import group_name

#: A default pack has no more: its job should not be much of a study, and its start is little of it.
_LARGEST = 10
#: With fewer runs than that for each core, each is a job of its own: one of a pack cannot be
#: trained alone, and there are few starts to save.
_FEWEST_PER_CORE = 6
#: So many jobs for each core of a long study: with fewer, the last ones leave other cores with
#: nothing to do.
_JOBS_PER_CORE = 3
#: Training that is worth a job of its own, in seconds: the start of one, most of it the import of
#: torch, takes 2.4 s (measured).
_WORTH_A_START = 10
#: Nothing is seen of a job's runs before its end. By the guess of job_resources, which is cautious.
_SECONDS = 600


def fitting_size(seconds: Sequence[float], cores: int) -> int:
    """Return how many runs a job should train at most.

    More than one where there are many for each core. A core then gets a job for every ten seconds
    of its share of the training: at least one, so that none is idle, and at most three.
    seconds: a guess for each run that is to do, 0 where there is none. cores: how many jobs there
    are at a time.
    """
    if len(seconds) < _FEWEST_PER_CORE * cores or not any(seconds):
        return 1
    jobs_per_core = max(1, min(_JOBS_PER_CORE, int(sum(seconds) / cores / _WORTH_A_START)))
    size = min(_LARGEST, len(seconds) // (jobs_per_core * cores), _SECONDS // max(seconds))
    return max(1, int(size))


def runs_per_job(given: object, seconds: Callable[[], Sequence[float] | None], cores: int) -> int:
    """Return how many runs a job trains at most.

    given: what a profile says, None if nothing. Without it, short runs on this machine share the
    start of Python and torch as far as `fitting_size` lets them, and jobs that are sent to others
    train one run each. seconds: returns those for `fitting_size`, or None if jobs are sent
    to others; to guess them takes time, so it is called only where nothing is given.
    Raises UserError.
    """
    if given is None:
        guessed = seconds()
        return 1 if guessed is None else fitting_size(guessed, cores)
    if not isinstance(given, int) or given < 1:
        raise UserError(f"the resource runs_per_job of train_pack must be at least 1: {given}")
    return given


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

    Runs of one trunk count as one of several lengths: they are in one pack.
    Runs that studies share belong to the first. The runs of a setting that are trained if it is
    chosen have packs of their own, since few of them are. size: how many runs a pack has at most.
    """
    found: dict[str, list[Run]] = {}
    if size == 1:
        return found
    lengths: dict[str, list[Run]] = {}
    for run in atlas.possible_runs.values():
        lengths.setdefault(group_name(run.configuration), []).append(run)
    packed: set[str] = set()
    for study, plan in atlas.plans.items():
        groups = {"": list(plan.asked)}
        for run in plan.of_chosen:
            groups.setdefault(f"{run.setting}-", []).append(run)
        for prefix, runs in groups.items():
            names = {group_name(run.configuration) for run in runs} - packed
            packed |= names
            for name, pack in packs(names, size).items():
                found.setdefault(f"{study}/{prefix}{pack}", []).extend(lengths[name])
    return found


def plain_packs(atlas: Atlas, packs: Mapping[str, list[Run]], results: Path) -> dict[str, list]:
    """Return {study/pack: its runs as plain values}, for the jobs."""
    return {
        pack: [
            {
                "name": run.name,
                "configuration": run.configuration,
                "epochs": run.epochs,
                "images": [str(path) for path in atlas.image_files(run, results)],
            }
            for run in runs
        ]
        for pack, runs in packs.items()
    }
