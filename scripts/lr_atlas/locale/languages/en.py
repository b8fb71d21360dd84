"""Words of figures in English: the messages themselves, as they stand in the code."""

LANGUAGE = {"name": "English"}

MESSAGES: dict[str, str] = {}
