"""Looking again after more seeds is counted, kept, said, and judged more strictly."""

import json

import pandas as pd
import pytest
from grid_of_two import GRID, LABELS, analyse, fresh_seeds, make_study

from lr_atlas.analysis.looks import count_look, level_of_all, level_of_look
from lr_atlas.analysis.pair_rows import INCONCLUSIVE
from lr_atlas.analysis.study_looks import Looks, keep, look_at
from lr_atlas.analysis.verdicts import BETWEEN, CHOOSING, FRESH, WITHIN
from lr_atlas.common.errors import UserError
from lr_atlas.report.answer import answer
from lr_atlas.tables.study_tables import StudyTables, read_table
from lr_atlas.tables.table_files import write_csv

MNIST = {"study": {"dataset": "mnist", "seeds": [0]}, "data": {"digest": None}}
FASHION = {"study": {"dataset": "fashion_mnist"}, "data": {"digest": None}}


@pytest.fixture
def looked(tmp_path):
    """A function that looks at seeds, and at tested settings, and keeps that."""
    path = tmp_path / "looks" / "a.json"

    def look(seeds, tested=(), fresh=0, definition=MNIST):
        test = pd.DataFrame(
            [
                {"setting": setting, "seed": seed, "confirmation": bool(fresh)}
                for setting in tested
                for seed in range(fresh or seeds)
            ]
        )
        looks, kept = look_at(path, definition, pd.DataFrame({"seed": range(seeds)}), test)
        keep(path, kept)
        return looks

    look.path = path
    return look


def test_the_errors_of_any_number_of_looks_add_up_to_six_per_cent_at_most():
    assert [level_of_look(look) for look in (1, 2, 3)] == pytest.approx([0.05, 0.005, 0.05 / 30])
    assert level_of_all(2) == pytest.approx(0.055)
    assert 0.0599 < level_of_all(1000) < 0.06


def test_a_look_is_another_set_and_the_same_again_is_none():
    assert count_look([], [0, 1]) == (1, [[0, 1]])
    assert count_look([[0, 1], [0, 1, 2]], [0, 1]) == (1, [[0, 1], [0, 1, 2]])
    assert count_look([[0, 1]], [0, 1, 2]) == (2, [[0, 1], [0, 1, 2]])


def test_looks_are_counted_by_their_seeds_and_kept(looked):
    assert looked(1) == Looks()  # one run of each setting shows no difference
    assert looked(3).seeds == (3,)
    assert looked(6).seeds == (3, 6)
    assert looked(10).seeds == (3, 6, 10)
    before = looked.path.read_bytes(), looked.path.stat().st_mtime_ns
    assert looked(6).seeds == (3, 6)
    assert (looked.path.read_bytes(), looked.path.stat().st_mtime_ns) == before
    # Another question begins anew, and the first one goes on where it was.
    assert looked(20, definition=FASHION).seeds == (20,)
    assert looked(20).seeds == (3, 6, 10, 20)


def test_fresh_seeds_and_test_images_are_counted_by_themselves(looked):
    assert looked(3, ["a", "b"]) == Looks(seeds=(3,), tests=(3,))
    assert looked(3, ["a", "b"], fresh=5) == Looks(seeds=(3,), fresh=(5,), tests=(3, 5))
    assert looked(6, ["a", "b"], fresh=5) == Looks(seeds=(3, 6), fresh=(5,), tests=(3, 5))
    # More fresh seeds, or other chosen settings.
    assert looked(6, ["a", "b"], fresh=9).fresh == (5, 9)
    assert looked(6, ["a", "c"], fresh=9) == Looks((3, 6), (5, 9, 9), (3, 5, 9, 9))
    assert looked(3, ["a", "b"]) == Looks(seeds=(3,), tests=(3,))


@pytest.mark.parametrize("content", ["", "{}", '[{"question": {}, "seeds": [3], "tests": []}]'])
def test_a_file_of_something_else_is_named(looked, content):
    looked.path.parent.mkdir()
    looked.path.write_text(content)
    with pytest.raises(UserError, match=r"a\.json is no list of looks at a study"):
        looked(3)
    assert looked.path.read_text() == content


def test_a_further_look_is_judged_more_strictly_and_what_was_looked_at_is_what_counts(study):
    fresh = fresh_seeds([0.90, 0.91, 0.905], [0.887, 0.893, 0.89])
    first = analyse(*study, test=fresh)
    again = analyse(*study, test=fresh, looks=Looks(seeds=(3,), fresh=(2, 3)))
    (one,), (two,) = (_between(found) for found in (first, again))
    assert (one.runs, one.level, two.level) == (FRESH, 0.04, 0.004)
    assert one.low > 0 > two.low
    assert (one.p < 0.05, two.p) == (True, pytest.approx(10 * one.p))
    assert (one.verdict, two.verdict) == ("first better", INCONCLUSIVE)
    within = [found.pairs[found.pairs["question"] == WITHIN] for found in (first, again)]
    pd.testing.assert_frame_equal(*within)
    choosing = analyse(*study, looks=Looks(seeds=(3, 5)))
    assert choosing.pairs["level"].tolist() == pytest.approx([0.004, *[0.001 / 3] * 3])


def _between(found):
    return list(found.pairs[found.pairs["question"] == BETWEEN].itertuples())


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """A function that returns the answer of one study, as its file of looks has them."""
    epochs, runs = make_study(GRID)

    def of(looks):
        path = tmp_path_factory.mktemp("looks") / "looks.csv"
        write_csv(path, looks.table())
        found = analyse(epochs, runs, looks=looks)
        tables = StudyTables(
            **{"epochs": epochs, "runs": runs, "summary": found.summary, "pairs": found.pairs},
            optimizers=found.optimizers,
            looks=read_table(path),
        )
        return answer(tables, LABELS, len(runs), on_test=False)

    return of


def test_a_study_that_was_looked_at_once_says_nothing_of_looks(said):
    found = said(Looks(seeds=(3,), tests=(3,)))
    assert "look" not in json.dumps(found.cautions)
    assert "95 % interval" in " ".join(found.sentences)


def test_a_study_that_was_looked_at_again_says_so_with_what_it_costs(said):
    found = said(Looks(seeds=(2, 3), tests=(2, 3)))
    again, tested = (text for text in found.cautions if "look" in text)
    assert again.startswith("**Looked at again:** this is look 2, at 3 seeds after 2. Who looks")
    assert "an error of 0.5 % this time instead of 5 %; over all looks together" in again
    assert "it is 6 % at most" in again
    assert tested.startswith("**The test images were looked at 2 times,**")
    assert "99.5 % interval" in " ".join(found.sentences)


def test_the_table_of_looks_has_a_row_for_each_kind():
    table = Looks(seeds=(3, 6), fresh=(5,), tests=(3, 5)).table()
    assert table["kind"].tolist() == [CHOOSING, FRESH, "test images"]
    assert table["looks"].tolist() == [2, 1, 2]
    assert table["seeds"].tolist() == ["3; 6", "5", "3; 5"]
    assert table["error"].tolist()[:2] == [0.005, 0.05]
    assert Looks().table().empty
