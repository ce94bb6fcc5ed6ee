def azmul(v, d):
    """v * d, where an exact 0 of v wins over an infinity or a NaN of d: no cotangent, no contribution."""
    return np.where(v == 0, 0, v * d)


def gate_winner(v, a, b, sign):
    """v where a wins against b (the larger wins for sign 1, the smaller for sign -1), half of it in a tie, else 0."""
    wins = (a * sign > b * sign) | (np.isnan(a) & ~np.isnan(b))
    tie = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(wins, v, np.where(tie, v * 0.5, 0))


def sigmoid(x):
    """1 / (1 + exp(-x)), with exponentials of negative numbers only, so that none overflows."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def share_beside(a, b):
    """The share of exp(a) in exp(a) + exp(b); nothing has no share of nothing."""
    return np.where((a == b) & np.isinf(a), np.where(a < 0, 0, 0.5), sigmoid(a - b))


def xlogy(x, y):
    """x * log(y), and 0 where x is 0."""
    return np.where((x == 0) & ~np.isnan(y), 0, x * np.log(y))


def binary_cross_entropy(p, t):
    """-t log(p) - (1 - t) log(1 - p), with logarithms that stop at -100."""
    return -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(np.log1p(-p), -100))


def each(f, x):
    """f of every element of x, for functions that NumPy lacks."""
    return np.array([f(float(v)) for v in np.ravel(x)], np.asarray(x).dtype).reshape(np.shape(x))


def erf(x):
    """The error function."""
    return each(math.erf, x)


def erfc(x):
    """1 - erf(x), with all its digits for large x."""
    return each(math.erfc, x)


def erfinv(x):
    """The inverse of erf: Newton's method, on erfc in the tails, where 1 - |x| is exact."""

    def one(v):
        a = abs(v)
        if a >= 1 or v != v:
            return v * math.inf if a == 1 else math.nan
        b = 4.33 + 0.5 * math.log1p(-a * a)
        y = math.sqrt(max(math.sqrt(b * b - math.log1p(-a * a) / 0.147) - b, 0))
        for _ in range(60):
            miss = (1 - a) - math.erfc(y) if a > 0.5 else math.erf(y) - a
            y -= miss * 0.5 * math.sqrt(math.pi) * math.exp(y * y)
        return math.copysign(y, v)

    return each(one, x)


def lgamma(x):
    """log |Gamma(x)|."""
    return each(lambda v: math.inf if v <= 0 and v == math.floor(v) else math.lgamma(v), x)


def digamma(x):
    """The derivative of lgamma."""
    return polygamma(x, 0)


def polygamma(x, order):
    """The derivative of lgamma of order `order` + 1: upwards by the recurrence, then the asymptotic series.

    Numbers below 0 go by the reflection formula, whose derivatives of cot are polynomials in cot.
    """
    bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]
    n, sign = int(order), -1 if order % 2 == 0 else 1

    def one(v):
        if v <= 0 and v == math.floor(v):
            return math.nan if math.isinf(v) else sign * math.inf if n else math.copysign(math.inf, -v) if v == 0 else math.nan
        if v < 0:
            cot, p = 1 / math.tan(math.pi * (v - round(v))), np.polynomial.Polynomial([0, 1])
            for _ in range(n):
                p = p.deriv() * np.polynomial.Polynomial([-math.pi, 0, -math.pi])
            return -sign * one(1 - v) - math.pi * p(cot)
        total = 0
        while v < 16 + n:
            total, v = total + v ** -(n + 1), v + 1
        if n == 0:
            return math.log(v) - 0.5 / v - sum(b / (2 * k + 2) * v ** -(2 * k + 2) for k, b in enumerate(bernoulli)) - total
        total += v**-n / n + 0.5 * v ** -(n + 1)
        for k, b in enumerate(bernoulli):
            rising = math.prod(range(n + 1, n + 2 * k + 2))
            total += b * rising / math.factorial(2 * k + 2) * v ** -(n + 2 * k + 2)
        return sign * math.factorial(n) * total

    return each(one, x)


