"""LR Atlas: maps how optimizer and learning rate shape the training of a neural network."""
