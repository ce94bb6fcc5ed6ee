//! The tape itself: the one function that appends a line, the clock of random lines, and clearing.
//! Every check that needs only shapes happens here, at the user's line.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

use smallvec::SmallVec;

use super::apply::{OpRef, Operand, Results};
use super::data::Kind;
use super::graph::{Entry, Graph};
use super::kept::Kept;
use super::marks::Marks;
use super::op::Op;
use super::row::Bound;
use super::sig::Sig;
use super::writing::RuleFrame;
use crate::error::{Error, OrRaise, own_file};
use crate::real::Real;
use crate::shape::{Dims, checked_count};

/// The ordered list of operations (Wengert, 1964) that models are recorded on.
///
/// `Tape::new()` holds `f32`, `Tape::<f64>::default()` doubles. Recording checks shapes and computes nothing; values are
/// computed when asked for ([`value`](crate::Var::value), [`item`](crate::Var::item), [`backward`](crate::Var::backward)). One tape belongs to one thread at a time.
///
/// [`clear`](Tape::clear) starts over and keeps all memory. It takes the tape mutably, so a handle from before cannot be
/// used after it:
///
/// ```compile_fail,E0502
/// use wengert::prelude::*;
/// let mut tape = Tape::new();
/// let x = tape.var(1.0);
/// tape.clear();
/// println!("{:?}", x);
/// ```
///
/// ```
/// use wengert::prelude::*;
/// let mut tape = Tape::new();
/// for k in 0..3 {
///     tape.clear();
///     let x = tape.var(k as f32);
///     assert_eq!((x * x).item(), (k * k) as f32);
/// }
/// assert_eq!(tape.step(), 3);
/// ```
pub struct Tape<T: Real = f32> {
    id: u64,
    epoch: u64,
    seed: Cell<u64>,
    pub(super) step: Cell<u64>,
    pub(super) ordinal: Cell<u32>,
    pub(super) scope: Cell<u16>,
    pub(super) user: Cell<Option<&'static Location<'static>>>,
    pub(super) rule: Cell<Option<RuleFrame>>,
    pub(crate) graph: RefCell<Graph<T>>,
    pub(crate) marks: RefCell<Marks>,
    pub(super) slot: RefCell<Option<Box<dyn Slot>>>,
    pub(super) kept: RefCell<Kept<T>>,
}

/// What a higher module keeps with a tape; the tape only knows how to clear it.
pub(crate) trait Slot: Any + Send {
    /// Gives up all values, keeps the memory.
    fn clear(&mut self);

    /// Gives up what belongs to lines from number `len` on.
    fn truncate(&mut self, len: usize);
}

impl Tape<f32> {
    /// An empty tape of `f32`.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: Real> Default for Tape<T> {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Tape {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            epoch: 0,
            seed: Cell::new(0),
            step: Cell::new(0),
            ordinal: Cell::new(0),
            scope: Cell::new(0),
            user: Cell::new(None),
            rule: Cell::new(None),
            graph: RefCell::default(),
            marks: RefCell::default(),
            slot: RefCell::new(None),
            kept: RefCell::default(),
        }
    }
}

impl<T: Real> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("type", &T::NAME).field("lines", &self.len()).field("step", &self.step()).finish()
    }
}

