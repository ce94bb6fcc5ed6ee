//! Leaves: lines without operands whose values come from outside.
//! A differentiable leaf and a constant are the same operation under two names; the tape keeps the list of the former.

use std::hash::Hasher;

use super::data::{Data, Kind};
use super::eval::{Arg, Cx, Fault, Out};
use super::form::Form;
use super::op::{Op, Reads};
use super::rule::Vjp;
use super::sig::{ResultSigs, Sig};
use crate::error::Error;
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

    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(self.name.as_bytes());
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }
}
