"""Recompute cached runs elsewhere, compare bytes, and write a certificate of what came of it.

A random sample of the runs is trained again in a temporary folder, from the first epoch on, or
those that are named. All are held against their own checkpoints besides, and one that is not what
its checkpoint holds is trained again as well. Exit code 1 if anything differs.

The certificate is results/verification.json; the next run of the workflow puts it into the report.
"""

import argparse
import datetime
import logging
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import fingerprint
from lr_atlas.common.units import time_text
from lr_atlas.config.command_line import (
    add_configuration_options,
    configuration_files,
    number_of_cores,
)
from lr_atlas.runs.devices import uses_gpu
from lr_atlas.runs.training_code import training_code
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.grid import Run
from lr_atlas.tools.verify.cached_runs import RunCache, in_order, named_runs
from lr_atlas.tools.verify.certificate import SAME, Verification, write_certificate
from lr_atlas.tools.verify.recomputation import recompute
from lr_atlas.tools.verify.verification import DOUBTFUL, judge_by_checkpoint

LOGGER = logging.getLogger(__name__)

TRAIN = Path(__file__).with_name("train.py")
CERTIFICATE = "verification.json"
DEFAULT_SAMPLE = 3

#: Seconds that a job takes besides training: mostly the import of torch.
_START = 3


def main(
    *,
    configfile: Sequence[Path],
    config: Sequence[tuple[str, object]],
    directory: Path,
    runs: Sequence[str],
    sample: int | None,
    random_seed: int,
    cores: int,
) -> None:
    """Verify runs of the studies in `configfile`, whose results lie in `directory`."""
    if sample is None and not runs:
        sample = DEFAULT_SAMPLE
    atlas = load_atlas(configuration_files(configfile, directory), dict(config))
    cache = RunCache(atlas, directory / "results", training_code(atlas.run_configurations))
    asked = named_runs(atlas.plans, runs) if runs else in_order(atlas.runs.values())
    cached, skipped = sort_out(asked, cache)
    LOGGER.info("cached runs: %d; holding them against their checkpoints", len(cached))
    verdicts = [judge_by_checkpoint(run, cache) for run in cached]
    LOGGER.info("%s", tallied(verdicts))
    chosen = choose(cached, verdicts, sample, random_seed)
    check_images(chosen, cache)
    if sample is not None:
        LOGGER.info("sample drawn with --random-seed %d", random_seed)
    at_once = how_many_at_once(chosen, cache, cores)
    announce(chosen, cache, at_once)
    verifications = recompute(chosen, cache, TRAIN, at_once)
    facts = {
        "verified_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "code": fingerprint(cache.code),
        "named": list(runs),
        "sample": sample,
        "random_seed": None if sample is None else random_seed,
        "cached_runs": len(cached),
        "held_against_checkpoints": Counter(verdicts),
        "skipped": [
            {"run": run.name, "epochs": run.epochs, "reason": reason} for run, reason in skipped
        ],
    }
    path = cache.results / CERTIFICATE
    write_certificate(path, facts, verifications)
    LOGGER.info("wrote %s; the next run of the workflow puts it into the report", path)
    conclude(verifications, len(cached))


def sort_out(runs: Sequence[Run], cache: RunCache) -> tuple[list[Run], list[tuple[Run, str]]]:
    """Return (runs that can be verified, the others with the reason); log the latter.

    Raises UserError if there is none that can be.
    """
    reasons = [cache.why_not_comparable(run) for run in runs]
    cached = [run for run, reason in zip(runs, reasons, strict=True) if not reason]
    skipped = [(run, reason) for run, reason in zip(runs, reasons, strict=True) if reason]
    why = tallied(reason for _, reason in skipped)
    if not cached:
        raise UserError(f"there is no run to verify; of {len(runs)}: {why}. Run the workflow first")
    if skipped:
        LOGGER.warning("skipped %d of %d runs: %s", len(skipped), len(runs), why)
    return cached, skipped


