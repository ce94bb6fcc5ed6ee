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


def solve(a, b):
    """The matrices y with a y = b; leading axes broadcast."""
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return np.linalg.solve(np.broadcast_to(a, lead + a.shape[-2:]), np.broadcast_to(b, lead + b.shape[-2:]))


def solve_triangular(a, b, upper=False, unit=False, transpose=False):
    """The solution y of a y = b, where only one triangle of a is read (with a diagonal of ones if `unit`)."""
    a = np.triu(a) if upper else np.tril(a)
    if unit:
        a = a - a * np.eye(a.shape[-1]) + np.eye(a.shape[-1])
    return solve(transposed(a) if transpose else a, b)


def cholesky(a):
    """The lower triangle L with L L^T = a, of the symmetric part of a."""
    return np.linalg.cholesky(0.5 * a + 0.5 * transposed(a))


def turn(v):
    """1 or -1 for each column: what makes its element of largest size positive."""
    if v.size == 0:
        return np.ones(v.shape[:-2] + (1,) + v.shape[-1:])
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
