//! Losses of a classifier against integer labels: cross entropy of logits, one primitive, and its half for log-probabilities.
//! Labels are checked while recording where they are a leaf, and when they are computed otherwise.

use crate::kernels::softmax;
use crate::ops::index::positions::place;
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::without;
use crate::ops::reduce::lines::around;

/// ln Σ exp x − x\[label\] along the class axis.
#[derive(Clone, Debug)]
pub(crate) struct CrossEntropyOfLabels;

/// The adjoint of that, g·(softmax x − 1 at the label): nothing as large as the logits is written besides.
#[derive(Clone, Debug)]
pub(crate) struct CrossEntropyBack;

/// −x\[label\] along the class axis.
#[derive(Clone, Debug)]
pub(crate) struct Nll;

/// Classes stand on axis 1; a single example is a vector.
fn class_axis(dims: &[usize]) -> usize {
    usize::from(dims.len() > 1)
}

fn infer(x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
    let (logits, labels) = (x[0], x[1]);
    if logits.rank() == 0 {
        return Err(Error::shape("a scalar has no class axis")
            .rule("classes stand on axis 1, or on axis 0 of a vector")
            .fix("reshape the logits to [batch, classes]"));
    }
    let axis = class_axis(logits.dims);
    let examples = without(logits.dims, &[axis]);
    if examples != *labels.dims {
        return Err(Error::shape(format!("logits {logits} with labels {labels}"))
            .rule(format!(
                "there is one label for every example: labels of shape {examples}, as axis {axis} holds the classes"
            ))
            .fix("reshape the labels, or move the classes to axis 1"));
    }
    let classes = logits.dims[axis];
    match labels.known.and_then(|list| list.iter().position(|&l| l as usize >= classes).map(|at| (list[at], at))) {
        None => Ok(ResultSigs::real(examples)),
        Some((label, at)) => {
            let [what, rule] = out_of_range(label, at, labels.dims, classes);
            Err(Error::index(what).rule(rule).fix(FIX))
        }
    }
}

/// Refuses labels that no class has; a kernel runs it before it picks anything.
fn check<T: Real>(labels: &Arg<'_, T>, classes: usize) -> Result<(), Fault> {
    let list = labels.int();
    match list.iter().position(|&l| l as usize >= classes) {
        None => Ok(()),
        Some(at) => {
            let [what, rule] = out_of_range(list[at], at, labels.dims(), classes);
            Err(Fault::index(what).rule(rule).fix(FIX))
        }
    }
}

const FIX: &str = "count labels from 0, or give the logits as many classes as there are";

/// What is wrong, and the rule.
fn out_of_range(label: u32, at: usize, dims: &[usize], classes: usize) -> [String; 2] {
    let rule = match classes.checked_sub(1) {
        Some(last) => format!("labels go from 0 to {last}"),
        None => "without classes there are no labels".into(),
    };
    [format!("label {label} at position {:?} is none of the {classes} classes", &place(at, dims)[..]), rule]
}

impl<T: Real> Op<T> for CrossEntropyOfLabels {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        infer(x)
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let sizes = around(x[0].dims(), class_axis(x[0].dims()));
        check(&x[1], sizes[1])?;
        softmax::cross_entropy(x[0].real(), x[1].int(), sizes, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.tape().plain(&CrossEntropyBack, &[r.g().into(), r.x(0).into(), r.int(1).into()]).real(0));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let axis = class_axis(&r.dims(0));
        r.term(0, |dx| dx.azmul(r.x(0).softmax(axis as isize)).sum_axes(&[axis]) - dx.pick(axis, r.int(1)));
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Reduce
    }
}

