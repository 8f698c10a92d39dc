/** A symbol as it is typeset, and what it means; the same in every lesson. */
export interface Meaning {
  readonly tex: string;
  readonly meaning: string;
}

const symbol = (tex: string, meaning: string): Meaning => ({ tex, meaning });

/** By the name that formulas call them by, `\s{name}`; a meaning is one line of plain words. */
export const SYMBOLS: Readonly<Record<string, Meaning>> = {
  x: symbol("x", "what is observed: an image, or one number in a small model"),
  z: symbol("z", "the latent: what the image is made from, which nobody observes"),
  theta: symbol("\\theta", "the decoder’s weights"),
  phi: symbol("\\phi", "the encoder’s weights"),
  evidence: symbol("p(x)", "the evidence: how likely the whole model finds x"),
  logEvidence: symbol("\\log p(x)", "the log evidence, in nats: what training would like to raise"),
  prior: symbol("p(z)", "the prior: how latents are spread before anything is seen, N(0, I) as a rule"),
  likelihood: symbol("p(x\\mid z)", "the likelihood: what the decoder makes of a latent, with its noise"),
  posterior: symbol("p(z\\mid x)", "the true posterior: which latents may have made x, by Bayes’ rule"),
  q: symbol("q(z\\mid x)", "the encoder’s bell: its guess at the true posterior"),
  elbo: symbol("\\mathrm{ELBO}", "the evidence lower bound: log p(x) less what the guess q misses"),
  kl: symbol("\\mathrm{KL}", "the Kullback–Leibler divergence: how far one distribution is from another, never below 0"),
  E: symbol("\\mathbb{E}", "the mean over what stands below it"),
  N: symbol("\\mathcal{N}", "the normal distribution: a bell, by its mean and its variance"),
  I: symbol("I", "the identity matrix: the same variance 1 in every direction"),
  mu: symbol("\\mu", "the mean: where a bell has its middle"),
  sigma: symbol("\\sigma", "the standard deviation: how wide a bell is"),
  variance: symbol("\\sigma", "the decoder’s variance: how much noise it adds to each pixel; here not the standard deviation, but its square"),
  varianceImages: symbol("V_{\\text{images}}", "how much the gradient differs from image to image, its noise averaged out"),
  varianceNoise: symbol("V_{\\text{noise}}", "how much the gradient of one image differs from draw to draw of z"),
  Sigma: symbol("\\Sigma", "the covariance matrix: how wide a bell is in each direction, and how it leans"),
  epsilon: symbol("\\varepsilon", "a draw from N(0, I): noise that knows nothing of the weights"),
  beta: symbol("\\beta", "the weight on the KL term"),
  D: symbol("D", "the number of dimensions of x: pixels times channels"),
  d: symbol("d", "the number of latent dimensions"),
  K: symbol("K", "the number of samples of z for each image"),
  B: symbol("B", "the number of images in a batch"),
  n: symbol("n", "the number of Gaussians in the mixture"),
  h: symbol("h", "any function of the latent; in a VAE, how well an image fits: log p(x | z)"),
  f: symbol("f", "the flow: an invertible map, from noise to data or to latents"),
  J: symbol("J", "the Jacobian of the map: how it stretches space at a point"),
  det: symbol("\\det", "the determinant: by how much a volume grows"),
  tr: symbol("\\mathrm{tr}", "the trace: the sum of a matrix’s diagonal"),
  nabla: symbol("\\nabla", "the gradient: which way, and how steeply, something rises"),
};
