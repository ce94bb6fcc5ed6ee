//! Sampling of images at coordinates, and its adjoint in the images, each with derivatives of any order in the coordinates.
//! A derivative of either is one of the two again, of one order more, so that the pair is closed under differentiation.

use crate::kernels::filter::{Edge, Filter};
use crate::kernels::sample::{self, Sampling};
use crate::ops::prelude::*;
use crate::ops::rearrange::stack::stack;

/// How images are sampled: for each spatial axis the order of the derivative in its coordinate, 0 for the values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct By {
    pub(crate) filter: Filter,
    pub(crate) edge: Edge,
    pub(crate) order: SmallVec<[usize; 3]>,
}

/// y\[n, c, p\] = the value of image x\[n, c\] at the coordinates u₀\[n, p\], u₁\[n, p\], .., in cells; operands x, u₀, u₁, ..
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    by: By,
}

/// The adjoint in the images, of the given size; operands ȳ, u₀, u₁, ..
#[derive(Clone, Debug)]
pub(crate) struct SampleAdjoint {
    by: By,
    size: SmallVec<[usize; 3]>,
}

const CONSTANT: &str = "between its kinks the filter has no further derivative in the coordinate";

impl By {
    fn new(filter: Filter, edge: Edge, axes: usize) -> Self {
        By { filter, edge, order: SmallVec::from_elem(0, axes) }
    }

    /// The derivative in the coordinate of an axis; `None` where there is none left.
    fn derived(&self, axis: usize) -> Option<Self> {
        let mut by = self.clone();
        by.order[axis] += 1;
        (by.order[axis] < self.filter.smooth_to()).then_some(by)
    }

    fn axes(&self) -> usize {
        self.order.len()
    }

    /// Refuses coordinates that do not belong to a batch of n images; returns the axes of a position.
    fn check_coordinates<'a>(&self, n: usize, at: &'a [Sig<'a>]) -> Result<&'a [usize], Error> {
        let first = at[0].dims;
        if at.iter().any(|u| u.dims != first) || first.first() != Some(&n) {
            let shapes: Vec<String> = at.iter().map(|u| u.to_string()).collect();
            return Err(Error::shape(format!("coordinates {} for {n} images", shapes.join(", ")))
                .rule("the coordinates of all axes have one shape, [N, ..], with N the number of images")
                .fix("broadcast them, or repeat the images"));
        }
        Ok(&first[1..])
    }

    fn sampling<'a, T>(&'a self, images: &'a [usize], at: &Arg<'_, T>) -> Sampling<'a> {
        let positions = at.dims()[1..].iter().product();
        Sampling {
            filter: self.filter,
            edge: self.edge,
            order: &self.order,
            n: images[0],
            c: images[1],
            size: &images[2..],
            positions,
        }
    }

    fn attributes(&self) -> Attributes {
        let mut a: Attributes = smallvec![("by", self.filter.name().into()), ("edge", self.edge.name().into())];
        if self.order.iter().any(|&k| k > 0) {
            a.push(("derivative", (&self.order[..]).into()));
        }
        a
    }
}

/// The coordinates among the operands.
fn coordinates<'t, T: Real>(at: &At<'t, T>) -> SmallVec<[Var<'t, T>; 3]> {
    (1..at.arity()).map(|i| at.x(i)).collect()
}

fn slices<'a, T: Real>(x: &[Arg<'a, T>]) -> SmallVec<[&'a [T]; 3]> {
    x[1..].iter().map(|u| u.real()).collect()
}

