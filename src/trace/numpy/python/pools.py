def max_pool(x, kernel, stride):
    """The maximum of every window, and which cell of its plane that is: the first of equal ones."""
    plane = x.shape[-len(kernel) :]
    values = windows(x, kernel, stride)
    cells = windows(np.arange(math.prod(plane)).reshape(plane), kernel, stride)
    winner = np.argmax(values, axis=-1)[..., None]
    cells = np.broadcast_to(cells, values.shape)
    return np.max(values, axis=-1), np.take_along_axis(cells, winner, axis=-1)[..., 0]


def padded_max_pool(x, kernel, **options):
    """The maximum of every window, and which cell of its plane that is; cells of the padding never win."""
    rank = len(kernel)
    plane = x.shape[-rank:]
    cells = padded_windows(np.arange(math.prod(plane)).reshape(plane), kernel, -1, **options)
    values = padded_windows(x, kernel, -np.inf, **options)
    return winners(flat(values, rank), flat(cells, rank))


def winners(values, cells):
    """The maximum along the last axis and its cell: the first of equal ones, the last NaN; none below 0, the padding."""
    best, nan = np.max(values, axis=-1), np.isnan(values)
    first = np.argmax((values == best[..., None]) & (cells >= 0), axis=-1)
    last_nan = values.shape[-1] - 1 - np.argmax(nan[..., ::-1], axis=-1)
    winner = np.where(nan.any(axis=-1), last_nan, first)[..., None]
    return best, np.take_along_axis(np.broadcast_to(cells, values.shape), winner, axis=-1)[..., 0]


def runner_up(x, index, kernel=None, size=None, **options):
    """Which cell of every window would win without its winner; the winner itself where it is alone."""
    out = np.array(index)
    rank = len(kernel or size)
    plane = x.shape[-rank:]
    every = np.arange(math.prod(plane)).reshape(plane)
    for at in np.ndindex(index.shape):
        if kernel:
            cells = padded_windows(every, kernel, -1, **options)[at[-rank:]].ravel()
        else:
            cells = every[tuple(adaptive(n, m, k) for n, m, k in zip(plane, index.shape[-rank:], at[-rank:]))].ravel()
        cells = cells[(cells >= 0) & (cells != index[at])]
        if cells.size:
            out[at] = winners(x[at[:-rank]].ravel()[cells], cells)[1]
    return out


def planes(x, axes):
    """The last axes as one, and all before them as one: a row for each plane."""
    return x.reshape(math.prod(x.shape[: x.ndim - axes]), math.prod(x.shape[x.ndim - axes :]))


def plane_gather(x, index, axes=2):
    """The cells of every plane (the last axes) that the index numbers."""
    return np.take_along_axis(planes(x, axes), planes(index, axes), axis=1).reshape(index.shape)


def plane_scatter(x, index, plane):
    """Adds every value to the cell of its plane that the index numbers: a winner of several windows gets the sum."""
    x, index, lead = planes(x, len(plane)), planes(index, len(plane)), x.shape[: x.ndim - len(plane)]
    out = np.zeros((len(x), math.prod(plane)), x.dtype)
    np.add.at(out, (np.arange(len(x))[:, None], index), x)
    return out.reshape(lead + tuple(plane))


def last_writers(index, cells, axes):
    """Which of the values that an index sends to the cells of a plane stay: in each cell the last."""
    to = planes(index, axes)
    number = np.broadcast_to(np.arange(to.shape[1]), to.shape)
    last = np.full((len(to), cells), -1)
    np.maximum.at(last, (np.arange(len(to))[:, None], to), number)
    return (np.take_along_axis(last, to, axis=1) == number).reshape(index.shape)


def max_unpool(x, index, plane):
    """Every value in the cell that its index numbers, zeros elsewhere; where several go, the last stays."""
    stays = last_writers(index, math.prod(plane), len(plane))
    return plane_scatter(np.where(stays, x, 0), index, plane)


