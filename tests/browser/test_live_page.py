"""The live page in a real browser: curves grow, what failed is shown with its log, and the end."""

import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from watched_folders import Folder, append, begun, rows

from lr_atlas.tools.watch.server import LiveServer
from lr_atlas.tools.watch.watch_page import watch_page


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


class Live:
    """A page of a folder's live view, which looks when it is told to."""

    def __init__(self, folder, browser, width, scheme):
        self.view = folder.view()
        self.sight = self.view.look()
        studies = folder.results / "studies"
        self.server = LiveServer(0, watch_page(), lambda: self.sight, studies)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        viewport = {"width": width, "height": 900}
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(self.server.address)
        self._seen()

    def look(self):
        """Have the page show what lies on disk now."""
        self.sight = self.view.look()
        self._seen()

    def _seen(self):
        number = self.sight.number
        self.page.wait_for_selector(f"html[data-number='{number}']", state="attached")

    def lines(self, kind):
        return self.page.locator(f".drawing .{kind}-lines path").count()

    def drawn(self, act):
        """Do something, and wait until the curves have been drawn again."""
        plot = self.page.locator(".drawing")
        before = plot.get_attribute("data-drawn")
        act()
        words = "before => document.querySelector('.drawing').dataset.drawn !== before"
        self.page.wait_for_function(words, arg=before)

    def close(self):
        self.context.close()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def live(folder, chromium):
    """A function that opens the page of the folder."""
    opened = []

    def open_page(width=1280, scheme="light"):
        opened.append(Live(folder, chromium, width, scheme))
        return opened[-1]

    yield open_page
    for each in opened:
        each.close()
        assert each.complaints == []
        assert all(url.startswith((each.server.address, "data:")) for url in each.requests)


def test_a_curve_grows_with_each_epoch_and_the_end_is_told(folder, live):
    one, other, *rest = folder.runs
    opened = live()
    page = opened.page
    assert "Nothing runs here yet" in page.locator("#said").text_content()
    assert page.locator(".states .badge").all_text_contents() == ["4 waiting"]
    folder.begin_workflow()
    append(folder.log(one), *begun(), *rows(1, 2))
    folder.finish(other)
    opened.drawn(opened.look)
    # The axis reaches to the end; its invisible point is drawn as one more line.
    assert (opened.lines("means"), opened.lines("single")) == (1, 2)
    assert page.locator("#doing li").all_text_contents() == ["sgd-lr0.01, seed 0: 2 of 4"]
    assert page.locator("#counts").text_content() == "6 of 16 epochs, 1 of 4 runs."
    shape = page.locator(".means-lines path").get_attribute("d")
    append(folder.log(one), *rows(3, 3))
    opened.drawn(opened.look)
    longer = page.locator(".means-lines path").get_attribute("d")
    assert longer.count("L") == shape.count("L") + 1
    opened.drawn(lambda: page.get_by_label("Measure").select_option("loss"))
    assert page.locator(".drawing .role-axis-title").first.text_content() == "loss"
    page.get_by_text("Runs", exact=True).click()
    # The table is filled once it is unfolded, which the browser tells a moment later.
    page.locator("tbody tr").nth(3).wait_for()
    assert page.locator("tbody tr").count() == 4
    for run in (one, *rest):
        folder.finish(run)
    folder.write_page()
    folder.end_workflow()
    opened.look()
    assert page.locator("#said").text_content() == "All is finished."
    assert page.locator("#ends").is_visible()
    with opened.context.expect_page() as study:
        page.get_by_text("Answer, tables and figures").click()
    study.value.wait_for_load_state()
    assert study.value.title() == "The answer"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light"), (1280, "dark")])
def test_what_failed_is_shown_with_its_log_and_the_page_can_be_read(folder, live, width, scheme):
    folder.begin_workflow()
    failed, one, *_ = folder.runs
    append(folder.log(one), *begun(), *rows(1, 2))
    append(folder.log(failed), *begun(), f"{rows(1, 1)[0][:19]} ERROR <b>no</b> {'longer ' * 40}")
    opened = live(width, scheme)
    page = opened.page
    assert page.locator("#failures details").count() == 1
    assert "<b>no</b> longer" in page.locator("#failures pre").text_content()
    assert f"{failed.folder}.log" in page.locator("#failures summary").text_content()
    page.wait_for_selector(".drawing svg")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    violations = Axe().run(page).response["violations"]
    found = [each["id"] for each in violations if each["impact"] in ("serious", "critical")]
    assert found == []


def test_a_page_whose_server_has_gone_says_so_and_keeps_what_it_showed(folder, chromium):
    append(folder.log(folder.runs[0]), *begun(), *rows(1, 3))
    opened = Live(folder, chromium, 1280, "light")
    opened.page.wait_for_selector(".drawing svg")
    opened.server.shutdown()
    opened.server.server_close()
    opened.page.wait_for_selector("#lost:visible")
    assert "The view has ended" in opened.page.locator("#lost").text_content()
    assert opened.lines("single") == 2
    opened.context.close()
