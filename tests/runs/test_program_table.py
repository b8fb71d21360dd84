"""The table that a program writes: read in both forms, or what is wrong with it is said."""

import pytest

from lr_atlas.runs.program_table import ProgramTableError, read_program_table

CSV = """\
epoch,note,validation_accuracy,train_loss,test_accuracy
1,a,0.5,2.5,
2,b,0.75,1.5,0.7
"""
JSON_LINES = """\
{"step": 100, "validation_accuracy": 0.5, "train_loss": 2.5}
{"step": 250, "validation_accuracy": 0.75, "train_loss": 1.5, "test_accuracy": 0.7}
"""


def read(tmp_path, text, epochs=2, metric="accuracy"):
    (tmp_path / "history").write_text(text)
    return read_program_table(tmp_path / "history", epochs, metric)


@pytest.mark.parametrize("text", [CSV, JSON_LINES, CSV.replace("1,a", "0,a").replace("2,b", "1,b")])
def test_metrics_of_each_row_and_of_the_test_are_read_in_both_forms(tmp_path, text):
    table = read(tmp_path, text)
    assert table.columns == ("train_loss", "validation_accuracy")
    assert table.rows == ((2.5, 0.5), (1.5, 0.75))
    assert table.test == {"test_accuracy": 0.7}
    assert (table.status, table.reason, table.diverged_step) == ("finished", "", None)


def test_other_metrics_are_taken_as_they_are(tmp_path):
    text = "epoch,validation_perplexity\n1,40\n2,-3\n"
    assert read(tmp_path, text, metric="perplexity").columns == ("validation_perplexity",)


@pytest.mark.parametrize(
    ("last", "reason", "step"),
    [
        ("3,300,nan,0.5,", "train_loss is nan in row 3", 300),
        ("3,300,-inf,0.5,", "train_loss is -inf in row 3", 300),
        ("3,300,,,diverged", "the program says so", 300),
        ("3,,1e9,0.1,diverged", "the program says so", 1),
    ],
)
def test_a_number_that_is_none_is_a_divergence_and_so_is_what_the_program_calls_so(
    tmp_path, last, reason, step
):
    head = "epoch,step,train_loss,validation_accuracy,status\n1,100,1,0.5,\n2,200,1,0.6,\n"
    table = read(tmp_path, head + last + "\n4,400,nan,nan,\n", epochs=9)
    assert len(table.rows) == 2
    assert (table.status, table.reason, table.diverged_step) == ("diverged", reason, step)


def test_a_program_may_say_that_it_collapsed(tmp_path):
    table = read(tmp_path, "epoch,validation_accuracy,status\n1,0.1,\n2,0.1,collapsed\n")
    assert (table.status, table.reason) == ("collapsed", "the program says so")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its table is empty"),
        ("epoch,validation_accuracy\n", "has no rows"),
        ("epoch,validation_accuracy\n1,0.5\n", "has 1 row of 2"),
        ("epoch,validation_accuracy\n1,0.5\n2,0.5\n3,0.5\n", "has 3 rows, a row for each of 2"),
        ("epoch,validation_accuracy\n1,0.5\n2\n", "line 3 of its table: 1 value where 2 belong"),
        ("epoch,validation_accuracy\n1,0.5\n2,high\n", "line 3 .* is 'high', which is no number"),
        ("epoch,validation_accuracy\n1,0.5\n2,\n", "line 3 .* has no value of validation_accuracy"),
        ("epoch,validation_accuracy\n1,87.5\n2,88\n", "line 2 .* 87.5; an accuracy is from 0 to 1"),
        ("epoch,validation_accuracy\n1,0.5\n3,0.5\n", "line 3 .*: epoch 3 comes after 1"),
        ("epoch,validation_accuracy\n5,0.5\n6,0.5\n", "line 2 .*: epoch 5 comes first"),
        ("step,validation_accuracy\n9,0.5\n9,0.5\n", "line 3 .*: step 9 comes after 9; steps rise"),
        ("epoch,validation_accuracy\nx,0.5\n", "line 2 .*: epoch is 'x', which is no number"),
        ("epoch,validation_accuracy\n1.5,0.5\n", "epoch is '1.5', where a whole number belongs"),
        ("epoch,validation_acuracy\n1,0.5\n", "no column validation_accuracy.*did you mean"),
        ("epoch;validation_accuracy\n1;0.5\n", "no column epoch"),
        ("validation_accuracy\n0.5\n0.6\n", r"no column epoch \(or step\)"),
        ("epoch,validation_accuracy,status\n1,0.5,odd\n2,0.5,\n", "status is 'odd'; it may be"),
        ('{"epoch": 1, "validation_accuracy": 0.5}\n{"epoch": 2, "val', "line 2 .* no JSON object"),
        ('{"epoch": 1, "validation_accuracy": [1]}\n', "which is no number"),
    ],
)
def test_what_is_no_whole_table_is_said_with_its_line(tmp_path, text, said):
    with pytest.raises(ProgramTableError, match=said):
        read(tmp_path, text)


def test_no_table_and_no_text_are_said(tmp_path):
    with pytest.raises(ProgramTableError, match="has written no table"):
        read_program_table(tmp_path / "history", 2, "accuracy")
    (tmp_path / "history").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProgramTableError, match="cannot be read"):
        read_program_table(tmp_path / "history", 2, "accuracy")
