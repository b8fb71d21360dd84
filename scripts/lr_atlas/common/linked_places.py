"""Links in the places of runs, which Snakemake would follow when it removes and makes files."""

from collections.abc import Iterable
from pathlib import Path

from lr_atlas.common.lengths import length_name
from lr_atlas.common.safe_files import RefusedError

#: Folders of the results that hold files of a run, each in a folder with the run's name; and the
#: end of the file's name after its length, which is empty where that is a folder.
_PLACES = (
    ("runs", ""),
    ("trained", ""),
    ("logs/train", ".log"),
    ("logs/train", ".packed.log"),
    ("benchmarks/train", ".tsv"),
)


def refuse_links(results: Path, runs: Iterable[tuple[str, int]]) -> None:
    """Raise RefusedError if the job of a run would remove or write something behind a link.

    runs: (name, length) of those that are to be trained. The results folder and those of all runs
    may be links, which users make to where there is space.
    """
    for name, length in runs:
        for place, ending in _PLACES:
            folder = results / place / name
            file = folder / f"{length_name(length)}{ending}"
            for path, wanted in ((folder, "a folder"), (file, "a file" if ending else "a folder")):
                if path.is_symlink():
                    raise RefusedError(path, wanted)
