import type { Lesson } from "../lesson";
import { MixturesPlay } from "./view";

const r = String.raw;

export const lesson: Lesson = {
  text: {
    question: r`The prior is a Gaussian, and for each latent the decoder’s image is a Gaussian too. Images are nothing like that. Why is it enough?`,
    blocks: [
      r`For one latent $\s{z}$ the model’s $\s{x}$ is a single bell round the decoder’s answer $\s{mu}(\s{z})$. But $\s{z}$ is drawn anew each time, so $\s{x}$ comes from as many bells as there are latents:`,
      { formula: r`\s{evidence}=\int \s{N}\big(\s{x};\,\s{mu}(\s{z}),\,\s{sigma}^2\big)\,\s{prior}\,\mathrm{d}\s{z}` },
      r`Cut $\s{prior}$ into $\s{n}$ slices: the integral becomes a sum of $\s{n}$ Gaussians, which the decoder may put anywhere. **Draw any density** in one dimension, and watch the Gaussians fill it.`,
    ],
    tries: [
      "Draw something wild, then give it more and more Gaussians.",
      "Take the box: its edges are what stays wrong longest. Compare how the distance falls with that of the two humps.",
      "Switch the best width off and hold σ: past some number, more Gaussians do not help. That is a VAE whose decoder variance is too large.",
      "Read the last number of the table: what is near in one dimension may be far in 784.",
    ],
    further: [
      r`**Why it works.** A narrow Gaussian is nearly a single point, and any density is a heap of points. So as $\s{n}$ grows and $\s{sigma}$ shrinks, the sum comes as near to the density as one likes. Here is how the decoder does it: as $\s{z}$ runs from left to right through its bell, $\s{mu}(\s{z})$ runs through the density, slowly where there is much of it.`,
      r`**What is measured.** The total variation is the share of the probability that lies in the wrong place:`,
      { formula: r`\mathrm{TV}=\tfrac12\int\big|\,p_{\text{drawn}}(\s{x})-p_{\s{n}}(\s{x})\,\big|\,\mathrm{d}\s{x}` },
      {
        note: r`“A mixture of Gaussians can be anything” holds in the limit only. A sharp edge costs width, and width costs Gaussians. In many dimensions small mistakes multiply: if each of $\s{D}$ independent pixels overlaps by a share $a$, all of them together overlap by $a^{\s{D}}$. A grid of $\s{n}$ Gaussians along each axis would need $\s{n}^{\s{D}}$ of them. What saves a VAE is that images fill only a thin sheet of that space, with $\s{d}$ directions rather than $\s{D}$.`,
      },
    ],
    inThisApp: [
      { words: "Train: the decoder’s likelihood, and whether its variance is fixed or learned", page: "train", query: "likelihood=gaussian&variance=learned" },
      { words: "Explore: drag through z, and see the middle of each of its Gaussians", page: "explore", query: "" },
    ],
    reading: [
      { words: "Doersch: Tutorial on Variational Autoencoders (2016), section 2", address: "https://arxiv.org/abs/1606.05908" },
      { words: "Dai and Wipf: Diagnosing and Enhancing VAE Models (2019)", address: "https://arxiv.org/abs/1903.05789" },
    ],
  },
  play: (context) => new MixturesPlay(context),
};
