"""Write pages for the tests, and look at them in a browser."""

import dataclasses

import numpy as np
from matplotlib.figure import Figure
from page_tables import DATA, claims, findings, made_up, made_up_study

from lr_atlas.figures.drawn import figures
from lr_atlas.report.curve_data import curve_data
from lr_atlas.report.images import read_images
from lr_atlas.report.page import study_page
from lr_atlas.report.run_data import run_data
from lr_atlas.report.study_report import study_report

LOCAL = ("file:", "data:", "blob:")


def write_page(path, study=None, with_figures=True, **arguments):
    """Write the page of a made-up study, and return its path."""
    study = study or made_up_study(
        reference={
            "source": "a paper",
            "values": [
                {"where": {"optimizer": "adam", "lr": 0.001}, "validation_accuracy": 0.9},
            ],
        }
    )
    arguments = {"ends": {"sgd-lr1-momentum0.9": "diverged"}, "missing": [0]} | arguments
    plan, tables = made_up(study, **arguments)
    tables = dataclasses.replace(
        tables,
        findings=findings("edge", "few_seeds"),
        claims=claims("confirmed", "contradicted", "inconclusive"),
    )
    images = draw(path.parent / "figures") if with_figures else []
    page = study_page(
        study_report(plan, study, DATA, tables),
        curve_data(tables.epochs, tables.runs),
        run_data(tables.runs, tables.metric),
        **{"images": images, "version": "0.1.0", "stamp": "code-a1b2", "chosen": images[:2]},
    )
    path.write_text(page, encoding="utf-8")
    return path


def draw(directory):
    """Figures of the size of real ones under the names of all that a page knows."""
    directory.mkdir()
    for name in figures():
        figure = Figure(figsize=(9, 4.4), layout="constrained")
        axes = figure.subplots()
        axes.plot(np.random.default_rng(0).random((100, 30)))
        axes.set_title(name)
        figure.savefig(directory / f"{name}.svg")
    return read_images(sorted(directory.glob("*.svg")))


class Visit:
    """A page in a browser window, with all that it asks for and all that it complains of."""

    def __init__(self, browser, path, width, height, has_curves):
        self.complaints, self.requests, self._has_curves = [], [], has_curves
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self._context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.open(path.as_uri())

    def open(self, address):
        """Open a page, by its address, and unfold what is folded up."""
        self.page.goto(address)
        if self._has_curves:
            self.page.wait_for_selector("html[data-interactive]", state="attached")
        self.page.evaluate(
            "document.querySelectorAll('details.fold').forEach(each => { each.open = true; })"
        )

    def requests_elsewhere(self):
        return [url for url in self.requests if not url.startswith(LOCAL)]

    def milliseconds_to_interactive(self):
        return int(self.page.get_attribute("html", "data-interactive"))

    def lines(self, kind="means"):
        """Return how many lines are drawn: "means" or "single"."""
        return self.page.locator(f"#plot .{kind}-lines path").count()

    def redraws(self, act):
        """Do something, and wait until the curves have been drawn again."""
        before = self.page.get_attribute("#plot", "data-drawn")
        act()
        self.page.wait_for_function(
            "before => document.getElementById('plot').dataset.drawn !== before", arg=before
        )

    def redraws_runs(self, act):
        """Do something, and wait until the runs have been drawn again."""
        before = self.page.get_attribute("#explore-plot", "data-drawn")
        act()
        self.page.wait_for_function(
            "before => document.getElementById('explore-plot').dataset.drawn !== before",
            arg=before,
        )

    def axis_labels(self):
        """The texts along the axes of the plot."""
        return self.page.locator("#plot .role-axis-label text").all_text_contents()

    def crosses(self):
        """{name: heights within the plot} of the crosses where runs end or diverged at once."""
        return self.page.evaluate(
            """() => Object.fromEntries(["ends", "lost"].map((name) => [name,
            [...document.querySelectorAll(`#plot .${name}-points path`)].map((path) =>
            Number(path.getAttribute("transform").match(/,([-\\d.]+)/)[1]))]))"""
        )

    def column(self, table, number):
        """The texts of a table's visible cells in a column, counted from 1."""
        cells = self.page.locator(f"#table-{table} tbody tr:visible td:nth-child({number})")
        return cells.all_text_contents()

    def close(self):
        self._context.close()
