"""Ways from one latent to another: paths, frames along them, grids, and what happens on the way."""
