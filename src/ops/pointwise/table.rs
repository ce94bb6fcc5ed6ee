//! How a pointwise operation is written: `row!` makes one row, `unary!` a table of rows with their methods.
//! Loop, derivative, documentation and listing come from the same tokens, so they cannot drift apart.

use std::marker::PhantomData;

use crate::ops::prelude::*;

/// The home of all rows, so that a generic row is a constant: `Table::<T>::TANH`.
pub(crate) struct Table<T>(PhantomData<T>);

/// A row with its parameters rounded to the tape's type.
pub(crate) fn bound<T: Real, const N: usize>(row: &'static Row<T>, params: [f64; N]) -> Bound<T> {
    let mut p = [T::zero(); 2];
    p.iter_mut().zip(params).for_each(|(p, v)| *p = T::of(v));
    Bound { row, params: p }
}

/// What a row of the integer kind yields for a truth value.
#[inline(always)]
pub(crate) fn truth<T: Lane>(holds: bool) -> T {
    if holds { T::one() } else { T::zero() }
}

/// The decision of a row whose kink or jump is at one number: the side on which x is.
pub(crate) fn side<'t, T: Real>(x: Var<'t, T>, at: f64) -> Decision<'t, T> {
    let (what, from) = if at == 0.0 { ("side of 0", x) } else { ("side of a number", x - at) };
    Decision { what, choice: x.gt(at), gap: Some(from.abs()) }
}

/// The decision of a row with kinks at two numbers: whether x is between them.
pub(crate) fn between<'t, T: Real>(x: Var<'t, T>, low: f64, high: f64) -> Decision<'t, T> {
    let gap = (x - low).abs().minimum((x - high).abs());
    Decision { what: "inside the bounds or not", choice: x.gt(low).and(x.lt(high)), gap: Some(gap) }
}

/// One row: the loop from a scalar formula, the rule from an expression over handles.
///
/// ```text
/// row! {
///     DIV = "div", |a: Real, b: Real; | -> Real { a / b };
///     push |i, v, at, p| match i { .. };              // the product ∂f/∂xᵢ ⊙ v, or why there is none
///     derivative "1 / b; -a / b²"; reads ..; domain [(-2.0, 2.0), (0.5, 2.0)]; cheap as Div
/// }
/// ```
/// The formula is compiled for the lanes of every vector level, so `T` means a [`Lane`] in it; that of a `dear` row may use
/// elementary functions, and where vector code gives NaN the scalar ones are asked. What follows `as` is the formula's
/// [`Arith`], if it is one.
macro_rules! row {
    ($NAME:ident = $name:expr, |$($x:ident: $kind:ident),+; $($p:ident),*| -> $result:ident { $f:expr };
     push |$i:pat_param, $v:pat_param, $at:pat_param, $q:pat_param| $push:expr;
     $(decide $decide:expr;)?
     derivative $derivative:expr; reads $reads:expr; domain [$($domain:expr),+]; $cost:ident $(as $arith:ident)?) => {
        {
            /// The formula, for one element.
            enum Of {}
            impl simd::Formula<{ [$(stringify!($x)),+].len() }> for Of {
                const ASKS_AGAIN: bool = row!(@dear $cost);
                #[inline(always)]
                fn at<T: Lane>([$($p,)* ..]: [T; 2], [$($x),+]: [T; [$(stringify!($x)),+].len()]) -> T {
                    $f
                }
            }
            let loops = simd::loops!(Of);
            &Row {
                name: $name,
                kinds: &[$(Kind::$kind),+],
                result: Kind::$result,
                params: &[$(stringify!($p)),*],
                block: loops.block,
                scalar: loops.scalar,
                push: |$q, $i, $v, $at| $push,
                decide: row!(@decide $($decide)?),
                reads: $reads,
                formula: stringify!($f),
                derivative: $derivative,
                domain: &[$($domain),+],
                in_f64: Some(|| Table::<f64>::$NAME),
                cheap: !row!(@dear $cost),
                arith: row!(@arith $($arith)?),
            }
        }
    };
    (@decide) => { None };
    (@decide $decide:expr) => { Some($decide) };
    (@arith) => { None };
    (@arith $arith:ident) => { Some(Arith::$arith) };
    (@dear cheap) => { false };
    (@dear dear) => { true };
}

