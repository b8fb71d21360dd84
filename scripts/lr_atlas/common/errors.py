"""Errors that are the user's to mend, as opposed to errors in this project."""


class UserError(ValueError):
    """Something the user can put right; the message says what was found and what to do.

    An entry point shows it as one message, without a traceback (see `entry_point.run_script`).
    """
