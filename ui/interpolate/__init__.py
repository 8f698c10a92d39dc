"""What belongs to the Interpolate page alone."""
