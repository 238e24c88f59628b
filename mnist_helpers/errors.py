"""The one exception whose message is written for the user."""


class MnistError(Exception):
    """Something the user can mend; the message says what is wrong and how to cure it."""

    def _render_traceback_(self) -> list[str]:
        """In a notebook the message is all that is shown: IPython asks for this method."""
        return [f"{type(self).__name__}: {self}"]
