"""The steps of one run of a stack, as its trainer calls them."""

from collections.abc import Callable, Mapping

import numpy as np
import torch

from lr_atlas.training.configuration import USUAL, grouping
from lr_atlas.training.dynamics import Watch
from lr_atlas.training.evaluation import Evaluation
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.optimizer import class_arguments, defaults
from lr_atlas.training.parts import named_parts
from lr_atlas.training.schedule import HORIZON, SCHEDULES
from lr_atlas.training.step_factors import UNCHANGED, WEIGHT_DECAY, StepFactors
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.precisions import BFLOAT16, precision_of
from lr_atlas.training.steps.stacked_optimizers import OPTIMIZERS, formula_of, plain_arguments
from lr_atlas.training.steps.stacked_rows import Asked
from lr_atlas.training.steps.stacked_turns import Together
from lr_atlas.training.trainer import Trainer

#: Networks that can be stacked: no layer of theirs draws a random number but dropout.
NETWORKS = ("fully_connected", "cnn", "2c2d", "3c3d", "lenet5", "resnet20")
#: Keys of a configuration by which runs of one stack may differ.
_OWN = ("seed", "initialisation_seed", "order_seed", "rounding_seed", "optimizer", *SCHEDULES)
#: Keys of a configuration that ask for more than a plain step.
_MORE = ("sharpness_aware", "clip", "accumulate", "average")


def can_be_stacked(configuration: dict) -> bool:
    """Return whether a run of a complete configuration can be one of a stack."""
    optimizer = configuration["optimizer"]
    return (
        configuration["model"]["name"] in NETWORKS
        and not any(":" in name for _, name in named_parts(configuration))
        and optimizer["name"] in OPTIMIZERS
        and not grouping(optimizer)
        and not optimizer.get("maximize")
        and not configuration.get("transforms")
        and precision_of(configuration) != BFLOAT16
        # Runs of one trunk wait for each other.
        and HORIZON not in configuration
        and all(configuration.get(key, USUAL[key]) == USUAL[key] for key in _MORE)
    )


def form_of_stack(configuration: dict) -> dict:
    """Return what runs of one stack have in common. configuration: complete, of one of them."""
    optimizer = configuration["optimizer"]
    arguments = defaults(optimizer["name"]) | class_arguments(optimizer, is_cuda=False)
    formula = {"name": optimizer["name"], **formula_of(arguments)}
    rest = {key: value for key, value in configuration.items() if key not in _OWN}
    return {**rest, "optimizer": formula}


class OwnRandom:
    """The random numbers of a run that are drawn in training, by nobody else."""

    def __init__(self, device: torch.device) -> None:
        self.generator = torch.Generator(device)

    def state(self) -> dict:
        """Return tensors from which `restore` goes on."""
        return {"torch": self.generator.get_state()}

    def restore(self, state: Mapping) -> None:
        """Go back to what `state` gave; empty at the beginning of a piece."""
        if state:
            self.generator.set_state(state["torch"])


class MemberSteps(AutogradSteps):
    """Trains and evaluates the network of a run together with those of others."""

    name = "stacked"

    def __init__(
        self,
        trainer: Trainer,
        configuration: dict,
        together: Together,
        row: int,
    ) -> None:
        """Have the network of a trainer live in a row; whoever lived there gets its own weights."""
        super().__init__(trainer.network, configuration, trainer.training_set, trainer.form)
        (member,) = self.optimizer.members
        (self.flat,) = member.param_groups[0]["params"]
        self.given = plain_arguments(member.param_groups[0])
        own = OwnRandom(self.flat.device)
        self.random, self.generator = own, own.generator  # type: ignore[assignment]
        self.together, self.stack, self.row = together, together.stack, row
        self.taken = 0
        self.stack.prepare(self.given)
        together.move_in(row, self._move_out)
        self.stack.network.adopt(row, self.network, self.flat)
        for state in self.stack.state.values():
            state[row] = 0

    def _move_out(self) -> None:
        self._take_state()
        self.stack.network.release(self.row, self.network, self.flat)
        self.row = -1

    def train(
        self,
        indices: torch.Tensor,
        seed: int,
        factors: StepFactors = UNCHANGED,
        *,
        begin: int = 0,
        until: int | None = None,
        watch: Watch | None = None,
    ) -> tuple[list[float], int]:
        """Train as `AutogradSteps.train`, at the same time as the others of the stack."""
        self.network.train()
        if not begin:
            self.generator.manual_seed(seed)
        size = self.batch_size
        end = -(-len(indices) // size) if until is None else until

        steps = range(end - begin)
        measured = frozenset(n for n in steps if watch and watch.wants(begin + n, end))

        def before_update() -> None:
            assert watch is not None
            watch.before_update()

        def after_update(step: int) -> None:
            assert watch is not None
            self.values.set(factors, begin + step)
            watch.after_update(step, self.effective_lr())

        part, numbers = indices[begin * size : end * size], self._numbers(factors, begin, end)
        asked = Asked(
            self.row, part, numbers, self.generator, measured, before_update, after_update
        )
        found = self.together.train(asked)
        self.taken += end - begin
        self.values.set(factors, end - 1)
        return found

    def evaluate(self, image_set: ImageSet, with_outputs: bool = False) -> Evaluation:
        """Return the Evaluation of the network on examples, at the same time as the others."""
        self.network.eval()
        return self.together.evaluate(
            image_set, self.row, self.evaluated_at_a_time, with_outputs=with_outputs
        )

    def optimizer_state(self) -> dict:
        """Return the state from which torch's optimizer goes on."""
        if self.row >= 0:
            self._take_state()
        return super().optimizer_state()

    def restore_optimizer(self, state: dict) -> None:
        """Go back to what `optimizer_state` gave."""
        super().restore_optimizer(state)
        found = self.optimizer.members[0].state.get(self.flat, {})
        for name, each in self.stack.state.items():
            each[self.row, : self.stack.network.count] = found.get(name, 0)
        # An optimizer that does not count has a state after its first step.
        self.taken = int(found.get("step", 1 if found else 0))

    def _take_state(self) -> None:
        """Give torch's optimizer the state that it would have."""
        count, stack = self.stack.network.count, self.stack
        own = {name: each[self.row, :count].clone() for name, each in stack.state.items()}
        if stack.optimizer.counts:
            own = {"step": torch.tensor(float(self.taken)), **own}
        if own and self.taken:
            self.optimizer.members[0].state[self.flat] = own

    def _numbers(self, factors: StepFactors, begin: int, end: int) -> np.ndarray:
        """Return the numbers of the optimizer in steps of a piece, float64 [numbers, steps]."""
        count = end - begin
        values = {
            key: np.full(count, float(value))
            for key, value in self.given.items()
            if isinstance(value, int | float)
        }
        for key, of_steps in (
            ("lr", factors.lr),
            (WEIGHT_DECAY, factors.weight_decay),
            ("momentum", factors.momentum),
            ("beta1", factors.momentum),
        ):
            if of_steps and key in values:
                values[key] = values[key] * np.array(of_steps[begin:end])
        steps = self.taken + np.arange(1, count + 1)
        return np.stack(self.stack.optimizer.numbers(values, steps))


def member(
    begun: Callable[[], Trainer], configuration: dict, together: Together, row: int
) -> Trainer:
    """Return a trainer at its beginning that is one of a stack.

    begun: makes it. configuration: complete. row: of the stack.
    """
    trainer = begun()
    trainer.steps = MemberSteps(trainer, configuration, together, row)
    return trainer
