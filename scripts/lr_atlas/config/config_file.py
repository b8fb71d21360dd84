"""Reading `config.yaml`: from a file to validated studies, or one message that says what to do."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lr_atlas.common.spelling import ascii_letters, suggestion
from lr_atlas.config.config_messages import Models, Problems, described, error_at, together
from lr_atlas.config.config_notes import OTHER_DATA
from lr_atlas.config.config_text import (
    ConfigError,
    expanded,
    parse,
    plain,
    read_file,
    read_text,
    refuse_multiplied,
)
from lr_atlas.config.configuration import Configuration
from lr_atlas.config.included_files import with_included
from lr_atlas.config.own_data_models import KINDS, wrong_data_name
from lr_atlas.config.study_models import LONGEST_STUDY_NAME, STUDY_NAME
from lr_atlas.data.catalogue import datasets

#: Finding words for thousands of mistakes would take seconds.
_MOST_DESCRIBED = 100
_REPEATED = re.compile(r"(.+?)\1{19}$")


@dataclass(frozen=True)
class ConfigFile:
    """A validated configuration, and (name, content) of the documents that it was read from."""

    configuration: Configuration
    documents: tuple

    @property
    def files(self) -> list[Path]:
        """Return the files that were read, with those that others include; later over earlier."""
        return [name for name, _ in self.documents if isinstance(name, Path)]

    def error(self, keys: tuple, text: str) -> ConfigError:
        """Return a ConfigError for the place `keys` (from the top), with file and line."""
        return error_at(self.documents, keys, text)


def load_configuration(
    paths: Iterable[Path],
    overrides: Mapping | None = None,
    origin: str = "--config",
    read: Callable[[Path], str] = read_text,
) -> ConfigFile:
    """Read, merge and validate configuration files and those that they include.

    paths: YAML files, later ones over earlier ones. overrides: dict laid over the files' content,
    whose texts are read as YAML, since a command line has no other types. origin: where they come
    from, for messages. read: returns the text of a file.
    Returns a ConfigFile. Relative folders are made absolute, from the file that names them.
    Raises ConfigError with one message that lists what is wrong, each with file, line, key, what
    was found and what is allowed.
    """
    problems = Problems()
    documents: tuple[tuple[Path | str, dict], ...] = ()
    for path in map(Path, paths):
        with problems.noted():
            document = read_file(path, read)
            _refuse_folders_without_name(path, document, read)
            documents += with_included(path, document, read)
    problems.tell()
    refuse_multiplied(overrides or {}, origin)
    documents += with_included(origin, _typed(overrides or {}), read)
    merged: dict = {}
    for name, document in documents:
        folder = name.resolve().parent if isinstance(name, Path) else Path()
        merged = _merge(merged, _with_absolute_folders(document, folder))
    wrong = list(_wrong_names(merged.get("studies"), documents))
    wrong += _wrong_data_names(merged, documents)
    models: Models = {}
    more = 0
    try:
        configuration = Configuration.model_validate(merged, context=models)
    except ValidationError as error:
        found = error.errors()
        more = max(0, len(found) - _MOST_DESCRIBED)
        first = found[:_MOST_DESCRIBED]
        wrong += [described(item, merged, models, documents) for item in first]
    if wrong:
        raise together(wrong, more)
    return ConfigFile(configuration, documents)


def _wrong_names(studies: Any, documents: tuple) -> Iterable[ConfigError]:
    """Yield an error for each name of a study that no folder can have."""
    taken: dict[str, str] = {}
    for name in studies if isinstance(studies, dict) else ():
        if not isinstance(name, str):
            continue
        text = _wrong_name(name, taken.setdefault(name.lower(), name))
        if text:
            yield error_at(documents, ("studies", name), text)


def _wrong_data_names(merged: dict, documents: tuple) -> Iterable[ConfigError]:
    """Yield an error for each name of data that no folder can have, or that names none."""
    given = merged.get("datasets")
    known = dict.fromkeys([*datasets(), *(given if isinstance(given, dict) else ())])
    for name in list(known)[len(datasets()) :]:
        text = wrong_data_name(str(name))
        if text:
            yield error_at(documents, ("datasets", name), text)
    studies = merged.get("studies")
    for name, study in studies.items() if isinstance(studies, dict) else ():
        dataset = study.get("dataset") if isinstance(study, dict) else None
        if isinstance(dataset, str) and dataset not in known:
            text = f"unknown value {dataset!r}{suggestion(dataset, known, OTHER_DATA)}"
            yield error_at(documents, ("studies", name, "dataset"), text)


def _wrong_name(name: str, other: str) -> str:
    if other != name:
        return (
            f"'{name}' and '{other}' differ in case alone, and some disks would take them for "
            "one folder; rename one of them"
        )
    if len(name) > LONGEST_STUDY_NAME:
        return (
            f"a study's name of {len(name)} characters is too long, since it names a folder; at "
            f"most {LONGEST_STUDY_NAME}. For a longer one there is `title:`"
        )
    if _REPEATED.search(name):
        return (
            f"'{name}' ends in the same letters twenty times, which Snakemake takes for a "
            "recursion without end; name it otherwise"
        )
    if STUDY_NAME.fullmatch(name):
        return ""
    plain = "-".join(ascii_letters(name).split())
    meant = f": did you mean '{plain}'?" if STUDY_NAME.fullmatch(plain) else "."
    return (
        f"'{name}' cannot be a study's name, since it names a folder{meant} Allowed: the letters "
        "a to z and A to Z, digits, '-', '_' and '.', beginning with a letter or a digit. Any text "
        "can be its `title:`"
    )


#: Keys whose values are paths, but for files of Python, which have a place of their own.
_FOLDER_KEYS = ("directory", *(kind for kind in KINDS if kind != "python"))


def _with_absolute_folders(document: dict, base: Path) -> dict:
    """Return the document, with the folders that it names taken from where it lies."""
    document = plain(document)
    for _, source in _folder_holders(document):
        for key in _FOLDER_KEYS:
            if isinstance(source.get(key), str) and source[key]:
                source[key] = str(base / expanded(source[key]))
    studies = document.get("studies")
    for study in studies.values() if isinstance(studies, dict) else ():
        if isinstance(study, dict) and "runs" in study:
            study["runs"] = _absolute(study["runs"], base)
    return document


def _absolute(given: Any, base: Path) -> Any:
    """Return a path, or each of a list, from a folder on; what is none stays what it is."""
    if isinstance(given, list):
        return [_absolute(each, base) for each in given]
    return str(base / expanded(given)) if isinstance(given, str) and given else given


def _folder_holders(document: Any) -> Iterator[tuple[tuple, Any]]:
    """Yield (keys, mapping) of every part of a document that may name a folder."""
    sources = document.get("datasets")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        if isinstance(source, dict):
            yield ("datasets", name), source
    if isinstance(document.get("cache"), dict):
        yield ("cache",), document["cache"]


def _refuse_folders_without_name(path: Path, document: dict, read: Callable[[Path], str]) -> None:
    """Raise ConfigError where `directory:` is empty or `~`, which YAML reads as null.

    Somebody who writes this means a folder, so it must not silently mean none; `null` says so.
    """
    lines = read(path).split("\n")
    for keys, source in _folder_holders(document):
        try:
            line, column = source.lc.value("directory")
        except (AttributeError, KeyError, TypeError):  # a key that is merged in has no place
            continue
        written = lines[line][column:] if line < len(lines) else ""
        if source["directory"] is None and not re.match(r"(?i)null\b", written):
            keys = (*keys, "directory")
            raise error_at(
                ((path, document),),
                keys,
                "no folder is named here. Name one "
                '("~", in quotes, is your home folder), or write `null` for none'
                + (": the published data set is downloaded then" if len(keys) > 2 else ""),
            )


def _merge(below: Mapping, above: Mapping) -> dict:
    """Return plain dictionaries with the values of `above` laid over those of `below`."""
    merged = {key: plain(value) for key, value in below.items()}
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = plain(value)
    return merged


def _typed(value: Any) -> Any:
    """Return the value with every text in it read as YAML.

    So "1e-3" is a number, and "[0, 1]" a list.
    """
    if isinstance(value, dict):
        return {key: _typed(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(element) for element in value]
    if not isinstance(value, str):
        return value
    try:
        read = parse(value, "")
    except ConfigError:
        return value
    # "a: b" was meant as a text, and "in 1 # of 3 runs" as the whole of it.
    return value if isinstance(read, dict | str) else plain(read)
