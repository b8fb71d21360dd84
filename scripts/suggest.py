"""Suggest the next configuration: the grid extended where the findings of its studies say so.

Best at the edge: one more learning rate beyond it. A gap too wide: its middle. Too few seeds: more
of them. Still improving: more epochs. The suggestion is shown as a difference, with the plan of
what it would train, and written to results/suggested.yaml, or with --yes into the configuration
itself. Nothing is trained.
"""

import argparse
import contextlib
import difflib
import functools
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from lr_atlas.analysis.finding import Finding, Seen
from lr_atlas.analysis.findings import findings, kinds
from lr_atlas.analysis.study_analysis import analysis_of
from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.common.units import counted, shortened
from lr_atlas.config.command_line import (
    add_configuration_options,
    configuration_files,
    end_quietly_when_nobody_reads,
    number_of_cores,
)
from lr_atlas.config.config_file import load_configuration
from lr_atlas.config.config_text import read_text
from lr_atlas.studies.atlas import Atlas, load_atlas
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.known_configurations import Configuration
from lr_atlas.studies.study_definition import study_definition
from lr_atlas.tables.study_tables import StudyTables, file_name, read_tables
from lr_atlas.tools.plan.plan_text import plan_text
from lr_atlas.tools.plan.run_plan import plan_runs
from lr_atlas.tools.suggest.suggestions import (
    Change,
    ambiguous,
    editable,
    edited_texts,
    is_as_meant,
    suggested_changes,
)
from plan import circumstances, measure_here

LOGGER = logging.getLogger(__name__)
_NEEDED = ("epochs", "runs")


def main(
    configfile: Sequence[Path],
    config: Sequence[tuple[str, object]],
    directory: Path,
    cores: int,
    yes: bool,
) -> None:
    """Print and write the suggestion. Raises errors.UserError."""
    end_quietly_when_nobody_reads()
    given = Configuration(tuple(configuration_files(configfile, directory)), dict(config))
    atlas = load_atlas(given.files, given.overrides)
    changes, remarks = changes_of_studies(atlas, directory / "results" / "studies")
    print("\n".join(remarks))
    if not changes:
        return
    old = {path: read_text(path) for path in load_configuration(given.files, given.overrides).files}
    changes, left = editable(old, changes)
    if not changes:
        raise UserError("\n".join(left))
    try:
        new, suggested = suggested_configuration(atlas, given, old, changes)
    except SharedValueError:
        changes, shared = _edits_of_their_own(atlas, given, old, changes)
        left += shared
        if not changes:
            raise
        new, suggested = suggested_configuration(atlas, given, old, changes)
    if left:
        print("Left alone:", *left, sep="\n  ")
    for path, text in new.items():
        print(difference(path, old[path], text))
    now = circumstances(suggested, directory)
    measure = functools.partial(measure_here, suggested, now.code, directory)
    plan = plan_runs(suggested, directory / "results", now, cores, measure=measure)
    print(plan_text(plan))
    written = write(new, directory / "results", yes)
    print(
        f"Written: {', '.join(map(str, written))}. "
        + (
            "`make run` trains what is new."
            if yes
            else "To accept it: YES=1 or --yes, or copy "
            + ("it over " + str(*new) if len(new) == 1 else "each over its original")
            + "."
        )
    )


class SharedValueError(UserError):
    """An edit would change more than it should."""


def changes_of_studies(atlas: Atlas, studies: Path) -> tuple[list[Change], list[str]]:
    """Return what all studies' findings ask for, and a line per study on what was found.

    studies: the folder of their tables. Raises UserError where there are no tables at all.
    """
    changes, remarks, with_tables = [], [], 0
    for name, plan in atlas.plans.items():
        if not all((studies / name / file_name(table)).is_file() for table in _NEEDED):
            remarks.append(f"{name}: no tables yet; `make run` makes them.")
            continue
        with_tables += 1
        tables = read_tables(studies / name, _NEEDED, metric=atlas.metric_of(name))
        missing = runs_without_results(plan, tables.runs)
        if missing:
            remarks.append(f"{name}: {_incomplete(missing)}")
            continue
        found = findings_of(atlas, name, tables)
        wanted = suggested_changes(atlas, name, found)
        remarks += _remarks(atlas, name, found, wanted)
        changes += wanted
    if not with_tables:
        raise UserError(
            f"there are no tables in {studies} yet, so nothing can be suggested: `make run` first"
        )
    return changes, remarks


def runs_without_results(plan: Plan, runs: pd.DataFrame) -> list[Run]:
    """Return the plan's runs that the tables lack, or have not as far or by another name."""
    lengths = runs["steps_completed" if plan.unit == "steps" else "epochs_completed"]
    there = {
        (row.setting, row.run, None if row.status == "diverged" else int(length))
        for row, length in zip(runs.itertuples(), lengths, strict=True)
    }
    return [
        run
        for run in plan.trained
        if not {(run.setting, run.name, epochs) for epochs in (run.epochs, None)} & there
    ]


def _incomplete(missing: Sequence[Run]) -> str:
    """Return why nothing is suggested yet."""
    settings = Counter(run.setting for run in missing)
    named = [f"{name} ({counted(n, 'run')})" for name, n in settings.items()]
    return (
        f"its tables lack {counted(len(missing), 'run')} that it asks for: {shortened(named)}. "
        "Nothing is suggested before they are there: `make run`."
    )


