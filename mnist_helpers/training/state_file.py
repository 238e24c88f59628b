"""The state of an unfinished training run on disk, from which it goes on after any interruption."""

import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.paths import shown

DIGEST_BYTES = hashlib.sha256().digest_size


class UnfitStateError(MnistError):
    """A saved state that this training cannot go on from; `reason` says why, and `name` what to keep it under."""

    def __init__(self, reason: str, cure: str, name: str):
        super().__init__(f"{reason} {cure}")
        self.reason = reason
        self.name = name


@dataclass(frozen=True)
class StateFile:
    """Where the state lies and which run it belongs to; `configuration` holds everything that decides the result.

    Its own digest ends the file: it is what a training wrote, byte for byte, or refused.
    """

    path: Path
    configuration: dict[str, object]

    def save(self, state: dict) -> None:
        """Replace the stored state at once; a kill at any moment leaves the earlier one or this one, whole."""
        buffer = io.BytesIO()
        torch.save({"configuration": self.configuration, "state": state}, buffer)
        content = buffer.getvalue()
        with replacing(self.path) as temporary:
            # torch compares no check sums when it reads.
            temporary.write_bytes(content + hashlib.sha256(content).digest())

    def load(self) -> Any:
        """The stored state, or None where there is none.

        Raises UnfitStateError when it cannot be read or belongs to a run with another configuration.
        """
        if not self.path.exists():
            return None
        try:
            if not self.path.is_file():
                raise ValueError("it is not a file")
            content = self.path.read_bytes()
            content, digest = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
            if hashlib.sha256(content).digest() != digest:
                raise ValueError("it is not what a training wrote")
            content = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except Exception as error:  # torch's, for what another version of it wrote
            raise self.unusable(error) from error
        self._require_own(content["configuration"], len(content["state"]["history"]))
        return content["state"]

    def _require_own(self, stored: dict, epochs: int) -> None:
        """Raise UnfitStateError when a training of that many `epochs` had another configuration than this one."""
        now = self.configuration
        differing = [name for name in now | stored if now.get(name) != stored.get(name)]
        if differing:
            name, *others = differing
            too = f"; other than now are {', '.join(others)} too" if others else ""
            raise UnfitStateError(
                f"An unfinished training, saved at epoch {epochs}, has another configuration "
                f"({name} was {stored.get(name)!r} and is {now.get(name)!r}{too}): set so again, it goes on.",
                "Or train anew, without --resume.",
                _short_name(stored),
            )

    def unusable(self, error: Exception) -> UnfitStateError:
        """The error to raise for a state that cannot be read or used because of `error`."""
        reason = str(error) if type(error) is ValueError else type(error).__name__
        return UnfitStateError(
            f"{shown(self.path)} cannot be used ({reason}).", "Train anew, without --resume.", "unusable"
        )

    def set_aside(self, name: str) -> Path:
        """Move the stored state beside this file, under `name`, and return its path there."""
        return _move(self.path, self._beside(name))

    def take_back(self) -> None:
        """Use the state that a training of this configuration left when one with another took its place."""
        aside = self._beside(_short_name(self.configuration))
        if aside.exists() and not self.path.exists():
            _move(aside, self.path)

    def epochs(self) -> int:
        """How many epochs of this very run are stored."""
        try:
            state = self.load()
        except UnfitStateError:
            return 0
        return len(state["history"]) if state else 0

    def remove(self) -> None:
        """Forget the state, and what interrupted saves left beside it. Raises MnistError when it cannot be removed."""
        leftovers = self.path.parent.glob(f".{self.path.name}.*.tmp")
        try:
            for path in (self.path, *leftovers):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise MnistError(f"Cannot remove {shown(path)} ({error.strerror}): move it away.") from error

    def _beside(self, name: str) -> Path:
        return self.path.with_suffix(f".{name}{self.path.suffix}")


def _move(source: Path, target: Path) -> Path:
    try:
        return source.replace(target)
    except OSError as error:
        raise MnistError(f"Cannot move {shown(source)} ({error.strerror}): move it away.") from error


def _short_name(configuration: dict[str, object]) -> str:
    return f"{zlib.crc32(repr(sorted(configuration.items())).encode()):08x}"
