"""The one exception whose message is written for the user."""


class MnistError(Exception):
    """Something the user can mend; the message says what is wrong and how to cure it."""
