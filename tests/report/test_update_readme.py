"""The README's answers are those of the studies' own files, and all else stays as it is."""

import json

import pytest
from page_tables import claims, made_up, made_up_study

from lr_atlas.common.errors import UserError
from update_readme import LINE, update

BEGIN, END = "<!-- results: begin (make readme) -->", "<!-- results: end -->"
HEADLINE = "SGD with learning rate 0.1 and momentum 0.9 is better than the chosen setting of Adam."
ANSWER = dict.fromkeys(("study", "title", "description", "runs"), "") | {"headline": HEADLINE}
ANSWER |= {key: [] for key in ("sentences", "cautions", "missing")}
SUMMARY = "# sgd-adam\n\nWhich is better?\n\n## Answer\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "README.md").write_text(f"# Above\n\n{BEGIN}\n\nold\n\n{END}\n\nBelow.\n")
    return tmp_path


@pytest.fixture
def results(tmp_path):
    """Two studies, of which the second has claims."""
    _, tables = made_up(made_up_study())
    for name, verdicts in (("sgd-adam", ()), ("of-a-paper", ("confirmed", "contradicted") * 2)):
        folder = tmp_path / "results" / name
        (folder / "figures").mkdir(parents=True)
        for table in ("epochs", "runs"):
            getattr(tables, table).to_parquet(folder / f"{table}.parquet")
        for table in ("summary", "reported"):
            getattr(tables, table).to_csv(folder / f"{table}.csv", index=False)
        claims(*verdicts).to_csv(folder / "claims.csv", index=False)
        (folder / "answer.json").write_text(json.dumps(ANSWER))
        (folder / "summary.md").write_text(SUMMARY)
        (folder / "figures" / "sensitivity.svg").write_text("<svg/>")
    return tmp_path / "results"


def test_between_the_markers_stand_answers_with_links_and_counted_claims(project, results):
    update(project, results, ["sgd-adam", "of-a-paper"])
    text = (project / "README.md").read_text()
    assert text.startswith(
        f"# Above\n\n{BEGIN}\n\n- [sgd-adam](docs/results/sgd-adam.md): SGD with"
    )
    assert text.endswith(f"\n\n{END}\n\nBelow.\n")
    assert "old" not in text
    assert max(map(len, text.splitlines())) <= LINE
    flat = " ".join(text.split())
    assert f"{HEADLINE} - [of-a-paper]" in flat
    assert f"{HEADLINE} Of its paper's 4 claims: 2 confirmed, 2 contradicted. Verdicts" in flat
    assert flat.count("Verdicts are those of matrix products by openblas 0.3.30: another") == 1


def test_it_says_the_same_once_more(project, results):
    update(project, results, ["sgd-adam"])
    once = (project / "README.md").read_text()
    update(project, results, ["sgd-adam"])
    assert (project / "README.md").read_text() == once


def test_the_page_of_a_study_is_its_summary_with_its_figure(project, results):
    update(project, results, ["sgd-adam"])
    page = (project / "docs" / "results" / "sgd-adam.md").read_text()
    title, image, rest = page.split("\n\n", maxsplit=2)
    assert f"{title}\n\n{rest}" == SUMMARY
    target = image.partition("](")[2].removesuffix(")")
    assert (project / "docs" / "results" / target).read_text() == "<svg/>"


def test_without_tables_or_markers_nothing_is_written(project, results):
    (results / "of-a-paper" / "summary.csv").unlink()
    before = (project / "README.md").read_text()
    with pytest.raises(UserError, match="has no tables yet"):
        update(project, results, ["sgd-adam", "of-a-paper"])
    assert (project / "README.md").read_text() == before
    assert not (project / "docs").exists()
    (project / "README.md").write_text("no markers")
    with pytest.raises(UserError, match="to write between"):
        update(project, results, ["sgd-adam"])
