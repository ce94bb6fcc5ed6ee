//! Arguments that are whole numbers for axes: sizes, axes, margins, one number for each or one for all.
//! A type for each form that methods take them in.

use super::plain::{whole, wholes};
use super::{FromValue, Term, Value};
use crate::error::Error;
use crate::expr::rust::{Code, Writer};
use crate::ops::AdaptiveSize;
use crate::real::Real;
use crate::shape::{Axes, Dims, Sizes};
use crate::tape::Tape;
use crate::window::PerAxis;

/// Whole numbers: one, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) struct Wholes(pub Vec<isize>);

impl AsRef<[isize]> for Wholes {
    fn as_ref(&self) -> &[isize] {
        &self.0
    }
}

impl From<Wholes> for Sizes {
    fn from(w: Wholes) -> Self {
        w.0.into()
    }
}

impl<'t, T: Real> FromValue<'t, T> for Wholes {
    const KIND: &'static str = "a whole number or a list of them";

    fn from_value(value: Value<'t, T>, _: &'t Tape<T>) -> Result<Option<Self>, Error> {
        let Some(l) = value.written().filter(|l| l.dims.rank() <= 1) else { return Ok(None) };
        Ok(l.data.iter().map(|v| whole(*v)).collect::<Option<Vec<isize>>>().map(Wholes))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        match wholes(&term.value) {
            // An empty array says nothing of its type.
            list if list.is_empty() => Code::word("[0isize; 0]"),
            list => Code::List(list),
        }
    }
}

/// Sizes: one, or one for each axis.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) struct Counts(pub Vec<usize>);

impl std::ops::Deref for Counts {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl AsRef<[usize]> for Counts {
    fn as_ref(&self) -> &[usize] {
        &self.0
    }
}

impl From<Counts> for Dims {
    fn from(c: Counts) -> Self {
        c.0.into()
    }
}

impl Counts {
    /// One size serves for all axes of images.
    pub fn for_images(self, x: crate::tape::Var<'_, impl Real>) -> Vec<usize> {
        if self.0.len() == 1 { vec![self.0[0]; x.rank().saturating_sub(2)] } else { self.0 }
    }
}

impl<'t, T: Real> FromValue<'t, T> for Counts {
    const KIND: &'static str = "a size or a list of sizes";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        let Some(w) = Wholes::from_value(value, tape)? else { return Ok(None) };
        Ok(w.0.into_iter().map(|v| usize::try_from(v).ok()).collect::<Option<Vec<usize>>>().map(Counts))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        match wholes(&term.value) {
            list if list.is_empty() => Code::word("[0usize; 0]"),
            list => Code::List(list),
        }
    }
}

/// A number for each of `D` spatial axes; one serves for all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::expr) struct Each<const D: usize>([usize; D]);

impl<const D: usize> PerAxis<D> for Each<D> {
    fn per_axis(self) -> [usize; D] {
        self.0
    }
}

impl<const D: usize> From<Each<D>> for AdaptiveSize<D> {
    fn from(sizes: Each<D>) -> Self {
        sizes.0.into()
    }
}

impl<'t, T: Real, const D: usize> FromValue<'t, T> for [usize; D] {
    const KIND: &'static str = "a size or a list of sizes";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        let Some(Counts(sizes)) = Counts::from_value(value, tape)? else { return Ok(None) };
        match sizes[..] {
            [one] => Ok(Some([one; D])),
            _ => sizes.try_into().map(Some).map_err(|v: Vec<usize>| {
                Error::argument(format!("{} sizes were given", v.len()))
                    .rule(format!("one size, or one for each of the {D} axes"))
                    .fix("write a single number, or a list of that length")
            }),
        }
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        let mut list = wholes(&term.value);
        if let [one] = &list[..] {
            list = vec![one.clone(); D];
        }
        Code::List(list)
    }
}

impl<'t, T: Real, const D: usize> FromValue<'t, T> for Each<D> {
    const KIND: &'static str = <[usize; D] as FromValue<'t, T>>::KIND;

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        Ok(<[usize; D]>::from_value(value, tape)?.map(Each))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        let mut list = wholes(&term.value);
        if list.len() == 1 || list.iter().all(|c| *c == list[0]) { list.swap_remove(0) } else { Code::List(list) }
    }
}

impl<'t, T: Real> FromValue<'t, T> for Axes {
    const KIND: &'static str = "an axis, a list of axes, or none for all";

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        if let Value::None = value {
            return Ok(Some(Axes::from(..)));
        }
        Ok(Wholes::from_value(value, tape)?.map(|w| Axes::from(&w.0[..])))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        match (&term.value, wholes(&term.value)) {
            (Value::None, _) => Code::word(".."),
            (_, mut axes) if axes.len() == 1 => axes.remove(0),
            (_, axes) => Code::List(axes),
        }
    }
}

/// Margins before and after axes: [before, after, ..].
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) struct Margins(Vec<(isize, isize)>);

impl std::ops::Deref for Margins {
    type Target = [(isize, isize)];

    fn deref(&self) -> &[(isize, isize)] {
        &self.0
    }
}

impl<'t, T: Real> FromValue<'t, T> for Margins {
    const KIND: &'static str = <Wholes as FromValue<'t, T>>::KIND;

    fn from_value(value: Value<'t, T>, tape: &'t Tape<T>) -> Result<Option<Self>, Error> {
        let Some(Wholes(list)) = Wholes::from_value(value, tape)? else { return Ok(None) };
        if list.len() % 2 == 1 {
            return Err(Error::argument("the margins are not in pairs").fix("write before and after for each axis"));
        }
        Ok(Some(Margins(list.chunks(2).map(|m| (m[0], m[1])).collect())))
    }

    fn rust(term: &Term<'t, T>, _: &mut Writer) -> Code {
        Code::List(wholes(&term.value).chunks(2).map(|pair| Code::Tuple(pair.to_vec())).collect())
    }
}
