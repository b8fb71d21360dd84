"""The runs that are judged: read from files of any kind, with groups and settings told apart."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.rounding import compact, to_digits
from lr_atlas.common.spelling import suggestion
from lr_atlas.common.units import counted, shortened
from lr_atlas.studies.imported.cells import plain_values
from lr_atlas.studies.imported.imported import Columns, Imported
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import read_files
from lr_atlas.studies.imported.roles import identify
from lr_atlas.studies.imported.usual_names import USUAL, plain

#: The column that has each run's file, where files tell groups apart.
FILE = "file"
_DIGITS = 6
_OPTIMIZER, _OWN_OPTIMIZER = "optimizer", "with_optimizer"
#: A study's key in a message, in the place of which a command has an option.
_KEYS = (re.compile(r"columns: \{(\w+): ([^}]*)\}"), re.compile(r"\bcolumns: (\w+)(:)"))


@dataclass(frozen=True)
class JudgedRuns:
    """Runs of groups that are compared.

    Attributes:
        imported: Their tables. What tells groups apart is called the optimizer there.
        by: The name of that column in the files.
        metric: The name of the metric in the files.
        groups: The groups in the order of the files.
    """

    imported: Imported
    by: str
    metric: str
    groups: tuple[str, ...]

    @property
    def runs(self) -> pd.DataFrame:
        """Return the table with a row per run."""
        return self.imported.runs

    @property
    def why_apart(self) -> str:
        """Return why each run may be a setting by mistake, to end a message; else nothing."""
        varying = self.imported.varying
        if not varying or self.runs["setting"].duplicated().any():
            return ""
        return (
            f". Each run is a setting of its own, since runs differ in {shortened(varying, 6)}: "
            f"--ignore what is no setting, as in --ignore {varying[0]}"
        )

    def parameters_of(self, setting: str) -> dict[str, Any]:
        """Return the parameters of a setting by which settings are told apart."""
        found = self.imported.parameters[setting]
        names = self.imported.varying
        if self.runs["learning_rate"].notna().any():
            names = ("learning_rate", *names)
        # A learning rate that is not known is NaN, which equals nothing.
        return {name: found[name] for name in names if name in found and found[name] == found[name]}

    def named(self, name: str | None) -> str:
        """Return the group of a name, the first one for None. Raises UserError."""
        if name is None:
            return self.groups[0]
        if name not in self.groups:
            raise UserError(f"no run has {self.by} '{name}'{suggestion(name, self.groups)}")
        return name


def read_judged_runs(
    paths: Sequence[Path], columns: Columns, chance: float | None = None
) -> JudgedRuns:
    """Return the runs in files and folders.

    columns: what is what; its `optimizer` tells groups apart, FILE does so by file. chance: what a
    diverged run counts as; None where that is not known. Raises UserError.
    """
    raws = read_files(paths)
    if columns.optimizer not in (None, _OPTIMIZER):
        raws = [_regrouped(raw, str(columns.optimizer)) for raw in raws]
        columns = replace(columns, by=_renamed(columns.by), ignore=_renamed(columns.ignore))
    try:
        imported = identify(raws, columns)
    except UserError as error:
        raise UserError(as_options(str(error))) from None
    runs = imported.runs
    if chance is not None:
        runs = runs.assign(chance=chance)
    by = columns.optimizer or next(map(_usual_group, raws))
    metric = columns.metric or imported.metric.title
    return JudgedRuns(replace(imported, runs=runs), by, metric, _in_order(raws, by, runs))


def as_options(message: str) -> str:
    """Return a message about a study's keys as one about the options of a command."""
    message = message.replace("columns: {better: lower}, or higher", "--lower, or --higher")
    for key in _KEYS:
        message = key.sub(_option, message)
    return message


def _option(key: re.Match) -> str:
    name = {"optimizer": "by", "by": "within"}.get(key[1], key[1].replace("_", "-"))
    value = key[2].strip("[]").replace(",", "")
    return f"--{name}{key[2]}" if key[2] == ":" else f"--{name} {value}"


