//! The arithmetic that a chain of a pass does on vectors in registers, and its loops for every vector level.
//! A step costs one load and one instruction, where an instruction of its own would load, store and call a loop besides.

use super::super::simd::{Level, level};
use super::vector::{Vector, Vectors};
use crate::real::Real;

/// The formulas of rows that are arithmetic, one vector instruction or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arith {
    /// a + b.
    Add,
    /// a − b.
    Sub,
    /// a·b.
    Mul,
    /// a/b.
    Div,
    /// a·b, and 0 where a is 0.
    Azmul,
    /// a where b > 0, else 0.
    Gate,
    /// p·a.
    Scale,
    /// a + p.
    Shift,
    /// p − a.
    From,
    /// −a.
    Neg,
    /// a·a.
    Square,
    /// a, and 0 where a ≤ 0.
    Relu,
}

/// The operand of a formula that is the result of the step before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Previous {
    First,
    Second,
    Both,
}

/// A formula with its previous result at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Add,
    Sub,
    SubFrom,
    Mul,
    Div,
    DivOf,
    Azmul,
    AzmulOf,
    Gate,
    GateOf,
    Scale,
    Shift,
    From,
    Neg,
    Square,
    Double,
    Relu,
}

/// A step of a chain: a formula on the result of the step before and perhaps another operand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<T> {
    code: Code,
    param: T,
    /// The register of the other operand, if there is one.
    pub other: Option<u32>,
    /// The register that the result is written to, if more than the next step wants it.
    pub store: Option<u32>,
}

impl<T: Real> Step<T> {
    /// The step of a formula; `None` where no step computes it.
    pub fn new(arith: Arith, previous: Previous, param: T, other: Option<u32>) -> Option<Step<T>> {
        use Previous::{Both, First, Second};
        let code = match (arith, previous, other) {
            (Arith::Add, First | Second, Some(_)) => Code::Add,
            (Arith::Add, Both, None) => Code::Double,
            (Arith::Sub, First, Some(_)) => Code::Sub,
            (Arith::Sub, Second, Some(_)) => Code::SubFrom,
            (Arith::Mul, First | Second, Some(_)) => Code::Mul,
            (Arith::Mul, Both, None) | (Arith::Square, First, None) => Code::Square,
            (Arith::Div, First, Some(_)) => Code::Div,
            (Arith::Div, Second, Some(_)) => Code::DivOf,
            (Arith::Azmul, First, Some(_)) => Code::Azmul,
            (Arith::Azmul, Second, Some(_)) => Code::AzmulOf,
            (Arith::Gate, First, Some(_)) => Code::Gate,
            (Arith::Gate, Second, Some(_)) => Code::GateOf,
            (Arith::Scale, First, None) => Code::Scale,
            (Arith::Shift, First, None) => Code::Shift,
            (Arith::From, First, None) => Code::From,
            (Arith::Neg, First, None) => Code::Neg,
            (Arith::Relu, First, None) => Code::Relu,
            _ => return None,
        };
        Some(Step { code, param, other, store: None })
    }

    /// The step on single numbers: the result of the one before, and the other operand if there is one.
    #[inline]
    pub fn one(&self, a: T, b: T) -> T {
        let p = self.param;
        match self.code {
            Code::Add => a + b,
            Code::Sub => a - b,
            Code::SubFrom => b - a,
            Code::Mul => a * b,
            Code::Div => a / b,
            Code::DivOf => b / a,
            Code::Azmul => azmul(a, b),
            Code::AzmulOf => azmul(b, a),
            Code::Gate => gate(a, b),
            Code::GateOf => gate(b, a),
            Code::Scale => p * a,
            Code::Shift => a + p,
            Code::From => p - a,
            Code::Neg => -a,
            Code::Square => a * a,
            Code::Double => a + a,
            Code::Relu => relu(a),
        }
    }
}

/// a·b, and 0 where a is 0.
#[inline(always)]
pub(super) fn azmul<T: Real>(a: T, b: T) -> T {
    if a == T::zero() { T::zero() } else { a * b }
}

/// a where x > 0, else 0.
#[inline(always)]
pub(super) fn gate<T: Real>(a: T, x: T) -> T {
    if x > T::zero() { a } else { T::zero() }
}

/// a, and 0 where it is ≤ 0.
#[inline(always)]
pub(super) fn relu<T: Real>(a: T) -> T {
    if a <= T::zero() { T::zero() } else { a }
}

/// Vectors that are worked on at once: enough to hide the latency of an instruction and to share the cost of choosing it,
/// and few enough for the 16 registers of most levels.
const WIDE: usize = 8;

/// The same where there are 32 registers.
#[cfg(target_arch = "x86_64")]
const WIDER: usize = 16;

