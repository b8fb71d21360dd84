"""Studies in files of their own: the files that a configuration names under `include`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lr_atlas.config.config_messages import Problems, error_at, place_of
from lr_atlas.config.config_text import DEEPEST, ConfigError, expanded, read_file
from lr_atlas.config.configuration import Configuration

#: Keys that an included file may have, beside those of shared blocks.
_OWN_KEYS = ("studies", "include")

#: (name, content). The name is the file; of what comes from elsewhere it says from where.
Document = tuple[Path | str, dict]


def with_included(
    name: Path | str, content: dict, read: Callable[[Path], str]
) -> tuple[Document, ...]:
    """Return a document and all that it includes, in the order of their studies.

    read: returns the text of a file. Paths are taken from the file that names them, and those of a
    document that is no file from the current folder.
    Raises ConfigError for a file that cannot be included, and for a study that stands twice.
    """
    if content.get("include") is None:
        return ((name, content),)
    documents = tuple(_Inclusion(read).followed((name, content), ()))
    _refuse_same_names(documents)
    return documents


class _Inclusion:
    """Follows what is included; each file once, or its studies would multiply."""

    def __init__(self, read: Callable[[Path], str]) -> None:
        self._read = read
        self._places: dict[Path, str] = {}  # where each file is included

    def followed(self, document: Document, within: tuple[Path, ...]) -> list[Document]:
        """Return the document and all below it; `within` are the files that it is included by."""
        (name, content), documents, problems = document, [document], Problems()
        within = (*within, name) if isinstance(name, Path) else within
        with problems.noted():
            _check_studies(document)
        for keys, entry in _entries(content.get("include")):
            with problems.noted():
                try:
                    path = _path(name, entry)
                    included = path, read_file(path, self._read)
                    self._refuse_again(path, within, place_of((document,), keys))
                except ConfigError as error:
                    raise error_at((document,), keys, str(error)) from None
                _refuse_keys_of_the_whole(included)
                documents += self.followed(included, within)
        problems.tell()
        return documents

    def _refuse_again(self, path: Path, within: tuple[Path, ...], place: str) -> None:
        file = path.resolve()
        if file in [each.resolve() for each in within]:
            chain = " -> ".join(map(str, (*within, path)))
            raise ConfigError(f"{path} would include itself: {chain}")
        if file in self._places:
            raise ConfigError(f"{path} is included at {self._places[file]} already; keep one")
        if len(within) > DEEPEST:
            raise ConfigError(f"{path}: more than {DEEPEST} files include one another")
        self._places[file] = place


def _entries(value: Any) -> list[tuple[tuple, Any]]:
    """Return (keys, entry) of all that stands under `include`: a list, one entry, or nothing."""
    if isinstance(value, list):
        return [(("include", index), entry) for index, entry in enumerate(value)]
    return [] if value is None else [(("include",), value)]


def _path(name: Path | str, entry: Any) -> Path:
    if not isinstance(entry, str):
        raise ConfigError("the path of a file belongs here, or a list of paths")
    if not isinstance(name, Path):
        return Path(expanded(entry))
    return (name.resolve() if name.is_symlink() else name).parent / expanded(entry)


def _check_studies(document: Document) -> None:
    content = document[1]
    only_includes = "studies" not in content and content.get("include") is not None
    if not only_includes and not isinstance(content.get("studies"), dict):
        text = "the studies belong here, each under its name"
        if content.get("include") is not None:
            text += "; where others have them all, leave this key out"
        raise error_at((document,), ("studies",), text)


def _refuse_keys_of_the_whole(document: Document) -> None:
    problems = Problems()
    for key in document[1]:
        with problems.noted():
            if key in Configuration.model_fields and key not in _OWN_KEYS:
                raise error_at(
                    (document,),
                    (key,),
                    "this holds for all studies that are run, so it cannot stand in a file that "
                    "is included; move it into the file that includes this one",
                )
    problems.tell()


def _refuse_same_names(documents: tuple[Document, ...]) -> None:
    problems = Problems()
    places: dict[str, str] = {}
    for document in documents:
        for study in document[1].get("studies", ()):
            place = place_of((document,), ("studies", study))
            other = places.setdefault(study, place)
            with problems.noted():
                if other != place:
                    text = f"a study of this name stands at {other} too; rename one of them"
                    raise error_at((document,), ("studies", study), text)
    problems.tell()
