"""Commands of a study as words with placeholders, such as `python train.py --lr {lr}`.

The text is split into words once, by a shell's rules for quotes; a value takes the place of its
placeholder afterwards, within its word. So a value with spaces or quotes reaches a program as it
is, and nothing in it means anything.
"""

import shlex
import string
from collections.abc import Iterator, Mapping, Sequence

#: The placeholder for all arguments that have none of their own, a word by itself.
ARGUMENTS = "arguments"
_SHELL = ("|", "||", "&&", ";", ">", ">>", "<", "&", "2>&1")


def command_words(text: str) -> list[str]:
    """Return the words of a command. Raises ValueError with what is wrong with it."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"a quote is not closed here ({error})") from None
    if not words:
        raise ValueError("no program is named here")
    found = next((word for word in words if word in _SHELL), None)
    if found:
        raise ValueError(
            f"'{found}' would reach the program as a word, since no shell reads the command: put "
            f"it into a script, or write sh -c '… {found} …'"
        )
    if any(ARGUMENTS in placeholders([word]) and word != f"{{{ARGUMENTS}}}" for word in words):
        raise ValueError(f"{{{ARGUMENTS}}} stands for several words, so it has to be one by itself")
    return words


def placeholders(words: Sequence[str]) -> list[str]:
    """Return the names in braces, each once. Raises ValueError for braces that are no such name."""
    return list(dict.fromkeys(name for word in words for _, name in _parts(word) if name))


def filled(words: Sequence[str], values: Mapping[str, str], given: Sequence[str]) -> list[str]:
    """Return the words with values in the places of their placeholders; {{ is a brace.

    values: by placeholder. given: the names of those values that are arguments of an optimizer;
    {arguments} becomes `--name value` for each of them without a placeholder of its own.
    """
    named = placeholders(words)
    rest = [word for key in given if key not in named for word in (f"--{key}", values[key])]
    found = []
    for word in words:
        parts = list(_parts(word))
        if ARGUMENTS in (name for _, name in parts):
            found += rest
        else:
            found.append("".join(text + (values[name] if name else "") for text, name in parts))
    return found


def value_text(value: bool | float | str) -> str:
    """Return a value as a program gets it: 0.1, 1e-05, 64, true, or the text itself."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _parts(word: str) -> Iterator[tuple[str, str]]:
    """Yield (text, name of the placeholder behind it or "") of a word."""
    try:
        parsed = list(string.Formatter().parse(word))
    except ValueError:
        parsed = [("", "", "", None)]
    for text, name, form, conversion in parsed:
        if name is not None and (form or conversion or not name.isidentifier()):
            raise ValueError(
                f"'{word}' has braces around what is no name of a value; a placeholder is written "
                "{lr}, a brace that is meant as such twice: {{"
            )
        yield text, name or ""
