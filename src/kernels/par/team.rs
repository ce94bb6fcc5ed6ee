//! Fork and join: the caller offers a loop to idle workers, works on it itself, and takes back what no worker has begun.
//! So a worker that wakes up late costs nothing but its waking, many callers share one team, and a loop allocates nothing.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The most threads that a loop may have.
pub(super) const MOST: usize = 1024;

/// How long a worker looks for the next loop before it sleeps, and a caller for the end of its own: the time in which a
/// sleeper would get to run. Between two loops of a training step lie some µs.
const SPIN: Duration = Duration::from_micros(100);

/// To wake a worker takes 7 µs of the caller, as long as it takes to add up so many elements. It is done when work of that
/// size is or has been lost for want of workers (ski rental, Karlin et al. 1988): at worst twice the cost of foreknowledge.
const WAKE: usize = 1 << 17;

/// A loop is cut into this many ranges at most, one for each of the first threads; further ones help with these.
const LANES: usize = 8;

/// Each thread takes the chunks of its own range in this many turns, so that what is left can be shared out at the end.
const TURNS: usize = 32;

/// A thread that waits for work, on cache lines of its own.
#[repr(align(128))]
struct Worker {
    number: usize,
    /// A job that is offered, or one of the states below.
    mailbox: AtomicPtr<Job>,
    thread: OnceLock<Thread>,
}

/// The worker has nothing to do and looks at its mailbox all the time.
const IDLE: *mut Job = ptr::null_mut();
/// The worker has nothing to do and must be woken.
const ASLEEP: *mut Job = ptr::without_provenance_mut(1);
/// The worker has taken a job.
const BUSY: *mut Job = ptr::without_provenance_mut(2);

static WORKERS: [OnceLock<&'static Worker>; MOST - 1] = [const { OnceLock::new() }; MOST - 1];
static STARTED: AtomicUsize = AtomicUsize::new(0);
/// The system has refused a thread that nobody had asked for by number; no loop tries again.
static REFUSED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this thread is inside of a loop: what it calls runs on itself alone.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// The work of this thread that sleeping workers might have shared since it last woke them.
    static LOST: Cell<usize> = const { Cell::new(0) };
}

/// Whether a parallel loop that began here would run on this thread alone.
pub(super) fn inside() -> bool {
    INSIDE.get()
}

/// Has at least `workers` workers started.
pub(super) fn start(workers: usize) -> io::Result<()> {
    if STARTED.load(Ordering::Acquire) >= workers {
        return Ok(());
    }
    static STARTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    // A worker without a core to itself must not hold up the others by looking for work.
    let cores = super::cores();
    let started = STARTED.load(Ordering::Acquire);
    for (number, slot) in WORKERS.iter().enumerate().take(workers).skip(started) {
        let mailbox = AtomicPtr::new(IDLE);
        let worker: &'static Worker = Box::leak(Box::new(Worker { number, mailbox, thread: OnceLock::new() }));
        let spin = if number + 1 < cores { SPIN } else { Duration::ZERO };
        let handle = thread::Builder::new().name(format!("wengert-{}", number + 1)).spawn(move || worker.work(spin))?;
        let _ = worker.thread.set(handle.thread().clone());
        let _ = slot.set(worker);
        STARTED.store(number + 1, Ordering::Release);
    }
    Ok(())
}

/// A loop that workers may join; it lives on its caller's stack.
struct Job {
    /// Runs chunks until there are none left; never unwinds.
    run: unsafe fn(*const (), usize),
    shared: *const (),
    /// Workers that are in the loop or may still join it, twice; and [`WAITING`].
    state: AtomicUsize,
    caller: OnceLock<Thread>,
}

/// The caller sleeps until the last worker has left.
const WAITING: usize = 1;
const ONE_WORKER: usize = 2;

impl Worker {
    fn work(&self, spin: Duration) {
        INSIDE.set(true);
        loop {
            let job = self.next(spin);
            // SAFETY: the mailbox held the job's address and this worker took it from there, so the job's count includes
            // this worker and its caller keeps it alive until `leave`.
            unsafe {
                ((*job).run)((*job).shared, self.number + 1);
                // Before leaving, so that the caller finds an idle worker for its next loop.
                self.mailbox.store(IDLE, Ordering::Release);
                Job::leave(job);
            }
        }
    }

    /// The next job, taken from the mailbox.
    fn next(&self, spin: Duration) -> *const Job {
        loop {
            let found = spin_until(spin, || self.mailbox.load(Ordering::Relaxed) != IDLE);
            if !found && self.swap(IDLE, ASLEEP) {
                while self.mailbox.load(Ordering::Relaxed) == ASLEEP {
                    thread::park();
                }
            }
            let job = self.mailbox.load(Ordering::Relaxed);
            // It may have been taken back meanwhile.
            if job != IDLE && self.swap(job, BUSY) {
                return job;
            }
        }
    }

