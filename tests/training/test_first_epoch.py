"""The loss during the first epoch is recorded in few pieces, whoever cuts the epoch how."""

import numpy as np
import pytest

from lr_atlas.training.first_epoch_losses import FirstEpoch


def recorded(losses, steps, parts):
    """The pieces of losses that come in so many parts."""
    record = FirstEpoch()
    for part in np.array_split(np.array(losses), parts):
        record.add([float(loss) for loss in part], steps)
    return [(piece["step"], piece["loss"]) for piece in record.pieces]


@pytest.mark.parametrize(("steps", "pieces"), [(1, 1), (100, 100), (101, 51), (250, 84)])
def test_an_epoch_is_recorded_in_at_most_a_hundred_pieces_that_hold_every_step(steps, pieces):
    losses = list(np.random.default_rng(0).random(steps))
    found = recorded(losses, steps, 1)
    assert len(found) == pieces
    ends = [0, *(step for step, _ in found)]
    assert ends[-1] == steps
    for (_, text), start, end in zip(found, ends[:-1], ends[1:], strict=True):
        assert float(text) == pytest.approx(np.mean(losses[start:end]), rel=1e-9)
    assert all(recorded(losses, steps, parts) == found for parts in (2, 7, steps))


@pytest.mark.parametrize("parts", [1, 4, 9])
def test_the_last_finite_loss_and_the_first_that_is_not_stand_by_themselves(parts):
    losses = [2.0, 2.5, 3.0, 10.0, 70.0, 1e9, 1e20, float("inf"), float("nan")]
    found = recorded(losses, 500, parts)
    assert found[:2] == [(5, "17.5"), (6, "1000000000")]
    assert found[2:4] == [(7, "1e+20"), (8, "inf")]


def test_a_first_loss_that_is_not_finite_stands_alone():
    assert recorded([float("nan")], 500, 1) == [(1, "nan")]
