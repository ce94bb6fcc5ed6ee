//! Splitting a loop over threads in fixed chunks.
//! The chunks depend on the sizes alone, never on the number of threads, so every result has the same bits on any machine.

use crate::error::Error;

/// Work below this many elements stays on the calling thread: handing out a task costs more than it would save.
#[cfg(feature = "threads")]
const GRAIN: usize = 1 << 15;

/// Calls `f(k, chunk)` for every `chunk` elements of `out`, in parallel where `work` (elements touched) is large.
///
/// The last chunk may be shorter. `chunk` must not be 0 unless `out` is empty.
pub(crate) fn chunks_mut<E: Send>(out: &mut [E], chunk: usize, work: usize, f: impl Fn(usize, &mut [E]) + Sync + Send) {
    #[cfg(feature = "threads")]
    if work > GRAIN && out.len() > chunk {
        use rayon::prelude::*;
        out.par_chunks_mut(chunk).enumerate().for_each(|(k, c)| f(k, c));
        return;
    }
    let _ = work;
    out.chunks_mut(chunk.max(1)).enumerate().for_each(|(k, c)| f(k, c));
}

/// As [`chunks_mut`], over two outputs that are cut into the same number of chunks.
pub(crate) fn chunks2_mut<A: Send, B: Send>(
    (a, chunk_a): (&mut [A], usize),
    (b, chunk_b): (&mut [B], usize),
    work: usize,
    f: impl Fn(usize, &mut [A], &mut [B]) + Sync + Send,
) {
    #[cfg(feature = "threads")]
    if work > GRAIN && a.len() > chunk_a {
        use rayon::prelude::*;
        (a.par_chunks_mut(chunk_a), b.par_chunks_mut(chunk_b))
            .into_par_iter()
            .enumerate()
            .for_each(|(k, (a, b))| f(k, a, b));
        return;
    }
    let _ = work;
    let pairs = a.chunks_mut(chunk_a.max(1)).zip(b.chunks_mut(chunk_b.max(1)));
    pairs.enumerate().for_each(|(k, (a, b))| f(k, a, b));
}

/// Calls `f` for every index below `n`, in parallel where `work` is large, and collects the results in order.
pub(crate) fn map<R: Send>(n: usize, work: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    #[cfg(feature = "threads")]
    if work > GRAIN && n > 1 {
        use rayon::prelude::*;
        return (0..n).into_par_iter().map(f).collect();
    }
    let _ = work;
    (0..n).map(f).collect()
}

/// Calls `f` for every item, in parallel where `work` (elements touched) is large.
pub(crate) fn each<I: Send>(items: Vec<I>, work: usize, f: impl Fn(I) + Sync + Send) {
    #[cfg(feature = "threads")]
    if work > GRAIN && items.len() > 1 {
        use rayon::prelude::*;
        return items.into_par_iter().for_each(f);
    }
    let _ = work;
    items.into_iter().for_each(f);
}

/// How many threads kernels use here.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    1
}

/// Runs `f` with the given number of threads for all kernels inside it; results are the same bits for any number.
///
/// Without it, kernels use one thread per core (or as many as `RAYON_NUM_THREADS` says). Without the feature `threads`
/// there is one thread, whatever is asked for.
///
/// # Errors
/// `threads` is 0 or above 1024, or the system refuses to start them.
///
/// ```
/// use wengert::prelude::*;
/// let sum = || {
///     let tape = Tape::new();
///     tape.var(vec![0.1; 100_000]).sum().item()
/// };
/// assert_eq!(wengert::with_threads(1, sum)?, wengert::with_threads(3, sum)?);
/// # Ok::<(), wengert::Error>(())
/// ```
pub fn with_threads<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> Result<R, Error> {
    if !(1..=1024).contains(&threads) {
        return Err(Error::argument(format!("{threads} threads")).rule("1 to 1024 threads").fix("use one per core"));
    }
    #[cfg(feature = "threads")]
    {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.map(|pool| pool.install(f))
            .map_err(|e| Error::argument(format!("cannot start {threads} threads: {e}")).fix("use fewer"))
    }
    #[cfg(not(feature = "threads"))]
    Ok(f())
}
