"""Jobs spread over the cards of a machine, and a killed one leaves its place to others."""

import contextlib
import multiprocessing
import os
import stat

import pytest

from lr_atlas.runs import cards
from lr_atlas.runs.cards import VISIBLE, take_card, visible_cards
from lr_atlas.runs.training_job import choose_device

CARDS = ["0", "GPU-5f/1", "2"]


def hold(connection, work, *arguments):
    """Say what the work gives, and stay until one is told to end."""
    connection.send(work(*arguments))
    connection.recv()


@pytest.fixture
def job():
    """A function that does work in a process that stays: (what it gives, the process)."""
    context = multiprocessing.get_context("fork")
    with contextlib.ExitStack() as stack:

        def started(work, *arguments):
            ours, theirs = context.Pipe()
            process = context.Process(target=hold, args=(theirs, work, *arguments))
            process.start()
            stack.callback(process.join)
            stack.callback(process.kill)
            return ours.recv(), process

        yield started


def test_jobs_take_a_card_each_before_they_share_one(job, tmp_path):
    found = [job(take_card, CARDS, tmp_path, 2)[0] for _ in range(7)]
    assert found == [*CARDS, *CARDS, None]


def test_the_place_of_a_killed_job_is_free(job, tmp_path):
    jobs = [job(take_card, CARDS, tmp_path, 1) for _ in CARDS]
    card, process = jobs[1]
    process.kill()
    process.join()
    assert job(take_card, CARDS, tmp_path, 1)[0] == card == CARDS[1]
    assert job(take_card, CARDS, tmp_path, 1)[0] is None


def test_where_no_lock_can_be_had_no_card_is_chosen(tmp_path):
    (tmp_path / f"lr-atlas-cards-{os.getuid()}").write_text("")
    assert take_card(CARDS, tmp_path, 1) is None


@pytest.mark.parametrize(
    ("given", "found"), [("", []), ("1", ["1"]), ("GPU-5f, 3", ["GPU-5f", "3"])]
)
def test_the_cards_that_a_job_was_given_are_those_it_chooses_from(given, found, monkeypatch):
    monkeypatch.setenv(VISIBLE, given)
    assert visible_cards() == found


def chosen(device):
    choose_device(device)
    return os.environ.get(VISIBLE)


def test_a_folder_of_someone_else_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "lr-atlas-cards-77").mkdir()
    monkeypatch.setattr(cards.os, "getuid", lambda: 77)
    assert take_card(CARDS, tmp_path, 1) is None
    assert not [*(tmp_path / "lr-atlas-cards-77").iterdir()]


def test_a_training_job_sees_one_card_and_one_on_a_processor_takes_none(job, tmp_path, monkeypatch):
    monkeypatch.setenv(VISIBLE, "4,7")
    monkeypatch.setattr(cards.tempfile, "tempdir", str(tmp_path))
    assert job(chosen, "cpu")[0] == "4,7"
    assert [job(chosen, "auto")[0] for _ in range(3)] == ["4", "7", "4"]
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
