"""Networks by name: their layers and first weights are those that were published."""

import math

import pytest
import torch
from torch import nn

from lr_atlas.training.form import Form
from lr_atlas.training.initialisation import SCHEMES
from lr_atlas.training.network import build_network, input_shape
from lr_atlas.training.parts import PartError, load_part, names

GREY, COLOUR = Form((28, 28), 10), Form((3, 32, 32), 10)


def built(form=GREY, seed=0, **model):
    return build_network(model, form, seed)


def weights_of(network):
    return sum(parameter.numel() for parameter in network.parameters())


def layers_of(network, kind=(nn.Conv2d, nn.Linear)):
    return [layer for layer in network.modules() if isinstance(layer, kind)]


@pytest.mark.parametrize("form", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("name", names("model"))
def test_every_network_answers_images_of_any_size_and_draws_from_its_seed(name, form):
    network, again, other = (built(form, seed, name=name) for seed in (0, 0, 1))
    images = torch.rand(3, *input_shape({"name": name}, form))
    assert network.eval()(images).shape == (3, 10)
    pairs = zip(network.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(first, second) for first, second in pairs)
    assert not torch.equal(next(network.parameters()), next(other.parameters()))


@pytest.mark.parametrize(
    ("name", "form", "weights"),
    [
        # 61,706 is what is counted for LeNet-5 everywhere, with all channels in the second layer.
        ("lenet5", GREY, 61_706),
        # By the layers that DeepOBS gives: 5 x 5 x 1 x 32 + 32 and so on.
        ("2c2d", GREY, 832 + 51_264 + (7 * 7 * 64 + 1) * 1024 + 1025 * 10),
        ("3c3d", COLOUR, 4_864 + 55_392 + 110_720 + (3 * 3 * 128 + 1) * 512 + 513 * 256 + 2_570),
        # 0.27 million in table 6 of the paper.
        ("resnet20", COLOUR, 269_722),
    ],
)
def test_published_networks_have_as_many_weights_as_they_were_published_with(name, form, weights):
    assert weights_of(built(form, name=name)) == weights


def test_2c2d_begins_as_in_deepobs():
    for layer in layers_of(built(name="2c2d")):
        assert torch.equal(layer.bias, torch.full_like(layer.bias, 0.05))
        assert float(layer.weight.detach().abs().max()) <= 0.1
        # 0.88 of 0.05: a normal distribution loses its tails beyond two deviations.
        assert float(layer.weight.detach().std()) == pytest.approx(0.05 * 0.8796, rel=0.1)


def test_3c3d_begins_as_in_deepobs():
    for layer in layers_of(built(COLOUR, name="3c3d")):
        window = layer.weight[0, 0].numel()
        glorot = math.sqrt(2 / (window * sum(layer.weight.shape[:2])))
        assert not layer.bias.any()
        assert float(layer.weight.detach().std()) == pytest.approx(glorot, rel=0.1)


def test_pooling_has_the_margins_of_tensorflow():
    """5 rows in windows of 3 from one to the next but one: 1 before, 1 behind."""
    pool = load_module_of("_pooling").SamePool(3)
    rows = torch.arange(5.0).repeat(5, 1)[None, None]
    assert pool(rows)[0, 0, 0].tolist() == [1.0, 3.0, 4.0]
    assert pool(rows[..., :4])[0, 0, 0].tolist() == [2.0, 3.0]


def load_module_of(name):
    import importlib

    return importlib.import_module(f"lr_atlas.training.models.{name}")


def test_the_arguments_of_cnn_are_its_layers():
    model = {"name": "cnn", "channels": [4, 8, 8], "kernel": 5, "hidden": [], "batch_norm": True}
    network = built(**model, dropout=0.5)
    convolutions = layers_of(network, nn.Conv2d)
    assert [layer.out_channels for layer in convolutions] == [4, 8, 8]
    assert {layer.kernel_size for layer in convolutions} == {(5, 5)}
    assert [layer.in_features for layer in layers_of(network, nn.Linear)] == [8 * 3 * 3]
    assert len(layers_of(network, nn.BatchNorm2d)) == 3
    assert len(layers_of(network, nn.Dropout)) == 1


@pytest.mark.parametrize(
    ("model", "form", "told"),
    [
        ({"name": "cnn"}, Form((4,), 3), "takes images of channels, rows and columns; an input"),
        ({"name": "cnn", "kernel": 2}, GREY, "has an odd size"),
        ({"name": "cnn", "channels": [1] * 6}, GREY, "inputs of 1x28x28 are too small"),
        ({"name": "vit", "patch": 5}, GREY, "a patch of 5 does not divide images of 28x28"),
        ({"name": "vit", "heads": 5}, GREY, "width is a multiple of heads"),
    ],
)
def test_what_does_not_fit_is_told(model, form, told):
    with pytest.raises(ValueError, match=told):
        built(form, **model)


@pytest.mark.parametrize("name", ["fully_connected", "2c2d", "resnet20", "transformer"])
def test_a_scheme_draws_all_layers_and_biases_begin_at_zero(name):
    found = {}
    for scheme in SCHEMES:
        network = built(name=name, initialisation=scheme)
        layer = layers_of(network)[-2]
        found[scheme] = layer.weight.flatten(1).detach()
        if scheme != "default":
            assert not any(layer.bias.any() for layer in layers_of(network, nn.Linear))
    matrix = found["orthogonal"]
    short = min(matrix.shape)
    product = matrix @ matrix.T if len(matrix) == short else matrix.T @ matrix
    assert torch.allclose(product, torch.eye(short), atol=1e-5)
    he = math.sqrt(2 / found["he"].shape[1])
    assert float(found["he"].std()) == pytest.approx(he, rel=0.1)
    assert float(found["xavier"].abs().max()) <= math.sqrt(6 / sum(matrix.shape)) * 1.001
    assert torch.equal(found["default"], layers_of(built(name=name))[-2].weight.flatten(1))


def test_a_name_that_begins_with_a_digit_is_a_part_and_a_helper_is_none():
    assert "2c2d" in names("model")
    assert load_part("model", "2c2d").__name__ == "_2c2d"
    assert not any(name.startswith("_") for name in names("model"))


@pytest.mark.parametrize("form", [GREY, COLOUR], ids=["grey", "colour"])
def test_networks_of_torchvision_fit_the_channels_and_classes(form):
    network = built(form, name="torchvision.resnet18").eval()
    assert network(torch.rand(2, *form.with_channels)).shape == (2, 10)


def test_a_library_that_is_not_here_and_a_network_that_it_does_not_have_are_told():
    with pytest.raises(PartError, match="torchvision has no network 'resnet19'"):
        load_part("model", "torchvision.resnet19")
    try:
        import timm  # noqa: F401
    except ImportError:
        with pytest.raises(PartError, match="timm is not installed here; python -m pip install"):
            load_part("model", "timm.resnet18")
