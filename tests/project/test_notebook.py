"""Results in a notebook: answers, tables and figures of a folder."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from whole_runs import PROJECT

import lr_atlas as atlas
from lr_atlas.common.errors import UserError


@pytest.fixture
def results(tmp_path):
    """A folder of results with what is read here, of two studies."""
    for name in ("fast", "slow"):
        folder = tmp_path / "results" / "studies" / name
        (folder / "figures" / "curves").mkdir(parents=True)
        said = {
            "study": name,
            "title": f"How {name}? <b>",
            "description": "",
            "headline": "Adam did best.",
            "sentences": ["**Adam** reached\n1 < 2."],
            "cautions": ["Mind the end."],
            "runs": "1 of 1 run",
            "missing": [],
        }
        (folder / "answer.json").write_text(json.dumps(said))
        pd.DataFrame({"setting": ["adam"], "loss": [0.5]}).to_csv(folder / "runs.csv", index=False)
        (folder / "figures" / "pairs.svg").write_text(f"<svg>{name}</svg>")
        (folder / "figures" / "curves" / "adam.svg").write_text("<svg/>")
    return tmp_path


def test_importing_the_package_costs_nothing():
    code = "import sys, lr_atlas; print(*(each for each in sys.modules if 'lr_atlas' in each))"
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT / "scripts", capture_output=True, text=True
    )
    assert process.stdout == "lr_atlas\n"


def test_an_answer_is_markdown_and_shown_as_what_it_means(results):
    answer = atlas.read(results)["fast"].answer
    assert answer == (
        "### How fast? <b>\n\n**Adam did best.**\n\n- **Adam** reached 1 < 2.\n- Mind the end."
    )
    assert answer._repr_html_() == (
        "<h3>How fast? &lt;b&gt;</h3>\n<p><strong>Adam did best.</strong></p>\n"
        "<ul><li><strong>Adam</strong> reached 1 &lt; 2.</li><li>Mind the end.</li></ul>"
    )


def test_studies_are_found_from_either_folder_and_read_together(results):
    for folder in (results, results / "results"):
        found = atlas.read(folder)
        assert list(found) == ["fast", "slow"]
        assert found.answer.count("Adam did best") == 2
        assert found.runs[["study", "loss"]].values.tolist() == [["fast", 0.5], ["slow", 0.5]]


def test_a_figure_is_shown_inline_and_said_where_there_is_none(results):
    found = atlas.read(results)
    assert found["slow"].figures == ["pairs", "curves/adam"]
    assert found.figure("pairs", study="slow")._repr_svg_() == "<svg>slow</svg>"
    with pytest.raises(UserError, match="no figure 'pair': did you mean 'pairs'"):
        found["fast"].figure("pair")
    with pytest.raises(UserError, match="of which study"):
        found.figure("pairs")


def test_what_is_not_there_is_said_with_what_makes_it(results, tmp_path):
    with pytest.raises(UserError, match="no study 'fst': did you mean 'fast'"):
        atlas.read(results)["fst"]
    with pytest.raises(UserError, match="no table 'optimizers'; Allowed: runs"):
        atlas.read(results)["fast"].table("optimizers")
    with pytest.raises(UserError, match="there is no such folder; `lr-atlas run`"):
        atlas.read(tmp_path / "nowhere")
    with pytest.raises(AttributeError, match="no attribute 'raed'"):
        atlas.raed  # noqa: B018
