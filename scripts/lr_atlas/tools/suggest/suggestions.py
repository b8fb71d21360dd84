"""From findings to the next configuration: which values of which study change, and its text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.analysis.finding import Finding
from lr_atlas.analysis.next_grid import learning_rates, rounded
from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import unit_of
from lr_atlas.config.configuration import Configuration
from lr_atlas.config.optimizer_entries import OptimizerEntry, arguments_of
from lr_atlas.config.study_models import Study
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.run_lengths import lengths_of
from lr_atlas.studies.setting_match import matching_settings
from lr_atlas.tools.suggest.yaml_edits import EditedText, EditError
from lr_atlas.training.parts import short_name


@dataclass(frozen=True)
class Change:
    """Hold a change that one or several findings ask for at one place of a study."""

    keys: tuple  # from the top of the configuration
    values: tuple[float, ...]  # more values of a list; one that replaces another
    replaces: bool
    reason: str  # codes of the findings
    present: tuple[float, ...] = ()  # the values of a list so far, for where it is left out

    @property
    def name(self) -> str:
        """Return such as "studies.a.seeds"."""
        return ".".join(map(str, self.keys))

    @property
    def by_hand(self) -> str:
        """Return such as "By hand: set it to 6"."""
        values = ", ".join(f"{value:g}" for value in self.values)
        return f"By hand: {'set it to' if self.replaces else 'add'} {values}"


def suggested_changes(atlas: Atlas, name: str, found: Iterable[Finding]) -> list[Change]:
    """Return what the findings of a study change in its configuration; may be none."""
    study, plan = atlas.configuration.studies[name], atlas.plans[name]
    lengths: dict[int, list[Finding]] = {}
    rates: dict[int, list[Finding]] = {}
    changes: list[Change] = []
    trained = {run.parameters["optimizer"] for run in plan.trained}
    for finding in found:
        of_others = finding.optimizer not in trained if finding.optimizer else not trained
        if not finding.values or of_others:
            continue
        if finding.code == "few_seeds":
            changes.append(_more_seeds(name, study, int(finding.values[0])))
            continue
        entry = _entry_of(atlas, name, finding.setting or _lowest(plan, finding.optimizer))
        if finding.code == "still_improving":
            lengths.setdefault(entry, []).append(finding)
        else:
            rates.setdefault(entry, []).append(finding)
    at = ("studies", name, "optimizers")
    for entry, findings in rates.items():
        known = arguments_of(study.optimizers[entry])["lr"]
        new = {rate for each in findings for rate in _written(atlas, name, entry, each)}
        new -= set(known)
        if new:
            keys, values = (*at, entry, "lr"), tuple(sorted(new))
            changes.append(Change(keys, values, False, _codes(findings), tuple(known)))
    changes += _longer(name, study, lengths)
    return changes


def _written(atlas: Atlas, name: str, entry: int, finding: Finding) -> list[float]:
    """Return the rates of a finding as the entry says them, which `lr_rule` makes others of."""
    study, plan = atlas.configuration.studies[name], atlas.plans[name]
    rule = study.optimizers[entry].lr_rule or study.lr_rule
    if rule is None:
        return list(finding.values)
    setting = finding.setting or _lowest(plan, finding.optimizer)
    batch = next(run.parameters["batch_size"] for run in plan.runs if run.setting == setting)
    return [rounded(rate / rule.factor(batch, study.batch_size)) for rate in finding.values]


def _codes(found: Iterable[Finding]) -> str:
    return ", ".join(dict.fromkeys(each.code for each in found))


def _more_seeds(name: str, study: Study, enough: int) -> Change:
    keys, unused = ("studies", name, "seeds"), (n for n in range(10**9) if n not in study.seeds)
    if study.seeds == list(range(len(study.seeds))):
        return Change(keys, (enough,), True, "few_seeds")
    more = tuple(seed for seed, _ in zip(unused, range(enough - len(study.seeds)), strict=False))
    return Change(keys, more, False, "few_seeds")


def _longer(name: str, study: Study, lengths: Mapping[int, list[Finding]]) -> list[Change]:
    """Return one more value for an entry's own epochs or steps, or else others of the study."""
    changes, of_study = [], []
    for entry, findings in lengths.items():
        key = unit_of(lengths_of(study, study.optimizers[entry])[0])
        own = getattr(study.optimizers[entry], key)
        if own is None:
            of_study += findings
            continue
        new = {value for each in findings for value in each.values} - set(own)
        keys = ("studies", name, "optimizers", entry, key)
        if new:
            changes.append(Change(keys, tuple(sorted(new)), False, _codes(findings), tuple(own)))
    if of_study:
        longest = max(value for each in of_study for value in each.values)
        key = "epochs" if study.steps is None else "steps"
        changes.append(Change(("studies", name, key), (longest,), True, _codes(of_study)))
    return changes


def _lowest(plan: Plan, optimizer: str) -> str:
    """Return the first setting with the lowest learning rate of an optimizer."""
    where = {"optimizer": optimizer, "lr": learning_rates(plan, optimizer)[0]}
    return matching_settings(plan, where)[0]


