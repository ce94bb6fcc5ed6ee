"""Prints what PyTorch takes for a step of some workloads of the race, in bytes, f32: what it saves from forward to backward
(distinct storages), the gradients of parameters and input, and the most that its allocator has handed out at once.

usage: python saved.py
Parameters, the input and labels do not count, being there anyway.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.mix, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.mlp = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU("tanh"), nn.Linear(4 * size, size))

    def forward(self, x):
        batch, length, size = x.shape
        heads = (h.view(batch, length, self.heads, -1).transpose(1, 2) for h in self.mix(self.norm1(x)).chunk(3, -1))
        seen = F.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(x.shape))
        return x + self.mlp(self.norm2(x))


def vgg():
    layers, inputs = [], 3
    for width in (64, 128, 256):
        layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4096, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def dwsep():
    norm = lambda c: nn.BatchNorm2d(c, track_running_stats=False)
    return nn.Sequential(
        nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False), norm(64), nn.ReLU(),
        nn.Conv2d(64, 128, 1, bias=False), norm(128), nn.ReLU())


def squares(y):
    return y.square().mean()


def entropy(y):
    return F.cross_entropy(y, torch.arange(y.shape[0]) % 10)


def gelu(x):
    return 0.5 * x * (1 + torch.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def saved(model, x, loss):
    params = list(model.parameters()) if isinstance(model, nn.Module) else []
    leaves = {t.untyped_storage().data_ptr() for t in [x, *params]}
    kept, sizes = [], {}

    def pack(t):
        kept.append(t)
        storage = t.untyped_storage()
        labels = t.dtype == torch.int64 and t.dim() == 1
        if storage.data_ptr() not in leaves and not labels:
            sizes[storage.data_ptr()] = storage.nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        loss(model(x))
    gradients = sum(4 * t.numel() for t in [x, *params] if t.requires_grad)
    return sum(sizes.values()), gradients, peak(lambda: loss(model(x)).backward(), [x, *params])


def peak(step, leaves):
    """The highest sum of what was allocated and freed while `step` ran, by the profiler's records."""
    step()
    for leaf in leaves:
        leaf.grad = None
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        step()
    records = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = most = 0
    for record in sorted(records, key=lambda e: e.start_ns()):
        now += record.nbytes()
        most = max(most, now)
    return most


def tensor(*dims, grad=False):
    return torch.empty(dims).uniform_(-1, 1).requires_grad_(grad)


for name, model, x, loss in [
    ("mlp_b128", mlp(), tensor(128, 784), entropy),
    ("lenet_b64", lenet(), tensor(64, 1, 28, 28), entropy),
    ("vgg_b32", vgg(), tensor(32, 3, 32, 32), entropy),
    ("dwsep", dwsep(), tensor(16, 64, 56, 56, grad=True), squares),
    ("attn_b8", Block(256, 4), tensor(8, 128, 256, grad=True), squares),
    ("gelu_1m", gelu, tensor(1 << 20, grad=True), lambda y: (y * y).sum()),
]:
    print(name, *saved(model, x, loss))
