"""Numbers in files of others, as people and programs write them."""

import pytest
from foreign_tables import imported, lines

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.numbers import COMMA, EITHER, POINT, decimal_sign, number, with_point


@pytest.mark.parametrize(
    ("texts", "sign", "numbers"),
    [
        (["1", "2.5", "1e-3", "-4", "+.5"], POINT, [1, 2.5, 0.001, -4, 0.5]),
        (["0,5", "1,25e-3"], COMMA, [0.5, 0.00125]),
        (["1,234.5", "12"], POINT, [1234.5, 12]),
        (["1,234,567"], POINT, [1234567]),
        (["1.234,5", "0,5"], COMMA, [1234.5, 0.5]),
        (["1.234", "0,5"], COMMA, [1234, 0.5]),
        (["1 234.5", "1'000", "1\u202f000"], POINT, [1234.5, 1000, 1000]),
        (["87.5%", "1 %"], POINT, [0.875, 0.01]),
        (["\u22121.5"], POINT, [-1.5]),
    ],
)
def test_a_column_of_numbers_is_read_one_way(texts, sign, numbers):
    assert decimal_sign(texts) == sign
    points = map(with_point, texts) if sign == COMMA else texts
    assert [number(text) for text in points] == pytest.approx(numbers)


def test_a_column_that_may_be_read_two_ways_or_none_is_told():
    assert decimal_sign(["1,234", "5"]) == decimal_sign(["1.234"]) == EITHER
    assert decimal_sign(["0,5", "0.5"]) is None
    assert decimal_sign(["high"]) is None
    assert decimal_sign(["12:30"]) is None


def test_decimal_commas_are_read_and_ambiguous_ones_follow_the_other_columns(tmp_path):
    text = lines(
        "optimizer;lr;seed;val_loss;weight_decay", "adam;0,1;0;1,234;0,5", "adam;0,1;1;1,5;0,5"
    )
    assert imported(tmp_path, text).runs["validation_loss"].tolist() == [1.234, 1.5]
    both = lines("optimizer;lr;seed;val_loss", "adam;0,1;0;1,234", "adam;0,1;1;1,500")
    assert imported(tmp_path, both).runs["validation_loss"].tolist() == [1.234, 1.5]
    thousands = lines("optimizer;lr;seed;val_loss", "adam;0,1;0;1.234", "adam;0,1;1;500")
    assert imported(tmp_path, thousands).runs["validation_loss"].tolist() == [1234, 500]
    alone = lines("optimizer;seed;val_loss", "adam;0;1,234", "adam;1;1,500")
    with pytest.raises(
        UserError, match=r"line 2: val_loss is '1,234': a decimal comma or thousands"
    ):
        imported(tmp_path, alone)


def test_per_cent_becomes_shares_and_other_units_stay(tmp_path):
    text = lines("optimizer,lr,seed,val_acc", "adam,0.1,0,87.5", "adam,0.1,1,0.5")
    found = imported(tmp_path, text)
    assert found.runs["validation_accuracy"].tolist() == [0.875, 0.005]
    assert any("per cent" in note for note in found.notes)
    share = lines("optimizer,lr,seed,val_acc", "adam,0.1,0,87.5%", "adam,0.1,1,0.5%")
    assert imported(tmp_path, share).runs["validation_accuracy"].tolist() == [0.875, 0.005]
    bleu = lines("optimizer,lr,seed,my_bleu", "adam,0.1,0,27.5", "adam,0.1,1,28")
    found = imported(tmp_path, bleu, metric="my_bleu", better="higher", unit="points")
    assert found.runs["validation_my_bleu"].tolist() == [27.5, 28]
    assert found.metric.text(27.5) == "27.50 points"


def test_a_loss_below_zero_is_one_all_the_same(tmp_path):
    found = imported(tmp_path, lines("optimizer,lr,seed,val_loss", "adam,0.1,0,-3", "adam,0.1,1,2"))
    assert found.metric.metric.lowest == float("-inf")
    assert found.runs["validation_loss"].tolist() == [-3, 2]


def test_mixed_cells_of_a_parameter_are_texts_and_of_a_metric_named(tmp_path):
    text = lines("optimizer,lr,seed,warmup,val_loss", "adam,0.1,0,auto,1", "adam,0.1,0,0.5,2")
    found = imported(tmp_path, text)
    assert [each["warmup"] for each in found.parameters.values()] == ["0.5", "auto"]
    with pytest.raises(UserError, match=r"runs.csv, line 3: val_loss is 'two', which is no number"):
        imported(tmp_path, text.replace(",2\n", ",two\n"))
    with pytest.raises(UserError, match=r"line 2: the learning rate is 'high'"):
        imported(tmp_path, text.replace("0.1,0,auto", "high,0,auto"))


def test_a_text_with_a_comma_is_no_number_of_a_parameter(tmp_path):
    text = lines(
        "optimizer,lr,seed,hidden,val_loss", 'adam,0.1,0,"64,128",1', 'adam,0.1,0,"64,64",2'
    )
    found = imported(tmp_path, text)
    assert [each["hidden"] for each in found.parameters.values()] == ["64,128", "64,64"]
