"""Networks: functions that return a torch.nn.Module for the shape of an image and the classes."""
