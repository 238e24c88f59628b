"""The state of an unfinished training run on disk, from which it goes on after any interruption."""

import io
from dataclasses import dataclass
from pathlib import Path

import torch

from mnist_helpers.errors import MnistError
from mnist_helpers.paths import replacing, shown


@dataclass(frozen=True)
class StateFile:
    """Where the state lies and which run it belongs to; `configuration` holds everything that decides the result."""

    path: Path
    configuration: dict[str, object]

    def save(self, state: dict) -> None:
        """Replace the stored state at once; a kill at any moment leaves the earlier one or this one, whole."""
        buffer = io.BytesIO()
        torch.save({"configuration": self.configuration, "state": state}, buffer)
        with replacing(self.path) as temporary:
            temporary.write_bytes(buffer.getbuffer())

    def load(self) -> dict | None:
        """The stored state, or None where there is none.

        Raises MnistError when it cannot be read or belongs to a run with another configuration.
        """
        if not self.path.is_file():
            return None
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            stored, state = content["configuration"], content["state"]
        # Parsers meet bad bytes with every kind of exception.
        except Exception as error:
            raise MnistError(f"{shown(self.path)} cannot be read: train anew, without --resume.") from error
        differing = [name for name in stored | self.configuration if stored.get(name) != self.configuration.get(name)]
        if differing:
            name = differing[0]
            raise MnistError(
                f"The unfinished run has another configuration ({', '.join(differing)}): for example {name} was "
                f"{stored.get(name)!r} and is {self.configuration.get(name)!r}. Set it as it was, or train anew, "
                "without --resume."
            )
        return state

    def remove(self) -> None:
        """Forget the state, and what interrupted saves left beside it."""
        self.path.unlink(missing_ok=True)
        for leftover in self.path.parent.glob(f".{self.path.name}.*.tmp"):
            leftover.unlink(missing_ok=True)
