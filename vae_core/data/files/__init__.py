"""What a person hands in: image folders, ZIP archives, .npz and .npy files, checked before they are trusted.

Nothing here writes to the disk. Archive members are read in memory, within the limits of `UploadLimits`.
"""
