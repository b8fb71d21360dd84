"""Commands beside the workflow; nothing imports them."""