/// A named table of unary rows: constant, method, formula, domain for checks, derivative, cost, and an example for the docs.
///
/// `d[y] 1.0 - y.square()` is the local derivative as an expression of what stands in the brackets; `push[x; v] ..`
/// gives its product with v instead; `zero[] "why"` says that it is zero wherever it exists.
macro_rules! unary {
    (table $TABLE:ident; $($(#[$doc:meta])* $NAME:ident $name:ident($($p:ident),*) |$x:ident| $f:expr; in $domain:expr;
       $rule:ident[$($r:ident)* $(; $v:ident)?] $d:expr; $cost:ident $(as $arith:ident)?; $(decide $decide:expr;)?
       ex $call:literal => $value:literal;)+) => {
        impl<T: Real> Table<T> {
            $(
                pub(crate) const $NAME: &'static Row<T> = row! {
                    $NAME = stringify!($name), |$x: Real; $($p),*| -> Real { $f };
                    push |_, v, at, p| unary!(@$rule [$($r)*] ($($v)?) v, at, p, [$($p),*], $d);
                    $(decide $decide;)?
                    derivative stringify!($d); reads unary!(@reads [$($r)*]); domain [$domain]; $cost $(as $arith)?
                };
            )+

            /// All rows of this table, in its order.
            #[cfg(test)]
            pub(crate) const $TABLE: &'static [&'static Row<T>] = &[$(Self::$NAME),+];
        }

        impl<'t, T: Real> Var<'t, T> {
            $(
                $(#[$doc])*
                ///
                #[doc = concat!("Elementwise; local derivative: `", stringify!($d), "`.")]
                ///
                /// ```
                /// use wengert::prelude::*;
                #[doc = concat!("let y = Tape::<f64>::default().", $call, ".item();")]
                #[doc = concat!("assert!((y - (", $value, ")).abs() < 1e-6, \"{y}\");")]
                /// ```
                #[track_caller]
                #[must_use]
                pub fn $name(self $(, $p: f64)*) -> Var<'t, T> {
                    self.tape.row(bound(Table::$NAME, [$($p),*]), &[self.into()]).real(0)
                }
            )+
        }
    };
    (@d [$($r:ident)*] () $v:ident, $at:ident, $p:ident, [$($q:ident),*], $d:expr) => {{
        let (_, [$($q,)* ..]) = ($at, $p.map(|c| c.as_f64()));
        $(let _ = $q;)*
        $(let $r = unary!(@bind $r $at);)*
        Push::Along($v.azmul($d))
    }};
    (@push [$($r:ident)*] ($w:ident) $v:ident, $at:ident, $p:ident, [$($q:ident),*], $d:expr) => {{
        let (_, [$($q,)* ..]) = ($at, $p.map(|c| c.as_f64()));
        $(let _ = $q;)*
        let $w = $v;
        $(let $r = unary!(@bind $r $at);)*
        Push::Along($d)
    }};
    (@zero [] () $v:ident, $at:ident, $p:ident, [$($q:ident),*], $why:expr) => {{
        let _ = ($v, $at, $p);
        Push::Zero($why)
    }};
    (@bind x $at:ident) => { $at.x(0) };
    (@bind y $at:ident) => { $at.y() };
    (@reads []) => { Reads::NOTHING };
    (@reads [x]) => { Reads::OPERANDS };
    (@reads [y]) => { Reads::RESULTS };
    (@reads [x y]) => { Reads::ALL };
}

pub(crate) use {row, unary};

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    /// A check of a row at one shape: real operands from its domains, integers that mean false and true.
    pub(crate) fn row_at(row: &'static Row<f64>, params: [f64; 2], dims: &[usize]) -> OpCheck {
        let masks: Vec<u32> = (0..dims.iter().product()).map(|k: usize| [0, 1, 7, 0, 0, 1, 2][k % 7]).collect();
        row.kinds.iter().fold(OpCheck::new(Bound { row, params }), |c, kind| match kind {
            Kind::Real => c.real(dims),
            Kind::Int => c.ints(dims, &masks),
        })
    }

    #[test]
    fn rows_of_arithmetic_compute_what_the_steps_of_passes_do() {
        use crate::kernels::fused::{Previous, Step};
        let rows = [
            Table::<f64>::ADD,
            Table::SUB,
            Table::MUL,
            Table::DIV,
            Table::AZMUL,
            Table::GATE,
            Table::SCALE,
            Table::SHIFT,
            Table::FROM,
            Table::NEG,
            Table::SQUARE,
            Table::RELU,
        ];
        let special = [0.0, -0.0, 1.5, -2.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        let same = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || a.to_bits() == b.to_bits();
        for row in rows {
            let arith = row.arith.expect("the row says what arithmetic it is");
            for (a, b) in special.iter().flat_map(|a| special.map(|b| (*a, b))) {
                for previous in [Previous::First, Previous::Second, Previous::Both] {
                    let binary = row.kinds.len() == 2;
                    let other = (binary && previous != Previous::Both).then_some(0);
                    let Some(step) = Step::new(arith, previous, 0.7, other) else { continue };
                    let operands = match (binary, previous) {
                        (true, Previous::Second) => vec![b, a],
                        (true, Previous::Both) => vec![a, a],
                        (true, Previous::First) => vec![a, b],
                        (false, _) => vec![a],
                    };
                    let expected = (row.scalar)(&[0.7, 0.0], &operands);
                    assert!(same(step.one(a, b), expected), "{} of {operands:?}", row.name);
                }
            }
        }
    }
}
