"""Edits of a YAML text that leave every other character of it alone: comments, order, layout.

ruamel.yaml says where each value stands; what is new is written there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lr_atlas.common.errors import UserError
from lr_atlas.common.rounding import compact


class EditError(UserError):
    """A value does not stand in the text in a way that can be edited."""


class EditedText:
    """A YAML text, and what is to be changed in it.

    Anchors stay. Where an alias stands (`seeds: *n`) its own value takes its place, unless what the
    anchor names is changed to the same; what comes from a shared block by `<<` is left alone.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._root = YAML(typ="rt", pure=True).compose(text)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._edits: list[tuple[int, int, str]] = []
        self._aliases: list[tuple[Node, Any, tuple[int, int, str]]] = []
        self._meant: dict[int, Any] = {}  # of an edited value, by its node's id

    def result(self) -> str:
        """Return the text with all edits."""
        text = self._text
        edits = list(self._edits)
        edits += [edit for node, value, edit in self._aliases if self._meant.get(id(node)) != value]
        # The last place comes first, so that those before stay right; equal places stay in order.
        numbered = list(enumerate(edits))
        for _, (start, end, new) in sorted(numbered, key=lambda e: (e[1][0], e[0]), reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def has(self, keys: Sequence) -> bool:
        """Return whether there is a value at `keys` (from the top)."""
        return self._find(keys) is not None

    def replace(self, keys: Sequence, value: Any) -> None:
        """Put another value in place of a scalar."""
        found = self._own(keys)
        if not isinstance(found.node, ScalarNode):
            raise EditError(f"{_name(keys)} is not a plain value")
        self._write(found, value, written(value))

    def add_to_axis(
        self, keys: Sequence, values: Sequence[float], present: Sequence[float] = ()
    ) -> None:
        """Add numbers to a list, in its order if it has one; a scalar becomes a list.

        present: the numbers that a range stands for, whose place a list takes.
        """
        found = self._own(keys)
        node = found.node
        if isinstance(node, MappingNode) and present and node.flow_style:
            old = [(value, written(value)) for value in present]
        elif isinstance(node, ScalarNode):
            old = [(_number(node), self._text[found.start : found.end])]
        elif isinstance(node, SequenceNode) and node.value:
            old = [(_number(item), item.value) for item in node.value]
        else:
            raise EditError(f"{_name(keys)} is not a number or a list of numbers in one line")
        if isinstance(node, SequenceNode) and not found.is_alias:
            self._meant[id(node)] = sorted([*(number for number, _ in old), *values])
            self._add_to_list(node, values)
            return
        if found.is_alias:
            old = [(number, written(number)) for number, _ in old]
        ordered = sorted([*old, *((value, written(value)) for value in values)])
        text = f"[{', '.join(text for _, text in ordered)}]"
        self._write(found, [number for number, _ in ordered], text)

    def _write(self, found: _Place, value: Any, text: str) -> None:
        edit = (found.start, found.end, text)
        if found.is_alias:
            self._aliases.append((found.node, value, edit))
        else:
            self._meant[id(found.node)] = value
            self._edits.append(edit)

    def add_key(self, keys: Sequence, after: str, value: Any) -> None:
        """Add a key that a mapping lacks, behind another one whose value is a scalar."""
        *parent, key = keys
        mapping = self._own(parent).node
        found = [
            (name, node)
            for name, node in (mapping.value if isinstance(mapping, MappingNode) else ())
            if name.value == after and isinstance(node, ScalarNode)
        ]
        if not (isinstance(mapping, MappingNode) and found):
            raise EditError(f"{_name(parent)} has no '{after}' of its own")
        name, node = found[0]
        if mapping.flow_style:
            place = node.end_mark.index
            self._edits.append((place, place, f", {key}: {written(value)}"))
        else:
            place = self._end_of_line(node.end_mark.index)
            indent = self._newline + " " * name.start_mark.column
            self._edits.append((place, place, f"{indent}{key}: {written(value)}"))

    def first_scalar(self, keys: Sequence) -> str:
        """Return the first key of a mapping whose value is a scalar; EditError if there is none."""
        mapping = self._own(keys).node
        for name, node in mapping.value if isinstance(mapping, MappingNode) else ():
            if isinstance(node, ScalarNode):
                return name.value
        raise EditError(f"{_name(keys)} is not a mapping with a plain value")

    def _add_to_list(self, node: SequenceNode, values: Sequence[float]) -> None:
        items = node.value
        old = [_number(item) for item in items]
        # An anchor may stand before the list.
        first = self._text.rfind("-", 0, items[0].start_mark.index)
        column = first - self._text.rfind("\n", 0, first) - 1
        falling = len(old) > 1 and old == sorted(old, reverse=True)
        rising = old == sorted(old)
        for value in sorted(values, reverse=falling):
            before = len(old)
            if rising or falling:
                before = sum((each > value) if falling else (each < value) for each in old)
            text = written(value)
            if node.flow_style:
                at = items[before - 1].end_mark.index if before else items[0].start_mark.index
                self._edits.append((at, at, f", {text}" if before else f"{text}, "))
            elif before:
                at = self._end_of_line(items[before - 1].end_mark.index)
                indent = self._newline + " " * column
                self._edits.append((at, at, f"{indent}- {text}"))
            else:
                indent = self._newline + " " * column
                self._edits.append((first, first, f"- {text}{indent}"))

    def _end_of_line(self, index: int) -> int:
        end = self._text.find(self._newline, index)
        return len(self._text) if end < 0 else end

    def _own(self, keys: Sequence) -> _Place:
        """Return where the value at `keys` stands; EditError if it comes from a shared block."""
        found = self._find(keys)
        if found is None:
            raise EditError(f"there is no {_name(keys)}")
        if found.is_merged:
            raise EditError(f"{_name(keys)} comes from a shared block, by `<<`")
        return found

    def _find(self, keys: Sequence) -> _Place | None:
        found = _Place(self._root, 0, len(self._text))
        for key in keys:
            node, is_merged = found.node, found.is_merged
            if isinstance(node, MappingNode):
                pair, comes_by_merge = _pair(node, str(key))
                if pair is None:
                    return None
                found = self._place(pair[1], pair[0].end_mark.index)
                is_merged = is_merged or comes_by_merge
            elif isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
                before = node.value[key - 1].end_mark.index if key else node.start_mark.index
                found = self._place(node.value[key], before)
            else:
                return None
            found = replace(found, is_merged=is_merged)
        return found

    def _place(self, node: Node, after: int) -> _Place:
        """Return where a value stands, as text, of which what is before it ends at `after`."""
        alias = _ALIAS.match(self._text, after)
        if node.anchor and node.start_mark.index < after and alias:
            return _Place(node, alias.start(1), alias.end(1), is_alias=True)
        start, end = node.start_mark.index, node.end_mark.index
        properties = _PROPERTIES.match(self._text, start)
        assert properties is not None
        return _Place(node, properties.end(), end)


@dataclass(frozen=True)
class _Place:
    """A value, and from where to where it stands in the text."""

    node: Node
    start: int
    end: int
    is_alias: bool = False  # it stands elsewhere, and here is its name
    is_merged: bool = False


#: A name in place of a value: "seeds: *n".
_ALIAS = re.compile(r"[\s:,\-\[]*(\*[^\s,\[\]{}]+)")
#: Anchors and tags before a value: "&n ", "!!int ".
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_MERGE = "<<"


def _pair(mapping: MappingNode, key: str) -> tuple[tuple[Node, Node] | None, bool]:
    """Return (the key and value of a mapping, whether they come from another one by `<<`)."""
    for name, value in mapping.value:
        if name.value == key:
            return (name, value), False
    for name, value in mapping.value:
        merged = value.value if isinstance(value, SequenceNode) else [value]
        for other in merged if name.value == _MERGE else ():
            if isinstance(other, MappingNode):
                found, _ = _pair(other, key)
                if found:
                    return found, True
    return None, False


def _number(node: Node) -> float:
    if not isinstance(node, ScalarNode):
        raise EditError("a list of numbers is needed")
    return float(node.value.replace("_", ""))


def written(value: Any) -> str:
    """Return a value as it stands in a file: numbers short, lists in one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(compact(element) for element in value)}]"
    return compact(value)


def _name(keys: Sequence) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)[1:]
