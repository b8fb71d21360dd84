"""A page is explored: its curves and runs are drawn as one chooses, and a link shows the same."""

import pytest


def test_a_link_shows_what_its_sender_saw(visit, small_page):
    seen = visit(small_page)
    page = seen.page
    assert "#" not in page.url
    seen.redraws(lambda: page.get_by_role("button", name="All", exact=True).click())
    seen.redraws(lambda: page.get_by_label("loss", exact=True).check())
    seen.redraws(lambda: page.get_by_label("logarithmic values").uncheck())
    page.locator("#filter-table-settings").fill("adam")
    seen.redraws_runs(lambda: page.get_by_label("up", exact=True).select_option("train_loss"))
    other = visit(small_page)
    other.page.goto("about:blank")
    other.open(page.url)
    assert other.page.url == page.url
    assert other.lines() == seen.lines() > 3
    assert other.page.get_by_label("loss", exact=True).is_checked()
    assert not other.page.get_by_label("logarithmic values").is_checked()
    assert other.column("settings", 1) == seen.column("settings", 1)
    assert set(other.column("settings", 1)) == {"adam"}
    assert other.page.get_by_label("up", exact=True).input_value() == "train_loss"
    # The usual choice needs no address.
    seen.redraws(lambda: page.get_by_label("accuracy", exact=True).check())
    assert "measure" not in page.url


def test_a_part_of_the_course_is_chosen_by_numbers_and_by_dragging(visit, small_page):
    seen = visit(small_page)
    page = seen.page
    whole = seen.axis_labels()
    page.get_by_label("from", exact=True).fill("2")
    seen.redraws(lambda: page.keyboard.press("Tab"))
    assert seen.axis_labels() != whole
    seen.redraws(lambda: page.get_by_role("button", name="Whole").click())
    assert seen.axis_labels() == whole
    box = page.locator("#plot svg").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.4 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], middle, steps=3)
    seen.redraws(page.mouse.up)
    first, last = (page.get_by_label(name, exact=True).input_value() for name in ("from", "to"))
    assert 1 < int(first) < int(last)
    seen.redraws(lambda: page.locator("#plot svg").dblclick(position={"x": 200, "y": 50}))
    assert seen.axis_labels() == whole


def test_seeds_are_drawn_as_a_band_and_means_are_smoothed(visit, small_page):
    seen = visit(small_page)
    page = seen.page
    assert page.locator("#plot .band-areas path").count() == 0
    seen.redraws(lambda: page.get_by_label("band from the least to the greatest").check())
    assert page.locator("#plot .band-areas path").count() == seen.lines()
    before = page.locator("#plot .means-lines path").first.get_attribute("d")
    seen.redraws(lambda: page.get_by_label("Smoothing of the means").fill("0.5"))
    assert page.locator("#plot .means-lines path").first.get_attribute("d") != before
    assert "means smoothed by 0.5" in page.locator("#legend").text_content()


def test_all_runs_are_drawn_as_points_and_as_lines(visit, small_page):
    seen = visit(small_page)
    page = seen.page
    plot = page.locator("#explore-plot")
    page.wait_for_selector("#explore-plot[data-drawn]")
    runs = page.locator("#table-runs tbody tr").count()
    # A run that diverged has no final value, and no point.
    assert 0 < plot.locator(".mark-symbol.role-mark path").count() <= runs
    seen.redraws_runs(lambda: page.get_by_label("across").select_option("seconds_per_epoch"))
    titles = plot.locator(".role-axis-title").all_text_contents()
    assert "s per epoch" in titles
    seen.redraws_runs(lambda: page.get_by_label("a line for each run, over all parameters").check())
    assert plot.locator(".mark-line path").count() > 3
    assert not page.get_by_label("across").is_visible()


def test_runs_are_listed_best_first_and_their_columns_can_be_chosen(visit, small_page):
    page = visit(small_page).page
    headings = page.locator("#table-runs th button").all_text_contents()
    place = 1 + headings.index("validation accuracy (%)")
    values = [float(each) for each in visit(small_page).column("runs", place) if each]
    assert values == sorted(values, reverse=True)
    page.locator("#table-runs summary").click()
    page.locator("#table-runs .columns").get_by_label("seed").uncheck()
    assert "seed" not in page.locator("#table-runs th:visible").all_text_contents()
    assert "columns" in page.url


@pytest.mark.parametrize("part", ["figures", "settings", "cite"])
def test_a_link_to_a_part_that_is_folded_up_unfolds_it(chromium, small_page, part):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(small_page.as_uri())
    page.wait_for_selector("html[data-interactive]", state="attached")
    fold = page.locator(f"#{part} > details")
    assert fold.get_attribute("open") is None
    page.locator(f'nav a[href="#{part}"]').click()
    page.wait_for_selector(f"#{part} > details[open]")
    context.close()


def test_a_page_is_short_above_what_is_folded_up(chromium, small_page):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(small_page.as_uri())
    page.wait_for_selector("html[data-interactive]", state="attached")
    end = page.locator("#runs").bounding_box()
    assert end["y"] + end["height"] < 5_000
    context.close()


def test_the_answer_can_be_copied(visit, small_page):
    page = visit(small_page).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: Answer").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(page.locator("h2.headline").text_content())
    assert "**" not in copied
