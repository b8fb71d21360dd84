"""The figure of scatter by source has a point and a bar for each source and optimizer."""

from dataclasses import replace

import numpy as np
import pytest
from figure_tables import study, tables_of

from lr_atlas.figures.drawn import has_content
from lr_atlas.figures.drawn.variance import variance
from lr_atlas.figures.wording import ENGLISH

TABLES = tables_of(*study([("sgd", 0.1, {}), ("adam", 0.001, {})]))


def test_each_source_has_its_scatter_in_points_and_its_share_in_per_cent():
    left, right = variance(TABLES.variance, ENGLISH).axes
    labels = [label.get_text() for label in left.get_yticklabels()]
    sources = ["initial weights", "order of batches", "split of images", "rounding"]
    assert labels == ["all together", *sources]
    own = TABLES.variance[TABLES.variance["optimizer"] == "sgd"]
    assert left.get_lines()[0].get_xdata() == pytest.approx(100 * own["std"].to_numpy())
    assert right.get_lines()[0].get_xdata() == pytest.approx([40, 95, 10, 60])
    ends = [path.vertices[:, 0] for path in right.collections[0].get_paths()]
    assert np.concatenate(ends) == pytest.approx([10, 100, 23.75, 100, 2.5, 25, 15, 100])


def test_a_source_without_a_number_is_left_out_and_a_study_without_sources_has_no_figure():
    lacking = TABLES.variance.assign(
        std=TABLES.variance["std"].where(TABLES.variance["source"] != "order")
    )
    left, _ = variance(lacking, ENGLISH).axes
    assert "order of batches" not in [label.get_text() for label in left.get_yticklabels()]
    assert has_content("variance", TABLES)
    assert not has_content("variance", replace(TABLES, variance=TABLES.variance.iloc[:0]))
