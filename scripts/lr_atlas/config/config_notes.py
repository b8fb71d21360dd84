"""Notes on things that a configuration cannot ask for, for those who ask for them."""

import re

_SCHEDULES = (
    "how a learning rate goes over the steps is the `schedule` of a study or of an optimizer, with "
    "its warm-up, as in schedule: {name: cosine, warmup: 0.05}"
)
_PLAIN_IMAGES = (
    "images are changed in training by `transforms` of a study, as in transforms: [flip, {crop: 4}]"
)
FULLY_CONNECTED = (
    "networks are fully connected, with the neurons of each hidden layer in `hidden`, as in "
    "model: {hidden: [128, 64], activation: relu, dropout: 0.1}; others have a name, as in "
    "model: {name: cnn, channels: [16, 32]}, or a file of your own, as in "
    "model: {python: my_cnn.py:Net}"
)
OTHER_DATA = (
    "no data set of that name is known; data of your own is named under `datasets`, as in "
    "datasets: {photos: {folder: photos, size: 32}}"
)

#: {words in a key: what is said}, the first that is found.
_NOTES = {
    r"(lr|rate)_?(find|range)|range_?test|finder": "range tests are asked for by `find: true`",
    r"\bsam\b": "sharpness-aware steps are asked for by `sharpness_aware`, as in 0.05",
    r"\b(sharpness|hessian)\b": "the sharpness is recorded with `dynamics: sharpness`",
    r"clip|grad_?norm": "gradients are clipped by `clip`, as in clip: 1.0 or clip: {value: 0.5}",
    r"accumul": "batches are taken together to a step by `accumulate`, as in accumulate: 4",
    r"(^|_)(ema|swa)|averag": "weights are averaged by `average`, as in average: ema",
    r"schedul|warm_?up|decay|anneal|cosine": _SCHEDULES,
    r"augment|transform|crop|flip": _PLAIN_IMAGES,
    r"conv|cnn|kernel|channel|pool|attention|resnet": FULLY_CONNECTED,
    r"early|patience|stopping": "every run goes on for all its epochs: there is no early stopping",
}
_OPTIMIZER_NOTES = {
    "sparseadam": "torch's SparseAdam takes sparse gradients alone",
}


def note_on(key: str) -> str:
    """Return what is to be said of an unknown key beside the keys that there are, or ""."""
    return next((text for words, text in _NOTES.items() if re.search(words, key.lower())), "")


def note_on_optimizer(name: str) -> str:
    """Return what is to be said of an unknown optimizer."""
    return _OPTIMIZER_NOTES.get(
        name.lower(),
        "optimizers of torch.optim are named in lower case, others by their package or file, as "
        "in name: pytorch_optimizer.Lion or name: my_opt.py:Lion",
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
