"""A text that is no configuration, or asks for more than anybody waits for, is refused at once."""

import os
import re

import pytest
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.config import (
    config_text,
    config_values,
    configuration,
    seeds,
    study_models,
    value_ranges,
)
from lr_atlas.config.config_text import MOST_BYTES, MOST_VALUES, ConfigError, parse, read_text
from lr_atlas.studies import parameters
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.study_checks import MOST_RUNS

# Each is answered in well under a second; what multiplies before it is counted has no end.
pytestmark = pytest.mark.usefixtures("never_waiting")

STUDY = "studies: {{a: {{dataset: mnist, {}, optimizers: [{{name: sgd}}]}}}}\n"
ONE = STUDY.format("epochs: 1")


def multiplied(levels, width=10):
    """A text whose anchors multiply: `width` to the power of `levels` values."""
    lines = ["a0: &a0 [x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]")
    return "\n".join(lines)


def merged(levels):
    lines = ["a0: &a0 {k: 1}"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} {{x: *a{level - 1}, y: {{<<: *a{level - 1}}}}}")
    return "\n".join(lines)


def axis(count):
    return "[" + ", ".join(str(number + 1) for number in range(count)) + "]"


GRID = f"[{{name: sgd, lr: {axis(100)}, epochs: {axis(100)}, batch_size: {axis(34)}}}]"

TOO_MUCH = [
    (multiplied(9), "f.yaml:6: with its anchors this holds more than 100,000 values"),
    (merged(30), "with its anchors this holds more than 100,000 values"),
    ("\n".join(f"a{n}: &a{n} [*a{n - 1}]" if n else "a0: &a0 [x]" for n in range(99)), "levels"),
    (f"a: {'[' * 3000}{']' * 3000}", "f.yaml:1: nested more than 30 levels deep"),
    ("\n".join(" " * n + "k:" for n in range(3000)), "nested more than 30 levels deep"),
    ("a: &a [*a]", "f.yaml:1: this value contains itself"),
    (f"a: {axis(MOST_VALUES + 1)}", "f.yaml:1: more than 20,000 values are too many for a file"),
    (f"a: {'9' * 5000}", "f.yaml:1: a number of 5,000 digits cannot be meant"),
]

TAGS = [
    ("a: 1\nlr: !linspace [0.1, 0.2, x]", "f.yaml:2: the tag '!linspace' means nothing here"),
    ("betas: !!python/tuple [0.9, 1.99]", "f.yaml:1: the tag '!!python/tuple' means nothing here"),
    ("a: !!python/object/apply:os.system [ls]", "the tag '!!python/object/apply:os.system' means"),
    ("a: !!set {b}", "the tag '!!set' means nothing here"),
    ("a: !!binary eA==", "the tag '!!binary' means nothing here"),
    ("a: =", "f.yaml:1: a '=' that is meant as text; put it in quotes"),
    ("a: !!bool maybe", "f.yaml: a value in it cannot be read"),
]

TOO_LARGE = [
    (STUDY.format("model: {hidden: [100000000000]}"), "it must be at most 100000"),
    (STUDY.format("model: {hidden: [90000, 90000]}"), "8,100,000,000 weights between hidden"),
    (STUDY.format(f"model: {{hidden: {[1] * 1001}}}"), "1,001 are too many; at most 1,000"),
    (STUDY.format(f"seeds: {list(range(10_001))}"), "more than 10000 seeds cannot be meant"),
    (STUDY.format("seeds: [9223372036854775808]"), "must be at most 9223372036854775807"),
    (STUDY.format("epochs: 1e12"), "epochs: 1000000000000 is not allowed; it must be at most"),
    (ONE + "compute: {threads: 1e9}\n", "compute.threads: 1000000000 is not allowed"),
    (ONE.replace("[{name: sgd}]", GRID), "1,020,000 runs (settings x seeds)"),
    (ONE.replace("{a:", f"{{{'a' * 300}:"), "a study's name of 300 characters is too long"),
    (ONE.replace("{a:", f"{{x{'ab' * 20}:"), "ends in the same letters twenty times, which Sn"),
    (ONE + f"datasets: {{mnist: {{directory: {'x' * 5000}}}}}\n", "too long: a folder's name has"),
    (ONE + f"cache: {{directory: {'x' * 300}}}\n", "too long: a folder's name has at most 255"),
    (ONE + 'cache: {directory: "a\\0b"}\n', "a folder's name holds no such character"),
]


