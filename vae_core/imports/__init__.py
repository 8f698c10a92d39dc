"""VAEs that were trained elsewhere: recognised, checked in a process of their own, and made into checkpoints."""
