import type { Lesson } from "../lesson";
import { DivergencePlay } from "./view";

const r = String.raw;

export const lesson: Lesson = {
  text: {
    question: r`The second term of the $\s{elbo}$ asks how far the encoder’s bell is from the prior. Why does hardly any VAE estimate it from draws?`,
    blocks: [
      r`Because both are Gaussians, and for those the divergence has a **closed form**. With mean $\s{mu}$, covariance $\s{Sigma}$ and $\s{d}$ dimensions:`,
      { formula: r`\begin{aligned}&\s{kl}\big(\s{N}(\s{mu},\s{Sigma})\,\|\,\s{N}(0,\s{I})\big)\\&\quad=\tfrac12\big(\s{tr}\,\s{Sigma}+\s{mu}^{\!\top}\s{mu}-\s{d}-\log\s{det}\,\s{Sigma}\big)\end{aligned}` },
      r`Three of the terms pull: $\s{tr}\,\s{Sigma}$ keeps the bell from growing wide, $\s{mu}^{\!\top}\s{mu}$ from walking away, and $-\log\s{det}\,\s{Sigma}$ from shrinking to a point. The term $-\s{d}$ only sets the zero.`,
      r`**Drag the bell** by its middle, and by the ends of its axes. The bars are the four terms and their sum, twice the $\s{kl}$; the table holds the number beside a mean over draws.`,
    ],
    tries: [
      "Make one axis very narrow: the bell says one latent exactly, and pays for it without end.",
      "Choose the full covariance and turn the bell round its middle: no term changes, because N(0, I) looks the same from every side.",
      "Lean a long bell, then go back to diagonal: the trace stays, the determinant grows, and the KL falls. The lean was worth that many nats.",
      "Compare the two rows of the table: the divergence the other way round is another number.",
    ],
    further: [
      r`**Where it comes from.** The divergence is the mean of $\log q(z)-\log p(z)$ over $\s{z}\sim q$. The logarithm of a Gaussian is a square, and means of squares are known: over $q$ the mean of $\s{z}^{\!\top}\s{z}$ is $\s{tr}\,\s{Sigma}+\s{mu}^{\!\top}\s{mu}$, and that of $(\s{z}-\s{mu})^{\!\top}\s{Sigma}^{-1}(\s{z}-\s{mu})$ is $\s{d}$. The factors $2\pi$ cancel, and the logarithms of the determinants stay.`,
      r`**Diagonal.** Most encoders tell one variance for each latent. The formula then is a sum over dimensions, and one sees which of them are in use: a dimension whose share is 0 has been given up.`,
      { formula: r`\s{kl}=\sum_{i=1}^{\s{d}}\tfrac12\big(\s{sigma}_i^2+\s{mu}_i^2-1-\log\s{sigma}_i^2\big)` },
      {
        note: r`“The closed form is always better than draws” is only partly true. Its value has no noise; but draws share their noise with the reconstruction, and near the optimum the two noises nearly cancel. And it is at hand for a Gaussian prior alone: with a mixture or a flow as the prior, every VAE goes back to draws.`,
      },
    ],
    inThisApp: [
      { words: "Train: KL per dimension while a model learns, and the choice of the posterior, diagonal or full", page: "train", query: "posterior=full" },
      { words: "Models: how many units of a model are active", page: "models", query: "" },
    ],
    reading: [
      { words: "Kingma and Welling: Auto-Encoding Variational Bayes, appendix B (2013)", address: "https://arxiv.org/abs/1312.6114" },
      { words: "Roeder, Wu and Duvenaud: Sticking the Landing, on the noise that cancels (2017)", address: "https://arxiv.org/abs/1703.09194" },
    ],
  },
  play: (context) => new DivergencePlay(context),
};
