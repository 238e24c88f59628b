"""The packages; everything else stands in pyproject.toml.

The wheel carries notebooks/ and the reference network inside the package, as `mnist_helpers/shipped/`. There they are
found wherever pip puts the package; data files are not (with `pip install --target` their recorded paths are wrong).
pyproject.toml can find packages or list them, not both: hence this file.
"""

from setuptools import find_packages, setup

SHIPPED = {"mnist_helpers.shipped.notebooks": "notebooks", "mnist_helpers.shipped.models": "models"}

setup(packages=[*find_packages(include=["mnist_helpers*"]), *SHIPPED], package_dir=SHIPPED)
