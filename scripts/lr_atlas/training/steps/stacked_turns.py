"""Runs of a stack take turns: each is trained as if alone, and waits where the others are needed.

Each run has a thread, of which one at a time works. A run that asks for steps or an evaluation
waits until all have asked for something; then all of it is done at once, and they go on.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lr_atlas.training.evaluation import Evaluation
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.steps.stacked_rows import Asked, Stack


@dataclass(frozen=True)
class _Look:
    """An evaluation that a run asks for."""

    row: int
    image_set: ImageSet
    at_a_time: int
    with_outputs: bool


class Together:
    """Has what the runs of a stack ask for done together."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._turn = threading.Condition()
        self._asked: dict[int, Asked | _Look] = {}
        self._answers: dict[int, Any] = {}
        self._move_out: dict[int, Callable[[], None]] = {}

    def move_in(self, row: int, move_out: Callable[[], None]) -> None:
        """Let a run have a row; whoever had it is told to move out. move_out: for the next time."""
        self.move_out(row)
        self._move_out[row] = move_out

    def move_out(self, row: int) -> None:
        """Have the run of a row, if there is one, take its weights along."""
        if row in self._move_out:
            self._move_out.pop(row)()

    def run(self, works: Sequence[Callable[[], None]]) -> list[BaseException | None]:
        """Do the work of each run, a row each; returns what ended each early, if something did."""
        ends: list[BaseException | None] = [None] * len(works)
        self.stack.live.update(range(len(works)))

        def alive(row: int, work: Callable[[], None]) -> None:
            with self._turn:
                try:
                    work()
                # The others go on; the caller decides about this one.
                except BaseException as error:
                    ends[row] = error
                finally:
                    self.move_out(row)
                    self.stack.live.discard(row)
                    self._answer_if_all_asked()

        threads = [
            threading.Thread(target=alive, args=(row, work)) for row, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return ends

    def train(self, asked: Asked) -> tuple[list[float], int]:
        """Return as `Stack.train` for one run, when all have asked for something."""
        losses, right = self._answer(asked)
        return losses, right

    def evaluate(
        self, image_set: ImageSet, row: int, at_a_time: int, *, with_outputs: bool
    ) -> Evaluation:
        """Return as `Stack.evaluate` for one run, when all have asked for something."""
        found: Evaluation = self._answer(_Look(row, image_set, at_a_time, with_outputs))
        return found

    def _answer(self, asked: Asked | _Look) -> Any:
        row = asked.row
        with self._turn:
            self._asked[row] = asked
            self._answer_if_all_asked()
            while row not in self._answers:
                self._turn.wait()
            found = self._answers.pop(row)
        if isinstance(found, BaseException):
            raise found
        return found

    def _answer_if_all_asked(self) -> None:
        """Do what was asked for, unless a run has not asked yet."""
        if not self._asked or not self.stack.live <= self._asked.keys():
            return
        asked, self._asked = self._asked, {}
        try:
            self._answers.update(self._done([*asked.values()]))
        # It concerns all of them, as where the memory of a GPU is full.
        except Exception as error:
            self._answers.update(dict.fromkeys(asked, error))
        self._turn.notify_all()

    def _done(self, asked: Sequence[Asked | _Look]) -> dict[int, Any]:
        steps = [each for each in asked if isinstance(each, Asked)]
        found: dict[int, Any] = dict(self.stack.train(steps)) if steps else {}
        looks = [each for each in asked if isinstance(each, _Look)]
        for image_set in {id(each.image_set): each.image_set for each in looks}.values():
            same = [each for each in looks if each.image_set is image_set]
            rows, outputs = [e.row for e in same], [e.row for e in same if e.with_outputs]
            found |= self.stack.evaluate(image_set, rows, same[0].at_a_time, outputs)
        return found
