//! Splitting a loop over threads in fixed chunks.
//! The chunks depend on the sizes alone, never on the number of threads, so every result has the same bits on any machine.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Range;

use crate::error::Error;

#[cfg(feature = "threads")]
mod team;

/// Work below this many elements stays on the calling thread. A fork and join costs 0.3 to 1 µs, which is what so
/// many elements take in the cheapest loops.
#[cfg(feature = "threads")]
const GRAIN: usize = 1 << 14;

/// Calls `f` for every number below `n`, in parallel where `work` (elements touched) is large.
///
/// Each call is one chunk. A parallel loop inside of `f` runs on the thread that has the chunk.
pub(crate) fn for_each(n: usize, work: usize, f: impl Fn(usize) + Sync) {
    #[cfg(feature = "threads")]
    if work > GRAIN && n > 1 {
        // Each thread has at least a grain.
        let threads = threads().min(1 + work / GRAIN);
        if threads > 1 {
            return team::fork(n, threads, work, &f);
        }
    }
    let _ = work;
    (0..n).for_each(f);
}

/// A slice of which the chunks of a loop each take a part that no other takes.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a, E> {
    data: *mut E,
    len: usize,
    slice: PhantomData<&'a mut [E]>,
}

// SAFETY: only `part` gives access, and who calls it sees to it that no two parts overlap: to share the whole is then to
// send the parts.
unsafe impl<E: Send> Sync for Parts<'_, E> {}
// SAFETY: as above.
unsafe impl<E: Send> Send for Parts<'_, E> {}

impl<'a, E> Parts<'a, E> {
    pub(crate) fn new(whole: &'a mut [E]) -> Self {
        Parts { data: whole.as_mut_ptr(), len: whole.len(), slice: PhantomData }
    }

    /// The elements of a range, which must lie within the slice.
    ///
    /// # Safety
    /// No element of the range is in another part that lives at the same time.
    pub(crate) unsafe fn part(&self, range: Range<usize>) -> &'a mut [E] {
        assert!(range.start <= range.end && range.end <= self.len, "a part lies within its slice");
        // SAFETY: the range is within the slice, which is borrowed for 'a, and the caller vouches that nobody else has it.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(range.start), range.len()) }
    }

    /// Part `k` of those that are `chunk` elements long; the last may be shorter.
    ///
    /// # Safety
    /// As of [`part`](Parts::part).
    unsafe fn chunk(&self, k: usize, chunk: usize) -> &'a mut [E] {
        let start = k * chunk;
        // SAFETY: as this function demands.
        unsafe { self.part(start..self.len.min(start + chunk)) }
    }
}

/// Calls `f(k, chunk)` for every `chunk` elements of `out`, in parallel where `work` (elements touched) is large.
///
/// The last chunk may be shorter. `chunk` must not be 0 unless `out` is empty.
pub(crate) fn chunks_mut<E: Send>(out: &mut [E], chunk: usize, work: usize, f: impl Fn(usize, &mut [E]) + Sync + Send) {
    let n = out.len().div_ceil(chunk.max(1));
    let out = Parts::new(out);
    // SAFETY: every k is called once, and chunks of different k share no element.
    for_each(n, work, |k| f(k, unsafe { out.chunk(k, chunk) }));
}

/// As [`chunks_mut`], over two outputs that are cut into the same number of chunks.
pub(crate) fn chunks2_mut<A: Send, B: Send>(
    (a, chunk_a): (&mut [A], usize),
    (b, chunk_b): (&mut [B], usize),
    work: usize,
    f: impl Fn(usize, &mut [A], &mut [B]) + Sync + Send,
) {
    let n = a.len().div_ceil(chunk_a.max(1)).min(b.len().div_ceil(chunk_b.max(1)));
    let (a, b) = (Parts::new(a), Parts::new(b));
    // SAFETY: every k is called once, and chunks of different k share no element.
    for_each(n, work, |k| unsafe { f(k, a.chunk(k, chunk_a), b.chunk(k, chunk_b)) });
}

/// Calls `f` for every index below `n`, in parallel where `work` is large, and collects the results in order.
pub(crate) fn map<R: Send>(n: usize, work: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    let mut all = Vec::with_capacity(n);
    chunks_mut(&mut all.spare_capacity_mut()[..n], 1, work, |k, slot: &mut [MaybeUninit<R>]| {
        slot[0].write(f(k));
    });
    // SAFETY: the loop has written each of the n elements; had a call panicked, this line would not be reached.
    unsafe { all.set_len(n) };
    all
}

