//! Values as they stand in memory: contiguous, row-major, with shared storage, and the conversions from ndarray and plain numbers.
//! A leaf shares the storage of an owned array or a parameter; nothing is copied where nothing must be.

use std::panic::Location;
use std::sync::Arc;

use ndarray::{ArrayBase, ArrayD, ArrayViewD, Data as NdData, Dimension, IxDyn};

use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;

/// Whether a line holds real numbers, which can be differentiated, or integers, which cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `f32` or `f64`, the tape's element type.
    Real,
    /// `u32`: labels, positions, masks of 0 and 1.
    Int,
}

/// The value of one line, storage shared.
#[derive(Clone, Debug)]
pub enum Data<T> {
    /// Real numbers.
    Real(Arc<Vec<T>>),
    /// Integers.
    Int(Arc<Vec<u32>>),
}

impl<T> Data<T> {
    /// Bytes of the elements.
    pub fn bytes(&self) -> usize {
        match self {
            Data::Real(v) => size_of_val(&v[..]),
            Data::Int(v) => size_of_val(&v[..]),
        }
    }

    /// The real numbers, or `None` for integers.
    pub fn real(&self) -> Option<&[T]> {
        match self {
            Data::Real(v) => Some(v),
            Data::Int(_) => None,
        }
    }

    /// The integers, or `None` for real numbers.
    pub fn int(&self) -> Option<&[u32]> {
        match self {
            Data::Int(v) => Some(v),
            Data::Real(_) => None,
        }
    }
}

/// A row-major array whose storage is shared by cloning: what leaves, parameters and optimiser state are kept in.
///
/// [`ndarray`] is the language in which values come and go; this type is how they are handed on without a copy.
///
/// ```
/// use ndarray::array;
/// use wengert::Tensor;
/// let t = Tensor::from(array![[1.0f32, 2.0], [3.0, 4.0]]);
/// assert_eq!((t.dims().to_string(), t.as_slice()[2]), ("[2, 2]".into(), 3.0));
/// assert_eq!(t.view()[[1, 1]], 4.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<E> {
    dims: Dims,
    data: Arc<Vec<E>>,
}

impl<E: Clone> Tensor<E> {
    /// A tensor from row-major elements.
    ///
    /// # Errors
    /// The number of elements is not the product of the sizes.
    #[track_caller]
    pub fn new(dims: impl Into<Dims>, elements: Vec<E>) -> Result<Self, Error> {
        let dims = dims.into();
        if dims.checked_count() != Some(elements.len()) {
            return Err(Error::shape(format!("{} elements do not fill shape {dims}", elements.len()))
                .rule("the number of elements is the product of the sizes")
                .fix("change the shape, or pass as many elements as it holds")
                .at(Location::caller()));
        }
        Ok(Tensor { dims, data: Arc::new(elements) })
    }

    /// Wraps storage whose length is known to be right.
    pub(crate) fn from_parts(dims: Dims, data: Arc<Vec<E>>) -> Self {
        debug_assert_eq!(dims.count(), data.len());
        Tensor { dims, data }
    }

    /// The sizes of the axes.
    pub fn dims(&self) -> &Dims {
        &self.dims
    }

    /// The elements in row-major order.
    pub fn as_slice(&self) -> &[E] {
        &self.data
    }

    /// The elements, to be changed: in place where the storage is not shared, in a copy of its own otherwise.
    pub fn make_mut(&mut self) -> &mut [E] {
        Arc::make_mut(&mut self.data).as_mut_slice()
    }

    /// The elements, to be changed, where the storage is not shared.
    pub fn get_mut(&mut self) -> Option<&mut [E]> {
        Arc::get_mut(&mut self.data).map(|v| &mut v[..])
    }

    /// A view in ndarray's terms; copies nothing.
    pub fn view(&self) -> ArrayViewD<'_, E> {
        ArrayViewD::from_shape(IxDyn(&self.dims), &self.data)
            .expect("the element count was checked when the tensor was made")
    }

    /// An owned array; copies only where the storage is shared.
    pub fn into_array(self) -> ArrayD<E> {
        let data = Arc::try_unwrap(self.data).unwrap_or_else(|shared| (*shared).clone());
        array_from(&self.dims, data)
    }

    pub(crate) fn into_parts(self) -> (Dims, Arc<Vec<E>>) {
        (self.dims, self.data)
    }
}

pub(crate) fn array_from<E>(dims: &[usize], data: Vec<E>) -> ArrayD<E> {
    ArrayD::from_shape_vec(IxDyn(dims), data).expect("the element count is the product of the sizes")
}

impl<E: Clone, S: NdData<Elem = E>, D: Dimension> From<ArrayBase<S, D>> for Tensor<E> {
    /// Shares the storage of an owned row-major array; copies views and other layouts.
    fn from(a: ArrayBase<S, D>) -> Self {
        let dims = Dims::from(a.shape());
        let data = if a.is_standard_layout() {
            let (v, offset) = a.into_owned().into_raw_vec_and_offset();
            let count = dims.count();
            match offset {
                None | Some(0) if v.len() == count => v,
                offset => v.into_iter().skip(offset.unwrap_or(0)).take(count).collect(),
            }
        } else {
            a.iter().cloned().collect()
        };
        Tensor { dims, data: Arc::new(data) }
    }
}

