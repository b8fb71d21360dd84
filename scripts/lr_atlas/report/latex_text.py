"""Texts of users as LaTeX shows them as they are."""

_SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
)


def escaped(text: str) -> str:
    """Return a text as LaTeX shows it, on one line."""
    return " ".join(text.translate(_SPECIAL).split())
