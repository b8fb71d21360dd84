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
    "muon": ("Muon", "#FF5FA2"),
    "lbfgs": ("L-BFGS", "#5C7A29"),
    # Optimizers of packages go by the names of their classes.
    "Lion": ("Lion", "#7C4DDB"),
    "SOAP": ("SOAP", "#2F3E46"),
    "AdamWScheduleFree": ("Schedule-free AdamW", "#8A8A00"),
    "Prodigy": ("Prodigy", "#4DD0E1"),
}
#: Loss axes are logarithmic where the losses span more than this factor, in figures and on pages.
LOG_LOSS_FROM_RATIO = 30.0

#: Matplotlib's viridis, from its yellow green, which is still seen on white, to its dark end.
_SCALE = (
    *("#b0dd2f", "#70cf57", "#3dbc74", "#21a585", "#218e8d"),
    *("#2a768e", "#355e8d", "#414287", "#482475", "#440154"),
)
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # shares of red, green and blue light
_OTHER_COLOURS = (
    *("#5C7A29", "#B56576", "#3D5A80", "#7F5539", "#2A9D8F"),
    *("#6D6875", "#BC6C25", "#4895EF", "#A5A58D", "#9B2C5E"),
)
#: Other programs' names of ours, without capitals and the word "optimizer" behind them.
_ALIASES = {"gradientdescent": "sgd", "schedulefreeadamw": "AdamWScheduleFree"}


def optimizer_name(optimizer: str) -> str:
    """Return the name to display; of a dotted path its last part."""
    return _OPTIMIZERS.get(optimizer, (optimizer.rpartition(".")[2],))[0]


def optimizer_rank(optimizer: str) -> tuple[int, str]:
    """Return a sort key: known optimizers in a fixed order, then all others by name."""
    names = list(_OPTIMIZERS)
    return (names.index(optimizer) if optimizer in _OPTIMIZERS else len(names), optimizer)


def optimizer_colour(optimizer: str) -> str:
    """Return the colour of an optimizer, the same in every figure of every study."""
    known = _known(optimizer)
    if known:
        return _OPTIMIZERS[known][1]
    digest = hashlib.sha256(optimizer.encode()).digest()
    return _OTHER_COLOURS[digest[0] % len(_OTHER_COLOURS)]


def _known(optimizer: str) -> str | None:
    """Return our name of an optimizer that another program may write as Adam or AdamOptimizer."""
    if optimizer in _OPTIMIZERS:
        return optimizer
    plain = optimizer.lower().removesuffix("optimizer")
    return _ALIASES.get(plain, next((name for name in _OPTIMIZERS if name.lower() == plain), None))


def tone(colour: str, lightness: float) -> str:
    """Return the colour mixed with white or black so that it has that CIE lightness, 0..100."""
    linear = [_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5)]
    luminance = sum(share * part for share, part in zip(_LUMINANCE, linear, strict=True))
    wanted = ((lightness + 16) / 116) ** 3
    if wanted > luminance:
        white = (wanted - luminance) / (1 - luminance)
        linear = [(1 - white) * part + white for part in linear]
    else:
        linear = [wanted / luminance * part for part in linear]
    return "#" + "".join(f"{round(255 * _encoded(part)):02x}" for part in linear)


def scale_colour(position: float) -> str:
    """Return the colour at a position, 0..1, of a scale that gets darker evenly, for all eyes."""
    place = position * (len(_SCALE) - 1)
    before = min(int(place), len(_SCALE) - 2)
    pairs = [
        [int(colour[start : start + 2], 16) for colour in _SCALE[before : before + 2]]
        for start in (1, 3, 5)
    ]
    share = place - before
    return "#" + "".join(f"{round((1 - share) * a + share * b):02x}" for a, b in pairs)


def _linear(value: float) -> float:
    """Return the light of a value of sRGB, both 0..1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(light: float) -> float:
    """Return the value of sRGB of a light, both 0..1."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