def sinc_derivative(x, order):
    """The derivative of sin(pi x) / (pi x) of order `order`: a recurrence for large x, the power series near 0."""

    def one(v):
        z, n = math.pi * v, int(order)
        if abs(z) > n + 1:
            g = math.sin(z) / z
            for k in range(1, n + 1):
                g = (math.sin(z + k * math.pi / 2) - k * g) / z
            return math.pi**n * g
        terms = range((n + 1) // 2, (n + 1) // 2 + 30)
        return math.pi**n * sum((-1) ** j * z ** (2 * j - n) / math.factorial(2 * j - n) / (2 * j + 1) for j in terms)

    return each(one, x)


def softmax(x, axis):
    """exp(x) / sum(exp(x)) along an axis; the largest is subtracted first, so that nothing overflows."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def softmax_or_zero(x, axis):
    """softmax, and zeros where all of x is -inf."""
    nothing = np.all(x == -np.inf, axis=axis, keepdims=True)
    return np.where(nothing, 0, softmax(np.where(nothing, 0, x), axis))


def log_softmax(x, axis):
    """log(softmax(x)) along an axis."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def nll(x, labels):
    """-x at the label of each example; the classes are axis 1, or the only axis."""
    axis = min(1, x.ndim - 1)
    return -np.squeeze(np.take_along_axis(x, np.expand_dims(labels, axis), axis), axis)


def cross_entropy(logits, labels):
    """-log(softmax(logits)) at the label of each example."""
    return nll(log_softmax(logits, min(1, logits.ndim - 1)), labels)


def cross_entropy_back(g, logits, labels):
    """g * (softmax(logits) - onehot(labels)): what goes back from each example."""
    axis = min(1, logits.ndim - 1)
    onehot = np.moveaxis(np.eye(logits.shape[axis])[labels], -1, axis)
    return np.expand_dims(g, axis) * (softmax(logits, axis) - onehot)


def layer_norm(x, axes, eps):
    """(x - mean) * scale with scale = 1 / sqrt(variance + eps), and the scale."""
    deviation = x - np.mean(x, axis=axes, keepdims=True)
    scale = 1 / np.sqrt(np.mean(deviation**2, axis=axes, keepdims=True) + eps)
    return deviation * scale, np.squeeze(scale, axes)


def rms_norm(x, axes, eps):
    """x * scale with scale = 1 / sqrt(mean square + eps), and the scale."""
    scale = 1 / np.sqrt(np.mean(x**2, axis=axes, keepdims=True) + eps)
    return x * scale, np.squeeze(scale, axes)


def layer_norm_affine(x, w, b, eps):
    """Normalised over the last axes, those of w, then times w plus b; with the means and the scales."""
    axes = tuple(range(x.ndim - w.ndim, x.ndim))
    y, scale = layer_norm(x, axes, eps)
    return y * w + b, np.mean(x, axis=axes), scale


def layer_norm_back(g, x, w, mean, scale):
    """What goes back through layer_norm_affine from g: to x, to w, to b."""
    inner, outer = tuple(range(x.ndim - w.ndim, x.ndim)), tuple(range(x.ndim - w.ndim))
    scale = np.expand_dims(scale, inner)
    y = (x - np.expand_dims(mean, inner)) * scale
    v = g * w
    to_x = scale * (v - np.mean(v, axis=inner, keepdims=True) - y * np.mean(v * y, axis=inner, keepdims=True))
    return to_x, np.sum(g * y, axis=outer), np.sum(g, axis=outer)


def batch_moments(x):
    """Mean and variance of every channel, which are axis 1."""
    axes = (0,) + tuple(range(2, x.ndim))
    return np.mean(x, axis=axes), np.var(x, axis=axes)


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


def diag_embed(x, offset, axes, shape):
    """Zeros with x on a diagonal of two axes: the adjoint of np.diagonal."""
    out = np.zeros(shape, x.dtype)
    i = np.arange(x.shape[-1])
    np.moveaxis(out, axes, (-2, -1))[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return out


def transposed(x):
    """The last two axes, rows and columns, exchanged."""
    return np.swapaxes(x, -1, -2)


def cofactor(a, *directions):
    """The gradient of det at a; with directions that of its mixed derivative along them."""
    n, out = a.shape[-1], np.zeros_like(a)
    for i, j in np.ndindex(n, n):
        minor = lambda m: np.delete(np.delete(m, i, axis=-2), j, axis=-1)
        if directions:
            first, *rest = [minor(b) for b in directions]
            value = np.sum(cofactor(minor(a), *rest) * first, axis=(-2, -1))
        else:
            value = np.linalg.det(minor(a))
        out[..., i, j] = (-1) ** (i + j) * value
    return out


def solve_triangular(a, b, upper=False, unit=False, transpose=False):
    """The solution y of a y = b, where only one triangle of a is read (with a diagonal of ones if `unit`)."""
    a = np.triu(a) if upper else np.tril(a)
    if unit:
        a = a - a * np.eye(a.shape[-1]) + np.eye(a.shape[-1])
    return np.linalg.solve(transposed(a) if transpose else a, b)


def cholesky(a):
    """The lower triangle L with L L^T = a, of the symmetric part of a."""
    return np.linalg.cholesky(0.5 * a + 0.5 * transposed(a))


def turn(v):
    """1 or -1 for each column: what makes its element of largest size positive."""
    at = np.argmax(np.abs(v), axis=-2, keepdims=True)
    return np.where(np.take_along_axis(v, at, axis=-2) < 0, -1, 1)


def qr(a):
    """a = q r with a diagonal of r that is not negative."""
    q, r = np.linalg.qr(a)
    sign = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1, 1)
    return q * sign[..., None, :], r * sign[..., :, None]


def eigh(a):
    """Eigenvalues and unit eigenvectors of the symmetric part of a."""
    values, vectors = np.linalg.eigh(0.5 * a + 0.5 * transposed(a))
    return values, vectors * turn(vectors)


def svd(a):
    """u, s, v with a = u diag(s) v^T."""
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    v = transposed(vt)
    return u * turn(v), s, v * turn(v)


def pinv(a, rcond=None):
    """The pseudo-inverse of a."""
    return np.linalg.pinv(a, max(a.shape[-2:]) * np.finfo(a.dtype).eps if rcond is None else rcond)


def matrix_exp(a):
    """exp(a): the power series of a / 2^k, squared k times."""
    size = np.max(np.sum(np.abs(a), axis=-1), initial=0)
    k = max(0, math.frexp(size)[1] + 1) if np.isfinite(size) else 0
    term = out = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    for n in range(1, 20):
        term = term @ a / 2**k / n
        out = out + term
    for _ in range(k):
        out = out @ out
    return out


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
    flat = w.reshape((math.prod(lead), -1))[:, cells >= 0]
    out = np.zeros((math.prod(lead), math.prod(plane)), w.dtype)
    np.add.at(out, (slice(None), cells[cells >= 0]), flat)
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


def windows(x, kernel, stride):
    """All windows of the last axes of x: [.., windows.., cells], the cells of a window in one axis."""
    rank = len(kernel)
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=tuple(range(-rank, 0)))
    view = view[(..., *[slice(None, None, s) for s in stride], *[slice(None)] * rank)]
    return view.reshape(view.shape[:-rank] + (-1,))


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
    return winners(values.reshape(values.shape[:-rank] + (-1,)), cells.reshape(cells.shape[:-rank] + (-1,)))


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


