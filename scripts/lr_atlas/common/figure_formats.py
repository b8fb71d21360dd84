"""The formats of figures, of which each names the ending of a file."""

from typing import Literal, get_args

Format = Literal["svg", "pdf", "png"]
#: Every format, in the order in which pages link to them.
FORMATS: tuple[Format, ...] = get_args(Format)

#: The id in the SVG file of a figure that a study has nothing for; pages leave it out.
NOT_DRAWN = "not-drawn"
