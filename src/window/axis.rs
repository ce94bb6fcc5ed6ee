//! The arithmetic of a sliding window along one axis, and the sentences for what does not fit.
//! Every sum is checked, so that absurd numbers are refused instead of wrapping around.

use std::borrow::Cow;

use super::Rounding;
use crate::error::Error;

/// The last three spatial axes have the names everyone uses; any other goes by its number.
pub(super) fn axis_name(axis: usize, rank: usize) -> Cow<'static, str> {
    match (rank, rank - axis) {
        (1, _) => "length".into(),
        (2 | 3, 1) => "width".into(),
        (2 | 3, 2) => "height".into(),
        (3, 3) => "depth".into(),
        _ => format!("size of spatial axis {axis}").into(),
    }
}

pub(super) const FORMULA: &str = "(H + 2P − D(F − 1) − 1)/S + 1";

/// Refuses an axis without cells.
pub(super) fn check_size(name: &str, size: usize) -> Result<(), Error> {
    if size > 0 {
        return Ok(());
    }
    Err(Error::shape(format!("the {name} is 0: there is no cell for a window to lie on"))
        .rule("every spatial axis has H ≥ 1 cells, here H = 0; a batch may be empty, an image may not")
        .fix("leave the empty image out"))
}

/// The window along one axis.
pub(super) struct Axis {
    pub(super) name: Cow<'static, str>,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) padding: usize,
    pub(super) dilation: usize,
    pub(super) rounding: Rounding,
}

