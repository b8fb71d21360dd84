"""The languages that there are, by name, for whoever does not need their words.

No module of a language is imported here: tables are made by code that reads the configuration, and
do not change with a translation.
"""

from pathlib import Path

from lr_atlas.common.plain_constants import plain_constant

_FOLDER = Path(__file__).with_name("languages")


def codes() -> list[str]:
    """Return the codes of all languages, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.py") if path.stem != "__init__")


def code_called(word: str) -> str:
    """Return the code of the language that people call so, such as "spanish"; else the word."""
    for code in codes():
        said = plain_constant(_FOLDER / f"{code}.py", "LANGUAGE")
        words = f"{said['name']} {said.get('other_words', '')}".casefold().split()
        if word.strip().casefold() in words:
            return code
    return word
