import type { Lesson } from "../lesson";
import { BoundPlay } from "./view";

const r = String.raw;

export const lesson: Lesson = {
  text: {
    question: r`A VAE should find its images likely: $\s{logEvidence}$ should be high. Why does it train on something else, the $\s{elbo}$, and what does it lose by that?`,
    blocks: [
      r`The model draws a latent $\s{z}$ from $\s{prior}$ and makes $\s{x}$ of it. How likely is $\s{x}$? Every latent may have made it, so all of them count:`,
      { formula: r`\s{evidence}=\int \s{likelihood}\,\s{prior}\,\mathrm{d}\s{z}` },
      r`With many latent dimensions nobody can work out this integral. So the encoder guesses which latents matter: a bell $\s{q}$. For **any** bell, this holds exactly:`,
      { formula: r`\s{logEvidence}=\s{elbo}+\s{kl}\big(\s{q}\,\|\,\s{posterior}\big)` },
      r`Here $\s{z}$ and $\s{x}$ are single numbers, so that both sides can be computed. **Drag the bell** and watch the shares move while the sum stays.`,
    ],
    tries: [
      "Drag the bell onto the true posterior: the gap closes, and the ELBO is log p(x) itself.",
      "Make the bell very narrow: the reconstruction is at its best, but KL(q‖prior) grows without end.",
      "Drag x: now log p(x) moves as well. Training moves it by changing the decoder.",
      "Choose two peaks: no single bell fits, and the smallest gap is not zero. That is what a VAE loses.",
    ],
    further: [
      r`**Where the identity comes from.** Bayes’ rule says $\s{evidence}=p(x,z)/\s{posterior}$ for every $\s{z}$. Take logarithms, put $\s{q}$ above and below, and take the mean over $\s{q}$:`,
      { formula: r`\s{logEvidence}=\underbrace{\s{E}_{q}\Big[\log\frac{p(x,z)}{\s{q}}\Big]}_{\s{elbo}}+\underbrace{\s{E}_{q}\Big[\log\frac{\s{q}}{\s{posterior}}\Big]}_{\s{kl}\,\ge\,0}` },
      r`The second term is a divergence, and no divergence is below zero; so the first is a lower bound. It holds no unknown posterior, and so it can be computed. Split $p(x,z)$ and it is the sum that every VAE trains on:`,
      { formula: r`\s{elbo}=\underbrace{\s{E}_{q}\big[\log \s{likelihood}\big]}_{\text{reconstruction}}-\s{kl}\big(\s{q}\,\|\,\s{prior}\big)` },
      {
        note: r`“The encoder learns the posterior” is true only where the posterior is a bell. With two peaks the best bell sits on one of them, or lies wide over both, and the gap stays. Raising the $\s{elbo}$ then also bends the decoder towards posteriors that look like bells.`,
      },
    ],
    inThisApp: [
      { words: "Models: each card shows the ELBO of a model on images that it has not seen", page: "models", query: "" },
      { words: "Train: the two terms of the ELBO as curves, epoch by epoch", page: "train", query: "" },
    ],
    reading: [
      { words: "Kingma and Welling: Auto-Encoding Variational Bayes (2013)", address: "https://arxiv.org/abs/1312.6114" },
      { words: "Blei, Kucukelbir and McAuliffe: Variational Inference, A Review for Statisticians (2016)", address: "https://arxiv.org/abs/1601.00670" },
    ],
  },
  play: (context) => new BoundPlay(context),
};
