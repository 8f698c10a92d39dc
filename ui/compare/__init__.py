"""What the Compare page shows: which models, in what they differ, their maps and their training."""