def scored_runs(judged: JudgedRuns) -> pd.DataFrame:
    """Return the runs of settings that have a score. Raises UserError if none has one.

    Without a word on what a diverged run counts as, a setting with one has none: to leave that run
    out would make the setting better than it is.
    """
    scored = judged.runs[~judged.runs["setting"].isin(_lost(judged).index)]
    if not len(scored):
        raise UserError(
            "runs of every setting diverged, and nothing says what such a run counts as; --chance "
            "is the value that guessing gives"
        )
    return scored


def all_notes(judged: JudgedRuns) -> list[str]:
    """Return what the user is told of how the runs were read, and of settings without a score."""
    owners = judged.runs.drop_duplicates("setting").set_index("setting")["optimizer"]
    lost = _lost(judged)
    return [
        *judged.imported.notes,
        *(
            f"{_named(judged, group, own.index)}: {counted(int(own.sum()), 'run')} diverged, and "
            "nothing says what such a run counts as; "
            f"{'the setting is' if len(own) == 1 else 'these settings are'} left out. --chance is "
            "the value that guessing gives"
            for group, own in lost.groupby(owners[lost.index], sort=False)
        ),
    ]


def _named(judged: JudgedRuns, group: str, settings: pd.Index) -> str:
    """Return a setting of a group by its parameters, or how many of its settings are meant."""
    if len(settings) == 1:
        return f"{group}{in_brackets(judged.parameters_of(settings[0]))}"
    own = judged.runs.loc[judged.runs["optimizer"] == group, "setting"].nunique()
    return f"{len(settings)} of the {own} settings of {group}"


def in_brackets(setting: Mapping[str, Any] | None) -> str:
    """Return such as " (learning_rate 0.1)", of a setting that others stand beside; or nothing."""
    named = [f"{name} {_short(value)}" for name, value in (setting or {}).items()]
    return f" ({', '.join(named)})" if named else ""


def _short(value: Any) -> str:
    """Return a value for a sentence, numbers with six digits at most."""
    return compact(to_digits(value, _DIGITS) if isinstance(value, float) else value)


def _lost(judged: JudgedRuns) -> pd.Series:
    """Return how many runs diverged of each setting that has no score, int by setting."""
    runs = judged.runs
    lost = (runs["status"] == "diverged") & runs["chance"].isna()
    if judged.imported.metric.metric.diverged is not None:
        lost = lost & False
    counts = lost.groupby(runs["setting"], sort=False).sum()
    return counts[counts > 0]


def _regrouped(raw: Raw, by: str) -> Raw:
    """Return runs of which another column than the optimizer tells groups apart.

    Groups are what tables of studies call optimizers, so a column of that name gets another one.
    """
    table = raw.table
    if by == FILE and FILE not in table:
        table = table.assign(**{FILE: raw.where["file"].astype(str)})
    table = table.rename(columns={_OPTIMIZER: _OWN_OPTIMIZER})
    parameters = raw.parameters and _renamed(raw.parameters)
    roles = {role: name for role, name in raw.roles.items() if role != _OPTIMIZER}
    return replace(raw, table=table, roles=roles, parameters=parameters)


def _renamed(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(_OWN_OPTIMIZER if name == _OPTIMIZER else name for name in names)


def _usual_group(raw: Raw) -> str:
    """Return the column that tells groups apart where the user names none."""
    usual = (name for name in raw.table if plain(str(name)) in USUAL[_OPTIMIZER])
    return raw.roles.get(_OPTIMIZER) or next(usual, _OPTIMIZER)


def _in_order(raws: Sequence[Raw], by: str, runs: pd.DataFrame) -> tuple[str, ...]:
    """Return the groups as the files have them first; those not found there at the end."""
    there = list(dict.fromkeys(runs["optimizer"]))
    columns = (raw.table[by].drop_duplicates() for raw in raws if by in raw.table)
    seen = [str(value) for column in columns for value in plain_values(column)]
    return tuple(dict.fromkeys([*(name for name in seen if name in there), *there]))
