"""Optimizers: classes like those of torch.optim; torch's own go by their names in lower case."""