def findings_of(atlas: Atlas, name: str, tables: StudyTables) -> list[Finding]:
    """Return the findings of a study, from the runs that it asks for now."""
    study, plan = atlas.configuration.studies[name], atlas.plans[name]
    data = study_definition(atlas, name)["data"]
    asked = {run.setting for run in plan.runs}
    epochs, runs = (table[table["setting"].isin(asked)] for table in (tables.epochs, tables.runs))
    analysis = analysis_of(plan, study, data, epochs, runs)
    return findings(Seen(study, plan, epochs, analysis))


def _remarks(
    atlas: Atlas, name: str, found: Sequence[Finding], wanted: Sequence[Change]
) -> list[str]:
    lines = [f"{name}: {counted(len(wanted), 'change')} suggested."]
    if not wanted:
        lines = [f"{name}: nothing to suggest; no finding asks for another grid."]
    lines += [f"  {kinds()[each.code].TITLE}: {each.evidence}" for each in found if each.values]
    study = atlas.configuration.studies[name]
    longer = {change.keys[-1] for change in wanted if change.replaces} & {"epochs", "steps"}
    if longer and (study.reference or study.claims):
        lines.append(
            "  Mind: its reported values and claims would then be compared after more "
            f"{longer.pop()} than now."
        )
    return lines


def suggested_configuration(
    atlas: Atlas, given: Configuration, old: Mapping[Path, str], changes: Sequence[Change]
) -> tuple[dict[Path, str], Atlas]:
    """Return (the new text of each file that changes, the studies that files then ask for).

    old: the text of each file of `given`, and of those that these include. Nothing is written
    before it was checked.
    """
    with _said_of_what_would_be():
        new = edited_texts(old, changes)
        file = load_configuration(given.files, given.overrides, read=_reader({**old, **new}))
        for name, before in atlas.plans.items():
            after = atlas.plan_of(name, file.configuration.studies[name])
            changes = [*changes, *ambiguous(before, after, atlas.configuration.studies[name])]
        new = edited_texts(old, changes)
        suggested = load_atlas(given.files, given.overrides, read=_reader({**old, **new}))
    if not is_as_meant(atlas.configuration, suggested.configuration, changes):
        listed = "; ".join(
            f"{each.name}: {', '.join(f'{value:g}' for value in each.values)}" for each in changes
        )
        raise SharedValueError(
            f"{', '.join(map(str, new))}: an edit would change more than it should, since places "
            f"share a value there or --config sets one. By hand: {listed}"
        )
    return new, suggested


def _edits_of_their_own(
    atlas: Atlas, given: Configuration, old: Mapping[Path, str], changes: Iterable[Change]
) -> tuple[list[Change], list[str]]:
    """Return (the changes that touch nothing else, a line on each of the others)."""
    own, left = [], []
    for change in changes:
        try:
            suggested_configuration(atlas, given, old, [change])
        except SharedValueError as error:
            left.append(str(error))
        else:
            own.append(change)
    return own, left


def _reader(texts: Mapping[Path, str]) -> Callable[[Path], str]:
    """Return a function in place of reading files: these have other texts than on the disk."""
    return lambda path: texts[path]


@contextlib.contextmanager
def _said_of_what_would_be() -> Iterator[None]:
    """Have a message raised within this say that it is about the suggestion."""
    try:
        yield
    except UserError as error:
        raise UserError(f"what would be suggested cannot be used: {error}") from None


def difference(path: Path, old: str, new: str) -> str:
    """Return a unified diff, as `patch` takes it."""
    before, after = (text.splitlines(keepends=True) for text in (old, new))
    return "".join(difflib.unified_diff(before, after, str(path), f"{path} (suggested)"))


def _names_beside_the_results(paths: Sequence[Path]) -> dict[Path, str]:
    """Return such as "suggested-config.yaml", "suggested-studies-a.yaml"; no two are the same."""
    if len(paths) == 1:
        return {paths[0]: "suggested.yaml"}
    folder = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in paths])
    shown = [Path(os.path.relpath(path, folder)).parts for path in paths]
    return {path: "-".join(["suggested", *parts]) for path, parts in zip(paths, shown, strict=True)}


def write(new: Mapping[Path, str], results: Path, yes: bool) -> list[Path]:
    """Write the files over the old ones, or beside the results; returns where they lie."""
    written, names = [], _names_beside_the_results(list(new))
    for path, text in new.items():
        written.append(path if yes else results / names[path])
        try:
            # The file itself, where a link leads to it.
            with open_atomically(written[-1].resolve()) as file:
                file.write(text.encode("utf-8"))
        except OSError as error:
            raise UserError(f"{written[-1]} cannot be written: {error.strerror}") from None
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_configuration_options(
        parser, "later ones over earlier ones; the one that is changed is named"
    )
    parser.add_argument(
        "--cores",
        type=number_of_cores,
        default="all",
        help="for the plan: a number, or all (default)",
    )
    parser.add_argument(
        "--yes", action="store_true", help="write the suggestion into the configuration itself"
    )
    run_script(main, parser)
