"""Training of any network with any optimizer on any device: torch's own way, a step at a time."""

from collections.abc import Sequence

import torch
from torch import nn

from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.network import flatten_parameters
from lr_atlas.training.optimizer import build_optimizer
from lr_atlas.training.parts import load_part
from lr_atlas.training.steps.cuda_graphs import GraphedStep, can_be_recorded
from lr_atlas.training.transforms.scale import scale

#: Images that are evaluated at a time: small enough to stay in the processor's cache, large enough
#: that calling costs little (measured: 500 to 2,000 are equally fast).
_EVALUATED_AT_A_TIME = 2_000


class AutogradSteps:
    """Trains and evaluates a network by automatic differentiation."""

    name = "autograd"

    def __init__(self, network: nn.Module, configuration: dict, training_set: ImageSet) -> None:
        self.network = network
        self.training_set = training_set
        self.batch_size = configuration["batch_size"]
        self.loss = load_part("loss", configuration["loss"])
        self.scaling = scale(configuration["pixels"])
        flat = flatten_parameters(network)
        self.optimizer = build_optimizer(configuration["optimizer"], network, flat)
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.raw = self.scaled = torch.empty(0)
        self.step = self._step
        # A recorded step keeps the rate that it was recorded with.
        is_constant = configuration["schedule"] == "constant"
        if flat.is_cuda and is_constant and can_be_recorded(self.optimizer):
            self.step = GraphedStep(self._step, self.batch_size)

    def train(
        self, indices: torch.Tensor, seed: int, factors: Sequence[float] = ()
    ) -> tuple[list[float], int]:
        """Take a step per batch on the training images at `indices`, int64 [n], in this order.

        seed: of the random numbers of dropout. factors: of the learning rate, for each step; none
        for a constant one. Returns the losses of the steps and how many answers
        were right. The results of the steps stay on the device until the end.
        """
        torch.manual_seed(seed)
        self.network.train()
        images, labels = self._gather(self.training_set, indices)
        losses, outputs = [], []
        batches = zip(images.split(self.batch_size), labels.split(self.batch_size), strict=True)
        for step, (images_of_batch, labels_of_batch) in enumerate(batches):
            if factors:
                for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
                    group["lr"] = rate * factors[step]
            loss, logits = self.step(images_of_batch, labels_of_batch)
            losses.append(loss)
            outputs.append(logits)
        correct = (torch.cat(outputs).argmax(1) == labels).sum()
        return torch.stack(losses).tolist(), int(correct)

    def _step(
        self, images: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        loss, logits = self.gradients(images, labels)
        self.optimizer.step()
        return loss, logits

    def gradients(
        self, images: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(loss [], logits [n, classes]) of float [n, pixels], int64 [n]; leaves the gradients."""
        for parameter in self.network.parameters():
            assert parameter.grad is not None
            # In place, since they are parts of one tensor.
            parameter.grad.zero_()
        logits = self.network(images)
        loss = self.loss(logits, labels)
        loss.backward()
        return loss.detach(), logits.detach()

    @torch.no_grad()
    def evaluate(self, image_set: ImageSet) -> tuple[float, torch.Tensor, int]:
        """(mean loss, how often each class was answered: int64 [classes], right answers)."""
        self.network.eval()
        total: float | torch.Tensor = 0.0
        correct: int | torch.Tensor = 0
        answered = torch.tensor(0)
        all_indices = torch.arange(len(image_set), device=image_set.labels.device)
        for indices in all_indices.split(_EVALUATED_AT_A_TIME):
            images, labels = self._gather(image_set, indices)
            logits = self.network(images)
            answers = logits.argmax(1)
            total += self.loss(logits, labels).double() * len(indices)
            correct += (answers == labels).sum()
            answered = answered + torch.bincount(answers, minlength=logits.shape[1])
        return float(total) / len(image_set), answered, int(correct)

    def optimizer_state(self) -> dict:
        """Return the state from which torch's optimizer goes on."""
        return self.optimizer.state_dict()

    def restore_optimizer(self, state: dict) -> None:
        """Go back to what `optimizer_state` gave."""
        self.optimizer.load_state_dict(state)

    def _gather(
        self, image_set: ImageSet, indices: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(scaled images, labels) at `indices`; the images in a buffer that is used again."""
        if len(self.raw) < len(indices):
            shape = (len(indices), image_set.images.shape[1])
            dtype = next(self.network.parameters()).dtype
            self.raw = image_set.images.new_empty(shape)
            self.scaled = self.raw.to(dtype)
        raw, scaled = self.raw[: len(indices)], self.scaled[: len(indices)]
        torch.index_select(image_set.images, 0, indices, out=raw)
        factor, summand = self.scaling
        return scaled.copy_(raw).mul_(factor).add_(summand), image_set.labels[indices]