/// What can become a real leaf of a tape of element type `T`: ndarray arrays and views, numbers, nested Rust arrays,
/// vectors, and [`Tensor`]s.
///
/// ```
/// use ndarray::array;
/// use wengert::prelude::*;
/// let tape = Tape::new();
/// assert_eq!(tape.var(2.5).dims(), []);
/// assert_eq!(tape.var([[1., 2., 3.]]).dims(), [1, 3]);
/// assert_eq!(tape.var(array![[1.], [2.]].t()).dims(), [1, 2]);
/// ```
pub trait IntoTensor<T> {
    /// The conversion; shares storage where it can.
    fn into_tensor(self) -> Tensor<T>;
}

impl<T: Real> IntoTensor<T> for Tensor<T> {
    fn into_tensor(self) -> Tensor<T> {
        self
    }
}

impl<T: Real> IntoTensor<T> for &Tensor<T> {
    fn into_tensor(self) -> Tensor<T> {
        self.clone()
    }
}

impl<T: Real, S: NdData<Elem = T>, D: Dimension> IntoTensor<T> for ArrayBase<S, D> {
    fn into_tensor(self) -> Tensor<T> {
        self.into()
    }
}

impl<T: Real, S: NdData<Elem = T>, D: Dimension> IntoTensor<T> for &ArrayBase<S, D> {
    fn into_tensor(self) -> Tensor<T> {
        self.view().into()
    }
}

impl<T: Real> IntoTensor<T> for T {
    fn into_tensor(self) -> Tensor<T> {
        Tensor { dims: Dims::scalar(), data: Arc::new(vec![self]) }
    }
}

impl<T: Real> IntoTensor<T> for Vec<T> {
    fn into_tensor(self) -> Tensor<T> {
        Tensor { dims: Dims::from(self.len()), data: Arc::new(self) }
    }
}

macro_rules! nested_arrays {
    ($($depth:ident: [$($n:ident),+] $nested:ty;)+) => {$(
        impl<T: Real, $(const $n: usize),+> IntoTensor<T> for $nested {
            fn into_tensor(self) -> Tensor<T> {
                Tensor { dims: Dims::from([$($n),+]), data: Arc::new(flatten::$depth(&self)) }
            }
        }
    )+};
}

nested_arrays! {
    one: [A] [T; A];
    two: [A, B] [[T; B]; A];
    three: [A, B, C] [[[T; C]; B]; A];
    four: [A, B, C, D] [[[[T; D]; C]; B]; A];
}

mod flatten {
    pub(super) fn one<T: Copy, const A: usize>(x: &[T; A]) -> Vec<T> {
        x.to_vec()
    }

    pub(super) fn two<T: Copy, const A: usize, const B: usize>(x: &[[T; B]; A]) -> Vec<T> {
        x.as_flattened().to_vec()
    }

    pub(super) fn three<T: Copy, const A: usize, const B: usize, const C: usize>(x: &[[[T; C]; B]; A]) -> Vec<T> {
        x.as_flattened().as_flattened().to_vec()
    }

    pub(super) fn four<T: Copy, const A: usize, const B: usize, const C: usize, const D: usize>(
        x: &[[[[T; D]; C]; B]; A],
    ) -> Vec<T> {
        x.as_flattened().as_flattened().as_flattened().to_vec()
    }
}

/// What can become an integer leaf: ndarray arrays, vectors and Rust arrays of any integer type, and `Tensor<u32>`.
///
/// # Errors
/// A negative number, or one above `u32::MAX`.
pub trait IntoInts {
    /// The conversion, checked.
    ///
    /// # Errors
    /// A negative number, or one above `u32::MAX`.
    fn into_ints(self) -> Result<Tensor<u32>, Error>;
}

impl IntoInts for Tensor<u32> {
    fn into_ints(self) -> Result<Tensor<u32>, Error> {
        Ok(self)
    }
}

impl IntoInts for &Tensor<u32> {
    fn into_ints(self) -> Result<Tensor<u32>, Error> {
        Ok(self.clone())
    }
}

fn ints<I: Copy + TryInto<u32> + std::fmt::Display>(
    dims: Dims,
    it: impl Iterator<Item = I>,
) -> Result<Tensor<u32>, Error> {
    let convert = |(k, n): (usize, I)| {
        n.try_into().map_err(|_| {
            Error::index(format!("element {k} is {n}"))
                .rule("integers on a tape are labels and positions: 0 to 4294967295 (u32)")
                .fix("map negative or larger values to this range first")
        })
    };
    let data = it.enumerate().map(convert).collect::<Result<Vec<u32>, _>>()?;
    Ok(Tensor { dims, data: Arc::new(data) })
}

impl<I: Copy + TryInto<u32> + std::fmt::Display, S: NdData<Elem = I>, D: Dimension> IntoInts for ArrayBase<S, D> {
    fn into_ints(self) -> Result<Tensor<u32>, Error> {
        ints(Dims::from(self.shape()), self.iter().copied())
    }
}

impl<I: Copy + TryInto<u32> + std::fmt::Display> IntoInts for Vec<I> {
    fn into_ints(self) -> Result<Tensor<u32>, Error> {
        ints(Dims::from(self.len()), self.into_iter())
    }
}

impl<I: Copy + TryInto<u32> + std::fmt::Display> IntoInts for &[I] {
    fn into_ints(self) -> Result<Tensor<u32>, Error> {
        ints(Dims::from(self.len()), self.iter().copied())
    }
}

impl<I: Copy + TryInto<u32> + std::fmt::Display, const N: usize> IntoInts for [I; N] {
    fn into_ints(self) -> Result<Tensor<u32>, Error> {
        ints(Dims::from(N), self.into_iter())
    }
}
