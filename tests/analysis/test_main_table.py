"""The table of a study for LaTeX is whole, and says n, intervals and budgets."""

import re

from grid_of_two import (
    analyse,
    latex_of,
    rows_of_test,
)


def test_the_main_table_is_whole_latex_with_everything_escaped(study):
    epochs, runs = (table.replace({"study": {"a_study": "50%_&_more"}}) for table in study)
    fresh = rows_of_test(0.8, 0.9, 0.85, confirmation=True)
    analysis = analyse(epochs, runs, test=fresh)
    text = latex_of(analysis, on_test=True)
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    assert text.count("{") == text.count("}")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == 1
    body = re.search(r"\\toprule\n(.*)\\bottomrule", text, re.DOTALL).group(1)
    columns = re.search(r"tabular}{(l+)}", text).group(1)
    for line in body.replace("\\midrule\n", "").splitlines():
        assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1
    caption = re.search(r"\\caption{(.*)}\n", text).group(1)
    assert caption == r"Study 50\%\_\&\_more: the best setting of each optimizer."
    notes = re.search(r"\\parbox{\\linewidth}{(.*)}\n", text).group(1)
    assert not re.search(r"(?<!\\)[%_#$&]", notes)
    assert "chosen on the test set" in notes
    assert "Test: runs with fresh seeds" in notes
    assert "they are not equal" in notes


def test_the_main_table_says_n_intervals_and_budgets(analysis):
    text = latex_of(analysis)
    row = next(line for line in text.splitlines() if line.startswith("SGD"))
    interval = r"\d\d\.\d\d \[\d\d\.\d\d, \d\d\.\d\d\]"
    assert re.search(rf"SGD & learning rate 0\.1 & {interval} & 5 & at least 0\.1 to 1 &", row)
    assert row.endswith(r"3 / 15 / 90 \\")
    assert "allows for the choice among 5 settings" in text
    assert "within 1 point of the best" in text
    assert "chosen on held-out images" in text
