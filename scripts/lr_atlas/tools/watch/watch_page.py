"""The live page as one HTML text, which asks its server for all that changes."""

import functools
from pathlib import Path

import jinja2
from markupsafe import Markup

from lr_atlas.report import templates
from lr_atlas.report.page import vega_library


@functools.cache
def watch_page() -> bytes:
    """Return the page, UTF-8; it looks, and draws its curves, as the page of a study does."""
    shared = templates.ENVIRONMENT.loader
    assert shared is not None
    environment = templates.ENVIRONMENT.overlay(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(Path(__file__).parent), shared])
    )
    page = environment.get_template("watch_page.html.j2")
    return page.render(library=Markup(vega_library())).encode()