impl<T: Real> Op<T> for CrossEntropyBack {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "cross_entropy_back"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        infer(&x[1..])?;
        if x[0].dims != x[2].dims {
            return Err(Error::shape(format!("a cotangent {} with labels {}", x[0], x[2]))
                .rule("there is one number for every example")
                .fix("broadcast the cotangent"));
        }
        Ok(ResultSigs::real(x[1].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let sizes = around(x[1].dims(), class_axis(x[1].dims()));
        check(&x[2], sizes[1])?;
        softmax::cross_entropy_back(x[1].real(), x[2].int(), x[0].real(), sizes, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let axis = class_axis(&r.dims(1));
        r.give(0, || r.g().azmul(r.x(1).softmax(axis as isize)).sum_axes(&[axis]) - r.g().pick(axis, r.int(2)));
        r.give(1, || self.along(r, r.g().azmul(r.x(0).restore(&[axis], &r.dims(1)))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dg| r.tape().plain(&CrossEntropyBack, &[dg.into(), r.x(1).into(), r.int(2).into()]).real(0));
        let axis = class_axis(&r.dims(1));
        r.term(1, |dx| self.along(r, dx.azmul(r.x(0).restore(&[axis], &r.dims(1)))));
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }
}

impl CrossEntropyBack {
    /// The Jacobian of the softmax times v, where the cotangent is part of v; it is symmetric, so both rules use it.
    fn along<'t, T: Real>(&self, at: &At<'t, T>, v: Var<'t, T>) -> Var<'t, T> {
        let (d, axis) = (at.dims(1), class_axis(&at.dims(1)));
        let weights = at.x(1).softmax(axis as isize);
        (v - v.azmul(weights).sum_axes(&[axis]).restore(&[axis], &d)).azmul(weights)
    }
}

impl<T: Real> Op<T> for Nll {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "nll"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        infer(x)
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [_, classes, inner] = around(x[0].dims(), class_axis(x[0].dims()));
        check(&x[1], classes)?;
        for (k, (y, &label)) in y[0].real().iter_mut().zip(x[1].int()).enumerate() {
            *y = -x[0].real()[(k / inner * classes + label as usize) * inner + k % inner];
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || -r.g().put(class_axis(&r.dims(0)), r.int(1), r.dims(0)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| -dx.pick(class_axis(&r.dims(0)), r.int(1)));
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The cross entropy of logits against labels, one number an example: −ln softmax(x)\[label\] = ln Σ exp xⱼ − x\[label\].
    ///
    /// Classes stand on axis 1 (`[batch, classes]`, `[batch, classes, height, width]`), or on axis 0 of a vector; the labels
    /// have the other axes, and so has the result. Nothing overflows. Its derivative is softmax(x) − one_hot(label).
    ///
    /// # Panics
    /// The shapes do not fit, or a label is not below the number of classes: at once for labels that are a leaf, when it
    /// runs for computed ones.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let logits = tape.var([[0., 0.], [0., 1000.]]);
    /// let loss = logits.cross_entropy(tape.ints([1, 0]));
    /// assert_eq!(loss.value().as_slice().unwrap(), [2f32.ln(), 1000.]);
    /// assert_eq!(loss.sum().backward()[logits].as_slice().unwrap(), [0.5, -0.5, -1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cross_entropy(self, labels: IntVar<'t, T>) -> Self {
        self.tape.plain(&CrossEntropyOfLabels, &[self.into(), labels.into()]).real(0)
    }

    /// The negative log-likelihood of labels under log-probabilities, −x\[label\], one number an example; axes as in
    /// [`cross_entropy`](Var::cross_entropy), which does this and [`log_softmax`](Var::log_softmax) in one.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([[-0.5, -1.], [-2., -0.1]]).nll(tape.ints([1, 0]));
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn nll(self, labels: IntVar<'t, T>) -> Self {
        self.tape.plain(&Nll, &[self.into(), labels.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let cases: &[(&[usize], &[usize], &[u32])] = &[
            (&[4], &[], &[2]),
            (&[3, 4], &[3], &[0, 3, 3]),
            (&[2, 3, 2, 2], &[2, 2, 2], &[0, 1, 2, 0, 2, 2, 1, 0]),
            (&[0, 4], &[0], &[]),
            (&[2, 1], &[2], &[0, 0]),
        ];
        let of = |&(dims, label_dims, labels): &(&[usize], &[usize], &[u32])| {
            [OpCheck::new(CrossEntropyOfLabels), OpCheck::new(Nll)].map(|c| c.real(dims).ints(label_dims, labels))
        };
        let back = |&(dims, label_dims, labels): &(&[usize], &[usize], &[u32])| {
            OpCheck::new(CrossEntropyBack).real(label_dims).real(dims).ints(label_dims, labels)
        };
        cases.iter().flat_map(of).chain(cases.iter().map(back)).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn a_sure_and_right_answer_keeps_its_digits() {
        // ln(1 + 2e⁻²⁰) in f32, beside logits whose own last digit is 1000 times that.
        let tape = Tape::<f32>::default();
        let x = tape.var([[100.0, 80.0, 80.0]]);
        let loss = x.cross_entropy(tape.ints([0])).value()[[0]];
        assert!(loss.abs() < 1e-7, "{loss}");
        let y = tape.var([[10_000.0, 10_000.5]]).cross_entropy(tape.ints([0])).value()[[0]];
        assert!((y - 0.5f32.exp().ln_1p()).abs() < 1e-6, "{y}");
    }

    #[test]
    fn impossible_classes_cost_infinity_or_nothing() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.0, f64::NEG_INFINITY]);
        assert_eq!(x.cross_entropy(tape.ints([1]).reshape(())).item(), f64::INFINITY);
        let right = x.cross_entropy(tape.ints([0]).reshape(()));
        assert_eq!(right.item(), 0.0);
        assert_eq!(right.backward()[x].as_slice().unwrap(), [0.0, 0.0]);
    }

    #[test]
    #[should_panic(
        expected = "cross_entropy: label 3 at position [1] is none of the 3 classes\n  rule: labels go from 0 to 2"
    )]
    fn a_known_label_is_checked_while_recording() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).cross_entropy(tape.ints([0, 3]));
    }

    #[test]
    fn a_computed_label_is_checked_when_it_runs() {
        let tape = Tape::new();
        let e = tape.zeros([1, 2]).nll(tape.var([[0., 1., 5.]]).argmax(1)).try_value().unwrap_err();
        assert!(e.is_index() && e.to_string().contains("label 2 at position [0] is none of the 2 classes"), "{e}");
    }

    #[test]
    #[should_panic(expected = "cross_entropy: logits [2, 3] with labels u32[3]")]
    fn labels_of_another_shape_are_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).cross_entropy(tape.ints([0, 1, 2]));
    }
}
