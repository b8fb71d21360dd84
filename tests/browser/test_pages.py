"""A study's page in a real browser: it does what it says, asks for nothing, and can be read."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import write_page
from page_tables import AT_ONCE, made_up_study

from lr_atlas.report.overview import report_page

WIDTHS = (390, 1280)


def serious(page):
    violations = Axe().run(page).response["violations"]
    return [
        (each["id"], each["help"], [node["target"] for node in each["nodes"]][:3])
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_readable_at_this_width_and_axe_finds_nothing_serious(visit, small_page, width):
    page = visit(small_page, width).page
    assert overflow(page) <= 0
    sizes = page.evaluate(
        "[...document.querySelectorAll('p, li, td, label')].map("
        "each => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(sizes) >= 13
    assert serious(page) == []


def test_the_answer_comes_first_and_its_figure_is_there(visit, small_page):
    page = visit(small_page).page
    headings = page.locator("h2").all_text_contents()
    assert headings[0].startswith("SGD with learning rate 0.1 and momentum 0.9")
    assert page.locator("#answer img").evaluate("image => image.complete && image.naturalWidth > 0")
    assert page.locator("#answer .answer").bounding_box()["y"] < 600


def test_a_click_on_a_heading_sorts_up_then_down_then_as_it_was(visit, small_page):
    visited = visit(small_page)
    heading = visited.page.locator("#table-settings th").nth(1)
    before = visited.column("settings", 2)
    heading.get_by_role("button").click()
    assert visited.column("settings", 2) == sorted(before, key=float)
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").click()
    assert visited.column("settings", 2) == sorted(before, key=float, reverse=True)
    heading.get_by_role("button").click()
    assert visited.column("settings", 2) == before
    assert heading.get_attribute("aria-sort") is None


def test_a_table_sorts_by_the_keyboard_alone(visit, small_page):
    visited = visit(small_page)
    visited.page.locator("#table-pairs th").nth(5).get_by_role("button").focus()
    visited.page.keyboard.press("Enter")
    found = [
        float(text.replace("\N{MINUS SIGN}", "-"))
        for text in filter(None, visited.column("pairs", 6))
    ]
    assert found == sorted(found)


def test_a_filter_keeps_the_rows_that_hold_every_word(visit, small_page):
    visited = visit(small_page)
    visited.page.get_by_label("Filter Settings", exact=True).fill("adam 0.001")
    assert visited.column("settings", 1) == ["adam"]
    assert "1 of 9 rows" in visited.page.locator("#table-settings .bar").text_content()
    visited.page.get_by_label("Filter Settings", exact=True).fill("")
    assert len(visited.column("settings", 1)) == 9


@pytest.mark.parametrize(
    ("asked", "rates"),
    [
        ("sgd 0.1", ["0.1", "0.1"]),  # not those of which a deviation or an interval holds 0.1
        ("learning rate 0.001", ["0.001"]),
        ("momentum 0.9, lr < 0.1", ["0.01"]),
        ("lr>=1e-2 lr<=0.1 momentum=0", ["0.1", "0.01"]),
        ("best epoch > 100", []),
        ("momentum", []),
    ],
)
def test_a_filter_asks_for_columns_by_their_headings(visit, small_page, asked, rates):
    visited = visit(small_page)
    visited.page.get_by_label("Filter Settings", exact=True).fill(asked)
    assert visited.column("settings", 2) == rates


def test_a_number_is_found_within_a_text(visit, small_page):
    visited = visit(small_page)
    visited.page.get_by_label("Filter Settings in pairs", exact=True).fill("adam 0.01")
    found = [visited.column("pairs", column) for column in (2, 3)]
    assert found[0]
    assert all("0.01" in one + other for one, other in zip(*found, strict=True))


def test_a_long_table_opens_with_its_first_rows_and_shows_all_when_asked(visit, long_page):
    visited = visit(long_page)
    assert len(visited.column("pairs", 1)) == 25
    visited.page.locator("#table-pairs").get_by_role("button", name="Show all").click()
    assert len(visited.column("pairs", 1)) == 29


def test_at_first_the_best_of_each_optimizer_is_drawn(visit, small_page):
    visited = visit(small_page)
    assert visited.lines() == 2
    assert visited.lines("single") == 0


def test_choosing_settings_and_series_changes_what_is_drawn(visit, small_page):
    visited = visit(small_page)
    page = visited.page
    visited.redraws(lambda: page.get_by_role("button", name="None").click())
    assert "Choose a setting" in page.locator("#plot").text_content()
    visited.redraws(lambda: page.get_by_label("Adam 0.0001").check())
    assert visited.lines() == 1
    visited.redraws(lambda: page.get_by_label("training", exact=True).check())
    assert visited.lines() == 2
    visited.redraws(lambda: page.get_by_role("button", name="All", exact=True).click())
    # Every run of the ninth setting diverged: its runs are drawn, and no mean.
    assert visited.lines() == 16
    assert visited.lines("single") == 10
    visited.redraws(lambda: page.get_by_role("button", name="Best of each optimizer").click())
    assert visited.lines() == 4


def test_seeds_are_drawn_beside_the_mean_when_asked(visit, small_page):
    visited = visit(small_page)
    visited.redraws(lambda: visited.page.get_by_label("each run beside the mean").check())
    assert visited.lines("single") == 10
    visited.redraws(lambda: visited.page.get_by_label("each run beside the mean").uncheck())
    assert visited.lines("single") == 0


def test_measure_and_logarithmic_axes_change_the_axes(visit, small_page):
    visited = visit(small_page)
    page = visited.page
    linear = visited.axis_labels()
    visited.redraws(lambda: page.get_by_label("logarithmic epochs").check())
    epochs = visited.axis_labels()
    assert epochs != linear
    visited.redraws(lambda: page.get_by_label("loss", exact=True).check())
    loss = visited.axis_labels()
    assert page.locator("#plot .role-axis-title").all_text_contents()[0] == "loss"
    visited.redraws(lambda: page.get_by_label("logarithmic values").check())
    assert visited.axis_labels() != loss


@pytest.fixture(scope="module")
def divergent_page(tmp_path_factory):
    """The page of a study of which a setting diverges after three epochs, another one at once."""
    ends = {"sgd-lr1-momentum0.9": "diverged", "sgd-lr1": AT_ONCE}
    return write_page(tmp_path_factory.mktemp("pages") / "divergent.html", ends=ends, missing=[])


def test_divergence_is_seen_in_the_curves(visit, divergent_page):
    visited = visit(divergent_page)
    page = visited.page
    visited.redraws(lambda: page.get_by_role("button", name="All", exact=True).click())
    assert len(visited.crosses()["ends"]) == 5
    (low,) = visited.crosses()["lost"]
    assert "SGD 1, momentum 0 (5 runs)" in page.locator("#plot").text_content()
    assert not page.get_by_label("logarithmic values").is_checked()
    visited.redraws(lambda: page.get_by_label("loss", exact=True).check())
    assert page.get_by_label("logarithmic values").is_checked()
    assert set(visited.crosses()["ends"]) == {0.0}
    (high,) = visited.crosses()["lost"]
    assert high < 20 < low
    logarithmic = visited.axis_labels()
    visited.redraws(lambda: page.get_by_label("logarithmic values").uncheck())
    assert visited.axis_labels() != logarithmic


def test_a_setting_that_diverged_at_once_is_a_cross_alone(visit, divergent_page):
    visited = visit(divergent_page)
    visited.redraws(lambda: visited.page.get_by_role("button", name="None").click())
    visited.redraws(lambda: visited.page.get_by_label("SGD 1, momentum 0 (5 of 5").check())
    assert visited.lines() == 0
    assert len(visited.crosses()["lost"]) == 1
    visited.page.locator("#plot").hover()
    assert not visited.page.locator("#values").is_visible()


def test_epochs_on_the_axis_are_whole(visit, tmp_path):
    path = write_page(tmp_path / "short.html", made_up_study(epochs=3), ends={}, missing=[])
    visited = visit(path)
    axis = visited.page.locator("#plot .role-axis").nth(1)
    assert axis.locator(".role-axis-label text").all_text_contents() == ["1", "2", "3"]


def test_every_optimizer_of_a_long_list_is_in_sight(visit, long_page):
    page = visit(long_page).page
    boxes = [each.bounding_box() for each in page.locator("#choices legend").all()]
    assert len({round(box["y"]) for box in boxes}) == 1
    assert page.locator("#choices").bounding_box()["height"] < 320


def test_texts_can_be_copied_and_the_configuration_unfolds(visit, small_page):
    page = visit(small_page).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    configuration = page.get_by_label("Configuration", exact=True)
    assert not configuration.is_visible()
    page.locator("#cite details details summary").click()
    page.get_by_role("button", name="Copy: Configuration").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == configuration.text_content()


def test_links_lead_to_files_beside_the_page_and_vanish_within_another_page(visit, small_page):
    page = visit(small_page).page
    assert page.locator("#answer .files a").first.get_attribute("href").startswith("figures/")
    assert page.locator("#settings .files a").first.get_attribute("href") == "summary.csv"
    page.evaluate(
        """html => { const frame = document.createElement("iframe");
        frame.id = "within"; frame.srcdoc = html; document.body.append(frame); }""",
        small_page.read_text(encoding="utf-8"),
    )
    within = page.frame_locator("#within")
    within.locator("html[data-interactive]").wait_for(state="attached")
    assert within.locator(".files a").count() == 0


@pytest.mark.parametrize("width", [1280, 1440])
def test_the_width_is_used(visit, small_page, width):
    page = visit(small_page, width).page
    boxes = [page.locator(each).bounding_box() for each in ("#answer .beside", "#answer figure")]
    assert boxes[1]["x"] + boxes[1]["width"] > 0.95 * width - 60
    assert boxes[1]["y"] < 400
    assert page.locator("#table-optimizers table").bounding_box()["width"] <= boxes[0]["width"] + 2


@pytest.fixture(scope="module")
def wide_page(tmp_path_factory):
    """The page of a study whose settings differ in much, which fresh seeds decide."""
    study = made_up_study(
        optimizers=[
            {"name": "sgd", "lr": [0.01, 0.1, 1.0], "momentum": [0, 0.9]},
            {"name": "rmsprop", "lr": [1e-4, 1e-3], "batch_size": 10, "epochs": 15},
        ]
    )
    fresh = {"sgd": [0.886, 0.887, 0.888, 0.887], "rmsprop": [0.880, 0.881, 0.882, 0.881]}
    path = tmp_path_factory.mktemp("pages") / "wide.html"
    return write_page(path, study=study, with_figures=False, ends=None, fresh=fresh)


@pytest.mark.parametrize("width", [1280, 1366, 1440, 1920])
def test_no_column_of_a_table_is_out_of_sight(visit, wide_page, width):
    page = visit(wide_page, width).page
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > "
        "each.clientWidth).map(each => each.getAttribute('aria-label'))"
    )
    assert cut == []


def test_a_dark_page_is_readable_and_its_figures_stay_light(visit, small_page):
    page = visit(small_page).page
    page.emulate_media(color_scheme="dark")
    assert serious(page) == []
    colour = "each => getComputedStyle(each).backgroundColor"
    assert page.locator("body").evaluate(colour) != "rgb(255, 255, 255)"
    for selector in ("#answer .picture", "#curves .plot"):
        assert page.locator(selector).evaluate(colour) == "rgb(255, 255, 255)"


def test_hovering_shows_the_values_of_the_epoch_under_the_pointer(visit, small_page):
    page = visit(small_page).page
    plot = page.locator("#plot")
    plot.scroll_into_view_if_needed()
    plot.hover()
    shown = page.locator("#values")
    assert shown.is_visible()
    text = shown.text_content()
    assert text.startswith("epoch ")
    assert "SGD 0.1, momentum 0.9" in text
    assert "n = 5" in text
    assert page.locator("#plot .hover-rule line").count() == 1
    page.mouse.move(5, 5)
    assert not shown.is_visible()


def test_the_slider_shows_values_to_whoever_uses_the_keyboard(visit, small_page):
    page = visit(small_page).page
    page.get_by_label("Values at epoch").focus()
    page.keyboard.press("Home")
    assert page.locator("#values").text_content().startswith("epoch 1")
    page.keyboard.press("ArrowRight")
    assert page.locator("#values").text_content().startswith("epoch 2")


def test_a_printed_page_has_no_controls_and_cuts_no_table(visit, long_page):
    page = visit(long_page).page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})
    for selector in ("nav", "#controls", "#slider", "#table-pairs .bar"):
        assert not page.locator(selector).is_visible()
    assert page.locator("#table-pairs tbody tr:visible").count() == 29
    assert page.locator("#pairs details.notes p").is_visible()
    assert overflow(page) <= 0
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter("
        "each => each.querySelector('table').offsetWidth > each.clientWidth + 1)"
        ".map(each => each.getAttribute('aria-label'))"
    )
    assert cut == []
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")


def test_without_the_script_the_tables_and_the_figure_still_stand(chromium, small_page):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(small_page.as_uri())
    assert page.locator("#table-settings tbody tr").count() == 9
    assert page.locator("noscript").count() == 1
    context.close()


def grid_of(settings, seeds, epochs):
    """A study of so many settings of two optimizers."""
    rates = [float(f"{10 ** (-4 + 4 * i / settings):.3g}") for i in range(settings // 2)]
    optimizers = [{"name": "sgd", "lr": rates}, {"name": "adam", "lr": rates}]
    return made_up_study(seeds=seeds, epochs=epochs, optimizers=optimizers)


@pytest.fixture(scope="module")
def long_page(tmp_path_factory):
    """The page of a study of 30 settings, which compares 29 pairs of them."""
    path = tmp_path_factory.mktemp("pages") / "long.html"
    return write_page(path, grid_of(30, 5, 5), ends={}, missing=[])


@pytest.mark.parametrize(("settings", "seeds"), [(20, 5), (100, 10)])
def test_a_page_of_many_runs_stays_small_and_opens(visit, tmp_path, settings, seeds):
    """Its time is printed, not asserted: it belongs to the machine."""
    study = grid_of(settings, seeds, 30)
    path = write_page(tmp_path / "large.html", study, ends={}, missing=[])
    visited = visit(path)
    megabytes = path.stat().st_size / 1e6
    print(
        f"{settings * seeds} runs: {megabytes:.2f} MB, interactive after "
        f"{visited.milliseconds_to_interactive()} ms"
    )
    assert megabytes < 5
    assert visited.lines() == 2
    visited.redraws(lambda: visited.page.get_by_role("button", name="All", exact=True).click())
    assert visited.lines() == settings


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_of_a_real_run_is_as_good(visit, given_page, width):
    """LR_ATLAS_PAGE=results/studies/<study>/report.html names one; without it there is none."""
    if given_page is None:
        return
    visited = visit(given_page.absolute(), width)
    print(
        f"{given_page}: {given_page.stat().st_size / 1e6:.2f} MB, interactive after "
        f"{visited.milliseconds_to_interactive()} ms"
    )
    assert overflow(visited.page) <= 0
    assert serious(visited.page) == []
    assert visited.lines() > 0


@pytest.mark.parametrize("width", WIDTHS)
def test_the_report_opens_from_the_file_system_and_leads_to_a_page(visit, tmp_path, width):
    """A page of more than 2 MiB, such as browsers refuse to show within another."""
    folder = tmp_path / "results" / "studies" / "a study"
    folder.mkdir(parents=True)
    write_page(folder / "report.html")
    with open(folder / "report.html", "a", encoding="utf-8") as file:
        file.write(f"<!-- {'x' * 2**21} -->")
    said = {
        **{
            "study": "a study",
            "title": "A study",
            "description": "Which?",
            "headline": "Adam did best.",
        },
        **{"sentences": ["**Adam** reached 90 %."], "cautions": ["**Edge**"], "missing": []},
    }
    report = tmp_path / "results" / "report.html"
    files = {"a study": ["figures/sensitivity.svg"]}
    gone = {"b": {"runs": "0 of 3 runs", "logs": ["a.log"], "more": 2}}
    report.write_text(report_page([said], files, gone, "1"), encoding="utf-8")
    page = visit(report, width, has_curves=False).page
    assert page.locator("img").evaluate("image => image.complete && image.naturalWidth > 0")
    assert (overflow(page), serious(page)) == (0, [])
    assert "b: 0 of 3 runs, nothing of it is shown here" in page.locator(".warning").inner_text()
    page.get_by_role("link", name="Findings, tables, figures and curves").click()
    page.wait_for_load_state()
    assert page.locator("h2.headline").is_visible()
