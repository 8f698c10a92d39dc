import type { Lesson } from "../lesson";
import { FlowPlay } from "./view";

const r = String.raw;

export const lesson: Lesson = {
  text: {
    question: r`So far all was Gaussian. Can plain noise become **any** shape, while its density is still known exactly?`,
    blocks: [
      r`Yes: carry it through an invertible map $\s{f}$, a **flow**. What is drawn, $\s{z}\sim\s{N}(0,\s{I})$, stays plain noise; only $\s{f}$ is learned. Where $\s{f}$ stretches space, the same draws are spread thinner, and the density falls by as much as the Jacobian $\s{J}$ of $\s{f}$ says:`,
      { formula: r`\begin{aligned}\s{x}&=\s{f}(\s{z})\\\log p(\s{x})&=\log\s{N}(\s{z};0,\s{I})-\log|\s{det}\,\s{J}|\end{aligned}` },
      r`The flow is made of layers whose $\s{det}$ is easy: one coordinate stays, and tells how the other is scaled and shifted; in the next layer they change places.`,
      { formula: r`\begin{aligned}x_1&=z_1\\x_2&=z_2\,e^{s(z_1)}+t(z_1)\\\log|\s{det}\,\s{J}|&=s(z_1)\end{aligned}` },
      r`**Move through the layers**, and drag the point on either side. The small square shows how the flow stretches space there.`,
    ],
    tries: [
      "Take the layers back to 0, then slowly forward: each layer moves points along one direction only, and the grid never folds over itself.",
      "Drag the image of the point: its way back to z is the flow’s inverse, layer by layer.",
      "Watch the area of the square: the layers’ formula and the measured area nearly agree. Exactly they do only for ever smaller squares.",
      "Train a flow on data of two parts: a thin bridge stays between them.",
    ],
    further: [
      r`**Why it is so.** The Jacobian $\s{J}=\partial\s{f}/\partial\s{z}$ is the map, seen so closely that it is straight. A small square of area $a$ at $\s{z}$ becomes a patch of area $a\,|\s{det}\,\s{J}|$ at $\s{x}$. The same draws lie in both, so the density times the area is the same.`,
      r`**Trained** means: the weights in $s$ and $t$ are moved so that $\log p(\s{x})$ of the data rises. There is no bound and no encoder: $\s{f}^{-1}$ tells exactly which $\s{z}$ a point comes from.`,
      r`**In a VAE** a flow can stand in for the prior: $\s{N}(0,\s{I})$ is what a flow begins with, and after it the prior has the shape of the latents that the encoder makes. Draws then come from where the decoder has learned.`,
      {
        note: r`“A flow can become any density” is true only in the limit. It cannot tear: a blob stays one piece, so between two separate parts of the data a thread of density is left. And $\s{z}$ has as many dimensions as $\s{x}$: a flow compresses nothing, which is what a VAE is for.`,
      },
    ],
    inThisApp: [
      { words: "Train: the setting “Prior p(z)”: N(0, I), a mixture or a flow, learned along with the model", page: "train", query: "prior=flow" },
      { words: "Explore: random draws, from the prior that was fitted to a model’s latents and from N(0, I)", page: "explore", query: "" },
    ],
    reading: [
      { words: "Dinh, Sohl-Dickstein and Bengio: Density estimation using Real NVP (2017)", address: "https://arxiv.org/abs/1605.08803" },
      { words: "Papamakarios, Nalisnick, Rezende, Mohamed and Lakshminarayanan: Normalizing Flows for Probabilistic Modeling and Inference (2021)", address: "https://arxiv.org/abs/1912.02762" },
    ],
  },
  play: (context) => new FlowPlay(context),
};
