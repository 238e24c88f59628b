"""Stages, their parameters and execution, and the command line. Computes nothing itself."""

import sys

# Reading notebooks brings jsonschema, which takes this package where it is there and does without where it is not. It
# compiles a grammar of web addresses when it is imported, for two seconds, and no notebook's schema asks for one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