@pytest.mark.parametrize(("text", "message"), TOO_MUCH + TAGS)
def test_a_text_that_no_configuration_holds_is_refused_in_one_line(text, message):
    with pytest.raises(ConfigError) as error:
        parse(text, "f.yaml")
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(("text", "message"), TOO_LARGE)
def test_a_value_that_is_too_large_is_refused_with_the_limit(text, message, tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        load_atlas([path])
    assert message in str(error.value)
    assert len(str(error.value)) < 1000


def test_what_others_have_read_may_not_multiply_either(tmp_path):
    path, value, endless = tmp_path / "f.yaml", ["x"] * 10, []
    path.write_text(ONE)
    endless.append(endless)
    for _ in range(30):
        value = [value] * 10
    for given in (value, endless):
        with pytest.raises(UserError, match=r"^--config: more than 100,000 values are too many"):
            load_atlas([path], {"x-block": given})


def test_the_limits_are_those_that_are_documented():
    text = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = text.partition("## Limits")[2].replace(",", "")
    documented = set(map(int, re.findall(r"\d+", rows)))
    assert documented == {
        *(config_text.MOST_BYTES, config_text.MOST_VALUES, config_text.MOST_REPEATED),
        *(config_text.DEEPEST, config_values.MOST_EPOCHS, config_values.MOST_LAYERS),
        *(config_values.MOST_NEURONS, config_values.MOST_WEIGHTS, value_ranges.MOST_POINTS),
        *(configuration.MOST_STUDIES, study_models.MOST_CLAIMS, seeds.MOST_SEEDS),
        *(configuration.MOST_THREADS, config_values.MOST, MOST_RUNS),
        *(study_models.LONGEST_STUDY_NAME, study_models.LONGEST_TITLE, parameters.LONGEST_NAME),
        *(config_values.LONGEST_NAME, config_values.LONGEST_PATH),
    }


def test_long_keys_and_texts_are_shortened_in_messages(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text(STUDY.format(f"? {'k' * 5000}\n: {'v' * 5000}, loss: {'v' * 5000}"))
    with pytest.raises(UserError) as error:
        load_atlas([path])
    assert all(len(line) < 1000 for line in str(error.value).splitlines())


def test_core_tags_and_anchors_are_read(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text(
        "x-rates: &rates {lr: [0.1, 0.2]}\nx-other: &rates {lr: !!float 1}\n"
        "studies: {a: {dataset: mnist, optimizers: [{name: sgd, <<: *rates}, {name: adam}]}}\n"
    )
    assert load_atlas([path]).plans["a"].settings == ["adam-lr0.001", "sgd-lr1"]


def test_only_regular_files_of_a_fair_size_are_opened(tmp_path):
    pipe, large = tmp_path / "pipe", tmp_path / "large.yaml"
    os.mkfifo(pipe)
    with open(large, "wb") as file:
        file.truncate(10**9)
    with pytest.raises(ConfigError, match=r"pipe: this is a pipe, socket or device; a config"):
        read_text(pipe)
    with pytest.raises(ConfigError, match="/dev/zero: this is a pipe, socket or device"):
        read_text("/dev/zero")
    with pytest.raises(ConfigError, match="this is a folder; a configuration is a file"):
        read_text(tmp_path)
    with pytest.raises(ConfigError, match=f"1,000,000,000 bytes are too many.* {MOST_BYTES:,}"):
        read_text(large)
    with pytest.raises(ConfigError, match="…: cannot be read: File name too long"):
        read_text("x" * 5000)


def test_other_encodings_are_named(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(f"# UTF-8 with a mark: é\n{ONE}".encode("utf-8-sig"))
    assert load_atlas([path]).plans.keys() == {"a"}
    path.write_bytes(ONE.encode("utf-16"))
    with pytest.raises(ConfigError, match=r"f\.yaml: cannot be read: UTF-16 text; save it"):
        load_atlas([path])
    path.write_bytes(f"{ONE}# pr\xe1ctica".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"f\.yaml:2: cannot be read: the byte 0xe1 is not UTF-8"):
        load_atlas([path])
