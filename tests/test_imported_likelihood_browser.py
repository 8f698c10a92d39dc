"""What a pixel of an imported model costs in the browser, run by Node, against torch."""

from pathlib import Path

import numpy as np
import torch

from tests.browser_maths import answers
from vae_core.model.imported import EDGE
from vae_core.model.likelihoods import Bernoulli


def test_pixels_that_are_decoded_as_quite_black_or_white_cost_the_same_in_both_halves(tmp_path: Path) -> None:
    decoded = torch.tensor([0, 1e-9, 1e-7, 1e-5, 0.3, 1 - 1e-5, 1 - 1e-7, 1])
    decoded, x = (pixels.flatten() for pixels in torch.meshgrid(decoded, torch.tensor([0.0, 1]), indexing="ij"))
    asked = {"likelihood": "bernoulli", "x": x.tolist(), "decoded": decoded.tolist()}
    costs = Bernoulli(torch.logit(decoded, EDGE).reshape(-1, 1, 1, 1)).log_prob(x.reshape(-1, 1, 1, 1))
    np.testing.assert_allclose(answers("elboAnswers", asked, tmp_path), costs, rtol=0, atol=0.02)
