"""A real browser for pages of made-up studies, and for one of a run of the workflow."""

import os
import shutil
from pathlib import Path

import pytest
from browsing import Visit, write_page
from playwright.sync_api import sync_playwright

#: The browser of Debian's package `chromium`.
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="session")
def chromium():
    """Fails where there is no Chromium: a page that was not looked at has not been tested."""
    assert Path(CHROMIUM).exists(), "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def small_page(tmp_path_factory):
    """The page of a study of nine settings with five seeds, one of which diverges."""
    return write_page(tmp_path_factory.mktemp("pages") / "small.html")


@pytest.fixture
def visit(chromium):
    """A function that opens a page; all that it asks for and complains of must be nothing."""
    visits = []

    def open_page(path, width=1280, height=900, has_curves=True):
        visits.append(Visit(chromium, path, width, height, has_curves))
        return visits[-1]

    yield open_page
    for each in visits:
        each.close()
        assert each.complaints == []
        assert each.requests_elsewhere() == []


@pytest.fixture(scope="session")
def given_page():
    """A page of a real run, where the environment variable LR_ATLAS_PAGE names one."""
    return Path(os.environ["LR_ATLAS_PAGE"]) if os.environ.get("LR_ATLAS_PAGE") else None
