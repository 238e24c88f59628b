"""Are two recipes equally good? Several networks of each on the same images: chance comes from both."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import nct, t

POWER = 0.8
# In 300 simulated studies each of equal recipes, whose chance is mostly that of seeds, p was below 0.05 in 5.0 % with
# five seeds, in 6.7 % with three and in 10 % with two; below 0.01 in 1.0, 2.3 and 4.7 %.
LEAST_SEEDS = 3


@dataclass(frozen=True)
class PairedDifference:
    """The mean number of errors of one recipe less that of another, on as many images, with its standard error."""

    errors: float
    standard_error: float
    freedom: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference."""
        reach = float(t.ppf(0.975, self.freedom)) * self.standard_error
        return self.errors - reach, self.errors + reach

    @property
    def p_value(self) -> float:
        """The chance of a difference at least as large, either way, if both were equally good."""
        if not self.standard_error:
            return 1.0
        return float(2 * t.sf(abs(self.errors) / self.standard_error, self.freedom))

    def visible(self, alpha: float) -> float:
        """The difference that a test at this level finds in four of five studies of this size (a power of 80 %).

        With such a difference, errors over standard error follow the noncentral t distribution.
        """
        limit = float(t.ppf(1 - alpha / 2, self.freedom))
        away = brentq(lambda shift: nct.sf(limit, self.freedom, shift) - POWER, 0, 3 * limit + 10)
        return self.standard_error * float(away)


def paired_difference(mistakes: np.ndarray, others: np.ndarray) -> PairedDifference:
    """The errors of one recipe less those of another, bool (seeds, images) each, with LEAST_SEEDS or more.

    Seeds and images are both samples: other seeds give other networks, and other images other errors. So the variance
    of the mean is that of both in a crossed layout, from the mean squares of an analysis of variance, with
    Satterthwaite's degrees of freedom, as Clark (1973) proposed for subjects and words. It is never taken to be less
    than that of seeds alone or images alone.
    """
    values = mistakes.astype(np.float64) - others
    seeds, images = values.shape
    by_seed, by_image, mean = values.mean(axis=1), values.mean(axis=0), values.mean()
    of_seeds = images * ((by_seed - mean) ** 2).sum()
    of_images = seeds * ((by_image - mean) ** 2).sum()
    rest = ((values - mean) ** 2).sum() - of_seeds - of_images
    squares = np.array([of_seeds, of_images, rest])
    freedom = np.array([seeds - 1, images - 1, (seeds - 1) * (images - 1)])
    first, second, third = means = squares / freedom
    variance = max(first + second - third, first, second)
    if not variance:
        return PairedDifference(float(mean * images), 0.0, float(seeds - 1))
    return PairedDifference(
        errors=float(mean * images),
        standard_error=math.sqrt(variance / (seeds * images)) * images,
        freedom=float(variance**2 / (means**2 / freedom).sum()),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number (Holm, 1979): below 0.05, the chance of one false finding is 5 %."""
    order = np.argsort(p_values)
    stepped = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0) if len(order) else stepped
    return corrected.tolist()
