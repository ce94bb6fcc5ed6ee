//! Asking for values: `value`, `item` and their fallible twins, pinning, and counts of what has been run.
//! Each runs what is missing and nothing else.

use ndarray::ArrayD;

use super::plan::Purpose;
use super::run::compute;
use super::store::Store;
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::tape::{Data, IntVar, Tape, Tensor, Var};

impl<T: Real> Var<'_, T> {
    /// The line's value; computes what is missing.
    ///
    /// # Panics
    /// What only values can tell goes wrong: an index out of range, a matrix that is not positive definite.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var(array![[1., 2.], [3., 4.]]);
    /// assert_eq!((x * 2.0).value(), array![[2., 4.], [6., 8.]].into_dyn());
    /// ```
    #[track_caller]
    pub fn value(self) -> ArrayD<T> {
        self.try_value().or_raise()
    }

    /// As [`value`](Var::value), with failures as errors.
    ///
    /// # Errors
    /// What only values can tell goes wrong; the tape stays usable.
    pub fn try_value(self) -> Result<ArrayD<T>, Error> {
        Ok(self.try_tensor()?.view().into_owned())
    }

    /// The line's value with shared storage; nothing is copied.
    ///
    /// # Errors
    /// As [`try_value`](Var::try_value).
    pub fn try_tensor(self) -> Result<Tensor<T>, Error> {
        compute(self.tape, &[self.id], Purpose::Value)?;
        Ok(self.tape.with_slot(|store: &mut Store<T>| match store.get(self.id) {
            Some(Data::Real(v)) => Tensor::from_parts(self.dims(), v.clone()),
            _ => unreachable!("a run computes the real line it was asked for"),
        }))
    }

    /// The value of a line with one element, as a number.
    ///
    /// # Panics
    /// The line has more than one element or none; and as [`value`](Var::value).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([3., 4.]).square().sum().sqrt().item(), 5.0);
    /// ```
    #[track_caller]
    pub fn item(self) -> T {
        self.try_item().or_raise()
    }

    /// As [`item`](Var::item), with failures as errors.
    ///
    /// # Errors
    /// The line has not exactly one element; and as [`try_value`](Var::try_value).
    #[track_caller]
    pub fn try_item(self) -> Result<T, Error> {
        if self.count() != 1 {
            let e = Error::shape(format!("a line of shape {} is not one number", self.dims()))
                .rule("`item` takes a line with exactly one element")
                .fix("reduce it (`.sum()`, `.mean()`), or ask for `value()`");
            return Err(self.tape.blame(e, "item", &[self.id]));
        }
        Ok(self.try_tensor()?.as_slice()[0])
    }

    /// Keeps the line's value until the tape is cleared, however large it is.
    ///
    /// Values up to 64 KiB stay anyway; larger ones are freed in `backward` after their last reader, and asking for one
    /// later computes it again.
    #[must_use]
    pub fn keep(self) -> Self {
        self.tape.with_slot(|store: &mut Store<T>| store.pin(self.id));
        self
    }

    /// How often the line has been computed since the tape was last cleared.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([1., 2.]).tanh();
    /// let (_, _) = (y.value(), y.sum().item());
    /// assert_eq!(y.runs(), 1);
    /// ```
    pub fn runs(self) -> u32 {
        runs(self.tape, self.id)
    }
}

impl<T: Real> IntVar<'_, T> {
    /// The line's value; computes what is missing.
    ///
    /// # Panics
    /// As [`Var::value`].
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 7., 3.]);
    /// assert_eq!(x.argmax(0).value()[[]], 1);
    /// ```
    #[track_caller]
    pub fn value(self) -> ArrayD<u32> {
        self.try_value().or_raise()
    }

    /// As [`value`](IntVar::value), with failures as errors.
    ///
    /// # Errors
    /// As [`Var::try_value`].
    pub fn try_value(self) -> Result<ArrayD<u32>, Error> {
        Ok(self.try_tensor()?.view().into_owned())
    }

    /// The line's value with shared storage; nothing is copied.
    ///
    /// # Errors
    /// As [`Var::try_value`].
    pub fn try_tensor(self) -> Result<Tensor<u32>, Error> {
        compute(self.tape, &[self.id], Purpose::Value)?;
        Ok(self.tape.with_slot(|store: &mut Store<T>| match store.get(self.id) {
            Some(Data::Int(v)) => Tensor::from_parts(self.dims(), v.clone()),
            _ => unreachable!("a run computes the integer line it was asked for"),
        }))
    }

    /// How often the line has been computed since the tape was last cleared.
    pub fn runs(self) -> u32 {
        runs(self.tape, self.id)
    }
}

fn runs<T: Real>(tape: &Tape<T>, id: u32) -> u32 {
    let head = tape.graph.borrow().head(id);
    tape.with_slot(|store: &mut Store<T>| store.runs(head))
}

impl<T: Real> Tape<T> {
    /// Computes every line by its own kernel and stores it, instead of fusing neighbours into passes over memory.
    ///
    /// It is what fused passes are tested against. Values agree but for the order in which sums are taken.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let [fused, plain] = [Tape::new(), Tape::new().line_by_line()].map(|tape| tape.var([0.5, 1.5]).tanh().sum().item());
    /// assert_eq!(fused, plain);
    /// ```
    #[must_use]
    pub fn line_by_line(self) -> Self {
        self.with_slot(|store: &mut Store<T>| store.line_by_line = true);
        self
    }

    /// How often lines of the operation `op` have been computed since the tape was last cleared.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[1., 2.]]), tape.var([[3.], [4.]]));
    /// let y = a.matmul(b).sum();
    /// let (_, _) = (y.item(), y.backward());
    /// assert_eq!(tape.runs("matmul"), 3);      // once forward, once for each gradient
    /// ```
    pub fn runs(&self, op: &str) -> u64 {
        self.lines().filter(|l| l.op == op).map(|l| u64::from(runs(self, l.id))).sum()
    }

    /// Bytes of all values that are at hand.
    pub fn bytes(&self) -> usize {
        self.with_slot(|store: &mut Store<T>| store.bytes())
    }

    /// Bytes of all values that are at hand and of the buffers that wait to be used again.
    pub fn bytes_held(&self) -> usize {
        self.with_slot(|store: &mut Store<T>| store.bytes_held())
    }

    /// The most bytes of computed values that have been held at once since the tape was last cleared.
    ///
    /// Leaves do not count, since their storage is the caller's, nor do gradients once they have been handed out. This is
    /// what [`checkpoint`](Tape::checkpoint) lowers.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let loss = tape.var(vec![0.5; 100_000]).exp().sin().sum();
    /// let _ = loss.item();
    /// assert!((800_000..1_200_000).contains(&tape.peak_bytes()));    // two lines of 400,000 bytes each
    /// ```
    pub fn peak_bytes(&self) -> usize {
        self.with_slot(|store: &mut Store<T>| store.peak())
    }
}
