"""Executed notebooks to one HTML page that needs nothing but itself."""

from mnist_helpers.report.export import export_report

__all__ = [
    "export_report",
]
