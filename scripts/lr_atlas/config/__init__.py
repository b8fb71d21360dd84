"""From YAML to validated models, with messages that name file and line."""
