"""Share code among the transforms of images."""

import torch


def refuse_others(images: torch.Tensor, transform: str) -> None:
    """Raise ValueError, with the name of the transform, unless these are images."""
    if images.ndim != 4:
        raise ValueError(
            f"{transform} changes images of channels, rows and columns; an input here has the "
            f"shape {'x'.join(map(str, images.shape[1:]))}"
        )


def whole_numbers(below: int, images: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Return a number 0..below-1 for each image, int64 [n], on their device.

    Drawn on the processor, so that a GPU sees the same images.
    """
    return torch.randint(below, (len(images),), generator=random).to(images.device)
