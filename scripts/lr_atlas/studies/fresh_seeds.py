"""Runs of chosen settings on fresh seeds: those that confirm, and those that vary one source."""

import itertools
from collections.abc import Iterator

from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.study_models import Study
from lr_atlas.config.variance_models import INITIALISATION, ORDER, ROUNDING, SOURCES, SPLIT
from lr_atlas.training import configuration

#: Stands among the sources for runs in which all of them differ.
ALL = "all"
_FIRST_FRESH_SEED = 1_000_000
#: Far from all seeds that are counted from the first fresh one.
_TO_ANOTHER_SEED = 1_000_000
_KEYS = {
    INITIALISATION: configuration.INITIALISATION,
    ORDER: configuration.ORDER,
    SPLIT: "split_seed",
    ROUNDING: configuration.ROUNDING,
}


def fresh_seeds(study: Study, count: int) -> list[int]:
    """Return so many seeds, none of those that settings are chosen by.

    Far from the seeds that a study counts from 0, so that more of those change nothing here.
    """
    fresh = (seed for seed in itertools.count(_FIRST_FRESH_SEED) if seed not in study.seeds)
    return list(itertools.islice(fresh, count))


def confirmation_seeds(study: Study) -> list[int]:
    """Return the seeds that confirm settings."""
    return fresh_seeds(study, study.confirm)


def sources_of(study: Study) -> tuple[str, ...]:
    """Return the sources of chance that a study varies alone; none where it does not ask."""
    if study.variance is None:
        return ()
    if study.variance.sources is not None:
        return tuple(study.variance.sources)
    return tuple(source for source in SOURCES if source != SPLIT or _draws_split(study))


def varied_configurations(canonical: dict, study: Study) -> Iterator[tuple[str, dict]]:
    """Yield (source, configuration) of the runs of a setting that tell how each source scatters.

    From each fresh seed a run of ALL, and for each source one that differs from it in the seed of
    that source alone. Where the split is a source, each run of ALL has a split of its own.
    """
    sources = sources_of(study)
    seeds = study.variance.seeds if study.variance else 0
    for seed in fresh_seeds(study, seeds):
        every = {**canonical, "seed": seed}
        if SPLIT in sources:
            every["split_seed"] = seed
        yield ALL, every
        for source in sources:
            yield source, {**every, _KEYS[source]: seed + _TO_ANOTHER_SEED}


def most_fresh_runs(study: Study) -> int:
    """Return how many runs a setting has on fresh seeds, at most."""
    varied = study.variance.seeds * (1 + len(sources_of(study))) if study.variance else 0
    return study.confirm + varied


def check_variance(name: str, study: Study, file: ConfigFile) -> None:
    """Raise ConfigError for a split to be varied that no seed draws."""
    if SPLIT in sources_of(study) and not _draws_split(study):
        raise file.error(
            ("studies", name, "variance", "sources"),
            f"split is drawn only where a number or a share of the training images is "
            f"held out, and validation is {study.validation}; leave split out, or hold images out, "
            "as in validation: 0.1",
        )


def _draws_split(study: Study) -> bool:
    """Return whether a seed says which training images are held out."""
    return isinstance(study.validation, int | float)
