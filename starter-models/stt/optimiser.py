"""Muon for the matrices inside layers, AdamW for the rest.

Muon (Jordan 2024) orthogonalises the momentum of each matrix; scaled as in Moonlight (0.2·√max side) it shares AdamW's
learning rate and needs fewer steps for the same loss, which on a CPU is worth its small cost.
"""
import torch

from .half_precision import cpu_has_bfloat16


def orthogonalise(stack, steps=5):
    """Newton-Schulz iteration on a stack of equal-shaped matrices [n, rows, columns], rows ≤ columns."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = stack / (stack.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    if x.is_cuda or cpu_has_bfloat16():
        x = x.bfloat16()
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.to(stack.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.02):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group['params']:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state['velocity'] = torch.zeros_like(p)
                state['velocity'].mul_(group['momentum']).add_(p.grad)
                update = p.grad.add(state['velocity'], alpha=group['momentum']).flatten(1)
                wide = update if update.shape[0] <= update.shape[1] else update.t()
                shapes.setdefault(tuple(wide.shape), []).append((p, wide, update.shape[0] > update.shape[1]))
            for shape, members in shapes.items():
                stack = orthogonalise(torch.stack([wide for _, wide, _ in members]))
                scale = 0.2 * max(shape) ** 0.5
                for (p, _, turned), change in zip(members, stack):
                    p.mul_(1 - group['lr'] * group['weight_decay'])
                    p.add_((change.t() if turned else change).reshape(p.shape), alpha=-group['lr'] * scale)


def make_optimisers(model, rate):
    """[Muon, AdamW]; the filter bank of the first convolution moves slowly."""
    matrices, plain, first = [], [], []
    for name, p in model.named_parameters():
        if name == 'encoder.conv1.weight':
            first.append(p)
        elif p.ndim >= 2 and 'embed_tokens' not in name and 'phone_head' not in name:
            matrices.append(p)
        else:
            plain.append(p)
    adam = torch.optim.AdamW([dict(params=plain, scale=1.0), dict(params=first, scale=0.2)], lr=rate, betas=(0.9, 0.98),
                             weight_decay=0.01)
    return [Muon([dict(params=matrices, scale=1.0)], rate), adam]


def set_rate(optimisers, rate):
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group['lr'] = rate * group['scale']