impl<T: Real> Tape<T> {
    /// Sets the seed that random lines (dropout) draw from; 0 at first.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        self.seed.set(seed);
        self
    }

    /// The seed that random lines draw from.
    pub fn seed(&self) -> u64 {
        self.seed.get()
    }

    /// How often the tape has been cleared.
    pub fn step(&self) -> u64 {
        self.step.get()
    }

    /// Continues the count of steps, when training is resumed: random lines depend on it.
    pub fn set_step(&mut self, step: u64) {
        self.step.set(step);
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.graph.borrow().len()
    }

    /// Whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts over: forgets all lines and values, keeps all memory, and counts one step.
    pub fn clear(&mut self) {
        // Values first: the storage of a leaf is known by its line to be the caller's.
        if let Some(slot) = self.slot.get_mut() {
            slot.clear();
        }
        self.graph.get_mut().clear();
        self.epoch += 1;
        // A resumed count may be any number, and masks only have to differ from the step before.
        self.step.set(self.step.get().wrapping_add(1));
        self.ordinal.set(0);
        self.scope.set(0);
        self.user.set(None);
        self.rule.set(None);
    }

    /// Records any operation, a user's own included; what does not fit comes back as an error.
    ///
    /// # Errors
    /// The shape rule refuses the operands, or an operand stands on another tape.
    #[track_caller]
    pub fn apply<'t>(&'t self, op: impl Op<T>, operands: &[Operand<'t, T>]) -> Result<Results<'t, T>, Error> {
        self.apply_ref(OpRef::new(op), operands)
    }

    /// As [`apply`](Tape::apply), for an operation that stands behind a reference already.
    ///
    /// # Errors
    /// As [`apply`](Tape::apply).
    #[track_caller]
    pub fn apply_ref<'t>(&'t self, op: OpRef<T>, operands: &[Operand<'t, T>]) -> Result<Results<'t, T>, Error> {
        let mut ids: SmallVec<[u32; 4]> = SmallVec::with_capacity(operands.len());
        for (i, o) in operands.iter().enumerate() {
            let (tape, id) = o.place();
            if !std::ptr::eq(tape, self) {
                return Err(self.foreign(op.get().name(), i, operands));
            }
            ids.push(id);
        }
        let head = self.record(op, &ids)?;
        Ok(Results { tape: self, head, count: u32::from(self.graph.borrow().node(head).results) })
    }

    /// Records an operation in an expression: what does not fit is a panic at the caller's line.
    #[track_caller]
    pub(crate) fn call<'t>(&'t self, op: impl Op<T>, operands: &[Operand<'t, T>]) -> Results<'t, T> {
        self.apply(op, operands).or_raise()
    }

    /// Records a row of the pointwise table over operands of one shape.
    #[track_caller]
    pub(crate) fn row<'t, const N: usize>(&'t self, op: Bound<T>, operands: &[Operand<'t, T>; N]) -> Results<'t, T> {
        match self.try_row(op, operands) {
            Some(head) => Results { tape: self, head, count: 1 },
            // The long way finds out what is wrong with it.
            None => self.apply_ref(OpRef::Row(op), operands).or_raise(),
        }
    }

    /// Records a row if all is as it must be; the short way for what most lines are.
    #[track_caller]
    #[inline]
    fn try_row<const N: usize>(&self, op: Bound<T>, operands: &[Operand<'_, T>; N]) -> Option<u32> {
        let mut ids = [0; N];
        for (id, o) in ids.iter_mut().zip(operands) {
            let (tape, line) = o.place();
            if !std::ptr::eq(tape, self) {
                return None;
            }
            *id = line;
        }
        let (site, origin) = (self.here(), self.rule.get().map(|r| r.origin));
        self.graph.borrow_mut().push_row(op, ids, site, self.scope.get(), origin)
    }

    /// Records an operation without attributes.
    #[track_caller]
    pub(crate) fn plain<'t>(&'t self, op: &'static dyn Op<T>, operands: &[Operand<'t, T>]) -> Results<'t, T> {
        self.apply_ref(OpRef::Static(op), operands).or_raise()
    }

    #[track_caller]
    pub(crate) fn foreign(&self, op: &'static str, stranger: usize, operands: &[Operand<'_, T>]) -> Error {
        let e = Error::tape(format!("operand {stranger} stands on another tape"))
            .rule("all operands of an operation stand on one tape")
            .fix("record that operand on this tape, or carry its value over with `tape.constant(v.value())`");
        let describe = |(i, o): (usize, &Operand<'_, T>)| {
            let (tape, id) = o.place();
            format!("operand {i}: {}", tape.describe(id))
        };
        operands.iter().enumerate().map(describe).fold(e.about(op), Error::operand).at(self.here())
    }

    #[track_caller]
    pub(super) fn record(&self, op: OpRef<T>, operands: &[u32]) -> Result<u32, Error> {
        self.record_flagged(op, operands, false)
    }

    /// As [`record`](Tape::record), for a line that is active by itself or by its operands.
    #[track_caller]
    pub(super) fn record_flagged(&self, op: OpRef<T>, operands: &[u32], is_var: bool) -> Result<u32, Error> {
        let site = self.here();
        let (results, active) = {
            let g = self.graph.borrow();
            let (few, many);
            let sigs = match operands.len() {
                // Collecting costs more than what is collected.
                0..=4 => {
                    few = std::array::from_fn::<Sig<'_>, 4, _>(|i| operands.get(i).map_or(Sig::NONE, |&id| g.sig(id)));
                    &few[..operands.len()]
                }
                _ => {
                    many = g.sigs(operands);
                    &many[..]
                }
            };
            let results = op.get().infer(sigs).and_then(|r| {
                let too_large = r.iter().find(|s| checked_count(&s.dims).is_none());
                match too_large {
                    Some(s) => Err(Error::shape(format!("the result would have shape {}", s.dims))
                        .rule("the number of elements fits in memory")
                        .fix("check the sizes given")),
                    None if r.iter().any(|s| s.dims.rank() > 255)
                        || operands.len().max(r.len()) > usize::from(u16::MAX) =>
                    {
                        Err(Error::shape("too many axes, operands or results")
                            .rule("at most 255 axes, 65535 operands and 65535 results")
                            .fix("combine in several steps"))
                    }
                    None if g.len() + r.len() > u32::MAX as usize => Err(Error::tape("the tape is full")
                        .rule("a tape holds at most 4294967295 lines")
                        .fix("clear it between steps")),
                    None => Ok(r),
                }
            });
            (results, is_var || operands.iter().any(|&id| g.node(id).active()))
        };
        // Not `map_err`: inside a closure the caller's line would be lost.
        let results = match results {
            Ok(r) => r,
            Err(e) => return Err(self.blame(e, op.get().name(), operands)),
        };
        let rule = self.rule.get();
        let entry = Entry { op, operands, site, scope: self.scope.get(), origin: rule.map(|r| r.origin), active };
        Ok(self.graph.borrow_mut().push(entry, results.iter().map(|r| (r.kind, &r.dims[..]))))
    }

    /// The source line that a new line carries: the primal's while a rule writes, the caller's otherwise, and that of the
    /// call on whose behalf the crate's own layers write.
    #[track_caller]
    pub(super) fn here(&self) -> &'static Location<'static> {
        let caller = Location::caller();
        match (self.rule.get(), self.user.get()) {
            (Some(rule), _) => rule.site,
            (None, Some(user)) if own_file(caller).is_some() => user,
            (None, _) => caller,
        }
    }

    /// Completes an error with the operation, its operands and the source line.
    #[track_caller]
    pub(crate) fn blame(&self, e: Error, op: &'static str, operands: &[u32]) -> Error {
        self.graph.borrow().blame(e, op, operands).at(self.here())
    }

    /// What a check yields; its error is a panic that names the operation, the operands and the caller's line.
    #[track_caller]
    pub(crate) fn checked<V>(&self, check: Result<V, Error>, op: &'static str, operands: &[u32]) -> V {
        match check {
            Ok(v) => v,
            Err(e) => self.blame(e, op, operands).raise(),
        }
    }

    /// One line in words: number, name, type, and where it was recorded.
    pub(crate) fn describe(&self, id: u32) -> String {
        self.graph.borrow().describe(id)
    }

    /// Type and shape as errors print them: `f32[2, 3]`.
    pub(crate) fn signature(&self, id: u32) -> String {
        self.graph.borrow().signature(id)
    }

    /// Tells tapes apart, and what one tape holds now from what it held before it was cleared.
    pub(crate) fn identity(&self) -> (u64, u64) {
        (self.id, self.epoch)
    }

    pub(crate) fn kind_of(&self, id: u32) -> Kind {
        self.graph.borrow().node(id).kind()
    }

    pub(crate) fn dims_of(&self, id: u32) -> Dims {
        Dims::from(self.graph.borrow().dims(id))
    }

    pub(crate) fn rank_of(&self, id: u32) -> usize {
        self.graph.borrow().dims(id).len()
    }

    pub(crate) fn op_name(&self, id: u32) -> &'static str {
        self.graph.borrow().node(id).op.get().name()
    }

    /// The next number of a random line in this step.
    pub(crate) fn next_ordinal(&self) -> u32 {
        let k = self.ordinal.get();
        self.ordinal.set(k + 1);
        k
    }

    /// The value that a higher module keeps with this tape, made on first use.
    pub(crate) fn with_slot<S: Slot + Default, R>(&self, f: impl FnOnce(&mut S) -> R) -> R {
        let mut slot = self.slot.borrow_mut();
        let slot: &mut dyn Any = &mut **slot.get_or_insert_with(|| Box::new(S::default()));
        f(slot.downcast_mut().expect("one module keeps its values with the tape"))
    }
}
