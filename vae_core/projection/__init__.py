"""Maps of latent space: UMAP, principal components or two raw axes, and the way back from plane to latent."""
