//! Random lines: uniform and normal numbers, masks of kept elements, and dropout.
//! They have no operands: a number is a function of the tape's seed, the step, the line's ordinal and the element alone.

use super::prelude::*;
use crate::kernels::random::{self, Stream};

/// One stream holds 2³² blocks of at least two numbers.
const LONGEST: u64 = 1 << 33;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
enum Law {
    Uniform,
    Normal,
    Keep { probability: f64 },
}

/// Numbers of one law; `ordinal` tells the random lines of one step apart.
#[derive(Clone, Debug)]
struct Draw {
    law: Law,
    ordinal: u32,
    dims: Dims,
}

impl<T: Real> Op<T> for Draw {
    same_in_f64!();

    fn name(&self) -> &'static str {
        match self.law {
            Law::Uniform => "uniform",
            Law::Normal => "normal",
            Law::Keep { .. } => "keep_mask",
        }
    }

    fn infer(&self, _: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if let Law::Keep { probability } = self.law
            && !(0.0..=1.0).contains(&probability)
        {
            return Err(Error::argument(format!("the probability of keeping an element is {probability}"))
                .rule("a probability lies in 0..=1")
                .fix("pass the share of elements to keep, 0.9 say"));
        }
        if self.dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).is_none_or(|n| n as u64 > LONGEST) {
            return Err(Error::shape(format!("shape {} holds too many random numbers", self.dims))
                .rule(format!("one line draws at most {LONGEST}"))
                .fix("draw in several lines and concatenate"));
        }
        Ok(ResultSigs::real(self.dims.clone()))
    }

    fn eval(&self, _: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let stream = Stream { seed: cx.seed(), step: cx.step(), ordinal: self.ordinal };
        match self.law {
            Law::Uniform => random::uniform(stream, y[0].real()),
            Law::Normal => random::normal(stream, y[0].real()),
            Law::Keep { probability } => {
                random::keep_mask(stream, probability, T::of(probability.recip()), y[0].real());
            }
        }
        Ok(())
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn attributes(&self) -> Attributes {
        let mut a: Attributes = smallvec![("ordinal", AttrValue::Int(self.ordinal.into()))];
        if let Law::Keep { probability } = self.law {
            a.push(("keep", probability.into()));
        }
        a.push(("shape", (&self.dims[..]).into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        // Ten rounds of the generator an element, and logarithm and sine more for the normal law.
        let each = if matches!(self.law, Law::Normal) { 64.0 } else { 16.0 };
        Cost { flops: each * self.dims.count() as f64, cheap: false }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Expand
    }
}

impl<T: Real> Tape<T> {
    /// Numbers uniform on \[0, 1).
    ///
    /// They are a function of [`seed`](Tape::seed), [`step`](Tape::step), the place of this line among the step's random
    /// lines, and the element: the same in forward, backward and recomputation and for any number of threads, and new
    /// after every [`clear`](Tape::clear).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new().seeded(7);
    /// let u = tape.uniform([1000]);
    /// assert!((u.sum().item() / 1000.0 - 0.5).abs() < 0.05);
    /// assert_eq!(u.ge(0.0).and(u.lt(1.0)).to_real().sum().item(), 1000.0);
    /// ```
    ///
    /// # Panics
    /// More than 2³³ numbers are asked for.
    #[track_caller]
    #[must_use]
    pub fn uniform(&self, dims: impl Into<Dims>) -> Var<'_, T> {
        self.draw(Law::Uniform, dims.into())
    }

    /// Numbers with the normal distribution of mean 0 and variance 1; as [`uniform`](Tape::uniform) in all else.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let z = tape.normal([2000]).value();
    /// assert!(z.mean().unwrap().abs() < 0.1 && (z.var(0.0) - 1.0).abs() < 0.2);
    /// ```
    ///
    /// # Panics
    /// More than 2³³ numbers are asked for.
    #[track_caller]
    #[must_use]
    pub fn normal(&self, dims: impl Into<Dims>) -> Var<'_, T> {
        self.draw(Law::Normal, dims.into())
    }

    /// 1/q with probability q, the probability of keeping an element, and 0 otherwise, so that the mean is 1; all zeros
    /// for q = 0. As [`uniform`](Tape::uniform) in all else.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let mask = tape.keep_mask([1000], 0.5).value();
    /// assert!(mask.iter().all(|&m| m == 0.0 || m == 2.0));
    /// assert!((mask.mean().unwrap() - 1.0).abs() < 0.2);
    /// ```
    ///
    /// # Panics
    /// The probability lies outside 0..=1, or more than 2³³ numbers are asked for.
    #[track_caller]
    #[must_use]
    pub fn keep_mask(&self, dims: impl Into<Dims>, keep_probability: f64) -> Var<'_, T> {
        self.draw(Law::Keep { probability: keep_probability }, dims.into())
    }

    #[track_caller]
    fn draw(&self, law: Law, dims: Dims) -> Var<'_, T> {
        self.call(Draw { law, ordinal: self.next_ordinal(), dims }, &[]).real(0)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Sets each element to 0 with probability p and scales the rest by 1/(1 − p) (Srivastava and others, 2014).
    ///
    /// A [`keep_mask`](Tape::keep_mask) and a product; p = 1 gives zeros. For p = 0 this is the line itself, and nothing is
    /// recorded, yet the place among the step's random lines is taken, so that other masks do not depend on it.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0; 8]);
    /// let y = x.dropout(0.5);
    /// let g = y.sum().backward();
    /// assert_eq!(g[x], y.value());                // the gradient of the sum is the mask, and so is y for ones
    /// ```
    ///
    /// # Panics
    /// The probability lies outside 0..=1.
    #[track_caller]
    #[must_use]
    pub fn dropout(self, p: f64) -> Self {
        if !(0.0..=1.0).contains(&p) {
            let e = Error::argument(format!("the probability of dropping an element is {p}"))
                .rule("a probability lies in 0..=1")
                .fix("pass the share of elements to drop, 0.1 say");
            self.tape.blame(e, "dropout", &[self.id]).raise()
        }
        if p == 0.0 {
            self.tape.next_ordinal();
            return self;
        }
        self * self.tape.keep_mask(self.dims(), 1.0 - p)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use ndarray::ArrayD;

    use crate::prelude::*;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let laws = [Law::Uniform, Law::Normal, Law::Keep { probability: 0.7 }];
        let draw = |law, dims: &[usize]| OpCheck::new(Draw { law, ordinal: 3, dims: dims.into() });
        laws.into_iter().flat_map(|law| [draw(law, &[]), draw(law, &[7]), draw(law, &[2, 0])]).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    /// Elements of a mask that is too large to be kept without a reader.
    const LARGE: usize = 50_000;

    fn text(f: impl FnOnce()) -> String {
        let e = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).expect_err("it panics");
        e.downcast_ref::<String>().expect("panics carry text").clone()
    }

    #[test]
    fn draws_differ_between_lines_and_steps_and_come_again_with_the_seed() {
        let run = |seed: u64| -> Vec<ArrayD<f32>> {
            let mut tape = Tape::new().seeded(seed);
            let mut all = Vec::new();
            for _ in 0..2 {
                tape.clear();
                all.extend([tape.uniform([100]), tape.uniform([100]), tape.normal([100])].map(|v| v.value()));
                all.push(tape.keep_mask([100], 0.5).value());
            }
            all
        };
        let first = run(1);
        assert_eq!(first, run(1));
        assert!(first.iter().zip(run(2)).all(|(a, b)| *a != b));
        assert!((0..first.len()).all(|i| (0..i).all(|k| first[i] != first[k])));
    }

    #[test]
    fn a_step_can_be_taken_up_again() {
        let mut tape = Tape::<f64>::default();
        tape.clear();
        tape.clear();
        let expected = tape.normal([9]).value();
        let mut resumed = Tape::<f64>::default();
        resumed.set_step(2);
        assert_eq!(resumed.normal([9]).value(), expected);
    }

    #[test]
    fn forward_backward_and_recomputation_see_one_mask() {
        let tape = Tape::new().seeded(3);
        let x = tape.var(ArrayD::from_elem(vec![LARGE], 1.0f32));
        let w = tape.var(ArrayD::from_elem(vec![LARGE], 2.0f32));
        let y = (x * w).dropout(0.4) * w;
        let before = y.value();
        let mask = before.mapv(|v| v / 4.0);
        assert!(mask.iter().any(|&m| m == 0.0) && mask.iter().all(|&m| m == 0.0 || m == 1.0 / 0.6f32));
        let g = y.sum().backward();
        assert_eq!(g[x], mask.mapv(|m| 4.0 * m));
        assert_eq!(y.sum().backward()[x], g[x]);
        assert_eq!(y.value(), before);
    }

    #[test]
    fn a_mask_asked_for_by_name_is_the_one_that_backward_used() {
        let tape = Tape::new();
        let x = tape.var(ArrayD::from_elem(vec![LARGE], 3.0f32));
        let mask = tape.keep_mask([LARGE], 0.5);
        let g = (x * mask).sum().backward();
        assert_eq!(mask.value(), g[x]);
    }

    #[test]
    fn draws_do_not_depend_on_threads() {
        let on = |threads: usize| -> [ArrayD<f32>; 3] {
            let draw = || {
                let tape = Tape::new().seeded(11);
                let x = tape.var(ArrayD::from_elem(vec![LARGE], 1.0f32));
                let g = x.dropout(0.3).sum().backward();
                [g[x].clone(), tape.uniform([LARGE]).value(), tape.normal([LARGE]).value()]
            };
            crate::with_threads(threads, draw).expect("a few threads")
        };
        let one = on(1);
        assert_eq!(one, on(2));
        assert_eq!(one, on(3));
    }

    #[test]
    fn the_ends_of_the_range_and_beyond() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1., 2., 3.]);
        let lines = tape.len();
        assert_eq!((x.dropout(0.0).id(), tape.len()), (x.id(), lines));
        let none = x.dropout(1.0);
        assert_eq!(none.value().as_slice().unwrap(), [0.; 3]);
        assert_eq!(none.sum().backward()[x].as_slice().unwrap(), [0.; 3]);
        for p in [-0.1, 1.1, f64::NAN] {
            let e = text(|| _ = x.dropout(p));
            assert!(e.contains("dropout") && e.contains(&format!("dropping an element is {p}")), "{e}");
            assert!(text(|| _ = tape.keep_mask([2], p)).contains("keep_mask"));
        }
        assert!(text(|| _ = tape.uniform([usize::MAX, 2])).contains("too many random numbers"));
        assert_eq!(tape.normal([0, 3]).value().len(), 0);
        assert_eq!(tape.zeros([0]).dropout(0.5).dims(), [0]);
    }

    #[test]
    fn dropping_nothing_leaves_the_other_masks_alone() {
        let with = |p: f64| {
            let tape = Tape::<f64>::default();
            let _ = tape.zeros([2]).dropout(p);
            tape.uniform([50]).value()
        };
        assert_eq!(with(0.0), with(0.5));
    }

    #[test]
    fn a_random_line_carries_no_cotangent_but_scales_one() {
        let tape = Tape::<f64>::default();
        let (mean, spread) = (tape.var(1.0), tape.var(2.0));
        let z = tape.normal([400]);
        let y = mean + spread * z;
        let g = y.sum().backward();
        assert_eq!(g[mean].sum(), 400.0);
        assert!((g[spread].sum() - z.value().sum()).abs() < 1e-9);
    }
}
