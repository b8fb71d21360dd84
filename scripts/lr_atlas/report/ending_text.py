"""Say how and why a run ended early, in the language of the study."""

import re

from lr_atlas.locale.speech import mark, numeral, say_about, say_word

#: The reasons that runs give, see training/endings.py and studies/imported/endings.py.
REASONS = (
    mark("the loss is {value}"),
    mark("the loss after the epoch is {value}"),
    mark("the loss after the epoch is {value}, it began at {first}"),
    mark("the loss after the evaluation is {value}"),
    mark("the loss after the evaluation is {value}, it began at {first}"),
    mark("it answers one class for all training images"),
    mark("training accuracy never rose above chance ({chance})"),
    mark("it never did better than the mean of the targets"),
    mark("{column} is no finite number from epoch {place} on"),
    mark("{column} is no finite number from step {place} on"),
    mark("the program says so"),
)
_PLACE = re.compile(r"\\{(\w+)\\}")
_PATTERNS = {
    message: re.compile(_PLACE.sub(r"(?P<\1>[^\\s,]+)", re.escape(message))) for message in REASONS
}


def status_text(status: str) -> str:
    """Return the status of a run, such as "diverged", as a cell of a table has it."""
    words = {
        "diverged": say_about("of a run", "diverged"),
        "collapsed": say_about("of a run", "collapsed"),
    }
    return words.get(status, status)


def reason_text(reason: str) -> str:
    """Return why a run ended early; what a program has written stays as it is."""
    for message, pattern in _PATTERNS.items():
        found = pattern.fullmatch(reason)
        if found:
            values = {name: _value(name, text) for name, text in found.groupdict().items()}
            return say_word(message).format(**values)
    return reason


def _value(name: str, text: str) -> str:
    return text if name == "column" else numeral(text)
