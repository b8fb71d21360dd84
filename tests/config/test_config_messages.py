"""Messages say what was probably meant, and what there is not; all of a file's mistakes at once."""

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import nearest
from lr_atlas.studies.atlas import load_atlas

STUDY = """\
studies:
  a:
    dataset: mnist
    {line}
    optimizers:
      - name: sgd
        {argument}
"""
SCHEDULES = (
    "is the `schedule` of a study or of an optimizer, with its warm-up, as in schedule: {name"
)
NETWORKS = "networks are fully connected, with the neurons of each hidden layer in `hidden`, as in "
NETWORKS += (
    "model: {hidden: [128, 64], activation: relu, dropout: 0.1}; others have a name, as in "
    "model: {name: cnn, channels: [16, 32]}, or a file of your own, as in "
)
NETWORKS += "model: {python: my_cnn.py:Net}"
OPTIMIZERS = (
    "optimizers of torch.optim are named in lower case, others by their package or file, as in "
    "name: pytorch_optimizer.Lion or name: my_opt.py:Lion"
)
RANGE = "Python is not read here; a range is written {log: [1e-05, 1], points: 12}"

#: Lines of a study, and what is said of them.
LINES = [
    (
        "schedule: x",
        "unknown schedule 'x'; Allowed: constant, cosine, cosine_restarts, cyclic, exponential, ",
    ),
    ("lr_schedule: x", "unknown key 'lr_schedule': did you mean 'schedule'?"),
    ("warmup_epochs: x", SCHEDULES),
    (
        "augment: true",
        "unknown key 'augment': images are changed in training by `transforms` of a study",
    ),
    ("language: Español", "language: unknown value 'Español': did you mean 'es'? Allowed: en, es"),
    ("dropout: 0.1", "unknown key 'dropout': it belongs under `model` of a study"),
    ("lr: 0.1", "it belongs into an entry under `optimizers` of a study"),
    ("model: my_cnn.py", NETWORKS),
    ("model: {type: cnn}", "unknown key 'type': " + NETWORKS),
    ("model: {conv: [3]}", "unknown key 'conv': " + NETWORKS),
    ("model: {layers: [3]}", "unknown key 'layers': did you mean 'hidden'?"),
    ("model: {hidden: 30}", "a list belongs here, found 30; write [30]"),
    ("model: {activation: ReLU}", "unknown value 'ReLU': did you mean 'relu'?"),
    ("seed: 3", "did you mean 'seeds'?"),
    ("title: [a]", "studies.a.title: text belongs here"),
    ('title: "a\\nb"', "a title is one line"),
    (f"title: {'t' * 201}", "201 characters are too many; at most 200"),
    ("epochs: 10.5", "a whole number belongs here, found 10.5"),
]

#: Arguments of an entry, and what is said of them.
ARGUMENTS = [
    ("learning_rate: 0.1", "sgd has no argument 'learning_rate': did you mean 'lr'?"),
    ("scheduler: x", "sgd has no argument 'scheduler': did you mean 'schedule'?"),
    ("dropout: 0.1", "it belongs under `model`; it has lr"),
    ("seeds: 3", "it belongs into the study, beside `optimizers`; it has lr"),
    ("lr: 0,01", "found '0,01'. Decimals are written with a point: 0.01"),
    ("lr: [0,01, 0,1]", "Decimals are written with a point (0.01): a comma ends a value"),
    ("lr: logspace(-5, 0, 12)", "found 'logspace(-5, 0, 12)'. " + RANGE),
    ("lr: np.logspace(-5, 0, 12)", RANGE),
    ("lr: np.geomspace(1e-5, 1, num=12)", RANGE),
    ("lr: np.linspace(0.1, 1, 10)", "a range is written {linear: [0.1, 1], points: 10}"),
]

#: Lists under `optimizers`, and what is said of them.
ENTRIES = [
    ("[{name: sgd, lr: 0,01}]", "'1' stands here without a value: a comma ends a value."),
    ("[{name: sgd, lr: logspace(-5, 0, 12)}]", "a range as {log: [1e-5, 1], points: 12}"),
    ("[sgd, adam]", "as in optimizers: [{name: adam, lr: [0.001, 0.01, 0.1]}]"),
    ("sgd", "as in optimizers: [{name: sgd, lr: [0.001, 0.01, 0.1]}]"),
    ("{sgd: {lr: 1}}", "each optimizer is an entry with the rates to try"),
    ("[{name: torch.optim.Muon}]", "did you mean 'muon'?"),
    ("[{name: torch.optim.SparseAdam}]", "torch's SparseAdam takes sparse gradients alone"),
    ("['my_opt.py:Lion']", "as in optimizers: [{name: my_opt.py:Lion, lr: [0.001, 0.01, 0.1]}]"),
    ("[{name: lion}]", OPTIMIZERS + ". Allowed: ada"),
    ("[{name: my_opt.Lion}]", "no package my_opt is installed here; pip install it"),
    ("[{name: torch.optim.AdamW}]", "did you mean 'adamw'?"),
    ("[{name: Adam}]", "unknown optimizer 'Adam': did you mean 'adam'?"),
]

