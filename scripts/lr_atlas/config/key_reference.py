"""Tables of all keys of a configuration, made from its JSON schema."""

import json
from collections.abc import Mapping
from typing import Any

#: Headings of the page, and the model of the schema that each is about.
_MODELS = {
    "A study": "Study",
    "A study of a program": "CommandStudy",
    "A study of runs from elsewhere": "ImportedStudy",
    "`columns` of runs from elsewhere": "ColumnsOfRuns",
    "`model`, a plain network": "Network",
    "`model`, a network by name": "NamedNetwork",
    "`model`, a network of your own": "PythonNetwork",
    "`metric`, one of your own": "OwnMetric",
    "`score`": "Score",
    "`find`": "Find",
    "`variance`": "Variance",
    "`evaluate`": "EvaluateAt",
    "`lr_rule`": "LrRule",
    "`reference`": "Reference",
    "`reference: values`": "ReportedValues",
    "A range in the place of a list of numbers": "ValueRange",
    "`datasets`, a folder of images": "ImageFolder",
    "`datasets`, a table": "DataTable",
    "`datasets`, arrays": "Arrays",
    "`datasets`, IDX files": "IdxFiles",
    "`datasets`, a function": "FromFunction",
    "`compute`": "Compute",
    "`figures`": "Figures",
    "`recompute`": "Recompute",
    "`cache`": "Cache",
}
# A longer default is that of a mapping, whose keys have a table of their own.
_LONG = 60


def key_tables(schema: Mapping[str, Any]) -> str:
    """Return Markdown with a table of keys for the file, each of its parts and each optimizer."""
    models = schema["$defs"]
    parts = [("The file", _table(schema))]
    parts += [(title, _table(models[name])) for title, name in _MODELS.items()]
    entries = {
        model["properties"]["name"]["const"]: model["properties"]
        for name, model in models.items()
        if name.endswith("Entry") and "const" in model.get("properties", {}).get("name", {})
    }
    common = {key: value for key, value in entries["adam"].items() if not _is_argument(key, value)}
    del common["name"]
    parts += [
        ("An entry of `optimizers`", _table({"properties": common})),
        ("Arguments of torch's optimizers", _arguments(entries)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)


def _table(model: Mapping[str, Any]) -> str:
    """Return a row for each key of a model: what it is for, and its default."""
    required = model.get("required", ())
    rows = ["| key | default | what it is |", "| --- | --- | --- |"]
    for key, value in model["properties"].items():
        default = "must be given" if key in required else _default(value.get("default"))
        rows.append(f"| `{key}` | {default} | {_cell(value.get('description', ''))} |")
    return "\n".join(rows)


def _is_argument(key: str, value: Mapping[str, Any]) -> bool:
    return key == "lr" or "Argument of torch.optim." in value.get("description", "")


def _arguments(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a row for each optimizer: its own arguments with their defaults."""
    rows = ["| `name` | its arguments, and torch's defaults |", "| --- | --- |"]
    for name, properties in sorted(entries.items()):
        # A default is a list of one value, since a list is an axis.
        own = [
            f"`{key}: {_yaml(value['default'][0])}`"
            for key, value in properties.items()
            if _is_argument(key, value)
        ]
        rows.append(f"| `{name}` | {', '.join(own)} |")
    return "\n".join(rows)


def _default(value: object) -> str:
    """Return a default for a cell; a long one is left to the tables of its keys."""
    text = _yaml(value)
    if value is None or value in ("", [], {}):
        return "none"
    return f"`{text}`" if len(text) <= _LONG else "that of its keys"


def _yaml(value: object) -> str:
    """Return a value as YAML has it in a line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def _cell(text: str) -> str:
    """Return text for a cell of a table, in which nothing is taken for markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("*", "\\*").replace("<", "\\<")