/// Calls `f` for every item, in parallel where `work` (elements touched) is large.
pub(crate) fn each<I: Send>(items: Vec<I>, work: usize, f: impl Fn(I) + Sync + Send) {
    // If a call panics, the items that nobody has taken are leaked.
    let mut items: Vec<ManuallyDrop<I>> = items.into_iter().map(ManuallyDrop::new).collect();
    // SAFETY: every item is taken once, for every k is called once, and none is touched afterwards.
    chunks_mut(&mut items, 1, work, |_, item| f(unsafe { ManuallyDrop::take(&mut item[0]) }));
}

#[cfg(feature = "threads")]
mod count {
    use std::cell::Cell;
    use std::sync::OnceLock;
    use std::thread::available_parallelism;

    thread_local! {
        /// What `with_threads` asks for on this thread; 0 where nobody asks.
        pub(super) static ASKED: Cell<usize> = const { Cell::new(0) };
    }

    /// How many cores this process may use.
    pub(super) fn cores() -> usize {
        static CORES: OnceLock<usize> = OnceLock::new();
        *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from))
    }

    /// What the environment asks for, else one thread per core.
    pub(super) fn usual() -> usize {
        static USUAL: OnceLock<usize> = OnceLock::new();
        *USUAL.get_or_init(|| {
            let asked = |name| std::env::var(name).ok().as_deref().and_then(parse);
            asked("WENGERT_NUM_THREADS").or_else(|| asked("RAYON_NUM_THREADS")).unwrap_or_else(cores)
        })
    }

    /// A number of threads as the environment gives it; anything else is passed over.
    pub(super) fn parse(text: &str) -> Option<usize> {
        text.trim().parse().ok().filter(|n| (1..=super::team::MOST).contains(n))
    }

    /// Sets `ASKED` back when it is dropped.
    pub(super) struct Asked(pub(super) usize);

    impl Drop for Asked {
        fn drop(&mut self) {
            ASKED.set(self.0);
        }
    }
}

#[cfg(feature = "threads")]
use count::cores;

/// How many threads kernels use here: 1 inside of a loop that is already split.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "threads")]
    return match count::ASKED.get() {
        _ if team::inside() => 1,
        0 => count::usual(),
        asked => asked,
    };
    #[cfg(not(feature = "threads"))]
    1
}

/// Runs `f` with the given number of threads for all kernels inside it; results are the same bits for any number.
///
/// Without it, kernels use as many threads as the environment variable `WENGERT_NUM_THREADS` says, or else
/// `RAYON_NUM_THREADS`, or else one per core. Without the feature `threads` there is one thread, whatever is asked for.
/// It holds for what `f` does on this thread, not for threads that `f` starts. Threads are started when they are first
/// needed, shared by all who call kernels, and sleep when there is nothing to do.
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
        team::start(threads - 1)
            .map_err(|e| Error::argument(format!("cannot start {threads} threads: {e}")).fix("use fewer"))?;
        let _back = count::Asked(count::ASKED.replace(threads));
        Ok(f())
    }
    #[cfg(not(feature = "threads"))]
    Ok(f())
}

