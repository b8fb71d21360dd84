"""The steps by automatic differentiation give what a plain loop in torch gives."""

import pytest
import torch
from torch import nn

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.memory import works_channels_last
from lr_atlas.training.steps.autograd import AutogradSteps

OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
    "adam": (torch.optim.Adam, {}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
}


class Views(nn.Module):
    """Asks for a view of what a convolution gave, as tutorials do."""

    def __init__(self, channels=3):
        super().__init__()
        self.convolution = nn.Conv2d(channels, 4, 3)

    def forward(self, images):
        return self.convolution(images).view(len(images), -1)


def network(channels):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(200, 10),
    )


def examples(channels, count=95):
    generator = torch.Generator().manual_seed(1)
    shape = (count, 784) if channels is None else (count, channels, 10, 10)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    return ImageSet(images, torch.randint(0, 10, (count,), generator=generator))


def configuration(optimizer):
    return complete_configuration(
        {
            "dataset": "made up",
            "seed": 0,
            "batch_size": 20,
            "pixels": [-1, 1],
            "model": {"name": "nets.py:Net", "arguments": {}},
            "optimizer": {"name": optimizer, "lr": 0.01, **OPTIMIZERS[optimizer][1]},
        }
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_convolutional_networks_train_as_in_a_plain_loop(channels, optimizer):
    torch.set_num_threads(1)
    data, form = examples(channels), Form((channels, 10, 10), 10)
    ours = network(channels).double()
    trained = AutogradSteps(ours, configuration(optimizer), data, form)
    assert trained.channels_last
    plain = network(channels).double().train()
    made, arguments = OPTIMIZERS[optimizer]
    torchs = made(plain.parameters(), lr=0.01, **arguments)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(2))
    inputs = data.images.double() / 255 * 2 - 1
    expected = []
    for batch in order.split(20):
        loss = nn.functional.cross_entropy(plain(inputs[batch]), data.labels[batch])
        torchs.zero_grad()
        loss.backward()
        torchs.step()
        expected.append(loss.item())
    losses, _ = trained.train(order, seed=0)
    assert losses == pytest.approx(expected, rel=1e-6)
    for value, wanted in zip(ours.state_dict().values(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(value, wanted, rtol=1e-5, atol=1e-7)
    plain.eval()
    with torch.no_grad():
        outputs = plain(inputs)
    found = trained.evaluate(data, with_outputs=True)
    torch.testing.assert_close(found.outputs, outputs, rtol=1e-5, atol=1e-6)
    assert found.correct == int((outputs.argmax(1) == data.labels).sum())


@pytest.mark.parametrize("batches_at_a_time", [1, 2, 5])
def test_how_many_images_are_gathered_at_a_time_changes_no_bit(batches_at_a_time):
    weights = []
    for at_a_time in (20 * batches_at_a_time, 1_000):
        trained = AutogradSteps(
            network(3), configuration("adam"), examples(3), Form((3, 10, 10), 10)
        )
        trained.gathered_at_a_time = at_a_time
        trained.train(torch.arange(95), seed=0)
        weights.append(nn.utils.parameters_to_vector(trained.network.parameters()))
    assert torch.equal(*weights)


def test_a_network_that_views_what_a_convolution_gave_gets_channels_first():
    assert works_channels_last(network(3), (3, 10, 10))
    assert not works_channels_last(Views(), (3, 10, 10))
    assert not works_channels_last(nn.Sequential(nn.Flatten(), nn.Linear(300, 10)), (3, 10, 10))
    trained = AutogradSteps(Views(), configuration("sgd"), examples(3), Form((3, 10, 10), 10))
    assert len(trained.train(torch.arange(95), seed=0)[0]) == 5


def test_trying_a_network_leaves_its_statistics_and_the_random_numbers_alone():
    tried = network(3)
    before = [value.clone() for value in tried.state_dict().values()]
    state = torch.get_rng_state()
    works_channels_last(tried, (3, 10, 10))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(map(torch.equal, before, tried.state_dict().values()))
