//! Leaves: lines without operands whose values come from outside.
//! A differentiable leaf and a constant are the same operation under two names; the tape keeps the list of the former.

use std::panic::Location;
use std::sync::Arc;

use super::apply::OpRef;
use super::data::{Data, IntoInts, IntoTensor, Kind};
use super::eval::{Arg, Cx, Fault, Out};
use super::form::Form;
use super::op::{Op, Reads};
use super::record::Tape;
use super::rule::Vjp;
use super::sig::{ResultSigs, Sig};
use super::var::{IntVar, Var};
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::shape::Dims;

/// A value from outside.
#[derive(Debug)]
pub(super) struct Leaf<T> {
    pub name: &'static str,
    pub dims: Dims,
    pub data: Data<T>,
}

impl<T: Real> Op<T> for Leaf<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn infer(&self, _: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let kind = match self.data {
            Data::Real(_) => Kind::Real,
            Data::Int(_) => Kind::Int,
        };
        Ok(ResultSigs::of(kind, self.dims.clone()))
    }

    fn eval(&self, _: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        match &self.data {
            Data::Real(v) => y[0].real().copy_from_slice(v),
            Data::Int(v) => y[0].int().copy_from_slice(v),
        }
        Ok(())
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn form(&self) -> Form<'_, T> {
        Form::Leaf(&self.data)
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        let data = match &self.data {
            Data::Real(v) => Data::Real(Arc::new(v.iter().map(|v| v.as_f64()).collect())),
            Data::Int(v) => Data::Int(Arc::clone(v)),
        };
        Some(OpRef::new(Leaf { name: self.name, dims: self.dims.clone(), data }))
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }
}

impl<T: Real> Tape<T> {
    /// Records a leaf that [`Var::backward`] reports on.
    ///
    /// Shares the storage of an owned row-major array or of a [`Tensor`](crate::Tensor); copies views.
    #[track_caller]
    pub fn var(&self, value: impl IntoTensor<T>) -> Var<'_, T> {
        let id = self.leaf("var", value);
        self.graph.borrow_mut().vars.push(id);
        Var::new(self, id)
    }

    /// Records a leaf that [`Var::backward`] does not report on: data, targets, frozen parameters.
    #[track_caller]
    pub fn constant(&self, value: impl IntoTensor<T>) -> Var<'_, T> {
        Var::new(self, self.leaf("constant", value))
    }

    /// Records an integer leaf: labels, positions.
    ///
    /// # Panics
    /// A number is negative or above `u32::MAX`.
    #[track_caller]
    pub fn ints(&self, values: impl IntoInts) -> IntVar<'_, T> {
        let (dims, data) = match values.into_ints() {
            Ok(t) => t.into_parts(),
            Err(e) => e.about("ints").at(Location::caller()).raise(),
        };
        let op = Leaf { name: "ints", dims, data: Data::Int(data) };
        IntVar::new(self, self.record(OpRef::new(op), &[]).or_raise())
    }

    #[track_caller]
    fn leaf(&self, name: &'static str, value: impl IntoTensor<T>) -> u32 {
        let (dims, data) = value.into_tensor().into_parts();
        self.record_flagged(OpRef::new(Leaf { name, dims, data: Data::Real(data) }), &[], name == "var").or_raise()
    }
}
