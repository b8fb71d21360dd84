"""Edits of a YAML text that leave every other character of it alone: comments, order, layout.

ruamel.yaml says where each value stands; what is new is written there.
"""

from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lr_atlas.errors import UserError
from lr_atlas.run_identity import compact


class EditError(UserError):
    """A value does not stand in the text in a way that can be edited."""


class EditedText:
    """A YAML text, and what is to be changed in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root = YAML(typ="rt", pure=True).compose(text)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._edits: list[tuple[int, int, str]] = []

    def result(self) -> str:
        """The text with all edits."""
        text = self._text
        # From the end, so that places before stay right; edits of one place in their order.
        numbered = list(enumerate(self._edits))
        for _, (start, end, new) in sorted(numbered, key=lambda e: (e[1][0], e[0]), reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def has(self, keys: Sequence) -> bool:
        """Whether there is a value at `keys` (from the top)."""
        return self._find(keys) is not None

    def replace(self, keys: Sequence, value: Any) -> None:
        """Another value in place of a scalar."""
        node = self._scalar(keys)
        self._edits.append((node.start_mark.index, node.end_mark.index, written(value)))

    def add_to_axis(self, keys: Sequence, values: Sequence[float]) -> None:
        """More numbers in a list, in its order if it has one; a scalar becomes a list."""
        node = self._find(keys)
        if isinstance(node, ScalarNode):
            old = self._text[node.start_mark.index : node.end_mark.index]
            ordered = sorted([(float(old), old), *((value, written(value)) for value in values)])
            texts = ", ".join(text for _, text in ordered)
            self._edits.append((node.start_mark.index, node.end_mark.index, f"[{texts}]"))
        elif isinstance(node, SequenceNode) and node.value:
            self._add_to_list(node, values)
        else:
            raise EditError(f"{_name(keys)} is not a number or a list of numbers")

    def add_key(self, keys: Sequence, after: str, value: Any) -> None:
        """A key that a mapping lacks, behind another one whose value is a scalar."""
        *parent, key = keys
        mapping = self._find(parent)
        found = [
            (name, node)
            for name, node in (mapping.value if isinstance(mapping, MappingNode) else ())
            if name.value == after and isinstance(node, ScalarNode)
        ]
        if not found:
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
        """The first key of a mapping whose value is a scalar; EditError if there is none."""
        mapping = self._find(keys)
        for name, node in mapping.value if isinstance(mapping, MappingNode) else ():
            if isinstance(node, ScalarNode):
                return name.value
        raise EditError(f"{_name(keys)} is not a mapping with a plain value")

    def _add_to_list(self, node: SequenceNode, values: Sequence[float]) -> None:
        items = node.value
        old = [float(item.value.replace("_", "")) for item in items]
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
                indent = self._newline + " " * node.start_mark.column
                self._edits.append((at, at, f"{indent}- {text}"))
            else:
                at = node.start_mark.index
                indent = self._newline + " " * node.start_mark.column
                self._edits.append((at, at, f"- {text}{indent}"))

    def _end_of_line(self, index: int) -> int:
        end = self._text.find(self._newline, index)
        return len(self._text) if end < 0 else end

    def _scalar(self, keys: Sequence) -> ScalarNode:
        node = self._find(keys)
        if not isinstance(node, ScalarNode):
            raise EditError(f"{_name(keys)} is not a plain value")
        return node

    def _find(self, keys: Sequence) -> Node | None:
        node = self._root
        for key in keys:
            if isinstance(node, MappingNode):
                node = next((value for name, value in node.value if name.value == str(key)), None)
            elif isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
            else:
                return None
        return node


def written(value: Any) -> str:
    """A value as it stands in a file: numbers short, lists in one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(compact(element) for element in value)}]"
    return compact(value)


def _name(keys: Sequence) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)[1:]
