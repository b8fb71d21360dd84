"""A stack has a row for each run, as far as they fit into the memory of the card."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lr_atlas.runs.devices import RUNS_ON_A_GPU
from lr_atlas.runs.stack_size import bytes_of_an_input, bytes_of_row, stack_width, width_on
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.network import build_network
from lr_atlas.training.steps.autograd import AutogradSteps

FORM = Form((28, 28), 10)


@pytest.mark.parametrize(
    ("runs", "memory", "width"), [(64, 100_000, 64), (64, 10_000, 8), (3, 10_000, 3), (5, 10, 1)]
)
def test_as_many_rows_as_runs_or_as_fit(runs, memory, width):
    assert stack_width(runs, memory, row=1_000) == width


def begun():
    """Steps of a run, and its network."""
    configuration = complete_configuration(
        {"dataset": "mnist", "seed": 0, "optimizer": {"name": "adam", "lr": 0.1}}
    )
    network = build_network(configuration["model"], FORM, 0)
    data = image_set(np.zeros((20, 784), np.uint8), np.zeros(20, np.uint8), "cpu")
    return AutogradSteps(network, configuration, data, FORM), network


def test_jobs_that_share_a_card_share_its_memory(monkeypatch):
    steps, _ = begun()
    memory = RUNS_ON_A_GPU * 10 * bytes_of_row(steps)
    card = SimpleNamespace(total_memory=memory)
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda device: card)
    assert width_on(torch.device("cuda"), 64, steps) == 8
    assert width_on(torch.device("cuda"), 5, steps) == 5
    assert width_on(torch.device("cpu"), 64, steps) == 64


def test_a_row_takes_its_weights_their_like_and_what_it_keeps_of_a_batch():
    steps, network = begun()
    of_input = bytes_of_an_input(network, (784,))
    # The input, and what each hidden layer gives, which the next one keeps.
    assert 4 * (784 + 128 + 64 + 10) <= of_input <= 8 * (784 + 128 + 64 + 10)
    weights = 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
    assert bytes_of_row(steps) == 4 * weights * 7 + 2_000 * of_input
