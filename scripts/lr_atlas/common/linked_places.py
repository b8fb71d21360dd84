"""Links in the places of runs, which Snakemake would follow when it removes and makes files."""

from collections.abc import Iterable
from pathlib import Path

from lr_atlas.common.safe_files import RefusedError

#: Where the files of a run lie in the results folder, each in a folder with the run's name; and how
#: the name of the file goes on after epochs-<n>, or nothing where that is a folder.
_PLACES = (
    ("runs", ""),
    ("trained", ""),
    ("logs/train", ".log"),
    ("logs/train", ".packed.log"),
    ("benchmarks/train", ".tsv"),
)


def refuse_links(results: Path, runs: Iterable[tuple[str, int]]) -> None:
    """Raise RefusedError if the job of a run would remove or write something behind a link.

    runs: (name, epochs) of those that are to be trained. The results folder and those of all runs
    may be links, which users make to where there is space.
    """
    for name, epochs in runs:
        for place, ending in _PLACES:
            folder = results / place / name
            file = folder / f"epochs-{epochs}{ending}"
            for path, wanted in ((folder, "a folder"), (file, "a file" if ending else "a folder")):
                if path.is_symlink():
                    raise RefusedError(path, wanted)
