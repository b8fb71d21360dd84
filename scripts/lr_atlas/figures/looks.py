"""The names, the order and the colours of optimizers, set once for figures, pages and texts.

Without Matplotlib, which texts have no need of.
"""

import hashlib

#: name -> (name to display, colour), in the order in which figures list them. The colours of SGD,
#: RMSprop and Adam are Okabe and Ito's; the others were chosen to stay apart from all before them
#: in simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009) and from the red of
#: a diverged run.
_OPTIMIZERS = {
    "sgd": ("SGD", "#0072B2"),
    "asgd": ("ASGD", "#2D2D80"),
    "rprop": ("Rprop", "#777777"),
    "adagrad": ("Adagrad", "#6600CC"),
    "adadelta": ("Adadelta", "#56B4E9"),
    "rmsprop": ("RMSprop", "#009E73"),
    "adam": ("Adam", "#E69F00"),
    "adamax": ("Adamax", "#93B86F"),
    "adamw": ("AdamW", "#800020"),
    "nadam": ("NAdam", "#D287E8"),
    "radam": ("RAdam", "#591F4B"),
    "adafactor": ("Adafactor", "#8C6D46"),
}
_OTHER_COLOURS = ("#5C7A29", "#B56576", "#52796F", "#6D6875", "#7F5539")


def optimizer_name(optimizer: str) -> str:
    """Return the name to display; of a dotted path its last part."""
    return _OPTIMIZERS.get(optimizer, (optimizer.rpartition(".")[2],))[0]


def optimizer_rank(optimizer: str) -> tuple[int, str]:
    """Return a sort key: torch's optimizers in a fixed order, then all others by name."""
    names = list(_OPTIMIZERS)
    return (names.index(optimizer) if optimizer in _OPTIMIZERS else len(names), optimizer)


def optimizer_colour(optimizer: str) -> str:
    """Return the colour of an optimizer, the same in every figure of every study."""
    if optimizer in _OPTIMIZERS:
        return _OPTIMIZERS[optimizer][1]
    digest = hashlib.sha256(optimizer.encode()).digest()
    return _OTHER_COLOURS[digest[0] % len(_OTHER_COLOURS)]


def shade(colour: str, level: float) -> str:
    """Mix the colour with white (level -1) or black (level 1); level 0 leaves it as it is."""
    target = 0 if level > 0 else 255
    share = 0.5 * abs(level)
    parts = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round((1 - share) * part + share * target):02x}" for part in parts)
