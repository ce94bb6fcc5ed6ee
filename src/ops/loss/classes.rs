//! Cross entropy with all its options: weights of classes, labels to leave out, smoothing, and probabilities as targets.
//! Its mean is over weights and not over examples, so it is a method here and not left to the caller.

use crate::ops::prelude::*;

/// What a classifier's answer is held against.
#[derive(Clone, Copy, Debug)]
pub enum ClassTarget<'t, T: Real> {
    /// One class for each example.
    Labels(IntVar<'t, T>),
    /// A probability for each class, of the shape of the logits.
    Probabilities(Var<'t, T>),
}

impl<'t, T: Real> From<IntVar<'t, T>> for ClassTarget<'t, T> {
    fn from(labels: IntVar<'t, T>) -> Self {
        ClassTarget::Labels(labels)
    }
}

impl<'t, T: Real> From<Var<'t, T>> for ClassTarget<'t, T> {
    fn from(probabilities: Var<'t, T>) -> Self {
        ClassTarget::Probabilities(probabilities)
    }
}

/// The cross entropy of a classifier with options; [`Var::cross_entropy`] is the plain one.
///
/// Classes stand on axis 1, or on axis 0 of a vector; [`each`](CrossEntropy::each) gives a number for each example and
/// [`mean`](CrossEntropy::mean) one number.
///
/// ```
/// use wengert::{CrossEntropy, prelude::*};
/// let tape = Tape::<f64>::default();
/// let logits = tape.var([[0., 0.], [0., 1.], [5., 5.]]);
/// let labels = tape.ints([0, 1, 255]);
/// let loss = CrossEntropy::new().weights(tape.constant([3., 1.])).ignore(255);
/// let (first, second) = (2f64.ln(), (-1f64).exp().ln_1p());
/// assert_eq!(loss.each(logits, labels).value().as_slice().unwrap(), [3. * first, second, 0.]);
/// assert!((loss.mean(logits, labels).item() - (3. * first + second) / 4.).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy<'t, T: Real> {
    weights: Option<Var<'t, T>>,
    ignored: Option<u32>,
    smoothing: f64,
    logarithms: bool,
}

impl<T: Real> Default for CrossEntropy<'_, T> {
    fn default() -> Self {
        CrossEntropy::new()
    }
}

impl<'t, T: Real> CrossEntropy<'t, T> {
    /// Of logits, every class and every label alike.
    #[must_use]
    pub fn new() -> Self {
        CrossEntropy { weights: None, ignored: None, smoothing: 0.0, logarithms: false }
    }

    /// A weight for each class, a vector: an example counts as often as the weight of its class says.
    #[must_use]
    pub fn weights(self, weights: Var<'t, T>) -> Self {
        CrossEntropy { weights: Some(weights), ..self }
    }

    /// Examples with this label count for nothing; it need not be a class.
    #[must_use]
    pub fn ignore(self, label: u32) -> Self {
        CrossEntropy { ignored: Some(label), ..self }
    }

    /// The share of each target that is spread evenly over all classes (Szegedy and others, 2016).
    #[must_use]
    pub fn smoothing(self, share: f64) -> Self {
        CrossEntropy { smoothing: share, ..self }
    }

    /// The operand holds logarithms of probabilities already, as from [`log_softmax`](Var::log_softmax): the negative
    /// log-likelihood.
    #[must_use]
    pub fn of_logarithms(self) -> Self {
        CrossEntropy { logarithms: true, ..self }
    }

