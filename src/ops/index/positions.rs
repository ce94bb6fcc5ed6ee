//! Checks of integer positions: of known ones while recording, of computed ones when a kernel meets them.
//! Both say the index, where it stands, and what it should have been below.

use crate::ops::prelude::*;

/// Refuses an axis that is longer than its positions can count.
pub(crate) fn check_countable(x: &Sig<'_>, axis: usize) -> Result<(), Error> {
    if u32::try_from(x.dims[axis]).is_ok() {
        return Ok(());
    }
    Err(Error::shape(format!("axis {axis} has {} elements", x.dims[axis]))
        .rule(format!("positions are u32, at most {}", u32::MAX))
        .fix("split the axis"))
}

/// Refuses an index that is known while recording and lies outside `within` (`size` places).
pub(crate) fn check_known(index: &Sig<'_>, size: usize, within: impl FnOnce() -> String) -> Result<(), Error> {
    match index.known.and_then(|list| list.iter().position(|&i| i as usize >= size).map(|at| (list[at], at))) {
        None => Ok(()),
        Some((i, at)) => Err(Error::index(what(i, at, index.dims, &within())).rule(rule(size)).fix(FIX)),
    }
}

/// The fault of a kernel that met an index outside `within` (`size` places) at the flat place `at`.
pub(crate) fn outside<T>(index: &Arg<'_, T>, at: usize, size: usize, within: &str) -> Fault {
    Fault::index(what(index.int()[at], at, index.dims(), within)).rule(rule(size)).fix(FIX)
}

/// How the axis that indices point into is called in errors.
pub(crate) fn along(axis: usize, size: usize) -> String {
    format!("axis {axis} of size {size}")
}

const FIX: &str = "correct the index; negative positions and 1-based ones must be converted first";

fn what(index: u32, at: usize, dims: &[usize], within: &str) -> String {
    format!("index {index} at position {:?} lies outside {within}", &place(at, dims)[..])
}

/// The index, one number an axis, of the element at the flat place `at`.
pub(crate) fn place(mut at: usize, dims: &[usize]) -> SmallVec<[usize; 4]> {
    let mut place: SmallVec<[usize; 4]> = SmallVec::from_elem(0, dims.len());
    for (p, &n) in place.iter_mut().zip(dims).rev() {
        *p = at % n;
        at /= n;
    }
    place
}

fn rule(size: usize) -> String {
    match size.checked_sub(1) {
        Some(last) => format!("indices go from 0 to {last}"),
        None => "nothing can be picked where there is nothing".into(),
    }
}
