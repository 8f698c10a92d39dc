"""What the pages share: navigation, words for a model, the explorer component."""