    /// The loss of each example.
    ///
    /// # Panics
    /// The shapes do not fit, there is not one weight for each class, the smoothing lies outside 0..=1, or a label is
    /// neither a class nor left out.
    #[track_caller]
    #[must_use]
    pub fn each(&self, x: Var<'t, T>, target: impl Into<ClassTarget<'t, T>>) -> Var<'t, T> {
        x.tape.checked(self.check(x), "cross_entropy", &[x.id]);
        match target.into() {
            ClassTarget::Labels(labels) => {
                let y = self.of_labels(x, self.existing(labels));
                match self.kept(labels) {
                    Some(kept) => kept.select(y, 0.0),
                    None => y,
                }
            }
            ClassTarget::Probabilities(p) => self.of_probabilities(x, p),
        }
    }

    /// The sum of the losses over that of the weights of the labels that count; with probabilities over the number of
    /// examples. NaN where nothing counts.
    ///
    /// # Panics
    /// As [`each`](CrossEntropy::each).
    #[track_caller]
    #[must_use]
    pub fn mean(&self, x: Var<'t, T>, target: impl Into<ClassTarget<'t, T>>) -> Var<'t, T> {
        let target = target.into();
        let each = self.each(x, target);
        let ClassTarget::Labels(labels) = target else { return each.mean() };
        match (self.kept(labels), self.weights) {
            (None, None) => each.mean(),
            (None, Some(w)) => each.sum() / w.index_select(0, labels).sum(),
            (Some(kept), None) => each.sum() / kept.to_real().sum(),
            (Some(kept), Some(w)) => each.sum() / kept.select(w.index_select(0, self.existing(labels)), 0.0).sum(),
        }
    }

    /// 1 where a label counts.
    #[track_caller]
    fn kept(&self, labels: IntVar<'t, T>) -> Option<IntVar<'t, T>> {
        let label = self.ignored?;
        Some(labels.equals(label).not())
    }

    /// The labels with an existing class in the place of the one that is left out.
    #[track_caller]
    fn existing(&self, labels: IntVar<'t, T>) -> IntVar<'t, T> {
        match self.ignored {
            Some(label) => labels.replace(label, 0),
            None => labels,
        }
    }

    #[track_caller]
    fn of_labels(&self, x: Var<'t, T>, labels: IntVar<'t, T>) -> Var<'t, T> {
        let y = if self.logarithms { x.nll(labels) } else { x.cross_entropy(labels) };
        let y = match self.weights {
            Some(w) => y * w.index_select(0, labels),
            None => y,
        };
        if self.smoothing == 0.0 {
            return y;
        }
        let logs = self.logarithms_of(x);
        let even = -self.weighted(logs).sum_axes(&[class_axis(x)]);
        y * (1.0 - self.smoothing) + even * (self.smoothing / classes(x) as f64)
    }

    /// −Σ wⱼ tⱼ ln pⱼ, where a probability of 0 wins over the logarithm of 0.
    #[track_caller]
    fn of_probabilities(&self, x: Var<'t, T>, target: Var<'t, T>) -> Var<'t, T> {
        if target.dims() != x.dims() {
            let e = Error::shape(format!("logits {} with probabilities {}", x.dims(), target.dims()))
                .rule("there is a probability for every class of every example: one shape")
                .fix("reshape the probabilities, or give labels");
            x.tape.blame(e, "cross_entropy", &[x.id, target.id]).raise()
        }
        let s = self.smoothing;
        let target = if s == 0.0 { target } else { target * (1.0 - s) + s / classes(x) as f64 };
        -self.weighted(target.azmul(self.logarithms_of(x))).sum_axes(&[class_axis(x)])
    }

    #[track_caller]
    fn logarithms_of(&self, x: Var<'t, T>) -> Var<'t, T> {
        if self.logarithms { x } else { x.log_softmax(class_axis(x) as isize) }
    }

    /// v with the weights of the classes.
    #[track_caller]
    fn weighted(&self, v: Var<'t, T>) -> Var<'t, T> {
        let Some(w) = self.weights else { return v };
        let dims: Dims = (class_axis(v)..v.rank()).map(|k| if k == class_axis(v) { w.count() } else { 1 }).collect();
        v * w.reshape(dims)
    }

    fn check(&self, x: Var<'t, T>) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&self.smoothing) {
            return Err(Error::argument(format!("the smoothing is {}", self.smoothing))
                .rule("a share lies in 0..=1")
                .fix("0.1 is common"));
        }
        if x.rank() == 0 {
            return Err(Error::shape("a scalar has no class axis")
                .rule("classes stand on axis 1, or on axis 0 of a vector")
                .fix("reshape the logits to [batch, classes]"));
        }
        match self.weights.map(|w| w.dims()) {
            Some(d) if d != [classes(x)] => {
                Err(Error::shape(format!("weights of shape {d} for {} classes", classes(x)))
                    .rule("there is one weight for each class, a vector")
                    .fix("give as many weights as the logits have classes"))
            }
            _ => Ok(()),
        }
    }
}

