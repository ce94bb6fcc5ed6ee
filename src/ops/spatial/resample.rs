//! A sparse linear map along one axis, and its adjoint: what interpolation and the paddings other than constant are made of.
//! The map is given by a few numbers; its matrix is made when it first runs and kept for the next runs.

use std::sync::{Arc, OnceLock};

use crate::kernels::filter::{Edge, Filter};
use crate::kernels::resample::{self, Taps};
use crate::ops::prelude::*;

/// What a place of the result takes from the operand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// Place i takes the value at step·i + offset, by a filter, from an axis that the edge continues.
    Filter { filter: Filter, edge: Edge, step: f64, offset: f64 },
    /// Place i of m takes the mean of the cells ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉ − 1 of n.
    Mean,
}

/// A rule from an axis of size `from` to one of size `to`, with its matrix.
#[derive(Debug)]
pub(crate) struct AxisMap {
    rule: Rule,
    from: usize,
    to: usize,
    taps: OnceLock<Taps>,
    transposed: OnceLock<Taps>,
}

impl AxisMap {
    /// Sizes are at least 1, but `to` may be 0.
    pub(crate) fn new(rule: Rule, from: usize, to: usize) -> Self {
        AxisMap { rule, from, to, taps: OnceLock::new(), transposed: OnceLock::new() }
    }

    fn taps(&self) -> &Taps {
        self.taps.get_or_init(|| match self.rule {
            Rule::Filter { filter, edge, step, offset } => {
                Taps::filtered(filter, edge, [step, offset], self.to, self.from)
            }
            Rule::Mean => Taps::means(self.to, self.from),
        })
    }

    fn transposed(&self) -> &Taps {
        self.transposed.get_or_init(|| self.taps().transposed())
    }
}

/// y\[.., i, ..\] = Σₖ a\[i, k\]·x\[.., k, ..\] along the axis, or with a transposed.
#[derive(Clone, Debug)]
pub(crate) struct Resample {
    axis: usize,
    map: Arc<AxisMap>,
    adjoint: bool,
}

impl Resample {
    /// The sizes of the axis before and after.
    fn sizes(&self) -> (usize, usize) {
        if self.adjoint { (self.map.to, self.map.from) } else { (self.map.from, self.map.to) }
    }

    fn turned(&self) -> Self {
        Resample { adjoint: !self.adjoint, ..self.clone() }
    }
}

impl<T: Real> Op<T> for Resample {
    same_in_f64!();

    fn name(&self) -> &'static str {
        if self.adjoint { "resample_adjoint" } else { "resample" }
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real])?;
        let (from, to) = self.sizes();
        if x[0].dims.get(self.axis) != Some(&from) {
            return Err(Error::shape(format!("shape {} does not have size {from} along axis {}", x[0], self.axis))
                .rule(format!("this map leads from {from} places to {to}"))
                .fix("make a map for the size that the axis has"));
        }
        Ok(ResultSigs::real(Dims::from(x[0].dims).with(self.axis, to)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        if y[0].real().is_empty() {
            return Ok(());
        }
        let dims = x[0].dims();
        let around = [dims[..self.axis].iter().product(), dims[self.axis + 1..].iter().product()];
        let taps = if self.adjoint { self.map.transposed() } else { self.map.taps() };
        resample::resample(x[0].real(), taps, around, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().mapped(self.turned()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.mapped(self.clone()));
    }

    fn attributes(&self) -> Attributes {
        let mut a: Attributes = smallvec![("axis", self.axis.into())];
        match self.map.rule {
            Rule::Filter { filter, edge, step, offset } => {
                a.push(("by", filter.name().into()));
                a.push(("edge", edge.name().into()));
                if step != 1.0 {
                    a.push(("step", step.into()));
                }
                if offset != 0.0 {
                    a.push(("offset", offset.into()));
                }
            }
            Rule::Mean => a.push(("by", "mean".into())),
        }
        a.push(("size", self.sizes().1.into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let width = match self.map.rule {
            Rule::Filter { filter, .. } => filter.width(),
            Rule::Mean => self.map.from.div_ceil(self.map.to.max(1)),
        };
        let lines = x[0].count() / self.sizes().0.max(1);
        Cost { flops: 2.0 * (lines * width) as f64 * self.map.to as f64, cheap: false }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Dense
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The map applied along an axis whose size is the map's.
    #[track_caller]
    pub(crate) fn resampled(self, axis: usize, map: AxisMap) -> Self {
        self.mapped(Resample { axis, map: Arc::new(map), adjoint: false })
    }

    #[track_caller]
    fn mapped(self, op: Resample) -> Self {
        self.tape.call(op, &[self.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let filter = |filter, edge, step, offset| Rule::Filter { filter, edge, step, offset };
        let cases: [(Rule, usize, usize, &[usize]); 7] = [
            (filter(Filter::Linear, Edge::Replicate, 0.6, -0.2), 0, 5, &[3, 2]),
            (filter(Filter::Cubic, Edge::Replicate, 0.6, -0.2), 1, 7, &[2, 4, 3]),
            (filter(Filter::Cell, Edge::Reflect, 1.0, -2.0), 1, 8, &[2, 5]),
            (filter(Filter::Cell, Edge::Circular, 1.0, -1.0), 0, 4, &[3]),
            (filter(Filter::Nearest, Edge::Zeros, 0.5, -0.3), 2, 7, &[1, 2, 3]),
            (Rule::Mean, 1, 3, &[2, 5, 2]),
            (Rule::Mean, 0, 3, &[2, 0]),
        ];
        let both = |(rule, axis, to, dims): (Rule, usize, usize, &[usize])| {
            let map = Arc::new(AxisMap::new(rule, dims[axis], to));
            let there = OpCheck::new(Resample { axis, map: map.clone(), adjoint: false }).real(dims);
            [there, OpCheck::new(Resample { axis, map, adjoint: true }).real(Dims::from(dims).with(axis, to))]
        };
        cases.into_iter().flat_map(both).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn another_size_is_refused() {
        let tape = Tape::<f64>::default();
        let op = Resample { axis: 1, map: Arc::new(AxisMap::new(Rule::Mean, 4, 2)), adjoint: false };
        let e = tape.apply(op, &[tape.zeros([4, 3]).into()]).unwrap_err();
        assert!(e.is_shape() && e.to_string().contains("from 4 places to 2"), "{e}");
    }
}
