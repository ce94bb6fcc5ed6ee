//! Axes joined to one, parted into several, left out or added where their size is 1.
//! All of it is reshaping: storage is shared, nothing moves.

use super::handle::Handle;
use crate::ops::prelude::*;
use crate::shape::{Sizes, resolve_axis};

/// The shape with the axes `first` to `last` as one.
fn joined(dims: &Dims, first: isize, last: isize) -> Result<Dims, Error> {
    if dims.rank() == 0 && [0, -1].contains(&first) && [0, -1].contains(&last) {
        return Ok([1].into());
    }
    let (a, b) = (resolve_axis(first, dims)?, resolve_axis(last, dims)?);
    if a > b {
        return Err(Error::shape(format!("axes {first} to {last} of shape {dims} are axes {a} to {b}"))
            .rule("the last axis that is joined does not stand before the first")
            .fix("exchange them"));
    }
    let one = dims[a..=b].iter().product();
    Ok(dims[..a].iter().copied().chain([one]).chain(dims[b + 1..].iter().copied()).collect())
}

/// The shape with an axis parted into several.
fn parted(dims: &Dims, axis: usize, sizes: Sizes) -> Result<Dims, Error> {
    let parts = sizes.filled_by(dims[axis])?;
    if parts.checked_count() != Some(dims[axis]) {
        return Err(Error::shape(format!("axis {axis} of size {} cannot be parted into {parts}", dims[axis]))
            .rule("the product of the parts is the size of the axis")
            .fix("choose other parts; one may be -1"));
    }
    Ok(dims[..axis].iter().chain(&parts[..]).chain(&dims[axis + 1..]).copied().collect())
}

/// The shape without axes of size 1: those named, or all there are.
fn squeezed(dims: &Dims, axes: &Axes) -> Result<Dims, Error> {
    if axes.is_all() {
        return Ok(dims.iter().copied().filter(|&n| n != 1).collect());
    }
    let list = axes.resolve(dims)?;
    match list.iter().find(|&&a| dims[a] != 1) {
        None => Ok((0..dims.rank()).filter(|k| !list.contains(k)).map(|k| dims[k]).collect()),
        Some(&a) => Err(Error::shape(format!("axis {a} of shape {dims} has size {}", dims[a]))
            .rule("only an axis of size 1 can be left out")
            .fix("take one index of it with `index_axis`, or reduce over it; `squeeze(..)` leaves larger ones alone")),
    }
}

pub(crate) fn unsqueezed(dims: &Dims, axis: isize) -> Result<Dims, Error> {
    let places = dims.rank() as isize + 1;
    let at = if axis < 0 { axis + places } else { axis };
    if !(0..places).contains(&at) {
        return Err(Error::shape(format!("shape {dims} has no place {axis} for a new axis"))
            .rule(format!("the result has axes {} to {}", -places, places - 1))
            .fix("use a position within that range"));
    }
    let mut more = dims.clone();
    more.insert(at as usize, 1);
    Ok(more)
}

/// The line reshaped, or the error with the operation's name.
#[track_caller]
fn shaped<'t, T: Real, H: Handle<'t, T>>(x: H, op: &'static str, dims: Result<Dims, Error>) -> H {
    let (tape, id) = x.line();
    x.reshaped(tape.checked(dims, op, &[id]))
}