#[cfg(all(test, feature = "threads"))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    const LARGE: usize = usize::MAX;

    /// Whatever is counted, once for every number below `n` and no more.
    fn counted(n: usize) {
        let counts: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
        for_each(n, LARGE, |k| {
            counts[k].fetch_add(1, Ordering::Relaxed);
        });
        assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1), "{n} chunks on {} threads", threads());
    }

    #[test]
    fn every_chunk_runs_once_on_any_number_of_threads() {
        for threads in [1, 2, 3, 4, 9, 12] {
            with_threads(threads, || [0, 1, 2, 3, 7, 8, 9, 31, 100, 1009, 10_000].into_iter().for_each(counted))
                .unwrap();
        }
    }

    #[test]
    fn chunks_depend_on_sizes_alone() {
        let run = || {
            let (mut a, mut b) = (vec![0.0f32; 1003], vec![0u32; 151]);
            chunks2_mut((&mut a, 20), (&mut b, 3), LARGE, |k, a, b| {
                let mut sum = k as f32;
                a.iter_mut().for_each(|a| {
                    sum += 1.0 / (sum + 1.0);
                    *a = sum;
                });
                b.fill((a.len() * 1000 + k) as u32);
            });
            (a.into_iter().map(f32::to_bits).collect::<Vec<_>>(), b)
        };
        let one = with_threads(1, run).unwrap();
        assert_eq!((one.1[0], one.1[150]), (20_000, 3_050));
        for threads in [2, 3, 4, 10] {
            assert!(with_threads(threads, run).unwrap() == one, "{threads} threads");
        }
    }

    #[test]
    fn results_come_in_order_and_items_go_once() {
        with_threads(3, || {
            let texts = map(1000, LARGE, |k| k.to_string());
            assert!(texts.iter().enumerate().all(|(k, t)| *t == k.to_string()));
            let total = AtomicUsize::new(0);
            each(texts, LARGE, |t: String| {
                total.fetch_add(t.parse::<usize>().unwrap(), Ordering::Relaxed);
            });
            assert_eq!(total.into_inner(), 499_500);
            assert!(map(0, LARGE, |_| ()).is_empty());
            each(Vec::<String>::new(), LARGE, |_| unreachable!());
            chunks_mut(&mut [0u8; 0], 0, LARGE, |_, _| unreachable!());
        })
        .unwrap();
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        with_threads(4, || {
            for bad in [0, 1, 57, 99] {
                let touched = AtomicUsize::new(0);
                let payload = catch_unwind(AssertUnwindSafe(|| {
                    for_each(100, LARGE, |k| {
                        touched.fetch_add(1, Ordering::Relaxed);
                        assert_ne!(k, bad, "chunk {k} is bad");
                    });
                }))
                .expect_err("one chunk panics");
                let text = payload.downcast_ref::<String>().expect("a formatted message");
                assert!(text.contains("is bad"), "{text}");
                assert!(touched.into_inner() <= 100);
                assert!(!team::inside(), "a loop of the caller is parallel again");
                counted(100);
            }
            let all = catch_unwind(AssertUnwindSafe(|| for_each(64, LARGE, |k| panic!("chunk {k}"))));
            assert!(all.expect_err("all panic").downcast_ref::<String>().unwrap().starts_with("chunk "));
        })
        .unwrap();
    }

    #[test]
    fn a_loop_inside_of_a_loop_stays_on_its_thread() {
        with_threads(3, || {
            for_each(50, LARGE, |_| {
                assert_eq!(threads(), 1);
                let own = thread::current().id();
                for_each(20, LARGE, |_| assert_eq!(thread::current().id(), own));
                counted(30);
            });
            assert_eq!(threads(), 3);
        })
        .unwrap();
    }

    #[test]
    fn many_callers_share_the_workers() {
        thread::scope(|scope| {
            for caller in 0..6usize {
                scope.spawn(move || {
                    with_threads(2 + caller % 3, || {
                        for round in 0..300usize {
                            let n = 1 + (caller * 31 + round * 7) % 200;
                            let mut out = vec![0; n];
                            chunks_mut(&mut out, 1, LARGE, |k, o| o[0] = k * round + caller);
                            assert!(out.iter().enumerate().all(|(k, &o)| o == k * round + caller));
                        }
                    })
                    .unwrap();
                });
            }
        });
    }

    #[test]
    fn a_late_worker_is_not_waited_for_and_a_slow_one_is() {
        with_threads(2, || {
            for pause in [0, 1, 5] {
                // Workers fall asleep, and the loops below meet them asleep, awake and busy.
                thread::sleep(Duration::from_millis(pause));
                (0..20).for_each(|_| counted(3));
            }
            // Both threads have one chunk each, and the loop ends with the slower one.
            let begun = AtomicUsize::new(0);
            let ended = AtomicUsize::new(0);
            for_each(2, LARGE, |_| {
                let first = begun.fetch_add(1, Ordering::Relaxed) == 0;
                let until = Instant::now() + Duration::from_millis(if first { 2 } else { 5 });
                while Instant::now() < until {
                    thread::yield_now();
                }
                ended.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(ended.into_inner(), 2);
        })
        .unwrap();
    }

    #[test]
    fn the_number_asked_for_holds_inside_and_ends_with_it() {
        let before = threads();
        with_threads(7, || {
            assert_eq!(threads(), 7);
            assert_eq!(with_threads(2, threads).unwrap(), 2);
            assert_eq!(threads(), 7);
        })
        .unwrap();
        assert_eq!(threads(), before);
        assert!(catch_unwind(|| with_threads(5, || panic!("inside"))).is_err());
        assert_eq!(threads(), before);
    }

    #[test]
    fn only_a_number_of_threads_counts_as_one() {
        assert_eq!(["1", " 8 ", "1024"].map(count::parse), [Some(1), Some(8), Some(1024)]);
        assert_eq!(["0", "", "many", "-1", "1025", "99999999999999999999"].map(count::parse), [None; 6]);
    }

    #[test]
    #[should_panic(expected = "lies within its slice")]
    fn a_part_beyond_its_slice_is_refused() {
        let mut data = [0u8; 4];
        // SAFETY: there is one part.
        let _ = unsafe { Parts::new(&mut data).part(3..5) };
    }
}
