"""Training a VAE into a checkpoint folder, with events for whoever listens and exact resume."""
