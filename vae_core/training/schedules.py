"""What the learning rate and β are as training goes on."""

import math

RISE = 0.25  # share of the training over which a one-cycle rate rises
START = 1 / 25  # the first rate, and 1e-4 of it the last, as shares of the peak
END = START * 1e-4


def learning_rate(schedule: str, peak: float, done: float) -> float:
    """`constant`, or `one-cycle`: a cosine up to the peak and one down, after Smith & Topin (2018).

    `done` is the share of all steps taken so far, in [0, 1].
    """
    if schedule == "constant":
        return peak
    start, end, share = (START, 1.0, done / RISE) if done < RISE else (1.0, END, (done - RISE) / (1 - RISE))
    return peak * (end + (start - end) * (1 + math.cos(math.pi * share)) / 2)


def warmed_up_beta(beta: float, warm_up: float, epochs_done: float) -> float:
    """β after a linear rise from 0 over `warm_up` epochs."""
    return beta * min(1.0, epochs_done / warm_up) if warm_up else beta
