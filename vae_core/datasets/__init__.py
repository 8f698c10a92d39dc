"""Data sets: the catalogue, image folders, ZIP and .npz files, held as uint8 and indexed into float batches."""
