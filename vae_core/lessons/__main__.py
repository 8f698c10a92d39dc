"""`python -m vae_core.lessons`: trains what a lesson is about, for the page.

What to do is one line of JSON on the standard input, an order of `vae_core.lessons.orders`. Steps go out as lines of
JSON, and each part of the answer as soon as it is there, `{"part": …}`; then `{"problem": …}` or `{"ready": true}`. It
ends with its input.
"""

import torch

from vae_core.asked import say, tell
from vae_core.checked_settings import Settings
from vae_core.lessons.decoder_variance import variance_lesson
from vae_core.lessons.noise import noise_lesson
from vae_core.lessons.orders import ORDER, Asked, FlowOrder, NoiseOrder, VarianceOrder
from vae_core.lessons.plane_flow import flow_lesson
from vae_core.lessons.priors_compared import priors_lesson
from vae_core.runs.errand import do_errand

NICENESS = 10  # the server's pages go first
THREADS = 1  # networks as small as these wait longer for a second one than it saves, above all where others work


def teach(order: Asked) -> None:
    """Do what a lesson asks for.

    Raises:
        UserError: it cannot be done.
    """
    if isinstance(order, NoiseOrder):
        noise_lesson(order, tell, _told)
    elif isinstance(order, VarianceOrder):
        variance_lesson(order, tell, _told)
    elif isinstance(order, FlowOrder):
        flow_lesson(order, tell, _told)
    else:
        priors_lesson(order, tell, _told)


def _told(part: Settings) -> None:
    say(part.model_dump())


def _errand(line: str) -> dict[str, bool]:
    torch.set_num_threads(THREADS)
    teach(ORDER.validate_json(line))
    return {"ready": True}


if __name__ == "__main__":
    do_errand(_errand, niceness=NICENESS)
