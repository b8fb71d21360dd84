"""Figures draw no boxes for letters that their font lacks."""

import pytest

from lr_atlas.figures.font import has_letters
from lr_atlas.figures.wording import Wording


@pytest.mark.parametrize("text", ["猫", "ねこ", "고양이", "cat 猫"])
def test_letters_that_would_be_boxes_are_known(text):
    assert not has_letters("cat", text)


def test_those_of_other_scripts_that_it_has_are_drawn():
    assert has_letters("кот", "γάτα", "קטה", "gato\nñ", "R²", "")


def test_classes_with_names_that_cannot_be_drawn_have_numbers_and_a_sentence():
    wording = Wording(study="a", validation="", loss="mse", classes=("cat", "犬"))
    assert wording.class_names() == ["0", "1"]
    assert "Classes by number" in wording.note(always=wording.on_classes)
    assert Wording(study="a", validation="", loss="mse", classes=("cat", "dog")).on_classes == ""
