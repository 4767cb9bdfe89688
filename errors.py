"""The exceptions that mean "the user's input is at fault"."""


class InputError(ValueError):
    """Bad input: a value, a file or an option that cannot be used.

    The message is one line, names the offending value and says what was expected. The command line prints it and exits
    with status 2; a library user catches it as a :class:`ValueError`.
    """


class DataError(InputError):
    """The data of a task are not to be had: missing, damaged, or no longer those that a run was trained on."""
