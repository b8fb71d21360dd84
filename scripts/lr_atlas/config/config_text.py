"""Reading YAML: a file or a value of the command line as plain data with places, or one message.

What cannot be a configuration ends here, before it costs time or memory: what is no regular file,
is not UTF-8, is too large, too deep or carries tags. The same holds for what anchors multiply.
"""

import math
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from lr_atlas.common.errors import UserError

#: Limits on a configuration file; docs/configuration.md names them.
MOST_BYTES = 1_000_000
MOST_VALUES = 20_000
#: The same with what anchors repeat counted each time.
MOST_REPEATED = 100_000
DEEPEST = 30
LONGEST_NUMBER = 4_000

_CORE = "tag:yaml.org,2002:"
#: Kinds of values that a configuration may hold, by YAML's names.
_KINDS = {_CORE + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq", "merge")}
#: Read as what it is where no tag stands: then a message says that text or a number belongs there.
_KINDS |= {_CORE + "timestamp"}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


_MOST_LINES = 10


class ConfigError(UserError):
    """The configuration cannot be used; the message says where, why, and what is allowed."""

    def __init__(
        self, text: str = "", lines: Sequence[tuple[tuple, str]] = (), more: int = 0
    ) -> None:
        """Take one message, or several with places, by which they are sorted already, and more."""
        self.lines = list(lines) or [((), text)]
        shown = [line for _, line in self.lines]
        rest = max(0, len(shown) - _MOST_LINES) + more
        super().__init__("\n".join([*shown[:_MOST_LINES], *([f"and {rest} more"] * (rest > 0))]))


class _RefusedError(MarkedYAMLError):
    """Valid YAML that no configuration holds."""

    def __init__(self, node: Node, problem: str) -> None:
        super().__init__(problem=problem, problem_mark=node.start_mark)


class _Composer(Composer):
    """Refuses trees of values that are too large, or that no configuration holds."""

    values = 0

    def compose_node(self, parent: Any, index: Any) -> Node:
        """Return the next node with all below it."""
        node = super().compose_node(parent, index)
        self.values += 1
        if self.values > MOST_VALUES:
            raise _RefusedError(node, f"more than {MOST_VALUES:,} values are too many for a file")
        return node

    def get_single_node(self) -> Node | None:
        """Return the root of the only document; None if it is empty."""
        # A name may stand for something else further down; that needs no warning.
        self.warn_double_anchors = False
        root = super().get_single_node()
        if root is not None:
            _measure(root, {})
        return root


def _measure(node: Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return (values, levels) in and below a node, an anchor's counted where it is used."""
    if id(node) in known:
        size = known[id(node)]
        if size is None:
            raise _RefusedError(node, "this value contains itself")
        return size
    known[id(node)] = None
    _check_tag(node)
    if node.tag == _CORE + "int" and len(node.value) > LONGEST_NUMBER:
        raise _RefusedError(node, f"a number of {len(node.value):,} digits cannot be meant")
    children = [] if isinstance(node, ScalarNode) else node.value
    if isinstance(node, MappingNode):
        children = [part for pair in node.value for part in pair]
    measured = [_measure(child, known) for child in children]
    values = 1 + sum(count for count, _ in measured)
    levels = 1 + max((level for _, level in measured), default=0)
    if values > MOST_REPEATED:
        raise _RefusedError(node, f"with its anchors this holds more than {MOST_REPEATED:,} values")
    if levels > DEEPEST:
        raise _RefusedError(node, _TOO_DEEP)
    known[id(node)] = values, levels
    return values, levels


_TOO_DEEP = f"nested more than {DEEPEST} levels deep"


def _check_tag(node: Node) -> None:
    tag = node.tag or ""
    if tag == _CORE + "value":
        raise _RefusedError(node, "a '=' that is meant as text; put it in quotes")
    if tag not in _KINDS:
        shown = tag.replace(_CORE, "!!")
        raise _RefusedError(
            node,
            f"the tag '{shown}' means nothing here; write plain values: numbers, text, "
            "lists [ ], mappings { }",
        )


def read_text(path: Path) -> str:
    """Return the text of a configuration file, with the line ends that it has.

    Only regular files are read: the Snakemake of each job reads the configuration once more, which
    a pipe cannot serve. Raises ConfigError.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
            raise ConfigError(
                f"{path}: this is {kind}; a configuration is a file, since it is read several times"
            )
        if status.st_size > MOST_BYTES:
            raise ConfigError(
                f"{path}: {status.st_size:,} bytes are too many for a configuration; at most "
                f"{MOST_BYTES:,} are read"
            )
        content = path.read_bytes()
    except ConfigError:
        raise
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{_short(path)}: cannot be read: {error.strerror}") from None
    except ValueError:  # such as a NUL in it
        raise ConfigError(f"{_short(path)}: no file has such a name") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if content.startswith(_BYTE_ORDER_MARKS):
            raise ConfigError(f"{path}: cannot be read: UTF-16 text; save it as UTF-8") from None
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}:{line}: cannot be read: the byte 0x{content[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8"
        ) from None


def read_file(path: Path, read: Callable[[Path], str] = read_text) -> dict:
    """Return the mapping in a configuration file, which knows the lines that its keys stand on.

    read: returns the text of a file.
    """
    document = parse(read(path), path)
    if document is None:
        raise ConfigError(f"{path}: the file is empty; it must hold at least `studies:`")
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: the file must hold keys and values, beginning with `studies:`")
    return document


def parse(text: str, name: object) -> Any:
    """Return the value that a YAML text holds. Raises ConfigError, beginning with name and line."""
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = _Composer
    yaml.max_depth = DEEPEST
    try:
        return yaml.load(text)
    except _RefusedError as error:
        raise ConfigError(f"{name}:{error.problem_mark.line + 1}: {error.problem}") from None
    except MaxDepthExceededError as error:
        raise ConfigError(f"{name}:{error.problem_mark.line + 1}: {_TOO_DEEP}") from None
    except DuplicateKeyError as error:
        problem = error.problem.split(" with value")[0].replace("found duplicate key", "the key")
        line = error.problem_mark.line + 1
        raise ConfigError(f"{name}:{line}: {problem} stands here twice; keep one") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else f"{name}"
        raise ConfigError(f"{where}: this is not valid YAML: {error.problem}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{name}:{line}: a character in it cannot be read: U+{error.character:04X}; remove it"
        ) from None
    # A date that does not exist ends here; ruamel.yaml documents no full list of its errors.
    except (YAMLError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise ConfigError(f"{name}: a value in it cannot be read: {error}") from None


def refuse_multiplied(value: Any, name: object) -> None:
    """Raise ConfigError for lists and mappings, read by somebody else, that are too large.

    What stands in several places of them is one object, and is counted in each.
    """
    if _count(value, {}) > MOST_REPEATED:
        raise ConfigError(f"{name}: more than {MOST_REPEATED:,} values are too many")


def _count(value: Any, known: dict[int, float]) -> float:
    if not isinstance(value, dict | list | tuple):
        return 1
    if id(value) not in known:
        known[id(value)] = math.inf  # until it is known: what contains itself has no end
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_count(part, known) for part in parts)
    return known[id(value)]


def expanded(path: str) -> str:
    """Return a path with `~`, `$NAME` and `${NAME}` as what they stand for in a shell."""
    return os.path.expandvars(os.path.expanduser(path))


def plain(value: Any) -> Any:
    """Return the reader's own mappings, lists and scalars as Python's."""
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _short(path: Path, longest: int = 200) -> str:
    return str(path) if len(str(path)) <= longest else f"{str(path)[:longest]}…"
