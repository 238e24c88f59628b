"""Shared code of the MNIST notebooks; `mnist-cnn` runs them in order."""
