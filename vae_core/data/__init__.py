"""Data sets: the catalogue, image folders, ZIP, .npz and .npy files, held as uint8 and indexed into float batches."""
