"""A program of the user's, which does in a study what training does in others."""

from dataclasses import dataclass

from lr_atlas.common.command_words import command_words


@dataclass(frozen=True)
class Program:
    """Say what is run, what it is made of, and what it does not tell itself.

    Attributes:
        command: The command as it stands in the configuration.
        inputs: Files and folders, from the folder of the configuration.
        chance: The value of the study's metric that guessing reaches.
    """

    command: str
    inputs: list[str]
    chance: float

    @property
    def words(self) -> list[str]:
        """Return the command as it is started, with placeholders where values belong."""
        return command_words(self.command)
