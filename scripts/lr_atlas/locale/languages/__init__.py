"""Languages of the figures, a file for each, named by its code: LANGUAGE and MESSAGES.

LANGUAGE is a dict of plain values, see language.Language; MESSAGES has the translations.
"""

import functools
import importlib

from lr_atlas.locale.language import Language
from lr_atlas.locale.language_names import codes


@functools.cache
def languages() -> dict[str, Language]:
    """Return all languages by code."""
    modules = {code: importlib.import_module(f"{__name__}.{code}") for code in codes()}
    return {
        code: Language(code, **module.LANGUAGE, messages=module.MESSAGES)
        for code, module in modules.items()
    }
