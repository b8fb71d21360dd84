"""Show what no study asks for any more: runs, checkpoints and logs; delete it when told to.

Not only the studies of the configuration count that is given, but those of config.yaml, of the
shipped studies and of all configurations that were run in this folder.

Nothing outside results/runs, results/checkpoints, results/logs/train and results/benchmarks/train
is touched, no link is followed, and the cache that other folders share is left alone.
"""

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.common.units import counted, shortened, size_text
from lr_atlas.config.command_line import (
    add_configuration_options,
    configuration_files,
    end_quietly_when_nobody_reads,
)
from lr_atlas.runs.atlas_code import AtlasAndCode, load_with_code
from lr_atlas.studies.known_configurations import (
    Configuration,
    asked_for,
    known_configurations,
    trunks_of,
)
from lr_atlas.tools.prune.orphans import Orphan, delete, find_orphans
from lr_atlas.tools.prune.orphans_text import orphans_text


def main(
    configfile: Sequence[Path],
    config: Sequence[tuple[str, object]],
    directory: Path,
    yes: bool,
    complete: bool,
) -> None:
    """List the orphans, and delete them if `yes`. Raises errors.UserError."""
    end_quietly_when_nobody_reads()
    check_nobody_works(directory)
    files = configuration_files(configfile, directory)
    found = load_atlases(files, dict(config))
    given = [atlas for atlas, _ in found]
    results = directory / "results"
    # To read all other configurations takes seconds, which is for nothing where they have no runs.
    others = [
        each for each in known_configurations(directory) if not _is_given(each, files, dict(config))
    ]
    if not orphans_of(found, results)[0]:
        others = []
    for each in others:
        try:
            found.append(load_with_code(each.files, each.overrides))
        except UserError as error:
            raise UserError(
                f"{error}\nWhat a configuration asks for that cannot be read is not known, so "
                "nothing is pruned: correct it, or move it away"
            ) from None
    orphans, links = orphans_of(found, results)
    asked, caches = asked_for(atlas for atlas, _ in found), shared_folders(found)

    together = " or all together" if len(files) > 1 else ""
    names = " or ".join(map(str, files)) + together
    print(f"What {names} asks for is kept: {counted(len(asked_for(given)), 'run')}.")
    if others:
        more = counted(len(asked.keys() - asked_for(given).keys()), "run")
        print(
            "So is what other configurations ask for that are the project's or were run here: "
            f"{more} of {', '.join(each.name for each in others)}."
        )
    for cache in dict.fromkeys(caches):
        print(f"The cache {cache} is left alone: others share it.")
    if links:
        print(f"Links are left alone: {shortened(map(str, links))}.")
    if not orphans:
        print("There are no orphans.")
        return
    print(f"\n{orphans_text(orphans, results, complete)}\n")
    size = size_text(sum(orphan.size for orphan in orphans))
    if not yes:
        print(f"Nothing was deleted. --yes, or make prune YES=1, deletes all of this: {size}.")
        return
    checkpoints = {path.resolve() for path in (*caches, results / "checkpoints")}
    busy = [orphan for orphan in orphans if not delete(orphan, checkpoints)]
    if not busy:
        print(f"Deleted all of this: {size}.")
        return
    size = size_text(sum(orphan.size for orphan in orphans if orphan not in busy))
    runs = shortened(dict.fromkeys(orphan.run for orphan in busy))
    print(f"Left alone, since a job works on it: {runs}. Deleted the rest: {size}.")


def orphans_of(
    configurations: Sequence[AtlasAndCode], results: Path
) -> tuple[list[Orphan], list[Path]]:
    """Return what none of these asks for, and the links, see `find_orphans`."""
    atlases = [atlas for atlas, _ in configurations]
    asked = asked_for(atlases) | trunks_of(atlases)
    codes = [code for _, code in configurations]
    return find_orphans(results, asked, codes, shared_folders(configurations))


def shared_folders(configurations: Sequence[AtlasAndCode]) -> list[Path]:
    """Return the caches that configurations name."""
    directories = [atlas.configuration.cache.directory for atlas, _ in configurations]
    return [Path(each) for each in directories if each]


def _is_given(known: Configuration, files: Sequence[Path], overrides: dict) -> bool:
    return [*known.files] == [path.resolve() for path in files] and known.overrides == overrides


def load_atlases(files: Sequence[Path], overrides: dict) -> list[AtlasAndCode]:
    """Return what files may stand for: each by itself, and laid over those before it.

    A file that only changes some keys cannot stand by itself, and files that have nothing to do
    with each other may not fit together. Raises UserError for a file that can be used in neither
    way.
    """
    atlases = [load_with_code(files[:1], overrides)]
    for count, path in enumerate(files[1:], start=2):
        before = len(atlases)
        with contextlib.suppress(UserError):
            atlases.append(load_with_code([path], overrides))
        try:
            atlases.append(load_with_code(files[:count], overrides))
        except UserError:
            if len(atlases) == before:
                raise
    return atlases


def check_nobody_works(directory: Path) -> None:
    """Raise UserError if Snakemake holds the folder."""
    if any((directory / ".snakemake" / "locks").glob("*.lock")):
        raise UserError(
            "Snakemake is at work in this folder, or was killed there; nothing is pruned before it "
            "has ended. After a kill, its next start or `snakemake --unlock` sets the folder free"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_configuration_options(parser, "what each asks for, alone or over those before it, is kept")
    parser.add_argument("--yes", action="store_true", help="delete what is listed")
    parser.add_argument(
        "--all", action="store_true", dest="complete", help="show long lists completely"
    )
    run_script(main, parser)
