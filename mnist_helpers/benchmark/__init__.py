"""This project timed against other recipes."""
