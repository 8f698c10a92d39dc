"""The trained models that come with the project."""

from pathlib import Path

MODELS = Path(__file__).resolve().parents[1] / "checkpoints"
SHIPPED = ["digits-2d", "emoji-faces-16d", "fashion-16d", "glyphs-24d", "mnist-16d", "sprites-8d"]
