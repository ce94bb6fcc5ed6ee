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
            if n > 0:
                return math.nan if math.isinf(v) else sign * math.inf
            return math.copysign(math.inf, -v) if v == 0 else math.nan
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
