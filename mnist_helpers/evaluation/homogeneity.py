"""Do parts of the test set differ in difficulty, or is the spread of their errors what chance alone makes?"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import fisher_exact

ALPHA = 0.05


def homogeneity(errors: Sequence[int], images: Sequence[int], draws: int = 20_000, seed: int = 0) -> float:
    """The chance that parts of equal difficulty have errors spread at least as unevenly as these, from 0 to 1.

    `errors` and `images` are counts, one a part; no part is empty. Two parts: Fisher's exact test, two-sided. More:
    Pearson's chi-square, whose distribution is simulated by dealing the same number of errors out among the images, for
    the textbook one does not hold for few errors (Patefield, 1981). Of one part, or without errors, the chance is 1.
    """
    found, size = np.asarray(errors), np.asarray(images)
    if len(size) < 2 or not 0 < found.sum() < size.sum():
        return 1.0
    if len(size) == 2:
        return float(fisher_exact([found, size - found]).pvalue)
    expected = found.sum() * size / size.sum()
    dealt = np.random.default_rng(seed).multivariate_hypergeometric(size, found.sum(), size=draws)
    # Wrong and right answers of a part are equally far from what is expected.
    weights = 1 / expected + 1 / (size - expected)
    simulated, actual = ((dealt - expected) ** 2) @ weights, ((found - expected) ** 2) @ weights
    return float((1 + (simulated >= actual - 1e-9).sum()) / (1 + draws))


def standing_out(errors: Sequence[int], images: Sequence[int]) -> list[int]:
    """The parts that differ from all the others together, by number, worst first.

    Fisher's exact test for each, with Bonferroni's correction: as many looks as there are parts.
    """
    found, size = np.asarray(errors), np.asarray(images)
    tables = [
        [[e, n - e], [found.sum() - e, size.sum() - n - found.sum() + e]] for e, n in zip(found, size, strict=True)
    ]
    out = [part for part, table in enumerate(tables) if len(tables) * fisher_exact(table).pvalue < ALPHA]
    return sorted(out, key=lambda part: -found[part] / size[part])
