"""The MNIST files that a folder lacks: unpacked from what lies there, or downloaded."""

import gzip
import hashlib
import os
import zlib
from pathlib import Path

from mnist_helpers.data.staging import place, remove_left_overs, staging
from mnist_helpers.errors import MnistError
from mnist_helpers.paths import shown

Published = dict[str, tuple[int, str]]  # size in bytes and MD5 of each file, unpacked


class NotAvailableError(MnistError):
    """MNIST is not at hand and cannot be had."""


def supply(raw: Path, published: Published) -> None:
    """Unpack or download what is missing in `raw`; what is there is read, and never changed, replaced or removed.

    Raises NotAvailableError with the cure when that fails, and MnistError for a .gz that holds something else.
    """
    missing, packed = list(published), []
    try:
        for folder in (raw.parent.parent, raw.parent, raw):
            if folder.is_file():
                raise FileExistsError(f"{shown(folder)} is a file in the place of a folder: remove it")
        missing = _missing(raw, published)
        packed = _packed(raw, missing)
        if not missing:
            remove_left_overs(raw)
            return
        with staging(raw) as own:
            # Another run may have been first.
            for name in _packed(raw, _missing(raw, published)):
                (own / name).write_bytes(_unpacked(_gz(raw / name), *published[name]))
                place(own / name, raw / name)
            missing = _missing(raw, published)
            if missing:
                from mnist_helpers.data.download import download_mnist  # brings torchvision, which takes a second

                download_mnist(own)
            for name in missing:
                place(own / name, raw / name)
    except MnistError:
        raise
    # A server can answer anything, and torchvision passes on whatever exception that ends in.
    except Exception as error:
        raise NotAvailableError(_cure(raw, missing, packed, _reason(error))) from error


def _missing(raw: Path, published: Published) -> list[str]:
    """The names that are free: what is in the place of a file, a folder for example, is found by verification."""
    return [name for name in published if not os.path.lexists(raw / name)]


def _packed(raw: Path, names: list[str]) -> list[str]:
    return [name for name in names if _gz(raw / name).is_file()]


def _gz(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def _unpacked(path: Path, size: int, md5: str) -> bytes:
    """The content of a .gz file, however it was packed: `size` bytes with that checksum, else MnistError."""
    try:
        with path.open("rb") as file, gzip.GzipFile(fileobj=file) as packed:
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


def _cure(raw: Path, missing: list[str], packed: list[str], reason: str) -> str:
    """What to do when the files that are missing could not be had, some of them perhaps lying there packed."""
    if packed and packed == missing:
        return (
            f"MNIST in {shown(raw)} is packed and cannot be unpacked there ({reason}): make that folder writable "
            "and make room in it, or unpack the files into another one and name it with --data-root."
        )
    return (
        f"MNIST is not in {shown(raw)} (missing: {', '.join(missing)}) and could not be downloaded ({reason}). "
        "Put the four files there, as they are or as .gz, or name the folder that holds MNIST/raw with --data-root "
        "or MNIST_DATA_ROOT; --dataset digits runs without MNIST."
    )


def _reason(error: Exception) -> str:
    """The last line of what an exception says: torchvision lists every server it tried on lines of their own."""
    lines = str(error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__
