"""A study as TensorBoard's event files: a folder per run, hparams, tables as text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.scalar.metadata import create_summary_metadata
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

from lr_atlas.common.units import counted
from lr_atlas.tools.export.exported_runs import ExportedRun, exported_runs, plain
from lr_atlas.tools.export.finished_study import FinishedStudy
from lr_atlas.tools.export.names import distinct

_NOT_IN_FOLDERS = re.compile(r"[^\w.,=+-]+")
_LONGEST = 200
#: The most rows of a table that are shown as text.
_MOST_ROWS = 200
_TABLES = ("pairs", "optimizers", "summary", "findings", "claims", "reported")


def write(study: FinishedStudy, folder: Path, _final: Path) -> list[str]:
    """Write a folder of events per run, the tables above them, and return what to say of it."""
    runs = list(exported_runs(study))
    names = distinct((run.name for run in runs), _folder_name)
    for run in runs:
        _write_events(folder / names[run.name], _events_of_run(run))
    shown = [name for name in _TABLES if name in study.table_files]
    _write_events(folder, (_text(study, name) for name in shown))
    return [f"{counted(len(runs), 'run')}, and {counted(len(shown), 'table')} as text"]


def _folder_name(name: str) -> str:
    return _NOT_IN_FOLDERS.sub("_", name).strip(".")[:_LONGEST] or "run"


def _write_events(folder: Path, events: Iterable[Event]) -> None:
    writer = EventFileWriter(str(folder))
    try:
        for event in events:
            writer.add_event(event)
    finally:
        writer.close()


def _events_of_run(run: ExportedRun) -> Iterator[Event]:
    hparams = hparams_pb(_hparams({**run.parameters, **run.labels}), trial_id=run.name)
    yield Event(summary=hparams)
    # As far apart in time as they were in training; when that was, nobody has written down.
    for step, seconds, values in run.points():
        for name, value in values.items():
            yield Event(step=step, wall_time=seconds, summary=_scalar(name, value))


def _hparams(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values that the plugin takes: numbers, truth values and texts."""
    known = bool | int | float | str
    return {name: v if isinstance(v, known) else str(v) for name, v in values.items()}


def _scalar(name: str, value: float) -> Summary:
    """Return a scalar of eight bytes: the usual calls round to four, and lose digits."""
    tensor = make_tensor_proto(value, dtype="float64")
    metadata = create_summary_metadata(display_name="", description="")
    return Summary(value=[Summary.Value(tag=name, tensor=tensor, metadata=metadata)])


def _text(study: FinishedStudy, name: str) -> Event:
    table = study.table(name)
    answer = f"**{study.sentence}**\n\n" if study.sentence else ""
    return Event(summary=text_pb(name, f"{answer}{_markdown(table.head(_MOST_ROWS))}"))


def _markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown; pandas' own needs another package."""
    rows = [list(table), ["---"] * len(table.columns)]
    rows += [["" if plain(v) is None else str(v) for v in row] for row in table.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
