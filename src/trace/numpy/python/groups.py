def softmax(x, axis):
    """exp(x) / sum(exp(x)) along an axis; the largest is subtracted first, so that nothing overflows."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return e / np.sum(e, axis=axis, keepdims=True)


def softmax_or_zero(x, axis):
    """softmax, and zeros where all of x is -inf."""
    nothing = np.all(x == -np.inf, axis=axis, keepdims=True)
    return np.where(nothing, 0, softmax(np.where(nothing, 0, x), axis))


def log_softmax(x, axis):
    """log(softmax(x)) along an axis."""
    shifted = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
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
    """What goes back through layer_norm_affine from g: to x, to w, to b; the mean subtracted is that of x."""
    inner, outer = tuple(range(x.ndim - w.ndim, x.ndim)), tuple(range(x.ndim - w.ndim))
    scale = np.expand_dims(scale, inner)
    y = (x - np.mean(x, axis=inner, keepdims=True)) * scale
    v = g * w
    to_x = scale * (v - np.mean(v, axis=inner, keepdims=True) - y * np.mean(v * y, axis=inner, keepdims=True))
    return to_x, np.sum(g * y, axis=outer), np.sum(g, axis=outer)


def batch_moments(x):
    """Mean and variance of every channel, which are axis 1."""
    axes = (0,) + tuple(range(2, x.ndim))
    return np.mean(x, axis=axes), np.var(x, axis=axes)


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
