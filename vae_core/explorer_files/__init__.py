"""What leaves a checkpoint for a browser: ONNX graphs, the map, its figures, thumbnails, and the manifest of it all."""
