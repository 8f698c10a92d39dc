import type { Lesson } from "../lesson";
import { VariancePlay } from "./view";

const r = String.raw;

export const lesson: Lesson = {
  text: {
    question: r`The decoder is a bell too, $p(x\mid z)=\s{N}(\s{mu}(z),\s{variance}\s{I})$. Why is its variance $\s{variance}$ so often a constant, and what is decided by that?`,
    blocks: [
      r`Here $\s{variance}$ is a **variance**, not its root. Taking the logarithm, with one draw of $\s{z}$, the image’s error is divided by it:`,
      { formula: r`-\s{elbo}=\frac{\lVert x-\s{mu}(z)\rVert^2}{2\,\s{variance}}+\s{kl}+\frac{\s{D}}{2}\log 2\pi\s{variance}` },
      r`With $\s{variance}$ fixed, the last term is a constant. Times $2\s{variance}$, what is left is the loss most code is written with:`,
      { formula: r`\lVert x-\s{mu}(z)\rVert^2+\s{beta}\,\s{kl},\qquad \s{beta}=2\,\s{variance}` },
      r`So whoever trains on a plain squared error has chosen a $\s{variance}$. **Drag the bell’s shoulder**, or the error.`,
    ],
    tries: [
      "Press “σ = 1”: the usual squared error, halved. The bell is far wider than the errors of good images.",
      "Press “σ = the error”: the lowest point of the curve. That is where a learned σ goes.",
      "Drag the error down, σ with it: the cost falls without end. A likelihood has no upper limit.",
      "Train models below: see one collapse at σ = 1, and where the learned σ lands.",
    ],
    further: [
      r`**Where the best variance lies.** Let $m$ be the mean square error a pixel. The cost $\tfrac12\log 2\pi\s{variance}+m/(2\s{variance})$ has the slope $\tfrac{1}{2\s{variance}}-\tfrac{m}{2\s{variance}^2}$, which is zero at $\s{variance}=m$: the likeliest variance is the error itself. It can be learned like any weight, or set to the error of each batch.`,
      r`**Why it is often fixed all the same.** A constant is one knob less that can run away, losses stay comparable from run to run, and turning it by hand trades sharp images against orderly latents. That is what $\s{beta}$ does; the two are one knob.`,
      {
        note: r`**Where it breaks.** Too large a $\s{variance}$, and the $\s{kl}$ outweighs all detail: the posterior collapses to the prior and every sample is the mean image. Where images can be learned by heart, a learned $\s{variance}$ goes to 0 and the likelihood to infinity: a higher $\s{elbo}$ on training images then says nothing.`,
      },
    ],
    inThisApp: [
      { words: "Train: “Decoder variance σ” among the settings: a number, learned or optimal", page: "train", query: "likelihood=gaussian&variance=learned" },
      { words: "Models: Compare sets the σ of several side by side", page: "models", query: "" },
    ],
    reading: [
      { words: "Rybkin, Daniilidis and Levine: Simple and Effective VAE Training with Calibrated Decoders (2021)", address: "https://arxiv.org/abs/2006.13202" },
      { words: "Dai and Wipf: Diagnosing and Enhancing VAE Models (2019)", address: "https://arxiv.org/abs/1903.05789" },
      { words: "Higgins and others: beta-VAE (2017)", address: "https://openreview.net/forum?id=Sy2fzU9gl" },
    ],
  },
  play: (context) => new VariancePlay(context),
};
