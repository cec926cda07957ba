"""Labels, grids and scores by hand and by brute force; what needs TensorFlow is marked `train`."""
