"""Pages and texts about finished studies."""
