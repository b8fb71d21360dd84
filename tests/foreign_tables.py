"""Files of runs from elsewhere, written and read."""

from pathlib import Path

from lr_atlas.studies.imported.imported import Columns
from lr_atlas.studies.imported.registry import read_files
from lr_atlas.studies.imported.roles import identify

#: Small files that trackers have written (tests/trackers/exports.py).
FOREIGN = Path(__file__).parent / "tables" / "foreign"


def written(path, text):
    """The path of a file with this content, in a folder that is made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def only(path, pattern=None):
    """The only table of a file or folder."""
    (raw,) = read_files([path], pattern)
    return raw


def imported(folder, text, name="runs.csv", **columns):
    """The tables of one file with this content."""
    return imported_of(folder, {name: text}, **columns)


def imported_of(folder, texts, **columns):
    """The tables of several files, by their names."""
    paths = []
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        paths.append(path)
    return identify(read_files(paths), Columns(**columns))


def lines(*rows):
    """A text of these lines."""
    return "\n".join(rows) + "\n"


def curves(found, column="validation_accuracy"):
    """The curve of each run, by its name."""
    return {
        run: own[column].round(9).tolist() for run, own in found.epochs.groupby("run", sort=False)
    }