impl Axis {
    /// D(F − 1) + 1, the cells from the first of the kernel to the last.
    fn extent(&self) -> Result<usize, Error> {
        for (what, value) in [("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation)] {
            if value == 0 {
                let (f, s, d) = (self.kernel, self.stride, self.dilation);
                return Err(Error::argument(format!("the {what} is 0 along the {}", self.name))
                    .rule(format!("F, S and D in {FORMULA} are at least 1, here F = {f}, S = {s}, D = {d}"))
                    .fix(format!("give a {what} of 1 or more")));
            }
        }
        let extent = self.dilation.checked_mul(self.kernel - 1).and_then(|e| e.checked_add(1));
        extent.ok_or_else(|| self.too_large(None))
    }

    /// The number of window positions over an input of `size` cells.
    pub(super) fn positions(&self, size: usize) -> Result<usize, Error> {
        let extent = self.extent()?;
        check_size(&self.name, size)?;
        let padded = self.padding.checked_mul(2).and_then(|p| p.checked_add(size));
        // Kernels add a position, a stride and an offset in the kernel in signed numbers; this is the room they need.
        let room = padded.and_then(|p| p.checked_add(extent)).and_then(|p| p.checked_add(self.stride));
        let (Some(padded), Some(_)) = (padded, room.filter(|&r| r <= isize::MAX as usize / 2)) else {
            return Err(self.too_large(Some(size)));
        };
        if extent > padded {
            let (k, d) = (self.kernel, self.dilation);
            return Err(Error::shape(format!("the kernel is larger than the padded input along the {}", self.name))
                .rule(format!(
                    "D(F − 1) + 1 ≤ H + 2P, here {d}·({k} − 1) + 1 = {extent} > {size} + 2·{} = {padded}",
                    self.padding
                ))
                .fix("use a smaller kernel or dilation, or more padding"));
        }
        let travel = padded - extent;
        let (whole, rest) = (travel / self.stride + 1, travel % self.stride);
        // PyTorch's rule for the window that rounding up adds: it may not start in the right padding.
        let hangs = rest != 0 && whole * self.stride < size + self.padding;
        match self.rounding {
            Rounding::Exact if rest != 0 => Err(self.inexact(size, travel, whole, whole + usize::from(hangs))),
            Rounding::Exact | Rounding::Floor => Ok(whole),
            Rounding::Ceil => Ok(whole + usize::from(hangs)),
        }
    }

    fn inexact(&self, size: usize, travel: usize, floor: usize, ceil: usize) -> Error {
        let (s, rest) = (self.stride, travel % self.stride);
        Error::shape(format!(
            "the windows do not fit the {}: {FORMULA} = {} = {travel}/{s} + 1 is not a whole number",
            self.name,
            self.numbers(size)
        ))
        .rule(format!("the stride divides H + 2P − D(F − 1) − 1; here {travel} divided by {s} leaves {rest}"))
        .fix(format!(
            ".floor() drops the tail (output {floor}), .ceil() lets the last window hang over the edge (output {ceil})"
        ))
    }

    /// The formula with this window's numbers in it.
    fn numbers(&self, size: usize) -> String {
        let (f, s, p, d) = (self.kernel, self.stride, self.padding, self.dilation);
        format!("({size} + 2·{p} − {d}·({f} − 1) − 1)/{s} + 1")
    }

    fn too_large(&self, size: Option<usize>) -> Error {
        let (f, s, p, d) = (self.kernel, self.stride, self.padding, self.dilation);
        let size = size.map_or(String::new(), |h| format!("H = {h}, "));
        let numbers = format!("{size}F = {f}, S = {s}, P = {p}, D = {d}");
        Error::argument(format!("the window is too large along the {}: {numbers}", self.name))
            .rule(format!("the terms of {FORMULA} add up to less than {}", isize::MAX as usize / 2))
            .fix("use a smaller kernel, stride, padding or dilation")
    }

    /// Refuses padding above half of the dilated kernel.
    pub(super) fn check_padding(&self) -> Result<(), Error> {
        let extent = self.extent()?;
        let (p, f, d) = (self.padding, self.kernel, self.dilation);
        if p <= extent / 2 {
            return Ok(());
        }
        Err(Error::argument(format!("a padding of {p} is more than half of the kernel along the {}", self.name))
            .rule(format!("for pooling 2P ≤ D(F − 1) + 1, here 2·{p} > {d}·({f} − 1) + 1 = {extent}"))
            .fix(format!("use a padding of at most {}, or a larger kernel", extent / 2)))
    }

    /// Looks for a window whose cells all miss an input shorter than the dilation.
    ///
    /// With 2P within the extent a window that starts left of the input reaches past its first cell, so the first cell
    /// at or after it lies at (start mod D); only an input shorter than D can be stepped over.
    pub(super) fn check_cells(&self, size: usize, positions: usize) -> Result<(), Error> {
        if size >= self.dilation {
            return Ok(());
        }
        let starts = (0..positions).map(|o| (o * self.stride) as isize - self.padding as isize);
        let Some(start) = starts.take_while(|&s| s < 0).find(|s| s.rem_euclid(self.dilation as isize) >= size as isize)
        else {
            return Ok(());
        };
        let (f, d) = (self.kernel, self.dilation);
        Err(Error::shape(format!("a pooling window would hold nothing but padding along the {}", self.name))
            .rule(format!(
                "every window holds a cell of the input; the one at {start} has {f} cells {d} apart and misses all {size}"
            ))
            .fix("use a smaller dilation or less padding"))
    }

    /// The size of an input that has this many windows: the one asked for, or the one that they cover exactly.
    ///
    /// Where a tail was dropped or a window hung over, the size may be less than a stride away from the exact one.
    pub(super) fn unpooled(&self, windows: usize, asked: Option<usize>) -> Result<usize, Error> {
        self.extent()?;
        check_size(&self.name, windows)?;
        let [n, f, s, p, d] = [windows, self.kernel, self.stride, self.padding, self.dilation].map(|v| v as i128);
        let exact = (n - 1).saturating_mul(s).saturating_add(d.saturating_mul(f - 1)).saturating_add(1 - 2 * p);
        let size = asked.map_or(exact, |size| size as i128);
        if size > 0 && size.abs_diff(exact) < s as u128 {
            return usize::try_from(size).map_err(|_| self.too_large(None));
        }
        let sum = format!("({n} − 1)·{s} − 2·{p} + {d}·({f} − 1) + 1 = {exact}");
        let e = Error::shape(format!("a {} of {size} does not have {n} windows", self.name));
        Err(match asked {
            None => e.rule(format!("H = (n − 1)·S − 2P + D(F − 1) + 1 is at least 1, here {sum}"))
                .fix("use less padding, or say which size the tensor had before it was pooled"),
            Some(_) => e
                .rule(format!(
                    "H is less than S away from (n − 1)·S − 2P + D(F − 1) + 1, here |{size} − {exact}| is not below {s} for {sum}"
                ))
                .fix("give the size that the tensor had before it was pooled, and the options that it was pooled with"),
        })
    }
}
