"""Comments and docstrings are plain sentences: none begins as a riddle does."""

import ast
import io
import re
import tokenize

import pytest
from whole_runs import PROJECT

RIDDLE = re.compile(r"(What|That|Whether|Whatever|Which|Those|Such as|Of|How|Where|All that)\b")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

PLACES = [
    *(
        path
        for folder in ("scripts", "bench", "tests", "envs", "docs")
        for path in (PROJECT / folder).rglob("*.py")
    ),
    *(PROJECT / "rules").glob("*.smk"),
    PROJECT / "Snakefile",
]


def comments(text):
    """Yield (line, text) of each comment; of lines that follow one another, of the first."""
    after = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            stands_alone = not token.line[:column].strip()
            if not stands_alone or line != after:
                yield line, token.string.lstrip("#: ")
            after = line + 1 if stands_alone else 0


def docstrings(text):
    """Yield (line, text) of each docstring of Python."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and (said := ast.get_docstring(node)):
            yield node.body[0].lineno, said


def strings_of_rules(text):
    """Yield (line, text) of each string in three quotes, as the docstrings of rules are."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING and token.string.startswith('"""'):
            yield token.start[0], token.string[3:]


def riddles(text, suffix=".py"):
    """Yield "line: how it begins" of each comment and docstring that is a riddle."""
    said = docstrings if suffix == ".py" else strings_of_rules
    for line, begins in [*comments(text), *said(text)]:
        if RIDDLE.match(begins):
            yield f"{line}: {begins.splitlines()[0]}"


def test_no_comment_and_no_docstring_begins_as_a_riddle():
    checked = PLACES
    assert len(checked) > 300
    found = {each: [*riddles(each.read_text(encoding="utf-8"), each.suffix)] for each in checked}
    assert {path.name: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize(
    "text",
    [
        '"""What it holds."""\n',
        "x = 1  # Whether it is one\n",
        "x = 1\n#: Such as 1,\n#: and 2.\ny = 2\n",
        'def f():\n    """Those of f."""\n',
        "x = 1\n#: Of x, twice.\ny = 2\n",
    ],
)
def test_a_riddle_is_found(text):
    assert len(list(riddles(text))) == 1
