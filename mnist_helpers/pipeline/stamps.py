"""Which network an executed notebook made or evaluated, noted in its metadata."""

from pathlib import Path

import nbformat

from mnist_helpers.files import replacing

STAMP = "mnist_cnn_network"


def stamp(executed: Path, network: str) -> None:
    """Note in an executed notebook the checksum of the network that it made or evaluated."""
    node = nbformat.read(executed, as_version=4)
    node.metadata[STAMP] = network
    with replacing(executed) as temporary:
        nbformat.write(node, temporary)


def speaks_of(executed: Path, network: str) -> bool:
    """Whether an executed notebook is there and made or evaluated the network with that checksum."""
    return executed.is_file() and nbformat.read(executed, as_version=4).metadata.get(STAMP) == network
