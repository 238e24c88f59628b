"""Executed notebooks to one HTML page."""