    fn swap(&self, from: *mut Job, to: *mut Job) -> bool {
        self.mailbox.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Puts a job into the mailbox of a worker without one, and wakes it if it must and may.
    fn offer(&self, job: *mut Job, work: usize) -> bool {
        match self.mailbox.load(Ordering::Relaxed) {
            IDLE => self.swap(IDLE, job),
            ASLEEP => {
                let lost = LOST.get().saturating_add(work);
                let wake = lost >= WAKE && self.swap(ASLEEP, job);
                LOST.set(if wake { 0 } else { lost });
                if let (true, Some(thread)) = (wake, self.thread.get()) {
                    thread.unpark();
                }
                wake
            }
            _ => false,
        }
    }

    /// Takes a job back that the worker has not begun.
    fn take_back(&self, job: *mut Job) -> bool {
        self.mailbox.load(Ordering::Relaxed) == job && self.swap(job, IDLE)
    }
}

/// Looks at `found` until it is true or the time is over.
fn spin_until(time: Duration, found: impl Fn() -> bool) -> bool {
    let mut end = None;
    loop {
        for _ in 0..32 {
            if found() {
                return true;
            }
            std::hint::spin_loop();
        }
        let now = Instant::now();
        if now >= *end.get_or_insert(now + time) {
            return false;
        }
    }
}

impl Job {
    /// Counts a worker out, and wakes the caller if it was the last.
    ///
    /// # Safety
    /// The caller of the job waits for this worker. The job may be gone as soon as the count has changed.
    unsafe fn leave(job: *const Job) {
        // SAFETY: the count is above 0 until the exchange below succeeds, and so long the job lives.
        let Job { state, caller, .. } = unsafe { &*job };
        let mut seen = state.load(Ordering::Acquire);
        loop {
            // The handle must be at hand before the count says that nobody needs the job.
            let sleeper = if seen == ONE_WORKER | WAITING { caller.get().cloned() } else { None };
            match state.compare_exchange_weak(seen, seen - ONE_WORKER, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    if let Some(sleeper) = sleeper {
                        sleeper.unpark();
                    }
                    return;
                }
                Err(now) => seen = now,
            }
        }
    }

    /// Returns when all workers have left.
    fn wait(&self) {
        let left = || self.state.load(Ordering::Acquire) < ONE_WORKER;
        if spin_until(SPIN, left) {
            return;
        }
        let _ = self.caller.set(thread::current());
        self.state.fetch_or(WAITING, Ordering::AcqRel);
        while !left() {
            thread::park();
        }
    }
}

/// The chunks of one range that nobody has claimed, on cache lines of its own.
#[repr(align(128))]
struct Lane {
    next: AtomicUsize,
    end: usize,
}

/// What the threads of a loop share.
struct Shared<'f, F> {
    f: &'f F,
    lanes: [Lane; LANES],
    used: usize,
    batch: usize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<F: Fn(usize) + Sync> Shared<'_, F> {
    /// Runs chunks of thread `who`'s own range, then of the others, until there are none left.
    fn run(&self, who: usize) {
        // Whoever called the loop goes on after it as after a panic of its own.
        let all = || {
            for k in 0..self.used {
                let lane = &self.lanes[(who + k) % self.used];
                while lane.next.load(Ordering::Relaxed) < lane.end {
                    let first = lane.next.fetch_add(self.batch, Ordering::Relaxed);
                    (first..lane.end.min(first.saturating_add(self.batch))).for_each(self.f);
                }
            }
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(all)) {
            // What is left is not begun; the first panic is the one that the caller hears of.
            self.lanes[..self.used].iter().for_each(|lane| lane.next.store(lane.end, Ordering::Relaxed));
            match &mut *self.panic.lock().unwrap_or_else(PoisonError::into_inner) {
                first @ None => *first = Some(payload),
                // Not dropped: that might panic again.
                Some(_) => std::mem::forget(payload),
            }
        }
    }

    /// # Safety
    /// `shared` points to a `Self` that lives.
    unsafe fn run_erased(shared: *const (), who: usize) {
        // SAFETY: as this function demands.
        unsafe { &*shared.cast::<Self>() }.run(who);
    }
}

/// Calls `f` for every number below `n` on up to `threads` threads, this one among them; `work` says what it is worth.
///
/// # Panics
/// Where `f` does, with its payload, when no thread runs it any more.
pub(super) fn fork<F: Fn(usize) + Sync>(n: usize, threads: usize, work: usize, f: &F) {
    let threads = threads.min(n).min(MOST);
    if threads <= 1 {
        return (0..n).for_each(f);
    }
    if !REFUSED.load(Ordering::Relaxed) && start(threads - 1).is_err() {
        REFUSED.store(true, Ordering::Relaxed);
    }
    let used = threads.min(LANES);
    // Ranges of whole chunks, as equal as they can be.
    let bound = |k: usize| n / used * k + (n % used).min(k);
    let lane = |k: usize| {
        let k = k.min(used);
        Lane { next: AtomicUsize::new(bound(k)), end: bound((k + 1).min(used)) }
    };
    let batch = (n / (used * TURNS)).max(1);
    let shared = Shared { f, lanes: std::array::from_fn(lane), used, batch, panic: Mutex::new(None) };
    let mut job = Job {
        run: Shared::<F>::run_erased,
        shared: (&raw const shared).cast(),
        state: AtomicUsize::new(ONE_WORKER * (threads - 1)),
        caller: OnceLock::new(),
    };
    let job: *mut Job = &raw mut job;
    let mut asked = 0;
    let mut offered = 0;
    let workers = || WORKERS.iter().map_while(OnceLock::get);
    for worker in workers() {
        if offered == threads - 1 {
            break;
        }
        asked += 1;
        offered += usize::from(worker.offer(job, work));
    }
    INSIDE.set(true);
    shared.run(0);
    INSIDE.set(false);
    let back = workers().take(asked).filter(|worker| worker.take_back(job)).count();
    // SAFETY: the job is on this stack frame, and only shared references to it exist.
    let job = unsafe { &*job };
    job.state.fetch_sub(ONE_WORKER * (threads - 1 - offered + back), Ordering::AcqRel);
    // Nothing above can unwind, so that no worker outlives what it borrows: `shared` is dropped after this line.
    job.wait();
    if let Some(payload) = shared.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
        resume_unwind(payload);
    }
}
