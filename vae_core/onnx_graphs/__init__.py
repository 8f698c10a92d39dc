"""ONNX graphs: opened warily, written anew in our own way, and run as torch modules with gradients."""
