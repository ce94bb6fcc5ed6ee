//! A place in the parameter store, as a layer sees it while it declares its entries.
//! Names are relative to the place, so a layer need not know where in a model it stands.

use super::entry::Role;
use super::init::Init;
use super::params::Params;
use super::path::join;
use crate::error::{Error, OrRaise};
use crate::real::Real;
use crate::shape::Dims;

/// A place in the store where a layer declares its entries; made by [`Params::scope`].
#[derive(Debug)]
pub struct ParamScope<'p, T: Real> {
    params: &'p mut Params<T>,
    path: String,
}

impl<'p, T: Real> ParamScope<'p, T> {
    pub(super) fn new(params: &'p mut Params<T>, path: String) -> Self {
        ParamScope { params, path }
    }

    /// The place called `name` within this one.
    pub fn scope(&mut self, name: &str) -> ParamScope<'_, T> {
        ParamScope { path: join(&self.path, name), params: self.params }
    }

    /// Declares a parameter with initial values drawn for its name.
    ///
    /// # Panics
    /// The name is taken.
    #[track_caller]
    pub fn parameter(&mut self, name: &str, dims: impl Into<Dims>, init: Init) {
        self.declare(name, Role::Parameter, dims.into(), init);
    }

    /// Declares a buffer.
    ///
    /// # Panics
    /// The name is taken.
    #[track_caller]
    pub fn buffer(&mut self, name: &str, dims: impl Into<Dims>, init: Init) {
        self.declare(name, Role::Buffer, dims.into(), init);
    }

    #[track_caller]
    fn declare(&mut self, name: &str, role: Role, dims: Dims, init: Init) {
        let name = join(&self.path, name);
        if dims.checked_count().is_none() {
            Error::shape(format!("`{name}` would have shape {dims}"))
                .rule("the number of elements fits in memory")
                .fix("check the sizes given to the layer")
                .raise()
        }
        let value = init.draw(dims, self.params.seed(), &name);
        self.params.insert(&name, role, value).or_raise();
    }
}
