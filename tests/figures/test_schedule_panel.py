"""The panel of schedules under the training curves."""

import pandas as pd
from figure_tables import study

from lr_atlas.figures.drawn.loss_curves import loss_curves
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.wording import Wording

WORDING = Wording(study="small", validation="test", loss="cross_entropy")


def course(setting, name, end, key="schedule"):
    rows = [(setting, key, name, epoch, 1 - epoch / end) for epoch in range(end)]
    return pd.DataFrame(rows, columns=["setting", "key", "name", "epoch", "factor"])


def test_each_distinct_schedule_has_a_line_and_a_name():
    tables = study([("sgd", 0.1, {}), ("sgd", 1.0, {}), ("adam", 0.1, {})])
    schedules = pd.concat(
        [
            *(course(setting, "linear", 4) for setting in ("sgd-0", "sgd-1")),
            course("adam-2", "linear", 8),
            course("adam-2", "cosine, floor 0.1", 4, "momentum_schedule"),
        ]
    )
    figure = loss_curves(*tables, WORDING, schedules)
    panel = figure.axes[-1]
    assert len(panel.lines) == 3  # two settings with the same one, another budget, the momentum
    said = [text.get_text() for text in panel.get_legend().get_texts()]
    assert said == ["learning rate: linear", "momentum: cosine, floor 0.1"]
    assert len({line.get_color() for line in panel.lines}) == 2


def test_a_constant_rate_beside_a_schedule_is_a_level_line():
    tables = study([("sgd", 0.1, {}), ("adam", 0.1, {})])
    panel = loss_curves(*tables, WORDING, course("adam-1", "linear", 4)).axes[-1]
    said = [text.get_text() for text in panel.get_legend().get_texts()]
    assert said == ["learning rate: constant", "learning rate: linear"]
    assert list(panel.lines[0].get_ydata()) == [1.0, 1.0]


def test_schedules_are_named_without_their_arguments_where_that_tells_them_apart():
    def variants(*schedules):
        rows = [("sgd", 0.1, {"schedule": each}) for each in schedules]
        return list(describe_settings(study(rows)[1])["variant"])

    short = ["SGD, schedule constant", "SGD, schedule cosine"]
    assert variants("constant", "cosine-warmup0.05") == short
    assert variants("cosine-warmup0.05", "cosine-warmup0.1")[0] == "SGD, schedule cosine-warmup0.05"


def test_without_schedules_there_is_no_panel():
    tables = study([("sgd", 0.1, {}), ("adam", 0.1, {})])
    without = loss_curves(*tables, WORDING)
    empty = loss_curves(*tables, WORDING, course("sgd-0", "linear", 4)[:0])
    assert len(without.axes) == len(empty.axes) == 2
