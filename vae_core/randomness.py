"""Random numbers by address: each use has its own seed, so that nothing depends on what was drawn before.

A resumed run, or one of several workers, draws the very numbers of an uninterrupted single one.
"""

import hashlib

import torch


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """A CPU generator fixed by the run's seed, what it is for, and a position (a step, an epoch)."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