SMALL = "studies: {a: {dataset: mnist, optimizers: [{name: sgd}]}}\n"
FILES = [
    ("language: fr\n" + SMALL, "language: unknown value 'fr'"),
    ("epochs: 3\n" + SMALL, "unknown key 'epochs': it belongs into a study"),
    (
        "figures: {titles: maybe}\n" + SMALL,
        "figures.titles: true or false belongs here, found 'maybe'",
    ),
    (
        "datasets: {imagenet: {}}\n" + SMALL,
        "no data set of that name is known; data of your own is",
    ),
    (
        SMALL.replace("mnist", "imagenet"),
        "unknown value 'imagenet': no data set of that name is known",
    ),
    (SMALL.replace("mnist", "Fashion-MNIST"), "did you mean 'fashion_mnist'?"),
    ("compute: {device: gpu}\n" + SMALL, "unknown value 'gpu': did you mean 'cuda'?"),
    (
        "figures: {language: Español}\n" + SMALL,
        "figures.language: unknown value 'Español': did you mean 'es'? Allowed: en, es",
    ),
    ("figures: {language: english}\n" + SMALL, "did you mean 'en'?"),
    (
        "figures: {formats: [pdf]}\n" + SMALL,
        "figures.formats: svg belongs into the list, since the pages show it, as in [svg, pdf]",
    ),
    ("figures: {formats: [svg, PDF]}\n" + SMALL, "did you mean 'pdf'? Allowed: svg, pdf, png"),
    (
        SMALL.replace("{a:", "{práctica:"),
        "names a folder: did you mean 'practica'? Allowed",
    ),
    (SMALL.replace("{a:", "{my study:"), "did you mean 'my-study'?"),
    (SMALL.replace("{a:", "{🙂:"), "Any text can be its `title:`"),
    ("? [a, b]\n: 1\n" + SMALL, "unknown key '('a', 'b')'"),
]


def message(text, folder):
    """Return what is said of a configuration with this text."""
    path = folder / "f.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as error:
        load_atlas([path])
    return str(error.value).replace(f"{path}:", "")


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_of_a_line_in_a_study(line, expected, tmp_path):
    assert expected in message(STUDY.format(line=line, argument="lr: 1"), tmp_path)


@pytest.mark.parametrize(("argument", "expected"), ARGUMENTS)
def test_of_an_argument_of_an_entry(argument, expected, tmp_path):
    assert expected in message(STUDY.format(line="epochs: 1", argument=argument), tmp_path)


@pytest.mark.parametrize(("entries", "expected"), ENTRIES)
def test_of_entries(entries, expected, tmp_path):
    assert expected in message(SMALL.replace("[{name: sgd}]", entries), tmp_path)


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_of_a_file(text, expected, tmp_path):
    assert expected in message(text, tmp_path)


@pytest.mark.parametrize(
    ("word", "known"),
    [("augment", ["target", "margin"]), ("gpu", ["auto", "cpu"]), ("lion", ["nadam", "rprop"])],
)
def test_no_guess_is_better_than_one_that_misleads(word, known):
    assert nearest(word, known) is None


def test_an_unknown_number_that_has_a_value_is_a_key_and_a_date_is_shown_as_one(tmp_path):
    assert "unknown key '3';" in message("3: 4\n" + SMALL, tmp_path)
    text = STUDY.format(line="description: 2024-01-31", argument="lr: 1")
    assert "text belongs here, found 2024-01-31" in message(text, tmp_path)


def test_of_very_many_mistakes_the_first_are_told_and_the_others_counted(tmp_path):
    text = "studies:\n" + "".join(f"  s{n}: {{datset: mnist}}\n" for n in range(300))
    lines = message(text, tmp_path).splitlines()
    assert lines[0].startswith("2: studies.s0: 'dataset' is missing")
    assert lines[-1] == "and 890 more"


def test_a_plain_zero_is_no_decimal_comma(tmp_path):
    text = message(STUDY.format(line="epochs: 1", argument="lr: 0"), tmp_path)
    assert text.endswith("lr: 0 is not allowed; it must be greater than 0")


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order(tmp_path):
    text = """\
x-block: &block
  lr: 0
studies:
  prácticas:
    dataset: minst
    epoch: 3
    optimizers:
      - name: sgd
        momentm: 1
        <<: *block
    model: {hidden: [0], conv: 1}
    schedule: x
figure: {}
"""
    lines = message(text, tmp_path).splitlines()
    assert [int(line.partition(":")[0]) for line in lines] == [2, 4, 5, 6, 9, 11, 11, 12, 13]


def test_all_that_studies_ask_for_in_vain_is_told_at_once(tmp_path):
    text = """\
studies:
  train:
    dataset: mnist
    validation: 5
    optimizers: [{name: sgd}]
  b:
    dataset: mnist
    optimizers: [{name: sgd}]
    reference: {source: x, values: [{where: {optimizer: adam}, train_loss: 1}]}
    claims:
      - {claim: collapses, where: {lr: 3}}
      - {claim: collapses, where: {lrr: 3}}
"""
    lines = message(text, tmp_path).splitlines()
    assert [int(line.partition(":")[0]) for line in lines] == [2, 4, 9, 11, 12]