def plane_gather(x, index, axes=2):
    """The cells of every plane (the last axes) that the index numbers."""
    flat = x.reshape(x.shape[:-axes] + (-1,))
    return np.take_along_axis(flat, index.reshape(index.shape[:-axes] + (-1,)), axis=-1).reshape(index.shape)


def plane_scatter(x, index, plane):
    """Adds every value to the cell of its plane that the index numbers: a winner of several windows gets the sum."""
    lead = x.shape[: x.ndim - len(plane)]
    out = np.zeros((math.prod(lead), math.prod(plane)), x.dtype)
    rows = np.arange(len(out))[:, None]
    np.add.at(out, (rows, index.reshape(len(out), -1)), x.reshape(len(out), -1))
    return out.reshape(lead + tuple(plane))


def last_writers(index, cells, rank):
    """Which of the values that an index sends to the cells of a plane stay: in each cell the last."""
    flat = index.reshape((math.prod(index.shape[:-rank]), -1))
    last = np.full((len(flat), cells), -1)
    np.maximum.at(last, (np.arange(len(flat))[:, None], flat), np.broadcast_to(np.arange(flat.shape[1]), flat.shape))
    return (np.take_along_axis(last, flat, axis=1) == np.arange(flat.shape[1])).reshape(index.shape)


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
    return np.sum(padded_windows(x, kernel, **lay), axis=tuple(range(-rank, 0))) / divisors(x.shape[-rank:], kernel, **options)


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
        best = winners(part.reshape(part.shape[:-rank] + (-1,)), cells[window].ravel())
        out[(..., *k)], index[(..., *k)] = best
    return out, index