/// Runs the steps over `n` elements from `first` on; `at` tells where a register is.
///
/// # Safety
/// All registers hold `n` elements, those that are read have been written, and none that is written is read but by steps
/// that follow.
pub(super) unsafe fn chain<T: Real>(first: *const T, steps: &[Step<T>], at: impl Fn(u32) -> *mut T, n: usize) {
    // SAFETY: `Real` is sealed: T is f32 or f64, which differ in size; so pointers and steps are cast to what they are. The
    // rest is this function's contract.
    unsafe {
        if size_of::<T>() == size_of::<f32>() {
            let steps = std::slice::from_raw_parts(steps.as_ptr().cast::<Step<f32>>(), steps.len());
            chain_at(level(), first.cast::<f32>(), steps, |r| at(r).cast(), n);
        } else {
            let steps = std::slice::from_raw_parts(steps.as_ptr().cast::<Step<f64>>(), steps.len());
            chain_at(level(), first.cast::<f64>(), steps, |r| at(r).cast(), n);
        }
    }
}

/// [`chain`] with the vectors of a level.
///
/// # Safety
/// As of [`chain`], and the processor has the instructions of the level.
#[inline(always)]
unsafe fn chain_at<T: Real + Vectors>(
    level: Level,
    first: *const T,
    steps: &[Step<T>],
    at: impl Fn(u32) -> *mut T,
    n: usize,
) {
    match level {
        // SAFETY: this function's contract.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512(first, steps, at, n) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2(first, steps, at, n) },
        // SAFETY: this function's contract.
        Level::Portable => unsafe { whole::<T, T::Arrays, WIDE>(first, steps, at, n) },
    }
}

/// # Safety
/// As of [`chain`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512<T: Real + Vectors>(first: *const T, steps: &[Step<T>], at: impl Fn(u32) -> *mut T, n: usize) {
    // SAFETY: this function's contract.
    unsafe { whole::<T, T::Avx512, WIDER>(first, steps, at, n) }
}

/// # Safety
/// As of [`chain`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<T: Real + Vectors>(first: *const T, steps: &[Step<T>], at: impl Fn(u32) -> *mut T, n: usize) {
    // SAFETY: this function's contract.
    unsafe { whole::<T, T::Avx2, WIDE>(first, steps, at, n) }
}

/// # Safety
/// As of [`chain`], and the processor has the vectors.
#[inline(always)]
unsafe fn whole<T: Real, V: Vector<T>, const W: usize>(
    first: *const T,
    steps: &[Step<T>],
    at: impl Fn(u32) -> *mut T,
    n: usize,
) {
    let mut from = 0;
    let mut groups = n / (W * V::LANES);
    while groups > 0 {
        // SAFETY: the group lies within the registers.
        unsafe { run::<T, V, W, true>(first, steps, &at, from, W * V::LANES) };
        (from, groups) = (from + W * V::LANES, groups - 1);
    }
    while from < n {
        let part = (n - from).min(WIDE * V::LANES);
        // SAFETY: what is left lies within the registers.
        unsafe { run::<T, V, WIDE, false>(first, steps, &at, from, part) };
        from += part;
    }
}

