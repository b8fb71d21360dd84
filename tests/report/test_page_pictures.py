"""The curves and figures of a study's page are those of its tables and files."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from page_tables import AT_ONCE, made_up, made_up_study, page_of

from lr_atlas.report.curve_data import curve_data, script_json
from lr_atlas.report.images import read_curves, read_images, slim, svg_uri
from lr_atlas.studies.study_metric import ACCURACY


def test_the_curves_of_a_page_are_the_tables_to_five_digits():
    _, tables = made_up(made_up_study(), ends={"adam-lr0.01": "diverged"})
    data = curve_data(tables.epochs, tables.runs)
    assert [each["name"] for each in data["optimizers"]] == ["SGD", "Adam"]
    assert len(data["runs"]) == 45
    run = data["runs"][0]
    name, seed = data["settings"][run["setting"]]["name"], run["seed"]
    table = tables.epochs[(tables.epochs["setting"] == name) & (tables.epochs["seed"] == seed)]
    assert run["epoch"] == table["epoch"].tolist()
    assert run["train_loss"] == pytest.approx(table["train_loss"].tolist(), rel=1e-4)
    assert sum(each["diverged"] for each in data["runs"]) == 5
    assert any(each["remark"] == "5 of 5 diverged" for each in data["settings"])


def test_runs_that_diverged_in_the_first_epoch_are_counted_for_the_curves_of_a_page():
    _, tables = made_up(made_up_study(), ends={"adam-lr0.01": AT_ONCE})
    data = curve_data(tables.epochs, tables.runs)
    (lost,) = data["lost"]
    assert (data["settings"][lost["setting"]]["label"], lost["runs"]) == ("Adam 0.01", 5)
    assert all(each["setting"] != lost["setting"] for each in data["runs"])


def test_a_page_shows_the_curves_of_the_chosen_settings_alone(tmp_path):
    for name in ("sgd-lr0.1", "adam-lr0.01"):
        (tmp_path / f"{name}.svg").write_text('<svg viewBox="0 0 72 36"/>')
    labels = {"adam-lr0.01": "Adam, learning rate 0.01", "sgd-lr9": "SGD, learning rate 9"}
    (image,) = read_curves(tmp_path, labels)
    assert (image.title, image.file) == (labels["adam-lr0.01"], "figures/curves/adam-lr0.01")


def test_curves_that_are_not_finite_are_gaps():
    _, tables = made_up(made_up_study(seeds=1))
    epochs = tables.epochs.copy()
    epochs.loc[0, "train_loss"] = np.inf
    data = curve_data(epochs, tables.runs)
    assert data["runs"][0]["train_loss"][0] is None
    assert json.loads(script_json(data)) == data


def test_too_many_values_are_thinned_out_and_then_averaged_over_seeds():
    _, tables = made_up(made_up_study(epochs=90))
    everything = len(tables.epochs) * 6
    thinned = curve_data(tables.epochs, tables.runs, most_values=everything // 2)
    assert (thinned["every"], thinned["seeds"]) == (2, True)
    assert thinned["runs"][0]["epoch"][:3] == [1, 2, 4]
    assert thinned["runs"][0]["epoch"][-1] == 90
    averaged = curve_data(tables.epochs, tables.runs, most_values=everything // 5)
    assert averaged["seeds"] is False
    assert len(averaged["runs"]) == 9
    of_first = tables.epochs.query("setting == 'adam-lr0.0001' and epoch == 1")
    names = [each["name"] for each in averaged["settings"]]
    mean = next(each for each in averaged["runs"] if names[each["setting"]] == "adam-lr0.0001")
    assert mean["train_loss"][0] == pytest.approx(of_first["train_loss"].mean(), rel=1e-4)


def test_json_in_a_page_cannot_end_its_script():
    text = script_json({"label": "</script><!--"})
    assert "<" not in text
    assert json.loads(text) == {"label": "</script><!--"}


def test_figures_come_in_the_page_s_order_and_without_what_does_not_fit(tmp_path):
    svg = '<?xml version="1.0"?>\n<svg viewBox="0 0 72 36"><metadata>x</metadata>\n<g/></svg>'
    for name in ("heatmap", "mistakes", "sensitivity"):
        (tmp_path / f"{name}.svg").write_text(svg)
    of_rows = replace(ACCURACY, things="rows")
    images = read_images(sorted(tmp_path.glob("*.svg")), of_rows)
    assert [image.name for image in images] == ["sensitivity", "heatmap"]
    assert (images[0].width, images[0].height) == (96, 48)
    assert slim(svg) == '<svg viewBox="0 0 72 36"><g/></svg>'
    assert images[0].uri == svg_uri(slim(svg))
    assert not re.search(r'[<>"#]', images[0].uri)


def test_a_page_links_to_the_formats_of_a_figure_that_are_there(tmp_path):
    (tmp_path / "adam-lr0.01.svg").write_text('<svg viewBox="0 0 72 36"/>')
    (tmp_path / "adam-lr0.01.png").write_bytes(b"a picture")
    (image,) = read_curves(tmp_path, {"adam-lr0.01": "Adam"})
    assert image.files == [f"figures/curves/adam-lr0.01.{kind}" for kind in ("svg", "png")]
    page = page_of(images=[image])
    assert 'href="figures/curves/adam-lr0.01.png"' in page
    assert ".pdf" not in page


def test_a_huge_drawing_is_shown_as_the_picture_beside_it(tmp_path):
    (tmp_path / "heatmap.svg").write_text('<svg viewBox="0 0 9 9">' + "<g/>" * 100_000 + "</svg>")
    (tmp_path / "heatmap.png").write_bytes(b"a picture")
    assert read_images([tmp_path / "heatmap.svg"])[0].uri.startswith("data:image/png;base64,")
