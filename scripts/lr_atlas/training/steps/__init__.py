"""Training steps: by torch's autograd, compiled, or recorded as a CUDA graph."""
