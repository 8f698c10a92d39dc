"""How far each factor of the data is held by one latent dimension: MIG, DCI and the FactorVAE score, of codes alone.

As in Locatello et al., "Challenging Common Assumptions in the Unsupervised Learning of Disentangled Representations"
(2019), section 4.2 and appendix C. Codes are posterior means (N, D), factors whole numbers (N, F), which
`factor_numbers` makes of columns of words or of numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CODE_BINS = 20
FACTOR_BINS = 10
MOST_WORDS = 50  # values of a factor that is no number
TRAINED_ON, JUDGED_ON = 2_000, 1_000  # images for DCI
VOTES, A_VOTE = 2_000, 64  # groups of so many images for the FactorVAE score, half of them to judge
FEWEST = 3  # images: those to judge by are others than those to learn from
LEAST = 1e-11  # an importance that is none
NO_WORD = -1  # of an image to which a factor's column says nothing

Codes = NDArray[np.floating[Any]]
Whole = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Dci:
    """Disentanglement, completeness and informativeness (of held-out images): 0 to 1 each."""

    disentanglement: float
    completeness: float
    informativeness: float


@dataclass(frozen=True)
class Disentanglement:
    """All scores of one model, 0 to 1 each, with what they are of."""

    factors: list[str]
    images: int
    mutual_information_gap: float
    dci_disentanglement: float
    dci_completeness: float
    dci_informativeness: float
    factor_vae_score: float


def factor_numbers(columns: Mapping[str, Sequence[str]]) -> tuple[list[str], Whole]:
    """The columns that are factors, and their values as whole numbers from 0 (N, F), NO_WORD where a text is empty.

    A column of numbers is cut into about FACTOR_BINS parts of equally many images; of words, each is a value, unless
    there are more than MOST_WORDS or one alone. A column that says nothing to most images is none.
    """
    found: dict[str, Whole] = {}
    for name, texts in columns.items():
        column = np.asarray(texts, dtype=object).astype(str)
        told = column != ""
        if told.sum() * 2 <= len(column):
            continue
        words, places = np.unique(column[told], return_inverse=True)
        numbers = _as_numbers(column[told]) if len(words) > FACTOR_BINS else None
        if numbers is None and not 1 < len(words) <= MOST_WORDS:
            continue
        found[name] = np.full(len(column), NO_WORD)
        found[name][told] = places if numbers is None else _parts(numbers)
    return list(found), np.stack(list(found.values()), axis=1) if found else np.zeros((0, 0), int)


def _as_numbers(texts: NDArray[np.str_]) -> NDArray[np.float64] | None:
    try:
        numbers = texts.astype(float)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _parts(numbers: NDArray[np.float64]) -> Whole:
    """Numbers cut into parts of about equally many, from 0: one that is as frequent as a part is one by itself."""
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    frequent = counts * FACTOR_BINS >= len(numbers)
    begins = frequent | np.r_[False, frequent[:-1]]  # a run of others, or a frequent value alone
    parts: list[Whole] = []
    for run in np.split(counts, np.flatnonzero(begins)):
        if not len(run):
            continue
        wanted = max(1, round(FACTOR_BINS * run.sum() / len(numbers))) if len(run) > 1 else 1
        rank = np.cumsum(run) - run
        first = 1 + int(parts[-1][-1]) if parts else 0
        parts.append(first + np.minimum(wanted - 1, rank * wanted // max(1, run.sum() - 1)))
    return np.concatenate(parts)[places]


def binned(codes: Codes) -> Whole:
    """Codes (N, D) cut into CODE_BINS of equal width, as whole numbers from 1."""
    return np.stack([np.digitize(code, np.histogram(code, CODE_BINS)[1][:-1]) for code in codes.T], axis=1)


def mutual_information_gap(codes: Codes, factors: Whole) -> float:
    """MIG (Chen et al., "Isolating Sources of Disentanglement in VAEs", 2018, section 4.1): for each factor the two
    dimensions that tell most of it, the difference of what they tell over the factor's entropy; the mean of factors.
    """
    from sklearn.metrics import mutual_info_score  # training, which never asks for it, does without its second

    cut = binned(codes).T
    gaps = []
    for factor in factors.T:
        told = sorted(mutual_info_score(factor, code) for code in cut)
        gaps.append((told[-1] - (told[-2] if len(told) > 1 else 0.0)) / mutual_info_score(factor, factor))
    return float(np.mean(gaps))


def importance(
    codes: Codes, factors: Whole, held_out_codes: Codes, held_out_factors: Whole, random: np.random.RandomState
) -> tuple[NDArray[np.float64], float]:
    """How much each dimension helps gradient boosted trees to tell each factor, (D, F), columns adding up to 1; and
    what share of the held-out values they tell rightly."""
    from sklearn.ensemble import GradientBoostingClassifier  # as above

    columns, right = [], []
    for factor, held_out in zip(factors.T, held_out_factors.T, strict=True):
        if (factor == factor[0]).all():  # the others are among those held out: there is nothing to tell apart
            columns.append(np.zeros(codes.shape[1]))
            right.append(float((held_out == factor[0]).mean()))
            continue
        trees = GradientBoostingClassifier(random_state=random).fit(codes, factor)
        columns.append(np.abs(trees.feature_importances_))
        right.append(float((trees.predict(held_out_codes) == held_out).mean()))
    return np.stack(columns, axis=1), float(np.mean(right))


def dci(
    codes: Codes, factors: Whole, held_out_codes: Codes, held_out_factors: Whole, random: np.random.RandomState
) -> Dci:
    """Eastwood & Williams, "A Framework for the Quantitative Evaluation of Disentangled Representations" (2018)."""
    matrix, informativeness = importance(codes, factors, held_out_codes, held_out_factors, random)
    return Dci(_concentration(matrix), _concentration(matrix.T), informativeness)


def _concentration(matrix: NDArray[np.float64]) -> float:
    """1 less the entropy of each row in units of its greatest, weighted by how much the rows matter."""
    from scipy.stats import entropy  # as above

    one = matrix.shape[1] == 1  # holds whatever there is
    each = np.ones(len(matrix)) if one else 1 - entropy(matrix.T + LEAST, base=matrix.shape[1])
    matters = matrix if matrix.sum() > 0 else np.ones_like(matrix)
    return float((each * matters.sum(1) / matters.sum()).sum())


def steadiest(groups: Codes, spread: NDArray[np.floating[Any]]) -> Whole:
    """Of each group of codes (G, L, D) the dimension that varies least, in units of its spread over all (D,): (G,)."""
    relative = np.var(groups, axis=1, ddof=1) / np.where(spread > 0, spread, np.inf)
    return np.where(spread > 0, relative, np.inf).argmin(axis=1)


def factor_vae_score(fixed: Whole, steady: Whole, judged_fixed: Whole, judged_steady: Whole) -> float:
    """Kim & Mnih, "Disentangling by Factorising" (2018), section 3: which factor was held fixed in a group is told by
    the dimension that varied least, as most groups have it; the share told rightly of groups that did not vote."""
    dimensions = range(int(max(steady.max(), judged_steady.max())) + 1)
    counts = np.stack([np.bincount(fixed[steady == dimension], minlength=1 + fixed.max()) for dimension in dimensions])
    return float((counts.argmax(axis=1)[judged_steady] == judged_fixed).mean())


def measure(codes: Codes, columns: Mapping[str, Sequence[str]], seed: int = 0) -> Disentanglement | None:
    """Every score of codes (N, D) against the columns of their images, of those that have a word in each; None where
    these are fewer than FEWEST, or differ in fewer than two factors.

    A group for the FactorVAE score is drawn from the images that share a factor's value.
    """
    names, factors = factor_numbers(columns)
    told = (factors != NO_WORD).all(axis=1)
    if told.sum() < FEWEST:
        return None
    codes, factors = codes[told], factors[told]
    varied = np.flatnonzero((factors != factors[0]).any(axis=0))  # another column's gaps may leave one value alone
    if len(varied) < 2:
        return None
    names, factors = [names[place] for place in varied], factors[:, varied]
    random = np.random.RandomState(seed % 2**32)
    order = random.permutation(len(codes))
    judged = order[: min(JUDGED_ON, len(codes) // 3)]
    learned = order[len(judged) :][:TRAINED_ON]
    scores = dci(codes[learned], factors[learned], codes[judged], factors[judged], random)
    fixed, groups = _groups(codes, factors, random)
    steady, half = steadiest(groups, codes.var(axis=0, ddof=1)), len(fixed) // 2
    return Disentanglement(
        names,
        len(codes),
        mutual_information_gap(codes, factors),
        scores.disentanglement,
        scores.completeness,
        scores.informativeness,
        factor_vae_score(fixed[:half], steady[:half], fixed[half:], steady[half:]),
    )


def _groups(codes: Codes, factors: Whole, random: np.random.RandomState) -> tuple[Whole, Codes]:
    """Which factor is held fixed in each group (G,), and the group's codes (G, L, D)."""
    fixed = random.randint(factors.shape[1], size=VOTES)
    examples = random.randint(len(codes), size=VOTES)
    chosen = [
        random.choice(np.flatnonzero(factors[:, factor] == factors[example, factor]), A_VOTE)
        for factor, example in zip(fixed, examples, strict=True)
    ]
    return fixed, codes[np.stack(chosen)]
