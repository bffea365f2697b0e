"""Matrix products in bfloat16 where the processor has instructions for it; weights, sums and activations stay float32.

With AVX512-BF16 a product takes half the time, casts included. On a GPU the library's own precision settings are left alone.
"""
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn


@lru_cache(None)
def cpu_has_bfloat16():
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as lines:
            return 'avx512_bf16' in lines.read()
    except OSError:
        return False


def usable(x):
    return x.device.type == 'cpu' and torch.is_grad_enabled() and cpu_has_bfloat16()


class HalfProduct(torch.autograd.Function):
    """x @ weight.T for x [rows, in] and weight [out, in]."""

    @staticmethod
    def forward(ctx, x, weight):
        x, weight = x.bfloat16(), weight.bfloat16()
        ctx.save_for_backward(x, weight)
        return (x @ weight.t()).float()

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        grad = grad.bfloat16()
        grad_x = (grad @ weight).float() if ctx.needs_input_grad[0] else None
        return grad_x, (grad.t().contiguous() @ x).float()


def product(x, weight):
    """x [..., in] @ weight.T, in bfloat16 while training on a CPU that likes it."""
    if not usable(x):
        return x @ weight.t()
    return HalfProduct.apply(x.reshape(-1, x.shape[-1]), weight).view(*x.shape[:-1], weight.shape[0])


class Linear(nn.Linear):
    def forward(self, x):
        if not usable(x):
            return F.linear(x, self.weight, self.bias)
        y = product(x, self.weight)
        return y if self.bias is None else y + self.bias


def joint_product(x, *layers):
    """The outputs of several bias-free layers fed the same x, as one product."""
    return product(x, torch.cat([layer.weight for layer in layers])).chunk(len(layers), -1)