/// One group, all of it or its first `n` elements.
///
/// # Safety
/// As of [`chain`], and the processor has the vectors.
#[inline(always)]
unsafe fn run<T: Real, V: Vector<T>, const W: usize, const FULL: bool>(
    first: *const T,
    steps: &[Step<T>],
    at: &impl Fn(u32) -> *mut T,
    from: usize,
    n: usize,
) {
    let load = |p: *const T, j: usize| {
        let p = p.wrapping_add(from + j * V::LANES);
        // SAFETY: vector j is at from + j·LANES; what of it is not within the n elements is left alone; the rest is this
        // function's contract.
        unsafe { if FULL { V::load(p) } else { V::load_first(p, n.saturating_sub(j * V::LANES).min(V::LANES)) } }
    };
    let mut x: [V; W] = std::array::from_fn(|j| load(first, j));
    for s in steps {
        let other = s.other.map_or(first, |r| at(r).cast_const());
        // SAFETY: as above.
        let p = unsafe { V::splat(s.param) };
        macro_rules! each {
            (|$a:ident| $f:expr) => {
                for $a in &mut x {
                    // SAFETY: as above.
                    *$a = unsafe { $f };
                }
            };
            (|$a:ident, $b:ident| $f:expr) => {
                for (j, $a) in x.iter_mut().enumerate() {
                    let $b = load(other, j);
                    // SAFETY: as above.
                    *$a = unsafe { $f };
                }
            };
        }
        match s.code {
            Code::Add => each!(|a, b| V::add(*a, b)),
            Code::Sub => each!(|a, b| V::sub(*a, b)),
            Code::SubFrom => each!(|a, b| V::sub(b, *a)),
            Code::Mul => each!(|a, b| V::mul(*a, b)),
            Code::Div => each!(|a, b| V::div(*a, b)),
            Code::DivOf => each!(|a, b| V::div(b, *a)),
            Code::Azmul => each!(|a, b| V::azmul(*a, b)),
            Code::AzmulOf => each!(|a, b| V::azmul(b, *a)),
            Code::Gate => each!(|a, b| V::gate(*a, b)),
            Code::GateOf => each!(|a, b| V::gate(b, *a)),
            Code::Scale => each!(|a| V::mul(p, *a)),
            Code::Shift => each!(|a| V::add(*a, p)),
            Code::From => each!(|a| V::sub(p, *a)),
            Code::Neg => each!(|a| V::neg(*a)),
            Code::Square => each!(|a| V::mul(*a, *a)),
            Code::Double => each!(|a| V::add(*a, *a)),
            Code::Relu => each!(|a| V::relu(*a)),
        }
        if let Some(r) = s.store {
            let to = at(r);
            for (j, a) in x.iter().enumerate() {
                let p = to.wrapping_add(from + j * V::LANES);
                // SAFETY: as above.
                unsafe {
                    if FULL {
                        V::store(*a, p)
                    } else {
                        V::store_first(*a, p, n.saturating_sub(j * V::LANES).min(V::LANES))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::simd::levels;
    use super::*;

    const ALL: [(Arith, bool); 12] = [
        (Arith::Add, true),
        (Arith::Sub, true),
        (Arith::Mul, true),
        (Arith::Div, true),
        (Arith::Azmul, true),
        (Arith::Gate, true),
        (Arith::Scale, false),
        (Arith::Shift, false),
        (Arith::From, false),
        (Arith::Neg, false),
        (Arith::Square, false),
        (Arith::Relu, false),
    ];

    /// Numbers with all special ones among them, in different pairs for different `by`.
    fn numbers<T: Real>(n: usize, by: usize) -> Vec<T> {
        let special = [0.0, -0.0, 1.0, -2.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-30, 3.0, -0.125, 7.0];
        (0..n).map(|k| T::of(special[(k * by + k / 11) % special.len()])).collect()
    }

    fn same<T: Real>(a: T, b: T) -> bool {
        (a.is_nan() && b.is_nan()) || (a == b && a.is_sign_negative() == b.is_sign_negative())
    }

    /// Register 0 is the first operand, 1 the other, 2 the result.
    fn compare<T: Real + Vectors>(n: usize) {
        let (a, b) = (numbers::<T>(n, 1), numbers::<T>(n, 3));
        for (arith, binary) in ALL {
            for previous in [Previous::First, Previous::Second, Previous::Both] {
                let other = (binary && previous != Previous::Both).then_some(1);
                let Some(mut step) = Step::new(arith, previous, T::of(1.5), other) else { continue };
                step.store = Some(2);
                for level in levels() {
                    let mut registers = [a.clone(), b.clone(), vec![T::of(99.0); n + 1]];
                    let places = registers.each_mut().map(|r| r.as_mut_ptr());
                    // SAFETY: the registers hold n elements, and the step writes the third.
                    unsafe { chain_at(level, places[0], &[step], |r| places[r as usize], n) };
                    let expected = a.iter().zip(&b).map(|(&a, &b)| step.one(a, if other.is_some() { b } else { a }));
                    let equal = expected.zip(&registers[2]).all(|(e, y)| same(e, *y));
                    assert!(equal, "{arith:?} with the previous as {previous:?} of {n} at {level:?}");
                    assert_eq!(registers[2][n], T::of(99.0), "nothing is written beyond");
                }
            }
        }
    }

    #[test]
    fn vectors_of_every_level_compute_what_single_numbers_do() {
        for n in [0, 1, 7, 64, 127, 128, 131, 300] {
            compare::<f32>(n);
            compare::<f64>(n);
        }
    }

    #[test]
    fn steps_follow_one_another() {
        let n = 200;
        let step = |arith, other, store| Step { store, ..Step::new(arith, Previous::First, 0.5, other).unwrap() };
        // (x·0.5 + y) is stored, then multiplied by itself as it was stored, then y is taken away.
        let steps = [
            step(Arith::Scale, None, None),
            step(Arith::Add, Some(1), Some(2)),
            step(Arith::Mul, Some(2), None),
            step(Arith::Sub, Some(1), Some(3)),
        ];
        let (x, y): (Vec<f64>, Vec<f64>) =
            ((0..n).map(f64::from).collect(), (0..n).map(|k| f64::from(k % 7)).collect());
        let mut registers = [x.clone(), y.clone(), vec![0.0; 200], vec![0.0; 200]];
        let places = registers.each_mut().map(|r| r.as_mut_ptr());
        // SAFETY: the registers hold n elements, and the third is read after it is written.
        unsafe { chain(places[0], &steps, |r| places[r as usize], 200) };
        for k in 0..200 {
            let s = x[k] * 0.5 + y[k];
            assert_eq!((registers[2][k], registers[3][k]), (s, s * s - y[k]));
        }
    }
}
