"""The same training with other seeds and settings."""
