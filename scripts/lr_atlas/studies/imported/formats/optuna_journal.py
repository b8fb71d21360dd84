"""Optuna's storage as a journal: a JSON object per line, each a change."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lr_atlas.studies.imported.content import ForeignFileError, lines_of, start_of
from lr_atlas.studies.imported.formats._runs import ForeignRun, format_of_runs
from lr_atlas.studies.imported.formats._trials import Study, Trial, chosen, runs_of_trials

_OPENING = (b'{"op_code":', b'{"op_code" :', b'{"worker_id":')
# The changes that are of use here, from optuna.storages.journal.
_CREATE_STUDY, _DELETE_STUDY, _STUDY_ATTRIBUTES = 0, 1, 3
_CREATE_TRIAL, _PARAMETER, _STATE, _REPORT, _USER_ATTRIBUTES = 4, 5, 6, 7, 8


@dataclass
class _Journal:
    """Hold what the changes so far have made."""

    path: Path
    studies: list[Study | None] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    numbers: Counter[int] = field(default_factory=Counter)

    def apply(self, change: dict) -> None:
        """Apply a change. Raises LookupError, TypeError or ValueError for one that is none."""
        code = change["op_code"]
        if code == _CREATE_STUDY:
            self.studies.append(Study(str(change["study_name"]), list(change["directions"])))
        elif code == _DELETE_STUDY:
            self.studies[change["study_id"]] = None
        elif code == _STUDY_ATTRIBUTES:
            study = self.studies[change["study_id"]]
            if study is not None:
                study.metrics = change["system_attr"].get("study:metric_names", study.metrics)
        elif code == _CREATE_TRIAL:
            self._create(change)
        elif code in (_PARAMETER, _STATE, _REPORT, _USER_ATTRIBUTES):
            self._change(code, self.trials[change["trial_id"]], change)

    def _create(self, change: dict) -> None:
        study = self.studies[change["study_id"]]
        assert study is not None
        trial = Trial(study, self.numbers[id(study)], change.get("state", 0))
        self.numbers[id(study)] += 1
        distributions = change.get("distributions") or {}
        for name, internal in (change.get("params") or {}).items():
            trial.parameters[name] = chosen(internal, distributions[name], self.path)
        trial.reported = {
            int(step): float(value)
            for step, value in (change.get("intermediate_values") or {}).items()
        }
        values = change.get("values") or [v for v in (change.get("value"),) if v is not None]
        trial.values = dict(enumerate(map(float, values)))
        trial.attributes = dict(change.get("user_attrs") or {})
        self.trials.append(trial)

    def _change(self, code: int, trial: Trial, change: dict) -> None:
        if code == _PARAMETER:
            trial.parameters[str(change["param_name"])] = chosen(
                change["param_value_internal"], change["distribution"], self.path
            )
        elif code == _STATE:
            trial.state = change["state"]
            if change.get("values") is not None:
                trial.values = dict(enumerate(map(float, change["values"])))
        elif code == _REPORT:
            trial.reported[int(change["step"])] = float(change["intermediate_value"])
        else:
            trial.attributes |= change["user_attr"]


def recognises(path: Path) -> bool:
    """Return whether a file begins with a change as Optuna writes it."""
    if path.is_dir():
        return False
    start = start_of(path)
    return start.startswith(_OPENING) and b'"worker_id"' in start


def _runs(path: Path, notes: list[str]) -> list[ForeignRun]:
    """Return the trials of all studies not deleted. Raises ForeignFileError with the line."""
    journal = _Journal(path)
    for number, line in enumerate(lines_of(path), 1):
        if not line.endswith("\n"):  # Optuna reads it neither: somebody was killed as he wrote it
            notes.append(f"{path}, line {number}: cut off, and left out")
            break
        try:
            journal.apply(json.loads(line))
        except ForeignFileError as error:
            raise ForeignFileError(path, str(error).partition(": ")[2], number) from None
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError):
            raise ForeignFileError(
                path, f"'{line[:60].strip()}' is no change of Optuna's", number
            ) from None
    kept = [
        trial for trial in journal.trials if any(trial.study is each for each in journal.studies)
    ]
    return runs_of_trials(kept, path, notes)


FORMAT = format_of_runs("optuna_journal", "Optuna's journal", recognises, _runs)