def _entry_of(atlas: Atlas, name: str, setting: str) -> int:
    """Return the entry of `optimizers` behind a setting; of several, that with most rates."""
    study, plan = atlas.configuration.studies[name], atlas.plans[name]
    run = next(run for run in plan.runs if run.setting == setting)
    found = [
        index
        for index, entry in enumerate(study.optimizers)
        if short_name(entry.name) == run.parameters["optimizer"]
        and (run.name, run.epochs) in _runs_of(atlas, study, entry)
    ]
    return max(found, key=lambda index: len(arguments_of(study.optimizers[index])["lr"]))


def _runs_of(atlas: Atlas, study: Study, entry: OptimizerEntry) -> set[tuple[str, int]]:
    alone = study.model_copy(update={"optimizers": [entry]})
    return {(run.name, run.epochs) for run in atlas.plan_of("entry", alone).runs}


def editable(
    texts: Mapping[Path, str], changes: Iterable[Change]
) -> tuple[list[Change], list[str]]:
    """Return (the changes that can be written into the files, a line on each of the others)."""
    possible, left = [], []
    for change in changes:
        try:
            edited_texts(texts, [change])
        except UserError as error:
            left.append(str(error))
        else:
            possible.append(change)
    return possible, left


def edited_texts(texts: Mapping[Path, str], changes: Sequence[Change]) -> dict[Path, str]:
    """Return the files that change, with their new text.

    texts: of all configuration files; later ones are laid over earlier ones, so that a value is
    changed in the last file that has it. Raises UserError where one cannot be edited.
    """
    edited = {path: EditedText(text) for path, text in texts.items()}
    touched = set()
    for change in changes:
        path = _file_of(edited, change)
        try:
            _edit(edited[path], change)
        except (EditError, ValueError) as error:
            raise UserError(
                f"{path}: {change.name} cannot be changed automatically ({error}). {change.by_hand}"
            ) from None
        touched.add(path)
    return {path: edited[path].result() for path in texts if path in touched}


def _file_of(edited: dict[Path, EditedText], change: Change) -> Path:
    """Return the last file that has the value, or else the mapping in which it is missing."""
    keys = change.keys
    for part in (keys, keys[:-1]):
        for path in reversed(edited):
            # A study may stand in several files: the one with its grid is the one to change.
            whole = part if len(part) > 2 else (*part, "optimizers")
            if edited[path].has(whole):
                return path
    files = ", ".join(map(str, edited))
    raise UserError(
        f"{change.name} stands in none of {files}; what is given with --config cannot be edited. "
        f"{change.by_hand}"
    )


def _edit(text: EditedText, change: Change) -> None:
    keys = change.keys
    if not text.has(keys):
        _add_missing(text, change)
    elif change.replaces and text.has((*keys, 0)):  # a list 0, 1, 2 written out
        text.add_to_axis(keys, _rest_of(text, keys, change.values[0]))
    elif change.replaces:
        text.replace(keys, change.values[0])
    else:
        text.add_to_axis(keys, change.values, change.present)


def _rest_of(text: EditedText, keys: tuple, enough: float) -> list[int]:
    return [seed for seed in range(int(enough)) if not text.has((*keys, seed))]


def _add_missing(text: EditedText, change: Change) -> None:
    """Add a key that has its default so far; a learning rate's own stays in the list."""
    value = change.values[0] if change.replaces else sorted((*change.present, *change.values))
    text.add_key(change.keys, text.first_scalar(change.keys[:-1]), value)


def is_as_meant(before: Configuration, after: Configuration, changes: Iterable[Change]) -> bool:
    """Return whether edited files say what was to change and nothing else.

    An anchor that other places share, for instance, would change those too.
    """
    expected, read = (each.model_dump(mode="json") for each in (before, after))
    for change in changes:
        *parents, key = change.keys
        meant, found = expected, read
        for part in parents:
            meant, found = meant[part], found[part]
        if not change.replaces:
            meant[key], found[key] = sorted([*meant[key], *change.values]), sorted(found[key])
        elif key == "seeds":
            meant[key] = list(range(int(change.values[0])))
        else:
            meant[key] = change.values[0]
    return expected == read


def ambiguous(before: Plan, after: Plan, study: Study) -> list[Change]:
    """Return what to add to each `where` that singled out a setting and now matches several."""
    name, changes = before.study, []
    places = {
        ("studies", name, "reference", "values", index, "where"): values.where
        for index, values in enumerate(study.reference.values if study.reference else ())
    }
    for index, claim in enumerate(study.claims):
        for keys, where in claim.settings.items():
            places["studies", name, "claims", index, *keys] = where
    for keys, where in places.items():
        meant = matching_settings(before, where)[0]
        parameters = next(run.parameters for run in before.runs if run.setting == meant)
        wanted = dict(where)
        for key, column in (("lr", "learning_rate"), (before.unit, before.unit)):
            if key not in where and len(matching_settings(after, wanted)) > 1:
                wanted[key] = parameters[column]
                changes.append(Change((*keys, key), (parameters[column],), True, "where"))
    return changes
