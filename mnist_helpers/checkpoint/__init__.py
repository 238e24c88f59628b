"""The trained network on disk: written whole, opened as a stranger's file, with where it comes from."""
