"""Find every message that the project says, in its modules and in its templates."""

import ast
import functools
from pathlib import Path
from typing import NamedTuple

import jinja2

import lr_atlas
from lr_atlas.figures import drawn
from lr_atlas.report import summary, templates

PACKAGE = Path(lr_atlas.__file__).parent
CALLS = {"say", "say_counted", "say_about", "mark", "of_metric", "of_things", "said"}


class Said(NamedTuple):
    """A place that says something: the literals that it gives, and the names of its values."""

    place: str
    call: str
    literals: list[str | None]  # None for what is no literal
    values: set[str] | None  # None where they come from a dict


@functools.cache
def said():
    """Return all places that say something."""
    return [*_in_modules(), *_in_templates(), *_in_figures()]


def messages():
    """Return all messages, those that count in both of their forms."""
    found = set()
    for each in said():
        if each.call == "say_about":
            found.add(each.literals[1])
        else:
            found |= {text for text in each.literals if text is not None}
    return found


def _in_modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name == "speech.py":
            continue
        source = path.read_text(encoding="utf-8")
        # Others have a function of their own that is called `say`.
        if "lr_atlas.locale.speech" not in source and "figures" not in path.parts:
            continue
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in CALLS:
                names = {keyword.arg for keyword in node.keywords}
                yield Said(
                    f"{path.relative_to(PACKAGE)}:{node.lineno}",
                    name,
                    [_literal(each) for each in node.args],
                    None if None in names else names,
                )


def _literal(node):
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else None


def _in_figures():
    """Yield the texts that figures bring as plain values; those translated beside them left out."""
    for name, figure in drawn.figures().items():
        path = Path(drawn.__file__).parent / f"{name}.py"
        titles = [
            each
            for text in (figure.title, figure.reading)
            for shorter in (text, text.replace("validation ", ""))
            for each in (shorter, shorter.replace(" over epochs", " over steps"))
        ]
        texts = dict.fromkeys([*titles, *drawn.paragraphs(figure.caption)])
        own = set().union(*drawn.translations_beside(name).values())
        left = [text for text in texts if text not in own]
        # They have braces of Jinja's, and values that go with a metric.
        yield Said(f"{path.relative_to(PACKAGE)}, FIGURE", "mark", left, None)


def _in_templates():
    for path in sorted(PACKAGE.rglob("*.j2")):
        of_latex = path.name.endswith(".tex.j2")
        environment = summary._LATEX if of_latex else templates.ENVIRONMENT
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for node in tree.find_all(jinja2.nodes.Call):
            if isinstance(node.node, jinja2.nodes.Name) and node.node.name in CALLS:
                yield Said(
                    f"{path.relative_to(PACKAGE)}:{node.lineno}",
                    node.node.name,
                    [getattr(each, "value", None) for each in node.args],
                    {each.key for each in node.kwargs},
                )
