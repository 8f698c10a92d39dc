import type { Lesson } from "../lesson";
import { SamplesPlay } from "./view";

const r = String.raw;

export const lesson: Lesson = {
  text: {
    question: r`The ELBO holds a mean over all latents of an image. Training takes **one** draw of $\s{z}$ in its place. Why is that not far too rough?`,
    blocks: [
      r`Each step takes the gradient of $\s{B}$ images with $\s{K}$ samples each. It is off for two reasons: other images might have been drawn, and other latents. Both are independent from image to image, so the batch divides both; more samples divide the second alone:`,
      { formula: r`\mathrm{Var}=\frac{1}{\s{B}}\Big(\s{varianceImages}+\frac{\s{varianceNoise}}{\s{K}}\Big)` },
      r`A step costs about $\s{K}\cdot\s{B}$. At equal cost, doubling $\s{K}$ halves $\s{B}$. **Drag the point** to divide 128 into samples and images.`,
    ],
    tries: [
      "Drag from 8 samples to 1: the share of the latents stays as it is, that of the images shrinks.",
      "Give the noise 95 % of the variance: one sample still wins, but by less.",
      "Count the cost in passes, with 95 % noise: now a few samples are best. The encoder runs once for each image.",
      "Measure it below, on a real model: early and late in its training, then press “Other draws”.",
    ],
    further: [
      r`**Why both are divided by the batch.** The gradient of a batch is a mean of $\s{B}$ independent terms. The variance of each, by the law of total variance, is that of its mean given the image, $\s{varianceImages}$, and the mean of its variance given the image, $\s{varianceNoise}/\s{K}$. At cost $C=\s{K}\s{B}$ the sum is`,
      { formula: r`\mathrm{Var}=\frac{\s{K}\,\s{varianceImages}+\s{varianceNoise}}{C}` },
      r`It is least at $\s{K}=1$, whatever the shares are.`,
      {
        note: r`“One sample suffices” is said of batches that may grow. **With few images** at hand, or little memory, more images are no choice, and a second sample helps, up to the images’ own share. And it is said of the $\s{elbo}$.`,
      },
      r`**The IWAE bound is another goal.** There $\s{K}$ samples stand inside the logarithm, and the bound itself rises with $\s{K}$ to $\s{logEvidence}$:`,
      { formula: r`\s{elbo}\le\s{E}\Big[\log\frac1{\s{K}}\sum_{k=1}^{\s{K}}\frac{p(x,z_k)}{q(z_k\mid x)}\Big]\le\s{logEvidence}` },
      r`So one sample does not suffice for it. But the higher the bound, the less its gradient tells the encoder; that is measured below as well.`,
    ],
    inThisApp: [
      { words: "Train: “Samples K” among the settings; above 1 the IWAE bound is maximised", page: "train", query: "samples=8" },
      { words: "Models: log p(x) of each model, by importance sampling with many samples", page: "models", query: "" },
    ],
    reading: [
      { words: "Kingma and Welling: Auto-Encoding Variational Bayes (2013), section 2.3", address: "https://arxiv.org/abs/1312.6114" },
      { words: "Burda, Grosse and Salakhutdinov: Importance Weighted Autoencoders (2015)", address: "https://arxiv.org/abs/1509.00519" },
      { words: "Rainforth and others: Tighter Variational Bounds are Not Necessarily Better (2018)", address: "https://arxiv.org/abs/1802.04537" },
    ],
  },
  play: (context) => new SamplesPlay(context),
};