/// Classes stand on axis 1; a single example is a vector.
fn class_axis<T: Real>(x: Var<'_, T>) -> usize {
    usize::from(x.rank() > 1)
}

fn classes<T: Real>(x: Var<'_, T>) -> usize {
    x.dims()[class_axis(x)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adjoint::grad;

    fn numbers(tape: &Tape<f64>, n: usize) -> Var<'_, f64> {
        tape.var((0..n).map(|k| ((k * k) as f64 * 0.37).sin() * 2.0).collect::<Vec<f64>>())
    }

    fn near(a: Var<'_, f64>, b: Var<'_, f64>) {
        assert_eq!(a.dims(), b.dims());
        assert!((a - b).abs().value().iter().all(|v| *v < 1e-13), "{} and {}", a.value(), b.value());
    }

    #[test]
    fn labels_are_probabilities_of_one() {
        let tape = Tape::default();
        let (x, w) = (numbers(&tape, 24).reshape([2, 4, 3]), tape.constant([1.0, 0.5, 2.0, 3.0]));
        let labels = tape.ints(ndarray::array![[0, 3, 1], [2, 2, 0]]);
        let sure = labels.one_hot(4).movedim(-1, 1);
        let plain = CrossEntropy::new();
        for loss in [plain, plain.weights(w), plain.smoothing(0.2), plain.weights(w).smoothing(0.2)] {
            let (a, b) = (loss.each(x, labels), loss.each(x, sure));
            near(a, b);
            near(grad(a.square().sum(), &[x])[0], grad(b.square().sum(), &[x])[0]);
            near(loss.of_logarithms().each(x.log_softmax(1), labels), a);
        }
        near(plain.each(x, labels), x.cross_entropy(labels));
        near(plain.mean(x, labels), x.cross_entropy(labels).mean());
    }

    #[test]
    fn what_is_left_out_counts_for_nothing() {
        let tape = Tape::default();
        let (x, w) = (numbers(&tape, 12).reshape([4, 3]), tape.constant([1.0, 0.5, 2.0]));
        let labels = tape.ints([2, u32::MAX, 0, u32::MAX]);
        let (some, few) = (x.index_select(0, tape.ints([0, 2])), tape.ints([2, 0]));
        for loss in [CrossEntropy::new(), CrossEntropy::new().weights(w), CrossEntropy::new().weights(w).smoothing(0.1)]
        {
            let y = loss.ignore(u32::MAX).mean(x, labels);
            near(y, loss.mean(some, few));
            let g = grad(y, &[x])[0].value();
            assert!(g.index_axis(ndarray::Axis(0), 1).iter().all(|v| *v == 0.0));
        }
        let nothing = CrossEntropy::new().ignore(1).mean(x, tape.ints([1, 1, 1, 1]));
        assert!(nothing.item().is_nan());
        assert!(grad(nothing, &[x])[0].value().iter().all(|v| *v == 0.0));
    }

    #[test]
    fn vectors_are_single_examples() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, 0.0]);
        let label = tape.ints([1]).reshape(());
        assert_eq!(CrossEntropy::new().each(x, label).item(), 2f64.ln());
        let weighted = CrossEntropy::new().weights(tape.constant([1.0, 5.0]));
        assert_eq!((weighted.each(x, label).item(), weighted.mean(x, label).item()), (5.0 * 2f64.ln(), 2f64.ln()));
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let (x, labels) = (tape.zeros([2, 3]), tape.ints([0, 1]));
        let text = |f: &dyn Fn()| {
            *std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_err().downcast::<String>().unwrap()
        };
        let plain = CrossEntropy::new();
        for (text, part) in [
            (text(&|| _ = plain.weights(tape.zeros([2])).each(x, labels)), "weights of shape [2] for 3 classes"),
            (text(&|| _ = plain.smoothing(1.5).each(x, labels)), "the smoothing is 1.5"),
            (text(&|| _ = plain.each(x, tape.zeros([2, 2]))), "logits [2, 3] with probabilities [2, 2]"),
            (text(&|| _ = plain.each(tape.var(1.0), labels)), "a scalar has no class axis"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