def unfold(x, kernel, **options):
    """The windows as columns of a matrix: [.., channels * cells of a window, windows]."""
    view = padded_windows(x, kernel, **options)
    lead = view.shape[:-5]
    return np.moveaxis(view, (-2, -1), (-4, -3)).reshape(lead + (view.shape[-5] * math.prod(kernel), -1))


def fold(x, kernel, plane, **options):
    """Adds columns back onto the plane whose windows they are: the adjoint of unfold."""
    count = geometry(plane, kernel, **options)[3]
    w = x.reshape(x.shape[:-2] + (-1, *kernel, *count))
    return windows_back(np.moveaxis(w, (-4, -3), (-2, -1)), plane, kernel, **options)


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
        cells = np.where(none, -1, cells[..., :, None] * n + cell[..., None, :]).reshape(u.shape + (-1,))
        weights = (weights[..., :, None] * weight[..., None, :]).reshape(u.shape + (-1,))
    return cells, np.where(cells < 0, 0, weights)


def sample(x, *at, by, edge, derivative=None):
    """Images [n, c, ..] between their cells, at coordinates: weighted sums of the cells around each."""
    cells, weights = sample_taps(x.shape[2:], at, by, edge, derivative)
    flat = x.reshape(x.shape[:2] + (-1,))
    return np.stack([np.sum(flat[i][:, cells[i]] * weights[i], axis=-1) for i in range(len(x))]).astype(x.dtype)


def sample_adjoint(g, *at, by, edge, size, derivative=None):
    """Every sample added onto the cells that it was made of: the adjoint of sample."""
    cells, weights = sample_taps(size, at, by, edge, derivative)
    out = np.zeros(g.shape[:2] + (math.prod(size),), g.dtype)
    for i, c in np.ndindex(g.shape[:2]):
        np.add.at(out[i, c], cells[i], g[i, c][..., None] * weights[i])
    return out.reshape(g.shape[:2] + tuple(size))


def heads(x, shared):
    """Keys or values that several heads share, once for each."""
    return np.repeat(x, shared, axis=-3) if shared > 1 else x


def attention_scores(q, k, bias, seen, scale, causal, shared):
    """scale * q k^T + bias, and -inf where a query does not see a key."""
    scores = q @ transposed(heads(k, shared)) * scale + (0 if bias is None else bias)
    if seen is not None:
        scores = np.where(seen != 0, scores, -np.inf)
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:])) != 0, scores, -np.inf)
    return scores


def attention(q, k, v, bias=None, seen=None, *, scale, causal=False, shared=1):
    """softmax(scores) v, and the log-sum-exp of every row of scores (0 for a row that sees nothing)."""
    scores = attention_scores(q, k, bias, seen, scale, causal, shared)
    nothing = np.all(scores == -np.inf, axis=-1)
    sums = np.where(nothing, 0, np.logaddexp.reduce(scores, axis=-1))
    return np.exp(scores - sums[..., None]) @ heads(v, shared), sums


def attention_back(g, sums, inner, q, k, v, bias=None, seen=None, *, scale, causal=False, shared=1):
    """What goes back through attention from g: to q, to k, to v; `inner` holds g . y for every row."""
    weights = np.exp(attention_scores(q, k, bias, seen, scale, causal, shared) - sums[..., None])
    slopes = np.where(weights == 0, 0, weights * (g @ transposed(heads(v, shared)) - inner[..., None])) * scale
    added = lambda x: x.reshape(x.shape[:-3] + (-1, shared) + x.shape[-2:]).sum(axis=-3) if shared > 1 else x
    return slopes @ heads(k, shared), added(transposed(slopes) @ q), added(transposed(weights) @ g)
