"""The shortest way between latents as the decoder sees it: a chain of points of least energy in image space.

Arvanitidis et al., "Latent Space Oddity" (2018); Shao et al., "The Riemannian Geometry of Deep Generative
Models" (2018). The latter's discrete energy of a chain is Σ_i ‖g(z_{i+1}) − g(z_i)‖², g being the decoder.
"""

from collections.abc import Callable

from numpy.typing import ArrayLike

from vae_core.interpolation.descent import Descent, Geodesic
from vae_core.interpolation.frames import PIECES
from vae_core.interpolation.paths import checked_stops
from vae_core.model.vae import VAE
from vae_core.progress import Progress, ProgressListener, silent

MOST_EVALUATIONS = 200


def geodesic(
    model: VAE,
    stops: ArrayLike,
    *,
    pieces: int = PIECES,
    progress: ProgressListener = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> Geodesic:
    """The decoder geodesic through stops (K, D), `pieces` ≥ 2 steps a segment, found by descent from the line.

    No segment is ever longer in image space than its straight line: one that would be stays straight. When
    `should_stop` says so, the best chain so far is returned. A step to where the decoder has no finite value or slope
    is taken back, and smaller ones follow. Weights collect no gradients, modes stay as they are.

    Raises:
        UserError: there are not 2 to 6 finite stops, or the decoder has no finite value or slope on the line itself.
    """

    def on_evaluation(done: int) -> bool:
        progress(Progress("geodesic", done, MOST_EVALUATIONS))
        return should_stop()

    found = Descent(model, checked_stops(stops), pieces, on_evaluation).run(MOST_EVALUATIONS)
    progress(Progress("geodesic", MOST_EVALUATIONS, MOST_EVALUATIONS))
    return found
