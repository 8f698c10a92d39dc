"""Which factor of the data a latent dimension holds, by which its slider is called.

What a dimension tells of a factor is their mutual information in nats, less what shuffled codes would tell, as a share
of what there is to tell, the factor's entropy less the same: Vinh, Epps & Bailey, "Information Theoretic Measures for
Clusterings Comparison" (2010), section 4, normalised by the entropy of the factor alone. Codes and factors are cut as
for the mutual information gap.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score

from vae_core.disentanglement import NO_WORD, Codes, Whole, binned, factor_numbers

# Of a factor in ten parts a dimension that is normal with it tells so much where it explains half of its variance:
# ½ log 2 of log 10 nats.
LEAST = 0.15
FEWEST = 300  # images: of fewer, dimensions would tell that much by luck
SHUFFLES = 5


def held_factors(
    codes: Codes, columns: Mapping[str, Sequence[str]], active: Sequence[bool], seed: int = 0
) -> list[dict[str, Any] | None] | None:
    """For each dimension of codes (M, D) that is active the factor of which it tells most, by name and share told.

    None of a dimension that tells less than LEAST of every factor, and of all together where none tells more. `columns`
    are those of the images, M texts each.
    """
    names, factors = factor_numbers(columns)
    if len(codes) < FEWEST or not names:
        return None
    random = np.random.default_rng(seed)
    found: list[dict[str, Any] | None] = []
    for code, speaks in zip(binned(codes).T, active, strict=True):
        shares = [share_told(code, factor, random) for factor in factors.T] if speaks else [0.0]
        most = int(np.argmax(shares))
        found.append({"name": names[most], "share": shares[most]} if shares[most] >= LEAST else None)
    return found if any(found) else None


def share_told(code: Whole, factor: Whole, random: np.random.Generator) -> float:
    """The share of a factor (M,) that a cut code (M,) tells beyond chance: 1 tells all; 0 where it is below LEAST.

    Of the images to which the factor's column says something.
    """
    told = factor != NO_WORD
    code, factor = code[told], factor[told]
    entropy, told = _information(factor, factor), _information(code, factor)
    if told < LEAST * entropy:  # chance can only lessen it
        return 0.0
    chance = float(np.mean([_information(random.permutation(code), factor) for _ in range(SHUFFLES)]))
    share = (told - chance) / (entropy - chance) if chance < entropy else 0.0
    return share if share >= LEAST else 0.0


def _information(code: Whole, factor: Whole) -> float:
    """Mutual information in nats of two lists of whole numbers from 0."""
    values = 1 + int(factor.max())
    counts: NDArray[np.int64] = np.bincount(code * values + factor, minlength=(1 + int(code.max())) * values)
    return float(mutual_info_score(None, None, contingency=counts.reshape(-1, values)))
