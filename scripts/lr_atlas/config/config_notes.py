"""Notes on things that a configuration cannot ask for, for those who ask for them."""

import re

_FIXED_RATES = (
    "learning rates are constant here, unless `schedule` of a study names a function of your own, "
    "as in schedule: schedules.py:cosine"
)
_PLAIN_IMAGES = "images are used as they are: there is no augmentation"
FULLY_CONNECTED = (
    "networks are fully connected, with the neurons of each hidden layer in `hidden`, as in "
    "model: {hidden: [128, 64], activation: relu, dropout: 0.1}"
)
OTHER_DATA = (
    "no other data set is built in; images of your own take the place of one of these, from the "
    "folder that `datasets: {mnist: {directory: …}}` names"
)

#: {words in a key: what is said}, the first that is found.
_NOTES = {
    r"schedul|warm_?up|decay|anneal|cosine": _FIXED_RATES,
    r"augment|transform|crop|flip": _PLAIN_IMAGES,
    r"conv|cnn|kernel|channel|pool|attention|resnet": FULLY_CONNECTED,
    r"early|patience|stopping": "every run goes on for all its epochs: there is no early stopping",
}
_OPTIMIZER_NOTES = {
    "muon": "torch's Muon takes nothing but matrices, and a network here has biases too",
    "lbfgs": "torch's LBFGS evaluates a step several times, which the training here does not",
    "sparseadam": "torch's SparseAdam takes sparse gradients alone",
}


def note_on(key: str) -> str:
    """Return what is to be said of an unknown key beside the keys that there are, or ""."""
    return next((text for words, text in _NOTES.items() if re.search(words, key.lower())), "")


def note_on_optimizer(name: str) -> str:
    """Return what is to be said of an unknown optimizer."""
    return _OPTIMIZER_NOTES.get(
        name.lower(), "only optimizers of torch.optim can be named, in lower case"
    )


def note_on_number(text: str) -> str:
    """Return what is to be said of a text where a number belongs, or ""."""
    if re.fullmatch(r"[+-]?\d+,\d+([eE][+-]?\d+)?", text.strip()):
        return f". Decimals are written with a point: {text.strip().replace(',', '.')}"
    if re.match(r"(np\.|numpy\.|torch\.)?(\w*space|a?range)\s*\(", text.strip()):
        return f". Python is not read here; a range is written {_range_as_meant(text)}"
    return ""


def _range_as_meant(text: str) -> str:
    """Return such as "{log: [1e-05, 1], points: 12}" for "np.logspace(-5, 0, 12)"."""
    function, _, rest = text.partition("(")
    numbers = re.findall(r"(?<![\w.])[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", rest)
    if len(numbers) < 3:
        return "{log: [1e-5, 1], points: 12}"
    low, high, points = (float(number) for number in numbers[:3])
    scale = "linear" if "lin" in function else "log"
    if "logspace" in function and max(abs(low), abs(high)) < 300:
        low, high = 10.0**low, 10.0**high
    return f"{{{scale}: [{low:g}, {high:g}], points: {points:g}}}"
