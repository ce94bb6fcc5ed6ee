//! What is done to finished elements of a product while they are in cache.

/// A last step on parts of finished rows of C.
pub(crate) trait Epilogue<T>: Sync {
    /// Changes `c`, which holds the elements \[row, col\], \[row, col + 1\], … of the product.
    ///
    /// Each element of the product is given exactly once.
    fn apply(&self, row: usize, col: usize, c: &mut [T]);

    /// Whether `apply` does nothing, so that calls can be left out.
    fn is_nothing(&self) -> bool {
        false
    }
}

/// Leaves the product as it is.
pub(crate) struct Nothing;

impl<T> Epilogue<T> for Nothing {
    #[inline(always)]
    fn apply(&self, _: usize, _: usize, _: &mut [T]) {}

    #[inline(always)]
    fn is_nothing(&self) -> bool {
        true
    }
}

impl<T, F: Fn(usize, usize, &mut [T]) + Sync> Epilogue<T> for F {
    #[inline(always)]
    fn apply(&self, row: usize, col: usize, c: &mut [T]) {
        self(row, col, c);
    }
}