def tallied(texts: Iterable[str]) -> str:
    """Return how often each text comes, such as "7 the same; 1 different"."""
    return "; ".join(f"{n} {text}" for text, n in Counter(texts).items())


def choose(
    cached: Sequence[Run], verdicts: Sequence[str], sample: int | None, random_seed: int
) -> list[tuple[Run, str]]:
    """Return the runs to recompute, each with why: drawn (without `sample` all) or doubtful."""
    drawn: Sequence[int] = range(len(cached))
    if sample is not None:
        drawn = random.Random(random_seed).sample(range(len(cached)), min(sample, len(cached)))
    usual = "named" if sample is None else "sample"
    return [
        (run, verdict if verdict in DOUBTFUL else usual)
        for index, (run, verdict) in enumerate(zip(cached, verdicts, strict=True))
        if index in drawn or verdict in DOUBTFUL
    ]


def check_images(chosen: Iterable[tuple[Run, str]], cache: RunCache) -> None:
    """Raise UserError if images are missing, with what makes them."""
    needed = {path for run, _ in chosen for path in cache.images(run)}
    missing = sorted(path for path in needed if not path.is_file())
    if missing:
        targets = [path.relative_to(cache.results.parent).as_posix() for path in missing]
        raise UserError(
            f"the images are not there: {', '.join(map(str, missing))}. They are made by: "
            f"snakemake --cores 1 {' '.join(targets)}"
        )


def how_many_at_once(chosen: Iterable[tuple[Run, str]], cache: RunCache, cores: int) -> int:
    """Return how many runs to train at a time: as the cores allow, one if any needs a GPU."""
    if any(uses_gpu(cache.device(run)) for run, _ in chosen):
        return 1
    return max(1, cores // cache.atlas.configuration.compute.threads)


def announce(chosen: Sequence[tuple[Run, str]], cache: RunCache, at_once: int) -> None:
    """Say how many runs will be recomputed and about how long it takes."""
    seconds = [_START + cache.training_seconds(run) for run, _ in chosen]
    LOGGER.info(
        "recomputing %d (%s), %d at a time; about %s, going by what they took",
        len(chosen),
        tallied(why for _, why in chosen),
        at_once,
        time_text(max(sum(seconds) / at_once, *seconds)),
    )


def conclude(verifications: Sequence[Verification], cached: int) -> None:
    """Say what came of it all. Raises UserError, with what to do, unless all is as it should be."""
    counts = Counter(found.result for found in verifications)
    total = len(verifications)
    problems = [
        f"{found.run}, {found.length}: {found.where or found.chosen}\n"
        f"    {found.remedy or 'it could not be recomputed'}"
        for found in verifications
        if found.remedy or found.result != SAME
    ]
    if problems:
        raise UserError(
            "\n".join([f"of {total} recomputed runs {counts[SAME]} are the same", *problems])
        )
    LOGGER.info("recomputed %d of %d cached runs: the same, byte for byte", total, cached)


def sample_size(text: str) -> int:
    """Return the value of --sample. Raises ValueError unless it is a number above 0."""
    if int(text) < 1:
        raise ValueError
    return int(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_configuration_options(parser, "later ones over earlier ones")
    parser.add_argument(
        "--runs",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only these: names of runs, settings or studies",
    )
    parser.add_argument(
        "--sample",
        type=sample_size,
        metavar="N",
        help=f"so many of them, drawn at random (default: {DEFAULT_SAMPLE}; with --runs all)",
    )
    parser.add_argument(
        "--random-seed",
        type=int,
        default=random.SystemRandom().randrange(10**6),
        metavar="S",
        help="draws the same sample again (default: another one each time)",
    )
    parser.add_argument(
        "--cores", type=number_of_cores, default="all", metavar="N", help="default: all"
    )
    run_script(main, parser)
