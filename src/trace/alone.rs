//! One operation alone on a tape of its own, with the values that it had: what its local derivative is, and what it decides.
//! Everything is asked of the operation's own rules by special tangents and cotangents, so it cannot differ from them.

use crate::adjoint::{grad_with, jacobian_reverse, jvp};
use crate::error::Error;
use crate::real::Real;
use crate::tape::{Operand, Results, Tape, Tensor, Var};

/// A line recorded again by itself, its real operands as leaves.
pub(super) struct Alone<'t, T: Real> {
    pub tape: &'t Tape<T>,
    operands: Vec<Operand<'t, T>>,
    results: Results<'t, T>,
}

impl<'t, T: Real> Alone<'t, T> {
    /// Records line `head` of `from` on the empty tape `tape`.
    pub fn new(tape: &'t Tape<T>, from: &Tape<T>, head: u32) -> Result<Self, Error> {
        let leaf = |id: &u32| {
            Ok(match from.handle(*id) {
                Operand::Real(v) => tape.var(v.try_tensor()?).into(),
                Operand::Int(v) => tape.ints(v.try_tensor()?).into(),
            })
        };
        let operands: Vec<Operand<'t, T>> = from.line(head).operands.iter().map(leaf).collect::<Result<_, Error>>()?;
        let results = tape.apply_ref(from.op(head), &operands)?;
        Ok(Alone { tape, operands, results })
    }

    fn x(&self, i: usize) -> Option<Var<'t, T>> {
        match self.operands.get(i)? {
            Operand::Real(v) => Some(*v),
            Operand::Int(_) => None,
        }
    }

    /// The first result.
    pub fn y(&self) -> Option<Var<'t, T>> {
        match self.tape.handle(self.head()) {
            Operand::Real(v) => Some(v),
            Operand::Int(_) => None,
        }
    }

    pub fn head(&self) -> u32 {
        self.results.line()
    }

    /// Jᵀ1: of an elementwise operation, the local derivative along operand `i`.
    pub fn slope(&self, i: usize) -> Option<Vec<f64>> {
        let (x, y) = (self.x(i)?, self.y()?);
        numbers(grad_with(y, self.tape.ones(y.dims()), &[x])[0])
    }

    /// J(1, 2, …) − 1: of an operation that chooses elements, which element of operand `i` each result is; −1 for none.
    pub fn chosen(&self, i: usize) -> Option<Vec<i64>> {
        let (x, y) = (self.x(i)?, self.y()?);
        positions(numbers(jvp(&[y], &[(x, self.counted(x))])[0])?, x.count())
    }

    /// Jᵀ(1, 2, …) − 1: of an operation that sums elements, which result each element of operand `i` goes to.
    pub fn summed_into(&self, i: usize) -> Option<Vec<i64>> {
        let (x, y) = (self.x(i)?, self.y()?);
        positions(numbers(grad_with(y, self.counted(y), &[x])[0])?, y.count())
    }

    /// The whole Jacobian with respect to operand `i`, a row for each result element.
    pub fn rows(&self, i: usize) -> Option<Vec<Vec<f64>>> {
        let (x, y) = (self.x(i)?, self.y()?);
        let all = numbers(jacobian_reverse(y, x))?;
        Some(all.chunks(x.count().max(1)).map(<[f64]>::to_vec).collect())
    }

    /// The element of operand 0 that each choice is at, and whether it is tied: the gap to another choice is 0.
    pub fn ties(&self) -> Option<Vec<bool>> {
        let gap = self.tape.decision(self.head())?.gap?;
        Some(numbers(gap)?.into_iter().map(|g| g == 0.0).collect())
    }

    /// What is decided, with the choices.
    pub fn choices(&self) -> Option<(&'static str, Vec<u32>)> {
        let decision = self.tape.decision(self.head())?;
        Some((decision.what, decision.choice.try_tensor().ok()?.as_slice().to_vec()))
    }

    /// Which elements of operand 0 each result depends on, found by raising and lowering one at a time above all others.
    pub fn windows(&self, from: &Tape<T>, head: u32) -> Option<Vec<Vec<u32>>> {
        let (x, y) = (self.x(0)?, self.y()?);
        let result = |at: Option<(usize, f64)>| {
            let mut data = vec![T::zero(); x.count()];
            if let Some((k, v)) = at {
                data[k] = T::of(v);
            }
            let tape = Tape::<T>::default();
            let mut operands: Vec<Operand<'_, T>> = vec![tape.var(Tensor::new(x.dims(), data).ok()?).into()];
            for o in &self.operands[1..] {
                operands.push(match o {
                    Operand::Real(v) => tape.var(v.try_tensor().ok()?).into(),
                    Operand::Int(v) => tape.ints(v.try_tensor().ok()?).into(),
                });
            }
            numbers(tape.apply_ref(from.op(head), &operands).ok()?.real(0))
        };
        let base = result(None)?;
        let mut windows = vec![Vec::new(); y.count()];
        for k in 0..x.count() {
            let (up, down) = (result(Some((k, 1.0)))?, result(Some((k, -1.0)))?);
            for (o, window) in windows.iter_mut().enumerate() {
                if up[o] != base[o] || down[o] != base[o] {
                    window.push(k as u32);
                }
            }
        }
        Some(windows)
    }

    /// 1, 2, 3, … in the shape of `v`.
    fn counted(&self, v: Var<'t, T>) -> Var<'t, T> {
        let data = (1..=v.count()).map(|k| T::of(k as f64)).collect();
        self.tape.constant(Tensor::new(v.dims(), data).expect("as many numbers as the line has"))
    }
}

/// Positions from 0 on, where all are whole numbers that exist; −1 where nothing is taken.
fn positions(numbers: Vec<f64>, count: usize) -> Option<Vec<i64>> {
    let whole = |v: &f64| (v.fract() == 0.0 && (0.0..=count as f64).contains(v)).then_some(*v as i64 - 1);
    numbers.iter().map(whole).collect()
}

fn numbers<T: Real>(v: Var<'_, T>) -> Option<Vec<f64>> {
    Some(v.try_tensor().ok()?.as_slice().iter().map(|x| x.as_f64()).collect())
}
