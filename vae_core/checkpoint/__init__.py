"""A trained model as a folder: settings, weights, figures, and what the browser needs."""
