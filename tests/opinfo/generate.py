"""Writes reference cases from PyTorch's own sample inputs (OpInfo), in f64, one JSON file for each operation.

usage: python generate.py OUT [--seed N] [--cases N] [--elements N] [--sizes N] [--names FILE_OR_COMMA_LIST]
Needs torch (2.15 wrote the fixtures beside this file) and its test dependency expecttest.
--cases is the most cases of an operation (0: all), --elements the most tensor elements of a case, --sizes the sizes S and M
that OpInfo builds its shapes from.
"""

import argparse
import json
import math
import os
import random

import torch
from torch.testing._internal import common_methods_invocations as db


LARGEST = 1 << 16


def plain(v):
    """A value as JSON; raises TypeError for what no file can hold."""
    if isinstance(v, torch.Tensor):
        if v.is_complex() or v.layout != torch.strided:
            raise TypeError("a complex or sparse tensor")
        data = v.detach().reshape(-1).tolist()
        return {"tensor": str(v.dtype).removeprefix("torch."), "shape": list(v.shape), "data": [number(x) for x in data]}
    if v is None or isinstance(v, (bool, int, str)):
        return v
    if isinstance(v, float):
        return v if math.isfinite(v) else {"float": str(v)}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    raise TypeError(f"a {type(v).__name__}")


def number(x):
    if not isinstance(x, float):
        return x
    return float(f"{x:.13g}") if math.isfinite(x) else str(x)


def tensors(v):
    if isinstance(v, torch.Tensor):
        yield v
    elif isinstance(v, (list, tuple)):
        for x in v:
            yield from tensors(x)
    elif isinstance(v, dict):
        for x in v.values():
            yield from tensors(x)


def case(op, sample):
    # The plain form of the arguments is taken first: an operation may write into running statistics.
    call = {"input": plain(sample.input), "args": plain(list(sample.args)), "kwargs": plain(dict(sample.kwargs))}
    leaves = [t for t in tensors([sample.input, sample.args, sample.kwargs]) if t.requires_grad]
    outputs = list(tensors(op(sample.input, *sample.args, **sample.kwargs)))
    differentiable = [y for y in outputs if y.requires_grad]
    if not differentiable or not leaves:
        return None
    cotangents = [torch.round(torch.randn_like(y), decimals=3) for y in differentiable]
    grads = torch.autograd.grad(differentiable, leaves, cotangents, allow_unused=True)
    grads = [torch.zeros_like(t) if g is None else g for t, g in zip(leaves, grads)]
    return call | {"outputs": plain(outputs), "cotangents": plain(cotangents), "grads": plain(grads)}


def samples(op, o, sizes):
    db.S, db.M = sizes
    torch.manual_seed(o.seed)
    random.seed(o.seed)
    cases = []
    for sample in op.sample_inputs("cpu", torch.float64, requires_grad=True):
        size = sum(t.numel() for t in tensors([sample.input, sample.args, sample.kwargs]))
        if size > LARGEST:
            continue
        if o.digits:
            for t in tensors([sample.input, sample.args, sample.kwargs]):
                if t.dtype == torch.float64:
                    t.data = torch.round(t.data, decimals=o.digits)
        try:
            c = case(op, sample)
        except (TypeError, RuntimeError, NotImplementedError):
            continue
        if c is not None and max([size] + [len(y["data"]) for y in c["outputs"]]) <= LARGEST:
            cases.append((size + sum(len(y["data"]) for y in c["outputs"]), c))
    # Where all are larger than asked for, the smallest stands for them.
    small = [c for size, c in cases if size <= o.elements]
    return small or [c for _, c in sorted(cases, key=lambda pair: pair[0])[:1]]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("out")
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--cases", type=int, default=0)
    a.add_argument("--elements", type=int, default=1 << 14)
    a.add_argument("--sizes", type=int)
    a.add_argument("--names")
    a.add_argument("--digits", type=int, help="round inputs to so many decimals, for short files")
    o = a.parse_args()
    standard = db.S, db.M
    asked = (o.sizes, 2 * o.sizes) if o.sizes else standard
    names = None
    if o.names:
        names = open(o.names).read().split() if os.path.exists(o.names) else o.names.split(",")
    os.makedirs(o.out, exist_ok=True)
    total = 0
    for op in db.op_db:
        name = op.name + (f".{op.variant_test_name}" if op.variant_test_name else "")
        if (names is not None and name not in names) or not op.supports_autograd:
            continue
        if torch.float64 not in op.supported_dtypes("cpu"):
            continue
        try:
            cases = samples(op, o, asked)
        except (RuntimeError, IndexError):  # Some of OpInfo's generators take sizes of 4 and more for granted.
            cases = samples(op, o, standard)
        if o.cases and len(cases) > o.cases:
            # Spread over the list: its neighbours differ in one argument only.
            cases = [cases[k * len(cases) // o.cases] for k in range(o.cases)]
        if cases:
            total += len(cases)
            with open(os.path.join(o.out, f"{name}.json"), "w") as f:
                json.dump({"op": name, "cases": cases}, f, separators=(",", ":"))
                f.write("\n")
    print(f"{total} cases")


main()
