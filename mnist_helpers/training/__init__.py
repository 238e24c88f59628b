"""How weights are found: the step, the optimizer, the images shown, the loop and its state."""
