//! What can be the point of a check: a slice of arrays of one kind, or a tuple of arrays, numbers and tensors.
//! Each entry becomes one differentiable leaf.

use ndarray::{ArrayBase, Data, Dimension};

use crate::real::Real;
use crate::tape::{IntoTensor, Tensor};

/// The inputs of a function under check: `&[x, w]` for arrays of one rank, `(&x, &w, 0.5)` for any.
///
/// ```
/// use ndarray::array;
/// use wengert::check;
/// let (x, w) = (array![1.0, 2.0], array![[0.5, 1.5]]);
/// check(|_, x| x[0] * x[1], (&x, &w)).assert();
/// check(|_, x| x[0] * x[1], &[x.clone(), x]).assert();
/// ```
pub trait CheckInputs<T: Real> {
    /// The conversion.
    fn into_tensors(self) -> Vec<Tensor<T>>;
}

impl<T: Real, S: Data<Elem = T>, D: Dimension> CheckInputs<T> for &[ArrayBase<S, D>] {
    fn into_tensors(self) -> Vec<Tensor<T>> {
        self.iter().map(|a| Tensor::from(a.view())).collect()
    }
}

impl<T: Real, S: Data<Elem = T>, D: Dimension> CheckInputs<T> for &Vec<ArrayBase<S, D>> {
    fn into_tensors(self) -> Vec<Tensor<T>> {
        self.as_slice().into_tensors()
    }
}

impl<T: Real, S: Data<Elem = T>, D: Dimension, const N: usize> CheckInputs<T> for &[ArrayBase<S, D>; N] {
    fn into_tensors(self) -> Vec<Tensor<T>> {
        self.as_slice().into_tensors()
    }
}

impl<T: Real> CheckInputs<T> for &[Tensor<T>] {
    fn into_tensors(self) -> Vec<Tensor<T>> {
        self.to_vec()
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => { $(
        impl<T: Real, $($name: IntoTensor<T>),+> CheckInputs<T> for ($($name,)+) {
            #[allow(non_snake_case, reason = "the names of the types serve for the values")]
            fn into_tensors(self) -> Vec<Tensor<T>> {
                let ($($name,)+) = self;
                vec![$($name.into_tensor()),+]
            }
        }
    )+ };
}

tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E G; }
