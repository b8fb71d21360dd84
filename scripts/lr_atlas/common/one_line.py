"""Texts that stand in one line, as pictures and pages ask for."""

import unicodedata


def is_one_line(text: str) -> bool:
    """Return whether a text is free of line ends and other control characters.

    No picture and no page can hold these.
    """
    return not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)
