//! The cell of a pooling window that would win without its winner, and how far the winner is ahead of it.
//! The gradient checker asks for it, to tell how near a pooled tensor is to a kink.

use super::images::{by_axes, plane, window_attributes};
use crate::kernels::{pool, unfold::Slide, windows::Windows};
use crate::ops::prelude::*;
use crate::window::Window;

/// How a pool lays its windows over a plane.
#[derive(Clone, Debug)]
pub(crate) enum Layout<const D: usize> {
    Sliding(Window<D>),
    /// This many windows along each axis, which divide the plane among them.
    Adaptive([usize; D]),
}

impl<const D: usize> Layout<D> {
    fn windows(&self, plane: [usize; D]) -> Windows<D> {
        match self {
            Layout::Sliding(window) => {
                Windows::sliding(&Slide::new(window, plane).expect("the shape rule of the pool has accepted it"))
            }
            Layout::Adaptive(output) => Windows::adaptive(plane, *output),
        }
    }
}

/// The index of the cell that is second in every window, from the pooled tensor and the indices of the winners.
///
/// Where a window has one cell only, that is the winner itself.
#[derive(Clone, Debug)]
pub(crate) struct RunnerUp<const D: usize> {
    layout: Layout<D>,
}

impl<T: Real, const D: usize> Op<T> for RunnerUp<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["runner_up1d", "runner_up2d", "runner_up3d"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::int(x[1].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let windows = self.layout.windows(plane(x[0].dims()));
        pool::runner_up(x[0].real(), &windows, x[1].int(), y[0].int());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.zero(0, "which cell is second does not change where a derivative exists");
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.zero(0, "which cell is second does not change where a derivative exists");
    }

    fn attributes(&self) -> Attributes {
        match &self.layout {
            Layout::Sliding(window) => window_attributes(window),
            Layout::Adaptive(output) => smallvec![("size", (&output[..]).into())],
        }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

/// How far the winner of every window is ahead of the next cell; infinite where there is no other.
pub(crate) fn gap<'t, T: Real, const D: usize>(at: &At<'t, T>, layout: Layout<D>) -> Var<'t, T> {
    let (x, winner) = (at.x(0), at.result_index(1));
    let second = at.tape().call(RunnerUp { layout }, &[x.into(), winner.into()]).int(0);
    let ahead = at.y() - x.gather_in_planes::<D>(second);
    ahead.masked_fill(second.equals(winner), f64::INFINITY)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::ops::{AdaptiveMaxPool1d, MaxPool2d};

    pub(crate) fn checks() -> Vec<OpCheck> {
        let sliding = RunnerUp { layout: Layout::Sliding(Window::<2>::new([1, 2])) };
        let adaptive = RunnerUp { layout: Layout::Adaptive([2]) };
        vec![
            OpCheck::new(sliding).real([1, 1, 4]).ints([1, 1, 2], &[1, 2]),
            OpCheck::new(adaptive).real([2, 3]).ints([2, 2], &[0, 2, 1, 1]),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn the_gap_is_how_far_the_winner_is_ahead() {
        let tape = Tape::<f64>::default();
        let gap = |y: Var<'_, f64>| tape.decision(y.id()).unwrap().gap.unwrap().value().into_iter().collect::<Vec<_>>();
        let x = tape.var([[[1.0, 4.0, 2.5], [3.5, 7.0, 7.0]]]);
        assert_eq!(gap(x.max_pool2d(MaxPool2d::new(2).stride(1))), [3.0, 0.0]);
        assert_eq!(gap(x.max_pool2d(1)), [f64::INFINITY; 6]);
        let x = tape.var([[5.0, 1.0, 2.5]]);
        assert_eq!(gap(x.adaptive_max_pool1d(2)), [4.0, 1.5]);
        let _ = AdaptiveMaxPool1d::new(2);
    }
}
