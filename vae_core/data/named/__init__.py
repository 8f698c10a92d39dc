"""The catalogue's data sets: what each is called and holds, where it lies on this machine, and its download."""