impl<'t, T: Real> Var<'t, T> {
    /// All elements in one axis, row-major; a scalar becomes one element.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([[1., 2.], [3., 4.]]).flatten().value().as_slice().unwrap(), [1., 2., 3., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn flatten(self) -> Self {
        self.reshape(self.count())
    }

    /// The axes before `axis` as they are, all others in one: `flatten_from(1)` makes a batch of images a batch of rows.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.zeros([8, 3, 4, 5]).flatten_from(1).dims(), [8, 60]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn flatten_from(self, axis: isize) -> Self {
        let axis = self.axis("flatten_from", axis);
        shaped(self, "flatten_from", joined(&self.dims(), axis as isize, -1))
    }

    /// The axes `first` to `last`, both included, as one: the inverse of [`unflatten`](Var::unflatten).
    ///
    /// # Panics
    /// An axis does not exist, or `last` stands before `first`. A scalar becomes one element.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.zeros([8, 3, 4, 5]).flatten_axes(1, -2).dims(), [8, 12, 5]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn flatten_axes(self, first: isize, last: isize) -> Self {
        shaped(self, "flatten_axes", joined(&self.dims(), first, last))
    }

    /// An axis parted into several whose sizes multiply to its own; one may be −1, which is what the others leave.
    ///
    /// # Panics
    /// The axis does not exist, or the sizes do not multiply to its size.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let heads = tape.zeros([2, 10, 64]).unflatten(-1, [8, -1]);
    /// assert_eq!(heads.dims(), [2, 10, 8, 8]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn unflatten(self, axis: isize, sizes: impl Into<Sizes>) -> Self {
        let axis = self.axis("unflatten", axis);
        shaped(self, "unflatten", parted(&self.dims(), axis, sizes.into()))
    }

    /// The tensor without the axes named, whose size is 1; `..` leaves out all axes of size 1.
    ///
    /// A named axis of another size is refused, since what follows would then mean other axes than it says.
    ///
    /// # Panics
    /// An axis does not exist, is named twice, or its size is not 1.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.zeros([2, 1, 3, 1]);
    /// assert_eq!(x.squeeze(1).dims(), [2, 3, 1]);
    /// assert_eq!(x.squeeze([1, -1]).dims(), [2, 3]);
    /// assert_eq!(x.squeeze(..).dims(), [2, 3]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn squeeze(self, axes: impl Into<Axes>) -> Self {
        shaped(self, "squeeze", squeezed(&self.dims(), &axes.into()))
    }

    /// The tensor with a new axis of size 1 at position `axis`; negative ones count from the end, so -1 is behind all.
    ///
    /// # Panics
    /// The position lies outside the result's axes.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.zeros([2, 3]);
    /// assert_eq!(x.unsqueeze(0).dims(), [1, 2, 3]);
    /// assert_eq!(x.unsqueeze(-1).dims(), [2, 3, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn unsqueeze(self, axis: isize) -> Self {
        shaped(self, "unsqueeze", unsqueezed(&self.dims(), axis))
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// As [`Var::flatten`].
    #[track_caller]
    #[must_use]
    pub fn flatten(self) -> Self {
        self.reshape(self.count())
    }

    /// As [`Var::squeeze`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn squeeze(self, axes: impl Into<Axes>) -> Self {
        shaped(self, "squeeze", squeezed(&self.dims(), &axes.into()))
    }

    /// As [`Var::unsqueeze`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn unsqueeze(self, axis: isize) -> Self {
        shaped(self, "unsqueeze", unsqueezed(&self.dims(), axis))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn scalars_become_vectors_and_back() {
        let tape = Tape::new();
        let x = tape.var(2.0);
        assert_eq!((x.flatten().dims(), x.flatten_axes(0, -1).dims()), ([1].into(), [1].into()));
        assert_eq!(x.unsqueeze(-1).squeeze(0).dims(), []);
        assert_eq!((x.squeeze(..).dims(), x.unsqueeze(0).unflatten(0, [1, -1]).dims()), ([].into(), [1, 1].into()));
        assert_eq!(tape.zeros([2, 0, 3]).flatten_from(-2).dims(), [2, 0]);
        assert_eq!(
            tape.ints(ndarray::array![[7, 8]]).squeeze(0).unsqueeze(1).flatten().value().as_slice().unwrap(),
            [7, 8]
        );
    }

    #[test]
    fn joining_and_parting_are_inverse() {
        let tape = Tape::new();
        let x = tape.zeros([4, 6, 5]);
        assert_eq!(x.unflatten(-2, [2, 3]).flatten_axes(1, 2).dims(), [4, 6, 5]);
        assert_eq!(x.flatten_axes(1, 1).dims(), [4, 6, 5]);
        assert_eq!(tape.zeros([4, 0]).unflatten(1, [2, 0]).dims(), [4, 2, 0]);
        assert_eq!(tape.zeros([1, 1]).squeeze(..).dims(), []);
        assert_eq!(x.squeeze([0isize; 0]).dims(), [4, 6, 5]);
    }

    #[test]
    #[should_panic(expected = "squeeze: axis 0 of shape [2, 3] has size 2")]
    fn only_size_one_is_squeezed() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).squeeze(0);
    }

    #[test]
    #[should_panic(
        expected = "unsqueeze: shape [2] has no place 2 for a new axis\n  rule: the result has axes -2 to 1"
    )]
    fn a_new_axis_lies_within_the_result() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).unsqueeze(2);
    }

    #[test]
    #[should_panic(expected = "unflatten: axis 1 of size 6 cannot be parted into [4, 2]")]
    fn parts_multiply_to_the_size() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 6]).unflatten(1, [4, 2]);
    }

    #[test]
    #[should_panic(expected = "flatten_axes: axes -1 to 0 of shape [2, 6] are axes 1 to 0")]
    fn axes_are_joined_forwards() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 6]).flatten_axes(-1, 0);
    }
}
