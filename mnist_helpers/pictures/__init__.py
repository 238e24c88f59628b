"""From any picture of a digit to MNIST's format. Knows nothing of networks."""
