"""Keys of a study for the length of its runs, their evaluations, and lr by the batch size."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from lr_atlas.config.config_values import Positive, Strict, whole

#: Larger ones are slips of the keyboard.
MOST_STEPS = 10**9
#: Each is a row of a run's history.
MOST_EVALUATIONS = 100_000

StepCount = Annotated[StrictInt, *whole(ge=1, le=MOST_STEPS)]


def _in_words(message: str) -> PydanticCustomError:
    return PydanticCustomError("one_of_two", "{message}", {"message": message})


class EvaluateAt(Strict):
    """After which steps runs are evaluated."""

    model_config = ConfigDict(defer_build=True)

    every: StepCount | None = Field(None, description="After every so many steps.")
    steps: Annotated[list[StepCount], Field(min_length=1, max_length=MOST_EVALUATIONS)] | None = (
        Field(None, description="After these steps, counted from the beginning of the run.")
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> EvaluateAt:
        if (self.every is None) == (self.steps is None):
            raise _in_words(
                "'evaluate' needs one of every and steps, as in {every: 50} or "
                "{steps: [10, 100, 1000]}"
            )
        listed = self.steps or []
        wrong = next((b for a, b in itertools.pairwise(listed) if b <= a), None)
        if wrong is not None:
            raise _in_words(
                f"'evaluate': the steps have to rise, each once; {wrong} comes after one "
                "that is not smaller"
            )
        return self

    @property
    def last(self) -> int:
        """Return the step by which a run has to go on for all of it to count."""
        return self.every or (self.steps or [0])[-1]

    def plain(self) -> dict:
        """Return it as it stands in a run's configuration."""
        return {"every": self.every} if self.every else {"steps": self.steps}


def _without_name(value: Any) -> Any:
    """Return what stands for the default: nothing."""
    if value == "epoch":
        return None
    if not isinstance(value, dict | EvaluateAt | None):
        raise _in_words(
            "'evaluate': epoch (after each, the default), {every: 50} or {steps: [10, 100, 1000]} "
            f"belongs here, found {value!r}"
        )
    return value


#: None: after each epoch.
Evaluate = Annotated[
    EvaluateAt | None,
    BeforeValidator(_without_name, json_schema_input_type=Literal["epoch"] | EvaluateAt),
]


class LrRule(Strict):
    """Tell how the learning rates of entries go with the batch size."""

    model_config = ConfigDict(defer_build=True)

    rule: Literal["linear", "sqrt", "none"] = Field(
        description="linear: lr times batch_size / reference; sqrt: times the root of that; none: "
        "lr as it is."
    )
    reference: Positive | None = Field(
        None, description="The batch size that the lr of entries is for; default: the study's."
    )

    @model_validator(mode="after")
    def _reference_of_a_rule(self) -> LrRule:
        if self.rule == "none" and self.reference:
            raise _in_words("'reference' means nothing with the rule none, which leaves lr alone")
        return self

    def factor(self, batch_size: int, usual: int) -> float:
        """Return the factor of lr with a batch size. usual: the study's batch size."""
        ratio = batch_size / (self.reference or usual)
        return {"linear": ratio, "sqrt": ratio**0.5, "none": 1.0}[self.rule]


def _named_alone(value: Any) -> Any:
    if not isinstance(value, str | dict | LrRule):
        raise _in_words(
            "one rule belongs here: linear, sqrt, none, or as in {rule: sqrt, reference: 128}; "
            f"found {value!r}"
        )
    return {"rule": value} if isinstance(value, str) else value


AnyLrRule = Annotated[
    LrRule,
    BeforeValidator(
        _named_alone, json_schema_input_type=Literal["linear", "sqrt", "none"] | LrRule
    ),
]


def refuse_two_units(entries: list[Any], of_study: Iterable[str]) -> None:
    """Raise an error unless the runs of a study count all in epochs, or all in steps.

    of_study: which of both the study itself sets.
    """
    of_study = set(of_study)
    if len(of_study) > 1:
        raise _in_words("the study has both 'epochs' and 'steps'; its budget is one of them")
    units: dict[str, str] = {}
    for number, entry in enumerate(entries, 1):
        if entry.epochs and entry.steps:
            raise _in_words(
                f"entry {number} of optimizers ({entry.name}) has both 'epochs' and 'steps'; its "
                "budget is one of them"
            )
        unit = "steps" if entry.steps or ("steps" in of_study and not entry.epochs) else "epochs"
        units.setdefault(unit, f"entry {number} of optimizers ({entry.name})")
    if len(units) > 1:
        raise _in_words(
            f"{units['steps']} counts in steps, {units['epochs']} in epochs; the budgets of one "
            "study are all 'epochs' or all 'steps'"
        )
