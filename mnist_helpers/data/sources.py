"""The four MNIST files: found, supplied where they are missing, and verified before anything reads them."""

import hashlib
import os
import struct
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mnist_helpers.data.digits import digits_files
from mnist_helpers.data.missing_files import NotAvailableError, place, supply
from mnist_helpers.errors import MnistError
from mnist_helpers.paths import PROJECT_ROOT, from_root, shown
from mnist_helpers.settings import check_settings

# Of the uncompressed files as published by LeCun, Cortes and Burges.
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
# Images in the training file and in the test file.
IMAGE_COUNTS = {"mnist": (60_000, 10_000), "digits": (1_500, 297)}
CURES = {
    "mnist": "delete it and run again with a network, or put an intact copy in its place.",
    "digits": "delete the folder data/digits and run again, which writes the sample anew.",
}


@dataclass(frozen=True)
class DataSource:
    """A verified set of MNIST files: `name` is mnist or digits, `root` the folder torchvision gets."""

    name: str
    root: Path
    checksum: str


def find_data(dataset: str = "auto", data_root: str | Path = "") -> DataSource:
    """Find `dataset` ("auto", "mnist" or "digits"), fetch it where needed, and verify its files.

    "auto" means MNIST where it is present or can be downloaded, else the embedded sample, with a warning.
    Files already there are read, unpacked beside where they are packed, and never changed, replaced or removed.
    "mnist" never falls back. Raises MnistError when the files are missing or damaged.
    """
    check_settings({"dataset": dataset})
    if dataset == "digits":
        return _digits()
    root = from_root(data_root or os.environ.get("MNIST_DATA_ROOT") or "data")
    try:
        supply(raw_folder(root), {name: (size, MNIST_MD5[name]) for name, (_, size) in _layout("mnist").items()})
    except NotAvailableError as error:
        if dataset == "mnist":
            raise
        warnings.warn(f"MNIST IS NOT AVAILABLE, using the embedded digits sample instead. {error}", stacklevel=2)
        return _digits()
    return DataSource("mnist", root, _verify("mnist", root))


def raw_folder(root: Path) -> Path:
    """Where torchvision looks for the four files below `root`."""
    return root / "MNIST" / "raw"


def _layout(dataset: str) -> dict[str, tuple[bytes, int]]:
    """Header and size in bytes of each file; the IDX header is the type, then the length of each axis."""
    layout = {}
    for part, count in zip(("train", "t10k"), IMAGE_COUNTS[dataset], strict=True):
        layout[f"{part}-images-idx3-ubyte"] = struct.pack(">HBB3I", 0, 8, 3, count, 28, 28), 16 + count * 28 * 28
        layout[f"{part}-labels-idx1-ubyte"] = struct.pack(">HBB1I", 0, 8, 1, count), 8 + count
    return layout


def _digits() -> DataSource:
    root = PROJECT_ROOT / "data" / "digits"
    try:
        if not all((raw_folder(root) / name).exists() for name in MNIST_MD5):
            place(raw_folder(root), digits_files())
    except OSError as error:
        raise MnistError(
            f"Cannot write the digits sample to {shown(root)} ({error.strerror or error}): "
            "make room there or make the folder writable; if it holds something else, delete it."
        ) from error
    return DataSource("digits", root, _verify("digits", root))


def _verify(dataset: str, root: Path) -> str:
    """The SHA-256 over the four files in order. Raises MnistError for a file that is not the published one.

    Header and size say how many images there are: nothing is read later by what a foreign file says of itself.
    """
    whole = hashlib.sha256()
    for name, (header, size) in _layout(dataset).items():
        path = raw_folder(root) / name
        try:
            found = path.stat().st_size
            content = path.read_bytes() if found == size else b""  # a pipe has no size, and is not waited for
        except OSError as error:
            raise MnistError(
                f"Cannot read {shown(path)} ({error.strerror}): make it readable, or {CURES[dataset]}"
            ) from error
        if found != size:
            raise _damaged(dataset, path, f"{found:,} bytes instead of {size:,}, wrong checksum")
        if not content.startswith(header):
            raise _damaged(dataset, path, "wrong header")
        if dataset == "mnist" and hashlib.md5(content, usedforsecurity=False).hexdigest() != MNIST_MD5[name]:
            raise _damaged(dataset, path, "wrong checksum")
        counts = Counter(content[len(header) :] if "labels" in name else ())
        if counts and (set(counts) != set(range(10)) or min(counts.values()) < 2):
            raise _damaged(dataset, path, "its labels are not all digits from 0 to 9, each at least twice")
        whole.update(content)
    legacy = raw_folder(root).with_name("processed")
    if legacy.exists():
        raise MnistError(
            f"{shown(legacy)} holds files of an old torchvision that would be read instead of the verified ones: "
            "delete that folder."
        )
    return whole.hexdigest()


def _damaged(dataset: str, path: Path, why: str) -> MnistError:
    whose = "MNIST publishes" if dataset == "mnist" else "the digits sample has"
    return MnistError(f"{shown(path)} is not the file that {whose} ({why}): {CURES[dataset]}")
