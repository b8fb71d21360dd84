"""A language, and the messages that it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Language:
    """Hold a language; by default English, the one that messages are written in.

    Attributes:
        code: Its name in a configuration, such as "es"; part of the name of its file.
        name: Its name in English.
        other_words: Other names for it, set apart by spaces; a message answers with the code.
        decimal: The sign before the decimals of a number in a sentence. Axes of figures, settings'
            names and files keep the point.
        thousands: The sign that sets thousands apart.
        shared_words: Words that are the same in English, set apart by spaces; others that are the
            same were not translated, which a test looks for.
        is_complete: Whether all messages are translated, which a test then looks for.
        messages: Translations by English message; one that is not here stays English. One that
            counts stands under both of its English forms.
    """

    code: str = "en"
    name: str = "English"
    other_words: str = ""
    decimal: str = "."
    thousands: str = ","
    shared_words: str = ""
    is_complete: bool = True
    messages: Mapping[str, str] = field(default_factory=dict, hash=False)

    def with_more(self, translations: Mapping[str, Mapping[str, str]]) -> "Language":
        """Return the language with further messages: {code: {English message: translation}}."""
        return replace(self, messages={**self.messages, **translations.get(self.code, {})})


#: The language that messages are written in.
SOURCE = Language()
