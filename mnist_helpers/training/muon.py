"""Muon: SGD with momentum whose steps go equally far in every direction of a layer's weights.

K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024 (kellerjordan.github.io/posts/muon).
Torch's own `torch.optim.Muon` takes matrices only; here a convolution counts as a matrix with a row for each filter.
"""

from collections.abc import Iterable

import torch

# The article's polynomial: its iteration draws singular values from 0 to 1 towards 1 as fast as can be, and roughly.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 3


class Muon(torch.optim.Optimizer):
    """Orthogonal steps for `matrices`, SGD with Nesterov momentum for the `others`.

    A matrix keeps the Frobenius norm it starts with, so the learning rate alone says how fast it turns; weight decay is
    for the others. `precision` is the number format in which steps are made orthogonal.
    """

    def __init__(
        self,
        matrices: Iterable[torch.Tensor],
        others: Iterable[torch.Tensor],
        lr: float,
        momentum: float,
        weight_decay: float,
        precision: torch.dtype = torch.float32,
    ):
        groups = [{"params": list(matrices), "orthogonal": True}, {"params": list(others), "orthogonal": False}]
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.precision = precision

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # the loss is not asked for again
        """Move every parameter that has a gradient once, along it; those of a frozen layer stay."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    (self._turn if group["orthogonal"] else self._move)(parameter, parameter.grad, group)

    def _turn(self, weights: torch.Tensor, gradient: torch.Tensor, group: dict) -> None:
        state = self.state[weights]
        if "norm" not in state:
            state["norm"] = weights.norm()
        weights.mul_(state["norm"] / weights.norm())
        direction = self._direction(weights, gradient, group["momentum"])
        step = orthogonal(direction.flatten(1).to(self.precision)).to(weights.dtype)
        weights.sub_(step.reshape(weights.shape), alpha=group["lr"])

    def _move(self, parameter: torch.Tensor, gradient: torch.Tensor, group: dict) -> None:
        gradient = gradient.add(parameter, alpha=group["weight_decay"])
        parameter.sub_(self._direction(parameter, gradient, group["momentum"]), alpha=group["lr"])

    def _direction(self, parameter: torch.Tensor, gradient: torch.Tensor, momentum: float) -> torch.Tensor:
        """Nesterov's: the gradient and the momentum that includes it."""
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        buffer = state["momentum_buffer"].mul_(momentum).add_(gradient)
        return gradient.add(buffer, alpha=momentum)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The matrix with its singular values brought near 1, by Newton-Schulz iteration; same shape and number format."""
    a, b, c = COEFFICIENTS
    wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=1e-7)
    for _ in range(ITERATIONS):
        gram = wide @ wide.T
        polynomial = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        wide = torch.addmm(wide, polynomial, wide, beta=a)
    return wide if wide.shape == matrix.shape else wide.T
