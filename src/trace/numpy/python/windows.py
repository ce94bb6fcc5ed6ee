def geometry(plane, kernel, stride=None, padding=None, dilation=None, rounding=None):
    """How windows lie on a plane: stride, dilation, padding before and after, number of windows; for each axis."""
    rank = len(plane)
    stride, dilation = stride or (1,) * rank, dilation or (1,) * rank
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    if padding == "same":
        return stride, dilation, [((e - 1) // 2, e // 2) for e in extent], plane
    padding = padding or (0,) * rank
    travel = [n + 2 * p - e for n, p, e in zip(plane, padding, extent)]
    count = [t // s + 1 for t, s in zip(travel, stride)]
    if rounding == "ceil":  # one window more, if it begins before the right padding
        hangs = [t % s and c * s < n + p for t, s, c, n, p in zip(travel, stride, count, plane, padding)]
        count = [c + bool(h) for c, h in zip(count, hangs)]
    ends = [max(p, (c - 1) * s + e - n - p) for p, c, s, e, n in zip(padding, count, stride, extent, plane)]
    return stride, dilation, list(zip(padding, ends)), count


def flat(x, axes):
    """The last axes as one."""
    return x.reshape(x.shape[: x.ndim - axes] + (math.prod(x.shape[x.ndim - axes :]),))


def windows(x, kernel, stride):
    """All windows of the last axes of x: [.., windows.., cells], the cells of a window in one axis."""
    rank = len(kernel)
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=tuple(range(-rank, 0)))
    view = view[(..., *[slice(None, None, s) for s in stride], *[slice(None)] * rank)]
    return flat(view, rank)


def padded_windows(x, kernel, fill=0, **options):
    """All windows of the last axes of x, as a view [.., windows.., kernel..]; `fill` stands in the padding."""
    rank = len(kernel)
    stride, dilation, padding, count = geometry(x.shape[-rank:], kernel, **options)
    x = np.pad(x, [(0, 0)] * (x.ndim - rank) + padding, constant_values=fill)
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    view = np.lib.stride_tricks.sliding_window_view(x, extent, axis=tuple(range(-rank, 0)))
    steps = [slice(0, (c - 1) * s + 1, s) for c, s in zip(count, stride)] + [slice(None, None, d) for d in dilation]
    return view[(..., *steps)]


def windows_back(w, plane, kernel, **options):
    """Adds windows [.., windows.., kernel..] back onto the plane they lie on: the adjoint of `padded_windows`."""
    rank = len(kernel)
    cells = padded_windows(np.arange(math.prod(plane)).reshape(plane), kernel, -1, **options).ravel()
    lead = w.shape[: w.ndim - 2 * rank]
    w = w.reshape(math.prod(lead), cells.size)[:, cells >= 0]
    out = np.zeros((math.prod(lead), math.prod(plane)), w.dtype)
    np.add.at(out, (slice(None), cells[cells >= 0]), w)
    return out.reshape(lead + tuple(plane))


def conv(x, w, groups=1, **options):
    """Convolution: each output is the sum over a window of x, all channels of its group, times the weights."""
    kernel = w.shape[2:]
    rank = len(kernel)
    view = padded_windows(x, kernel, **options)
    parts = np.split(view, groups, axis=-2 * rank - 1)
    axes = [-2 * rank - 1, *range(-rank, 0)]
    both = zip(parts, np.split(w, groups))
    return np.concatenate(
        [np.moveaxis(np.tensordot(p, v, (axes, range(1, rank + 2))), -1, -rank - 1) for p, v in both], axis=-rank - 1
    )


def conv_input(g, w, plane, groups=1, **options):
    """What goes back through conv to x: every cotangent times the weights, added onto the window it came from."""
    kernel = w.shape[2:]
    rank = len(kernel)
    parts = zip(np.split(g, groups, axis=-rank - 1), np.split(w, groups))
    back = [np.tensordot(np.moveaxis(p, -rank - 1, -1), v, (-1, 0)) for p, v in parts]
    back = np.concatenate([np.moveaxis(b, -rank - 1, -2 * rank - 1) for b in back], axis=-2 * rank - 1)
    return windows_back(back, plane, kernel, **options)


def conv_weights(g, x, kernel, groups=1, **options):
    """What goes back through conv to the weights: the sum over all windows of the cotangent times the window."""
    rank = len(kernel)
    view = padded_windows(x, kernel, **options)
    if g.ndim == rank + 1:
        g, view = g[None], view[None]
    axes = [0, *range(2, rank + 2)]
    parts = zip(np.split(g, groups, axis=1), np.split(view, groups, axis=1))
    return np.concatenate([np.tensordot(p, v, (axes, axes)) for p, v in parts])


def unfold(x, kernel, **options):
    """The windows as columns of a matrix: [.., channels * cells of a window, windows]."""
    view = padded_windows(x, kernel, **options)
    view = flat(np.moveaxis(view, (-2, -1), (-4, -3)), 2)
    return view.reshape(view.shape[:-4] + (math.prod(view.shape[-4:-1]), view.shape[-1]))


def fold(x, kernel, plane, **options):
    """Adds columns back onto the plane whose windows they are: the adjoint of unfold."""
    count = geometry(plane, kernel, **options)[3]
    w = x.reshape(x.shape[:-2] + (x.shape[-2] // math.prod(kernel), *kernel, *count))
    return windows_back(np.moveaxis(w, (-4, -3), (-2, -1)), plane, kernel, **options)
