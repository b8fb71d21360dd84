"""A fingerprint of the code behind a script: it changes when what the code does may have changed.

Taken over syntax trees without docstrings, so comments, formatting, times and the place of the
project do not count. A module's resources are the files beside it that begin with its name, such as
page.html.j2 for page.py; they count by their bytes.
"""

import ast
import functools
import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.environment_memory import recall, remember
from lr_atlas.common.errors import UserError

PACKAGE = "lr_atlas"
_RESOURCES = {".j2", ".po"}
_LENGTH = 12
#: Files that are remembered: those of several versions of the project.
_MOST_KNOWN = 2000


class CodeError(UserError):
    """The project's code cannot be read, or is not what it was when the workflow started."""


def code_digests(script: Path) -> dict[str, str]:
    """Return {file: digest (12 hex digits)} of the script and all project code that it needs.

    script: pathlib.Path of an entry point; the files are relative to the folder that holds the
    package, and so is the script wherever it lies. Raises CodeError for a file that is no Python.
    """
    package = project_files(script) - {script}
    return _digests(package, package_root(script)) | _digests([script], script.parent)


def package_root(script: Path) -> Path:
    """Return the folder that holds the package that a script imports.

    That is the script's own; an installed package carries its scripts inside itself.
    """
    beside = script.parent
    return beside if (beside / PACKAGE).is_dir() else Path(__file__).parents[2]


def folder_digests(folder: Path, root: Path) -> dict[str, str]:
    """Return {file relative to `root`: digest} of all modules in a folder and their resources.

    Raises CodeError for a file that is no Python.
    """
    files = [path for path in folder.rglob("*") if path.suffix in {".py", *_RESOURCES}]
    return _digests(files, root)


def fingerprint(digests: dict[str, str]) -> str:
    """Return one value (12 hex digits) for what `code_digests` gave."""
    return _digest(canonical_json(digests).encode())


def changed_files(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the files that differ between two results of `code_digests`."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def check_code(script: Path, expected: dict[str, str]) -> None:
    """Raise CodeError, with the names of the files, unless `code_digests` still gives `expected`.

    To be called after the project's modules have been imported: a change that comes later no longer
    matters to this process.
    """
    refuse_changes(expected, code_digests(script))


def refuse_changes(before: dict[str, str], now: dict[str, str]) -> None:
    """Raise CodeError, with the names of the files, unless all digests are what they were."""
    changed = changed_files(before, now)
    if changed:
        raise CodeError(
            f"the code was edited after Snakemake had started: {', '.join(changed)}. Nothing was "
            "computed, so that results of two versions are not mixed; start Snakemake again"
        )


def project_files(script: Path) -> set[Path]:
    """Return the script, the modules that it imports directly or not, and their resources."""
    found, waiting, root = set(), [script], package_root(script)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            waiting += imported_files(path, root) + _resources(path)
    return found


def file_digest(path: Path) -> str:
    """Return the digest (12 hex digits) of one file. Raises CodeError if it is no Python."""
    return _read(path).digest


def imported_names(path: Path) -> frozenset[str]:
    """Return the dotted names in the import statements of a file."""
    return _read(path).imports


def imported_files(path: Path, root: Path) -> list[Path]:
    """Return the files of the project's modules that a file's import statements name.

    root: the folder that holds the package.
    """
    return _files_of(_read(path).imports, path, root)


@functools.cache
def _files_of(imports: frozenset[str], path: Path, root: Path) -> list[Path]:
    files = set()
    for name in imports:
        parts = name.split(".")
        if parts[0] == PACKAGE:
            # Importing a.b.c runs the packages a and a.b too.
            files |= {root.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)}
            files.add(root.joinpath(*parts).with_suffix(".py"))
    # A registry imports what lies beside it; a script that an installed package carries is none.
    is_module = path.is_relative_to(root / PACKAGE) and path.parent.name != "scripts"
    if "importlib" in imports and is_module:
        files |= set(path.parent.rglob("*.py"))
    return [file for file in files if file.is_file()]


@functools.cache
def _resources(path: Path) -> list[Path]:
    is_entry_point = path.parent.name != PACKAGE and PACKAGE not in path.parts
    if is_entry_point or path.stem == "__init__":
        return []
    return [
        other
        for other in path.parent.glob(f"{path.stem}.*")
        if other.suffix in _RESOURCES and other.is_file()
    ]


class _File(NamedTuple):
    digest: str
    imports: frozenset[str]  # what its import statements name, empty for a resource


def _read(path: Path) -> _File:
    """Return what a file is, read once: most modules are behind several scripts."""
    status = path.stat()
    return _read_once(path, status.st_mtime_ns, status.st_size)


@functools.cache
def _read_once(path: Path, _time: int, _size: int) -> _File:
    content = path.read_bytes()
    if path.suffix != ".py":
        return _File(_digest(content), frozenset())
    known, key = _known_files().files, hashlib.sha256(content).hexdigest()
    if key not in known:
        tree = _tree(path, content)
        imports = sorted(_imports(tree))
        known[key] = [_digest(_content(tree)), imports]
    # At the end, since those that were not used for long are forgotten first.
    digest, imports = known[key] = known.pop(key)
    return _File(digest, frozenset(imports))


class _KnownFiles:
    """Knows what files are that were read before, by this process or another one.

    To parse those of the whole project takes more than a second, and each job and each start of
    Snakemake would.
    """

    def __init__(self) -> None:
        code = _digest(Path(__file__).read_bytes())
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        # Other code reads files in another way.
        self._memory = f"files-{code}-python-{version}.json"
        #: {SHA-256 of a file: (digest, imports)}
        self.files: dict[str, list] = recall(self._memory) or {}
        self._kept = len(self.files)

    def keep(self) -> None:
        """Remember what is new, for other processes."""
        if len(self.files) > self._kept:
            remember(self._memory, dict([*self.files.items()][-_MOST_KNOWN:]))
            self._kept = len(self.files)


_known_files = functools.cache(_KnownFiles)


def _digests(files: Iterable[Path], root: Path) -> dict[str, str]:
    """Return {file relative to `root`: digest}."""
    digests = {path.relative_to(root).as_posix(): _read(path).digest for path in sorted(files)}
    _known_files().keep()
    return digests


def _imports(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _content(tree: ast.Module) -> bytes:
    """Return a module without its docstrings, which it loses here."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return canonical_json(_plain(tree)).encode()


def _plain(node: Any) -> Any:
    """Return a syntax tree as lists and texts, the same for every Python from 3.11 on.

    Neither ast.dump nor ast.unparse gives that: versions add fields, which are empty where nothing
    new is used, put empty texts into f-strings, and write quotes within these in another way.
    """
    if isinstance(node, ast.JoinedStr):
        return ["JoinedStr", *(_plain(part) for part in node.values if not _is_empty_text(part))]
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return [type(node).__name__, *([name, _plain(value)] for name, value in fields)]
    if isinstance(node, list):
        return [_plain(element) for element in node]
    return repr(node)


def _is_empty_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def _tree(path: Path, content: bytes) -> ast.Module:
    try:
        return ast.parse(content, filename=str(path))
    except SyntaxError as error:
        raise CodeError(f"{path}:{error.lineno}: this is not valid Python: {error.msg}") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_LENGTH]
