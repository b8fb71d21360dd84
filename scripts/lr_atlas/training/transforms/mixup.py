"""Mixtures of two images (Zhang et al. 2018, arXiv:1710.09412)."""

import numpy as np
import torch

from lr_atlas.training.transform import Mixed


def mixup(
    images: torch.Tensor, labels: torch.Tensor, random: torch.Generator, *, alpha: float = 0.2
) -> Mixed:
    """Return each image mixed with another one of its batch, in one proportion for all of them.

    images: float [n, …]. alpha: of the Beta distribution of an image's own share, which is the
    larger of the two, so that an answer counts as right by the label that is most of it. Above 0;
    raises ValueError for others.
    """
    if alpha <= 0:
        raise ValueError(f"the alpha of mixup is above 0; found {alpha}")
    seed = int(torch.randint(2**32, (), generator=random))
    # NumPy's older generator, which gives the same numbers in every version.
    share = float(np.random.RandomState(seed).beta(alpha, alpha))
    share = max(share, 1 - share)
    others = torch.randperm(len(images), generator=random).to(images.device)
    return Mixed(images * share + images[others] * (1 - share), labels[others], share)
