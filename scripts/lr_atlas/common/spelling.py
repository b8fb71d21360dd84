"""The right word for one that is not known: another spelling of it, or its name here."""

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable

_CUTOFF = 0.55
#: The least share of equal letters in two words that begin differently.
_SHUFFLED = 0.85

#: The words of others for a word here: {the word here: words}.
_OTHER_WORDS = {
    "lr": "learning_rate learning_rates learningrate rate rates lrs eta step_size",
    "cuda": "gpu nvidia",
    "hidden": "layers hidden_layers hidden_sizes hidden_units units neurons width widths",
    "model": "network net architecture mlp",
    "seeds": "replicates repeats repetitions",
    "epochs": "passes num_epochs n_epochs max_epochs",
    "steps": "max_steps num_steps n_steps iterations max_iterations",
    "evaluate": "eval eval_every evaluate_every eval_steps eval_interval",
    "batch_size": "batch bs minibatch mini_batch minibatch_size",
    "dataset": "data data_set",
    "betas": "beta beta1 beta2",
    "weight_decay": "wd l2",
    "cross_entropy": "ce nll crossentropyloss categorical_crossentropy",
    "mse": "mean_squared_error squared_error l2",
    "silu": "swish",
    "fashion_mnist": "fashion",
    "directory": "path folder dir root",
    "title": "name heading label",
    "points": "num n steps count",
}
_WORD_HERE = {word: here for here, words in _OTHER_WORDS.items() for word in words.split()}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, or None."""
    names = [str(name) for name in known]
    plain = _plain(word)
    for name in names:
        if _plain(name) == plain:
            return name
    for here in (here for other, here in _WORD_HERE.items() if _plain(other) == plain):
        if here in names:
            return here
    best = max(names, key=lambda name: _nearness(plain, _plain(name)), default=None)
    if best is None or _nearness(plain, _plain(best)) < _CUTOFF:
        return None
    return best if _begin_alike(plain, _plain(best)) else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ": did you mean 'adam'?" with the word that was probably meant, or ""."""
    best = nearest(word, known)
    return f": did you mean '{best}'?" if best else ""


def suggestion(word: str, known: Iterable[str], note: str = "") -> str:
    """Return the end of a message: what was probably meant, a note, and all that is allowed."""
    known = [str(name) for name in known]
    meant = did_you_mean(word, known) if word else ""
    told = meant or (f": {note}." if note else ";")
    return f"{told} Allowed: {', '.join(known)}"


def ascii_letters(word: str) -> str:
    """Return a word without accents: "práctica" -> "practica"."""
    parts = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _plain(word: str) -> str:
    """Return a word as far as its letters and digits go."""
    return "".join(letter for letter in str(word)[:200].lower() if letter.isalnum())


def _nearness(word: str, name: str) -> float:
    """Return how near two words are, at most 1, by shared letters, their order and length."""
    in_order = difflib.SequenceMatcher(None, word, name).ratio()
    return (in_order + _shared(word, name)) / 2 - 0.05 * abs(len(word) - len(name))


def _shared(word: str, name: str) -> float:
    return 2 * (Counter(word) & Counter(name)).total() / max(1, len(word) + len(name))


def _begin_alike(word: str, name: str) -> bool:
    """Return whether two words begin alike, or have nearly all letters in common.

    Slips seldom change the first letter.
    """
    return word[:1] == name[:1] or _shared(word, name) >= _SHUFFLED
