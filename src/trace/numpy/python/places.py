def put(x, shape, at, value):
    """An array of one value with x put where `at` says: the adjoint of a slice, and padding."""
    out = np.full(shape, value, x.dtype)
    out[at] = x
    return out


def at_axis(index, axis):
    """An index into all axes: every element's own place, and along one axis what `index` says."""
    at = list(np.indices(index.shape))
    at[axis] = index
    return tuple(at)


def gather(x, index, axis):
    """x[.., index[.., i, ..], ..]: the index says which place along the axis is taken."""
    return x[at_axis(index, axis)]


def scatter_add(x, index, onto=None, *, axis, shape=None):
    """Adds every element of x at the place along the axis that the index says: the adjoint of gather."""
    out = np.zeros(shape, x.dtype) if onto is None else np.array(onto)
    np.add.at(out, at_axis(index, axis), x)
    return out


def index_add(x, index, onto=None, *, axis, size=None):
    """Adds the slices of x along the axis to those that the index numbers: the adjoint of np.take."""
    rows = np.reshape(x, x.shape[:axis] + (index.size,) + x.shape[axis + index.ndim :])
    rows = np.moveaxis(rows, axis, 0)
    out = np.zeros((size,) + rows.shape[1:], x.dtype) if onto is None else np.moveaxis(np.array(onto), axis, 0)
    np.add.at(out, index.ravel(), rows)
    return np.moveaxis(out, 0, axis)


def last_write(index, axis, shape):
    """For every place 1 + the number of the last write that the index sends there; 0 where none goes."""
    out = np.zeros(shape, np.int64)
    np.maximum.at(out, at_axis(index, axis), np.arange(1, index.size + 1).reshape(index.shape))
    return out


def sort(x, axis, falling, k=None):
    """The first k elements in order, and where they came from; ties keep their order, and NaN is the largest."""
    keys = (-x, ~np.isnan(x)) if falling else (x, np.isnan(x))
    order = np.lexsort(keys, axis=axis)
    order = np.take(order, np.arange(x.shape[axis] if k is None else k), axis=axis)
    return np.take_along_axis(x, order, axis), order


def max_along(x, axis):
    """The maximum along an axis, and where it first stands."""
    k = np.argmax(x, axis=axis)
    return np.max(x, axis=axis), k


def min_along(x, axis):
    """The minimum along an axis, and where it first stands."""
    k = np.argmin(x, axis=axis)
    return np.min(x, axis=axis), k


def cummax(x, axis):
    """The maximum so far, and where it last stood."""
    best = np.maximum.accumulate(x, axis=axis)
    x = np.moveaxis(x, axis, 0)
    before = np.concatenate([x[:1], np.moveaxis(best, axis, 0)[:-1]])
    leads = (x >= before) | np.isnan(x) & ~np.isnan(before)
    leads[:1] = True
    places = np.where(leads, np.expand_dims(np.arange(len(x)), tuple(range(1, x.ndim))), 0)
    return best, np.moveaxis(np.maximum.accumulate(places, axis=0), 0, axis)


def cummin(x, axis):
    """The minimum so far, and where it last stood."""
    best, places = cummax(-x, axis)
    return -best, places


def recurrence(x, a, axis):
    """y[k] = x[k] + a[k] * y[k - 1]; a 0 that is carried stays 0."""
    y, x, a = np.moveaxis(np.zeros_like(x), axis, 0), np.moveaxis(x, axis, 0), np.moveaxis(a, axis, 0)
    for k in range(len(x)):
        y[k] = x[k] + (np.where(y[k - 1] == 0, 0, a[k] * y[k - 1]) if k > 0 else 0)
    return np.moveaxis(y, 0, axis)


def recurrence_back(x, a, axis):
    """y[k] = x[k] + a[k + 1] * y[k + 1]: the transpose of recurrence."""
    y, x, a = np.moveaxis(np.zeros_like(x), axis, 0), np.moveaxis(x, axis, 0), np.moveaxis(a, axis, 0)
    for k in reversed(range(len(x))):
        y[k] = x[k] + (np.where(y[k + 1] == 0, 0, a[k + 1] * y[k + 1]) if k + 1 < len(x) else 0)
    return np.moveaxis(y, 0, axis)


def prod_others(x, *directions, axis):
    """The product of all elements along the axis but one, for each; with directions its mixed derivative along them."""
    x, out = np.moveaxis(x, axis, 0), np.moveaxis(np.zeros_like(x), axis, 0)
    directions = [np.moveaxis(v, axis, 0) for v in directions]
    for own, *others in itertools.permutations(range(len(x)), 1 + len(directions)):
        term = np.prod(np.delete(x, [own] + others, axis=0), axis=0)
        for v, k in zip(directions, others):
            term = term * v[k]
        out[own] += term
    return np.moveaxis(out, 0, axis)
