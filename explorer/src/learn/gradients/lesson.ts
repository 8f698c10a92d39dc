import type { Lesson } from "../lesson";
import { GradientsPlay } from "./view";

const r = String.raw;

export const lesson: Lesson = {
  text: {
    question: r`The encoder’s bell is moved to where $\s{h}(\s{z})$, say the fit of the image, is high **on average**. But an average is known from a few random draws only. What is its gradient?`,
    blocks: [
      r`Two estimates are right on average. **Pathwise**: draw the noise first and move the bell under it; each draw tells which way $\s{h}$ rises.`,
      { formula: r`\s{z}=\s{mu}+\s{sigma}\s{epsilon}:\qquad \s{nabla}_{\mu}\,\s{E}[\s{h}(\s{z})]=\s{E}\big[\s{h}'(\s{mu}+\s{sigma}\s{epsilon})\big]` },
      r`**Score function**: each draw tells only how high $\s{h}$ is there, and which way the bell must go to make that draw likelier.`,
      { formula: r`\s{nabla}_{\mu}\,\s{E}[\s{h}(\s{z})]=\s{E}\big[\s{h}(\s{z})\,\s{nabla}_{\mu}\log\s{N}(\s{z};\s{mu},\s{sigma}^2)\big]` },
      r`**Drag the bell**, or $\s{h}$ itself. Below are thousands of estimates by each. The line is the exact gradient; the narrower heap needs fewer draws.`,
    ],
    tries: [
      "Lift h by its handle. No gradient changes, but the score function’s heap widens. Then switch the baseline on.",
      "Drag the bell away from the quadratic’s middle: the score function must bear all the height of h, the pathwise estimate only its slope.",
      "Choose the sine and raise its frequency: from about frequency × σ = 1 on, the pathwise heap is the wider one.",
      "Choose the step: it has no slope, and the pathwise estimate is 0, always and wrongly.",
      "Double the draws for each estimate: both variances halve, their ratio stays.",
    ],
    further: [
      r`**Why the first is right.** With $\s{z}=\s{mu}+\s{sigma}\s{epsilon}$ the mean is taken over $\s{epsilon}$, which knows nothing of $\s{mu}$ and $\s{sigma}$. So the gradient goes inside: by $\s{mu}$ it is $\s{h}'(\s{z})$, and by $\log\s{sigma}$ it is $\s{h}'(\s{z})\,\s{sigma}\s{epsilon}$. In more dimensions $\s{z}=\s{mu}+\s{Sigma}^{1/2}\s{epsilon}$ does the same.`,
      r`**Why the second is right.** Here the gradient meets the density, and $\s{nabla}\,p=p\,\s{nabla}\log p$ makes a mean of it again. By $\s{mu}$ that is $\s{h}(\s{z})\,\s{epsilon}/\s{sigma}$. A constant $b$ taken off $\s{h}$ changes nothing on average, since $\s{E}[\s{epsilon}]=0$. This is the **baseline**; here $b=\s{E}[\s{h}(\s{z})]$, which one would have to estimate as well.`,
      {
        note: r`“The reparameterisation has the smaller variance” is folklore. It is true where $\s{h}$ is smooth at the width of the bell, as a decoder’s log-likelihood mostly is. For a fast sine it is false, and a step or a discrete latent has no slope to use. And much of the score function’s bad name is a missing baseline: for the bump, switch it on and compare.`,
      },
    ],
    inThisApp: [
      { words: "Train: every model here draws its latents as z = μ + σε; “Samples K” is how many for each image", page: "train", query: "samples=1" },
      { words: "Explore: your own image as a bell, and draws from it", page: "explore", query: "" },
    ],
    reading: [
      { words: "Kingma and Welling: Auto-Encoding Variational Bayes (2013)", address: "https://arxiv.org/abs/1312.6114" },
      { words: "Mohamed, Rosca, Figurnov and Mnih: Monte Carlo Gradient Estimation in Machine Learning (2020)", address: "https://arxiv.org/abs/1906.10652" },
    ],
  },
  play: (context) => new GradientsPlay(context),
};
