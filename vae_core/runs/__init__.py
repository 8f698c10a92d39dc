"""Training runs as processes of their own, each described by its folder alone."""
