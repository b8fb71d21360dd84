"""The languages that there are, by name, for whoever does not need their words.

Nothing of a catalogue but its header is read here.
"""

from email.parser import HeaderParser
from pathlib import Path

FOLDER = Path(__file__).parent
_BEGINNING, _END = "catalogue.", ".po"


def codes() -> list[str]:
    """Return the codes of all languages, sorted."""
    found = FOLDER.glob(f"{_BEGINNING}*{_END}")
    return sorted(["en", *(path.name[len(_BEGINNING) : -len(_END)] for path in found)])


def catalogue_file(code: str) -> Path:
    """Return the file with the messages of a language."""
    return FOLDER / f"{_BEGINNING}{code}{_END}"


def language_header(code: str) -> dict[str, str]:
    """Return what the header of a language's catalogue says, by the names of its fields."""
    lines = catalogue_file(code).read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
    quoted = (line[1:-1] for line in lines if line.startswith('"'))
    header = HeaderParser().parsestr("".join(quoted).replace("\\n", "\n"))
    return dict(header.items())


def code_called(word: str) -> str:
    """Return the code of the language that people call so, such as "spanish"; else the word."""
    called = word.strip().casefold()
    if called in ("english", "inglés"):
        return "en"
    for code in codes():
        if code == "en":
            continue
        said = language_header(code)
        if called in f"{said['X-Name']} {said.get('X-Other-Words', '')}".casefold().split():
            return code
    return word
