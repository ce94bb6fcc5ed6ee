//! The transforms of Winograd's F(4×4, 3×3): 36 products in place of 144 for 16 results of a 3×3 kernel (Lavin & Gray, 2016).
//! y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, where A, G and B evaluate and interpolate polynomials at the points 0, ±3/4, ±3/2 and ∞.
//!
//! The usual points 0, ±1, ±2 make an error four times that of the plain sum; these make one twice as large (chosen by trial
//! among fractions whose squares are exact; Barabasz et al., 2020, on why points near 1 that are each other's inverse do
//! well). Bᵀ and A hold numbers of few bits, so that only G is rounded.

use super::super::lanes::Lanes;

/// Cells of a tile along an axis: 4 results see 4 + 3 − 1.
pub(crate) const CELLS: usize = 6;

/// Results of a tile along an axis.
pub(crate) const RESULTS: usize = 4;

/// Products for a tile and pair of channels.
pub(crate) const POINTS: usize = CELLS * CELLS;

const P: f64 = 0.75;
const Q: f64 = 1.5;
const PP: f64 = P * P;
const QQ: f64 = Q * Q;

/// 1/Nᵢ, Nᵢ = Π over j ≠ i of (pᵢ − pⱼ), for the points 0, ±P and ±Q.
const N0: f64 = 1.0 / (PP * QQ);
const NP: f64 = 1.0 / (2.0 * PP * (PP - QQ));
const NQ: f64 = 1.0 / (2.0 * QQ * (QQ - PP));

/// even + p·odd and even − p·odd: the values at a point and at its opposite.
#[inline(always)]
fn pair<V: Lanes>(even: V, odd: V, p: f64) -> [V; 2] {
    [odd.mul_add(odd.all(p), even), odd.mul_add(odd.all(-p), even)]
}

/// a + b and a − b.
#[inline(always)]
fn butterfly<V: Lanes>(a: V, b: V) -> [V; 2] {
    [a.add(b), a.sub(b)]
}

/// A linear map along an axis of a tile.
pub(crate) trait Along<const I: usize, const O: usize> {
    fn along<V: Lanes>(d: [V; I]) -> [V; O];
}

/// Bᵀd: of cells.
pub(crate) struct Cells;

/// Aᵀm: to results.
pub(crate) struct Results;

/// G g: of a kernel.
pub(crate) struct Kernel;

/// A y, the adjoint of [`Results`].
pub(crate) struct ResultsAdjoint;

/// Gᵀu, the adjoint of [`Kernel`].
pub(crate) struct KernelAdjoint;

/// high − factor·low.
#[inline(always)]
fn minus<V: Lanes>(factor: f64, low: V, high: V) -> V {
    low.mul_add(low.all(-factor), high)
}

impl Along<6, 6> for Cells {
    #[inline(always)]
    fn along<V: Lanes>(d: [V; 6]) -> [V; 6] {
        let [p1, p2] = pair(minus(QQ, d[2], d[4]), minus(QQ, d[1], d[3]), P);
        let [q1, q2] = pair(minus(PP, d[2], d[4]), minus(PP, d[1], d[3]), Q);
        let both = d[0].all(PP * QQ);
        let first = d[0].mul_add(both, minus(PP + QQ, d[2], d[4]));
        let last = d[1].mul_add(both, minus(PP + QQ, d[3], d[5]));
        [first, p1, p2, q1, q2, last]
    }
}

impl Along<6, 4> for Results {
    #[inline(always)]
    fn along<V: Lanes>(m: [V; 6]) -> [V; 4] {
        let ([sp, dp], [sq, dq]) = (butterfly(m[1], m[2]), butterfly(m[3], m[4]));
        [
            m[0].add(sp.add(sq)),
            dp.mul_add(dp.all(P), dq.mul(dq.all(Q))),
            sp.mul_add(sp.all(PP), sq.mul(sq.all(QQ))),
            dp.mul_add(dp.all(P * PP), dq.mul_add(dq.all(Q * QQ), m[5])),
        ]
    }
}

impl Along<3, 6> for Kernel {
    #[inline(always)]
    fn along<V: Lanes>(g: [V; 3]) -> [V; 6] {
        let [p1, p2] = pair(g[2].mul_add(g[2].all(NP * PP), g[0].mul(g[0].all(NP))), g[1], P * NP);
        let [q1, q2] = pair(g[2].mul_add(g[2].all(NQ * QQ), g[0].mul(g[0].all(NQ))), g[1], Q * NQ);
        [g[0].mul(g[0].all(N0)), p1, p2, q1, q2, g[2]]
    }
}

impl Along<4, 6> for ResultsAdjoint {
    #[inline(always)]
    fn along<V: Lanes>(y: [V; 4]) -> [V; 6] {
        let (pp, qq) = (y[0].all(PP), y[0].all(QQ));
        let [p1, p2] = pair(y[2].mul_add(pp, y[0]), y[3].mul_add(pp, y[1]), P);
        let [q1, q2] = pair(y[2].mul_add(qq, y[0]), y[3].mul_add(qq, y[1]), Q);
        [y[0], p1, p2, q1, q2, y[3]]
    }
}

impl Along<6, 3> for KernelAdjoint {
    #[inline(always)]
    fn along<V: Lanes>(u: [V; 6]) -> [V; 3] {
        let ([sp, dp], [sq, dq]) = (butterfly(u[1], u[2]), butterfly(u[3], u[4]));
        [
            u[0].mul_add(u[0].all(N0), sp.mul_add(sp.all(NP), sq.mul(sq.all(NQ)))),
            dp.mul_add(dp.all(NP * P), dq.mul(dq.all(NQ * Q))),
            sp.mul_add(sp.all(NP * PP), sq.mul_add(sq.all(NQ * QQ), u[5])),
        ]
    }
}

/// A map along both axes: of every column, then of every row of what comes out.
#[inline(always)]
pub(crate) fn both<M: Along<I, O>, V: Lanes, const I: usize, const O: usize>(d: &[[V; I]; I]) -> [[V; O]; O] {
    let mut columns = [[d[0][0]; I]; O];
    for j in 0..I {
        let mut column = [d[0][0]; I];
        for i in 0..I {
            column[i] = d[i][j];
        }
        let column = M::along(column);
        for i in 0..O {
            columns[i][j] = column[i];
        }
    }
    let mut out = [[d[0][0]; O]; O];
    for i in 0..O {
        out[i] = M::along(columns[i]);
    }
    out
}
