"""One HTML file with the network inside, which reads what is drawn on it and asks for nothing."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from mnist_helpers.checkpoint.content import Checkpoint
from mnist_helpers.demo.quantise import Layer, to_layers
from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing, require_writable
from mnist_helpers.network.classify import SURE
from mnist_helpers.network.model import weights_checksum
from mnist_helpers.network.prediction import UNSURE
from mnist_helpers.report.export import TEMPLATE as COLOURS

TEMPLATE = Path(__file__).resolve().with_name("template")
SCRIPTS = [TEMPLATE / name for name in ("network.js", "prepare.js", "examples.js", "draw.js")]
STYLES = [COLOURS / "colours.css", TEMPLATE / "draw.css"]
# So many weights make an answer of some 100 ms on a desktop, and a page of 5 MB.
MOST_WEIGHTS = 4_000_000


class TooLargeError(MnistError):
    """A network that cannot answer while someone draws."""


def write_page(checkpoint: Checkpoint, destination: Path) -> Path:
    """Write the page for the network of a checkpoint, and return its path; the same network gives the same bytes.

    Raises TooLargeError for a network of more than MOST_WEIGHTS, and MnistError when the page cannot be written.
    """
    layers = to_layers(checkpoint.model)
    weights = sum(layer.weights.numel() for layer in layers)
    if weights > MOST_WEIGHTS:
        raise TooLargeError(
            f"The network has {weights:,} weights, and a page that answers while one draws takes {MOST_WEIGHTS:,} at "
            "most: train a narrower one (mnist-cnn train -p width 64)."
        )
    page = Environment(loader=FileSystemLoader(TEMPLATE), autoescape=True, keep_trailing_newline=True)
    page.filters["sha256"] = _source_hash
    html = page.get_template("draw.html.j2").render(
        script=_joined(SCRIPTS),
        style=_joined(STYLES),
        foot=_describe(checkpoint),
        network={
            "checksum": weights_checksum(checkpoint.model),
            "mean": float(checkpoint.model.pixel_mean),
            "std": float(checkpoint.model.pixel_std),
            "sure": SURE,
            "unsure": UNSURE,
            "layers": [_as_dict(layer) for layer in layers],
        },
    )
    require_writable(destination.parent)
    with replacing(destination) as temporary:
        temporary.write_bytes(html.encode())
    return destination


def _joined(files: list[Path]) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _source_hash(text: str) -> str:
    """How a content security policy names a script or style that may act."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _describe(checkpoint: Checkpoint) -> str:
    settings, provenance = checkpoint.model.settings, checkpoint.provenance
    return (
        f"Network: {settings.architecture}, width {settings.width}, {provenance['parameter_count']:,} parameters, its "
        f"weights in 8 bits; trained on {checkpoint.dataset}, seed {checkpoint.training.seed}; checksum "
        f"{weights_checksum(checkpoint.model)[:16]}."
    )


def _as_dict(layer: Layer) -> dict[str, object]:
    """A layer for JSON: numbers of tensors as base64 of their bytes."""
    tensors = {name: getattr(layer, name) for name in ("weights", "scale", "shift")}
    coded = {name: base64.b64encode(tensor.contiguous().numpy().tobytes()).decode() for name, tensor in tensors.items()}
    return coded | {
        "outputs": len(layer.weights),
        "size": layer.weights.shape[1],
        "stride": layer.stride,
        "padding": layer.padding,
        "pool": layer.pool,
        "relu": layer.relu,
    }
