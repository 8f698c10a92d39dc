"""Random numbers by address: each use has its own seed, so that nothing depends on what was drawn before.

A resumed run, or one of several workers, draws the very numbers of an uninterrupted single one.
"""

import hashlib

import numpy as np
import torch
from torch import Tensor


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """A CPU generator fixed by the run's seed, what it is for, and a position (a step, an epoch)."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)


def stratified_sample(labels: Tensor, count: int, *, seed: int = 0) -> Tensor:
    """Indices of at most `count` entries, each class in its share (largest remainders), shuffled.

    Shuffled even when all are kept, so that drawing one after the other hides no class under the next.
    """
    random = np.random.default_rng(seed)
    total = len(labels)
    if count >= total:
        return torch.from_numpy(random.permutation(total))
    classes, sizes = np.unique(labels.numpy(), return_counts=True)
    shares = sizes * count / total
    quotas = np.floor(shares).astype(np.int64)
    quotas[np.argsort(quotas - shares, kind="stable")[: count - quotas.sum()]] += 1
    chosen = [
        random.choice(np.flatnonzero(labels.numpy() == label), quota, replace=False)
        for label, quota in zip(classes, quotas, strict=True)
    ]
    return torch.from_numpy(random.permutation(np.concatenate(chosen)))