def max_unpool_adjoint(g, index, axes):
    """What goes back through max_unpool: the cell of each value, if the value stayed."""
    stays = last_writers(index, math.prod(g.shape[-axes:]), axes)
    return np.where(stays, plane_gather(g, index, axes), 0)


def divisors(plane, kernel, divisor=None, padding_counts=True, padding=None, **options):
    """What the sum of each window is divided by: its cells, with or without padding, or a given number."""
    if divisor is not None:
        return divisor
    counts = np.ones(plane)
    if padding_counts and padding:  # what a last window has beyond the padding never counts
        beyond = [end - p for (_, end), p in zip(geometry(plane, kernel, padding=padding, **options)[2], padding)]
        counts = np.pad(counts, [(p, p) for p in padding], constant_values=1)
        counts = np.pad(counts, [(0, b) for b in beyond])
        options["rounding"], padding = None, None
    axes = tuple(range(-len(kernel), 0))
    return np.sum(padded_windows(counts, kernel, padding=padding, **options), axis=axes)


def avg_pool(x, kernel, **options):
    """The mean of every window."""
    rank = len(kernel)
    lay = {k: v for k, v in options.items() if k not in ("divisor", "padding_counts")}
    sums = np.sum(flat(padded_windows(x, kernel, **lay), rank), axis=-1)
    return sums / divisors(x.shape[-rank:], kernel, **options)


def avg_pool_adjoint(g, kernel, plane, **options):
    """Spreads every cotangent evenly over the window it came from: the adjoint of avg_pool."""
    rank = len(kernel)
    lay = {k: v for k, v in options.items() if k not in ("divisor", "padding_counts")}
    share = (g / divisors(plane, kernel, **options)).reshape(g.shape + (1,) * rank)
    return windows_back(np.broadcast_to(share, g.shape + tuple(kernel)), plane, kernel, **lay)


def adaptive(n, windows, k):
    """Window number k of those that divide n cells among them."""
    return slice(k * n // windows, -(-(k + 1) * n // windows))


def adaptive_windows(plane, size):
    """All windows that divide a plane among them, with their number."""
    size = tuple(n if m < 0 else m for m, n in zip(size, plane))
    return size, [(k, tuple(adaptive(n, m, i) for n, m, i in zip(plane, size, k))) for k in np.ndindex(size)]


def adaptive_avg_pool(x, size):
    """The means of windows that divide the plane among them."""
    rank = len(size)
    size, lay = adaptive_windows(x.shape[-rank:], size)
    out = np.zeros(x.shape[:-rank] + size, x.dtype)
    for k, window in lay:
        out[(..., *k)] = np.mean(x[(..., *window)], axis=tuple(range(-rank, 0)))
    return out


def adaptive_avg_pool_adjoint(g, size, plane):
    """Spreads every cotangent evenly over its window: the adjoint of adaptive_avg_pool."""
    rank = len(plane)
    out = np.zeros(g.shape[:-rank] + tuple(plane), g.dtype)
    for k, window in adaptive_windows(plane, size)[1]:
        part = out[(..., *window)]
        part += (g[(..., *k)] / math.prod(part.shape[-rank:])).reshape(part.shape[:-rank] + (1,) * rank)
    return out


def adaptive_max_pool(x, size):
    """The maxima of windows that divide the plane among them, and their cells."""
    rank = len(size)
    plane = x.shape[-rank:]
    size, lay = adaptive_windows(plane, size)
    cells = np.arange(math.prod(plane)).reshape(plane)
    out, index = np.zeros(x.shape[:-rank] + size, x.dtype), np.zeros(x.shape[:-rank] + size, np.int64)
    for k, window in lay:
        part = x[(..., *window)]
        best = winners(flat(part, rank), cells[window].ravel())
        out[(..., *k)], index[(..., *k)] = best
    return out, index
