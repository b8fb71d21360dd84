"""HTML from the templates that lie beside each other in this folder.

A template begins with the name of the module that renders it, so that it counts as its code.
"""

import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from lr_atlas.locale import speech

#: Its values are text, shown as they are in HTML.
ENVIRONMENT = jinja2.Environment(
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(template: str, **values: Any) -> str:
    """Return a template as HTML, in which values are text."""
    spoken = speech.spoken()
    signs = {"decimal": spoken.decimal, "thousands": spoken.thousands}
    return ENVIRONMENT.get_template(template).render(values, language=spoken.code, **signs)


def emphasis(text: str) -> Markup:
    """Return a text of Markdown's ** and ` alone as HTML, all else escaped."""
    marked = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    marked = marked.replace(" %", "\N{NO-BREAK SPACE}%")
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", marked))


ENVIRONMENT.filters["emphasis"] = emphasis
#: `said` gives a message with its places, which the page's script fills.
ENVIRONMENT.globals.update(
    say=speech.say,
    say_counted=speech.say_counted,
    say_about=speech.say_about,
    said=speech.say_word,
)
ENVIRONMENT.filters["said"] = speech.say_word
