def cubic(s, order):
    """The derivative of the cubic kernel, at distance s from 0 on."""
    a = -0.75
    inner, outer = np.polynomial.Polynomial([1, 0, -(a + 3), a + 2]), np.polynomial.Polynomial([-4 * a, 8 * a, -5 * a, a])
    return np.where(s <= 1, inner.deriv(order)(s), outer.deriv(order)(s)) if order else np.where(s <= 1, inner(s), outer(s))


def taps(u, by, order=0):
    """The cells around the coordinates u, and their weights (or derivatives of those); a last axis of cells."""
    below = np.floor(u)
    t = u - below
    if by == "cubic":
        mirrored = (-1) ** order
        weights = [cubic(1 + t, order), cubic(t, order), mirrored * cubic(1 - t, order), mirrored * cubic(2 - t, order)]
        return np.stack([below - 1, below, below + 1, below + 2], axis=-1), np.stack(weights, axis=-1)
    if by == "linear":
        weights = [1 - t, t] if order == 0 else [-np.ones_like(t), np.ones_like(t)]
        return np.stack([below, below + 1], axis=-1), np.stack(weights, axis=-1)
    near = np.round(u)
    if by == "cell":  # the cell below, forgiving a rounding error
        near = np.where(np.abs(u - np.round(u)) <= 2.0**-24 * np.abs(u), np.round(u), below)
    return near[..., None], np.full(np.shape(u) + (1,), 1.0 if order == 0 else 0.0)


def continued(cell, n, edge):
    """The cell of an axis of n that stands for one beyond its ends; -1 for none."""
    if edge == "zeros":
        cell = np.where((cell >= 0) & (cell < n), cell, -1)
    elif edge == "replicate":
        cell = np.clip(cell, 0, n - 1)
    elif edge == "reflect":
        k = np.mod(cell, max(2 * (n - 1), 1))
        cell = np.minimum(k, 2 * (n - 1) - k)
    elif edge == "mirror":
        k = np.mod(cell, 2 * n)
        cell = np.minimum(k, 2 * n - 1 - k)
    else:
        cell = np.mod(cell, n)
    return cell.astype(np.int64)


def resample_taps(rows, columns, by, edge="zeros", step=1.0, offset=0.0):
    """For every row the columns it reads, and their weights; column -1 is none."""
    if by == "mean":
        lay = [range(columns)[adaptive(columns, rows, i)] for i in range(rows)]
        width = max(map(len, lay), default=0)
        cells = [list(r) + [-1] * (width - len(r)) for r in lay]
        return np.array(cells).reshape(rows, width), np.array([[1 / len(r)] * width for r in lay]).reshape(rows, width)
    cells, weights = taps(step * np.arange(rows) + offset, by)
    return continued(cells, columns, edge), weights


def resample(x, axis, size, **by):
    """A weighted sum of a few places along an axis for each of `size` places."""
    x = np.moveaxis(x, axis, 0)
    out = np.zeros((size,) + x.shape[1:], x.dtype)
    cells, weights = resample_taps(size, len(x), **by)
    for i, k in np.argwhere((cells >= 0) & (weights != 0)):
        out[i] += weights[i, k] * x[cells[i, k]]
    return np.moveaxis(out, 0, axis)


def resample_adjoint(x, axis, size, **by):
    """Every place added with its weight onto the `size` places that it was made of: the adjoint of resample."""
    x = np.moveaxis(x, axis, 0)
    out = np.zeros((size,) + x.shape[1:], x.dtype)
    cells, weights = resample_taps(len(x), size, **by)
    for i, k in np.argwhere((cells >= 0) & (weights != 0)):
        out[cells[i, k]] += weights[i, k] * x[i]
    return np.moveaxis(out, 0, axis)


def folded(u, n, edge):
    """A coordinate brought between the outermost cells of an axis of n, and the slope of that."""
    last = n - 1
    if edge == "zeros":
        return u, np.ones_like(u)
    if edge in ("reflect", "mirror"):
        half = 0.5 if edge == "mirror" else 0.0
        span = last + 2 * half
        k = np.mod(u + half, 2 * span) if span else np.zeros_like(u)
        v, slope = np.where(k < span, k, 2 * span - k) - half, np.where(k < span, 1.0, -1.0)
    else:
        v, slope = (np.mod(u, n) if edge == "circular" else u), np.ones_like(u)
    return np.clip(v, 0, last), np.where((v <= 0) | (v >= last), 0, slope)


def sample_taps(size, at, by, edge, derivative):
    """For coordinates at[axis][n, ..] the flat cells of an image and their weights, along a new last axis."""
    cells, weights = np.zeros(at[0].shape + (1,), np.int64), np.ones(at[0].shape + (1,))
    for n, u, order in zip(size, at, derivative or (0,) * len(size)):
        u = u.astype(float)
        if by == "cubic":
            cell, weight = taps(u, by, order)
            cell = continued(cell, n, edge)
        else:
            u, slope = folded(u, n, edge)
            cell, weight = taps(u, by, order)
            cell, weight = continued(cell, n, "zeros"), weight * slope[..., None] ** order
        none = (cells[..., :, None] < 0) | (cell[..., None, :] < 0)
        cells = flat(np.where(none, -1, cells[..., :, None] * n + cell[..., None, :]), 2)
        weights = flat(weights[..., :, None] * weight[..., None, :], 2)
    return cells, np.where(cells < 0, 0, weights)


def sample(x, *at, by, edge, derivative=None):
    """Images [n, c, ..] between their cells, at coordinates: weighted sums of the cells around each."""
    cells, weights = sample_taps(x.shape[2:], at, by, edge, derivative)
    images = flat(x, x.ndim - 2)
    out = np.zeros(x.shape[:2] + at[0].shape[1:], x.dtype)
    for i in range(len(x)):
        out[i] = np.sum(images[i][:, cells[i]] * weights[i], axis=-1)
    return out


def sample_adjoint(g, *at, by, edge, size, derivative=None):
    """Every sample added onto the cells that it was made of: the adjoint of sample."""
    cells, weights = sample_taps(size, at, by, edge, derivative)
    out = np.zeros(g.shape[:2] + (math.prod(size),), g.dtype)
    for i, c in np.ndindex(g.shape[:2]):
        np.add.at(out[i, c], cells[i], g[i, c][..., None] * weights[i])
    return out.reshape(g.shape[:2] + tuple(size))