/// One real operand and a coordinate for each axis.
fn expect(x: &[Sig<'_>], axes: usize) -> Result<(), Error> {
    Sig::expect(x, &[Kind::Real; 4][..=axes])
}

impl<T: Real> Op<T> for Sample {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "sample"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let axes = self.by.axes();
        expect(x, axes)?;
        if x[0].rank() != axes + 2 || x[0].dims[2..].contains(&0) {
            return Err(Error::shape(format!("shape {} is not that of images with {axes} spatial axes", x[0]))
                .rule("images are [N, C, ..] with a coordinate for each spatial axis, none of which is empty")
                .fix("reshape, or give as many coordinates as there are axes"));
        }
        let position = self.by.check_coordinates(x[0].dims[0], &x[1..])?;
        Ok(ResultSigs::real(x[0].dims[..2].iter().chain(position).copied().collect::<Dims>()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        sample::sample(x[0].real(), &slices(x), &self.by.sampling(x[0].dims(), &x[1]), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let at = coordinates(r);
        r.give(0, || r.g().sampled_back(self.by.clone(), &at, &r.dims(0)[2..]));
        for axis in 0..self.by.axes() {
            match self.by.derived(axis) {
                Some(by) => r.give(1 + axis, || r.g().azmul(r.x(0).sampled(by, &at)).sum_axes(&[1])),
                None => r.zero(1 + axis, CONSTANT),
            }
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let at = coordinates(r);
        r.term(0, |dx| dx.sampled(self.by.clone(), &at));
        for axis in 0..self.by.axes() {
            match self.by.derived(axis) {
                Some(by) => r.term(1 + axis, |du| {
                    let slope = r.x(0).sampled(by, &at);
                    du.unsqueeze(1).fit(&slope.dims()).azmul(slope)
                }),
                None => r.zero(1 + axis, CONSTANT),
            }
        }
    }

    fn decision<'t>(&self, at: &At<'t, T>) -> Option<Decision<'t, T>> {
        // Which cells count changes where the coordinate, or for the nearest cell the coordinate and a half, is whole.
        let shift = if self.by.filter == Filter::Nearest { 0.5 } else { 0.0 };
        let moved: Vec<_> = coordinates(at).into_iter().map(|u| u + shift).collect();
        let odd = |u: &Var<'t, T>| (*u * 0.5 - (*u * 0.5).floor()).ge(0.5);
        let choice: Vec<_> = moved.iter().map(odd).collect();
        let gap: Vec<_> = moved.iter().map(|u| (*u - u.round()).abs()).collect();
        Some(Decision { what: "cells around the coordinate", choice: stack(&choice, 0), gap: Some(stack(&gap, 0)) })
    }

    fn attributes(&self) -> Attributes {
        self.by.attributes()
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Dense
    }
}

impl<T: Real> Op<T> for SampleAdjoint {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "sample_adjoint"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        expect(x, self.by.axes())?;
        let position = self.by.check_coordinates(x[0].dims.first().copied().unwrap_or(0), &x[1..])?;
        if x[0].rank() < 2 || x[0].dims[2..] != *position {
            return Err(Error::shape(format!("samples {} and coordinates {}", x[0], x[1]))
                .rule("samples are [N, C, ..] and coordinates [N, ..] with the same axes behind")
                .fix("give the coordinates of these samples"));
        }
        Ok(ResultSigs::real(x[0].dims[..2].iter().chain(&self.size).copied().collect::<Dims>()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        sample::sample_adjoint(x[0].real(), &slices(x), &self.by.sampling(y[0].dims(), &x[1]), y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let at = coordinates(r);
        r.give(0, || r.g().sampled(self.by.clone(), &at));
        for axis in 0..self.by.axes() {
            match self.by.derived(axis) {
                Some(by) => r.give(1 + axis, || r.g().sampled(by, &at).azmul(r.x(0)).sum_axes(&[1])),
                None => r.zero(1 + axis, CONSTANT),
            }
        }
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let at = coordinates(r);
        r.term(0, |dg| dg.sampled_back(self.by.clone(), &at, &self.size));
        for axis in 0..self.by.axes() {
            match self.by.derived(axis) {
                Some(by) => r.term(1 + axis, |du| {
                    let g = r.x(0);
                    du.unsqueeze(1).fit(&g.dims()).azmul(g).sampled_back(by, &at, &self.size)
                }),
                None => r.zero(1 + axis, CONSTANT),
            }
        }
    }

    fn attributes(&self) -> Attributes {
        let mut a = self.by.attributes();
        a.push(("size", (&self.size[..]).into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Dense
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Images \[N, C, ..\] at coordinates in cells, one line \[N, ..\] for each spatial axis.
    #[track_caller]
    pub(crate) fn sampled_at(self, filter: Filter, edge: Edge, at: &[Var<'t, T>]) -> Self {
        self.sampled(By::new(filter, edge, at.len()), at)
    }

    #[track_caller]
    fn sampled(self, by: By, at: &[Var<'t, T>]) -> Self {
        self.tape.call(Sample { by }, &self.and(at)).real(0)
    }

    #[track_caller]
    fn sampled_back(self, by: By, at: &[Var<'t, T>], size: &[usize]) -> Self {
        self.tape.call(SampleAdjoint { by, size: size.into() }, &self.and(at)).real(0)
    }

    fn and(self, at: &[Var<'t, T>]) -> SmallVec<[Operand<'t, T>; 4]> {
        std::iter::once(self).chain(at.iter().copied()).map(Into::into).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut all = Vec::new();
        let mut both = |filter: Filter, edge: Edge, order: &[usize], size: &[usize], range: [f64; 2]| {
            let by = By { order: order.into(), ..By::new(filter, edge, size.len()) };
            let dims = |tail: &[usize]| -> Dims { [2, 3].iter().chain(tail).copied().collect() };
            let adjoint = SampleAdjoint { by: by.clone(), size: size.into() };
            for check in [OpCheck::new(Sample { by }).real(dims(size)), OpCheck::new(adjoint).real(dims(&[4]))] {
                all.push(size.iter().fold(check, |c, _| c.real_in([2, 4], range[0], range[1])));
            }
        };
        both(Filter::Linear, Edge::Zeros, &[0, 0], &[3, 4], [1.1, 1.9]);
        both(Filter::Linear, Edge::Zeros, &[0, 0], &[3, 4], [-0.9, -0.1]);
        both(Filter::Linear, Edge::Mirror, &[0, 1], &[3, 4], [-2.9, -2.1]);
        both(Filter::Linear, Edge::Replicate, &[0], &[5], [3.1, 3.9]);
        both(Filter::Linear, Edge::Reflect, &[0, 0, 0], &[2, 3, 2], [4.1, 4.9]);
        both(Filter::Cubic, Edge::Zeros, &[0, 0], &[3, 4], [0.1, 0.9]);
        both(Filter::Cubic, Edge::Mirror, &[1, 0], &[3, 4], [-1.9, -1.1]);
        both(Filter::Nearest, Edge::Zeros, &[0, 0], &[3, 4], [0.6, 1.4]);
        all
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn the_decision_tells_the_cell_and_the_distance_to_the_next() {
        let tape = Tape::<f64>::default();
        let x = tape.zeros([1, 1, 4]);
        let u = tape.var([[0.25, 1.5, 2.0, -0.75]]);
        for (filter, choice, gap) in [
            (Filter::Linear, [0, 1, 0, 1], [0.25, 0.5, 0.0, 0.25]),
            (Filter::Nearest, [0, 0, 0, 1], [0.25, 0.0, 0.5, 0.25]),
        ] {
            let y = x.sampled_at(filter, Edge::Zeros, &[u]);
            let decision = tape.decision(y.id()).unwrap();
            assert_eq!(decision.choice.value().as_slice().unwrap(), choice, "{filter:?}");
            assert_eq!(decision.gap.unwrap().value().as_slice().unwrap(), gap, "{filter:?}");
        }
    }
}
