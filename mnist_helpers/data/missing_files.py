"""The MNIST files that a folder lacks: unpacked from what lies there, or downloaded."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Mapping
from pathlib import Path

from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.paths import shown

Published = dict[str, tuple[int, str]]  # size in bytes and MD5 of each file, unpacked


class NotAvailableError(MnistError):
    """MNIST is not at hand and cannot be had."""


def supply(raw: Path, published: Published) -> None:
    """Unpack or download what is missing in `raw`; what is there is read, and never changed, replaced or removed.

    Raises NotAvailableError with the cure when that fails, and MnistError for a .gz that holds something else.
    """
    # What is in the place of a file, a folder for example, is found by verification.
    missing = [name for name in published if not os.path.lexists(raw / name)]
    if not missing:
        return
    packed = [path for path in raw.glob("*.gz") if path.stem in missing]
    unpacked = {path.stem: _unpacked(path, *published[path.stem]) for path in packed}
    gaps = [name for name in missing if name not in unpacked]
    try:
        for folder in (raw.parent.parent, raw.parent, raw):
            if folder.is_file():
                raise FileExistsError(f"{shown(folder)} is a file in the place of a folder: remove it")
        place(raw, unpacked)
        if gaps:
            from mnist_helpers.data.download import download_mnist  # brings torchvision, which takes a second

            downloaded = download_mnist()
            place(raw, {name: downloaded[name] for name in gaps})
    # A server can answer anything, and torchvision passes on whatever exception that ends in.
    except Exception as error:
        raise NotAvailableError(_cure(raw, gaps, _reason(error.__cause__ or error))) from error


def place(raw: Path, contents: Mapping[str, bytes]) -> None:
    """Write those of the files that are not there yet, also when another run does so too: each appears whole.

    Raises OSError when there can be no such folder, and MnistError when a file cannot be written.
    """
    for name, content in contents.items():
        raw.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(raw / name):
            with replacing(raw / name) as temporary:
                temporary.write_bytes(content)


def _unpacked(path: Path, size: int, md5: str) -> bytes:
    """The content of a .gz file, however it was packed: `size` bytes with that checksum, else MnistError."""
    try:
        with gzip.open(path) as packed:
            # Bounded, as kilobytes can unpack to more than any memory holds. The byte more is there to reach the end,
            # where gzip compares its own checksum.
            content = packed.read(size + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _foreign(path, "it cannot be unpacked") from error
    except OSError as error:
        raise MnistError(f"Cannot read {shown(path)} ({error.strerror}): make it readable.") from error
    if len(content) != size:
        raise _foreign(path, f"it holds {'more' if len(content) > size else 'fewer'} than {size:,} bytes")
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise _foreign(path, "what it holds has a wrong checksum")
    return content


def _foreign(path: Path, why: str) -> MnistError:
    return MnistError(
        f"{shown(path)} is not, packed, the file that MNIST publishes ({why}): "
        "put an intact one in its place, or delete it and run again with a network."
    )


def _cure(raw: Path, gaps: list[str], reason: str) -> str:
    """What to do when the files that are neither there nor packed could not be had, or the packed ones not unpacked."""
    if not gaps:
        return (
            f"MNIST in {shown(raw)} is packed and cannot be unpacked there ({reason}): make that folder writable "
            "and make room in it, or unpack the files into another one and name it with --data-root."
        )
    return (
        f"MNIST is not in {shown(raw)} (missing: {', '.join(gaps)}) and could not be downloaded ({reason}). "
        "Put the four files there, as they are or as .gz, or name the folder that holds MNIST/raw with --data-root "
        "or MNIST_DATA_ROOT; --dataset digits runs without MNIST."
    )


def _reason(error: BaseException) -> str:
    """The last line of what an exception says: torchvision lists every server it tried on lines of their own."""
    lines = str(error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__
