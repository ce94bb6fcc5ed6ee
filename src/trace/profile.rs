//! What each line costs: its time when it is run by itself, its bytes and its operations, as a table and for trace viewers.
//! The lines are copied to a tape that fuses nothing, so that a time belongs to a line and not to a pass.

use std::fmt;
use std::time::Instant;

use super::json::Json;
use super::plain::plain;
use super::record::leaves;
use crate::adjoint::{check_scalar, reverse_sweep};
use crate::error::{Error, is_of_a_text};
use crate::exec::bytes;
use crate::real::Real;
use crate::tape::{Operand, Tape, Var};

/// The cost of one line.
#[derive(Clone, Debug, PartialEq)]
pub struct LineCost {
    /// The line's number.
    pub id: u32,
    /// Its operation.
    pub op: &'static str,
    /// Its name, that of the primal line whose rule wrote it, or where it was recorded; empty for a line of a program text.
    pub label: String,
    /// The primal line whose rule wrote it.
    pub origin: Option<u32>,
    /// Shape of the first result.
    pub dims: Vec<usize>,
    /// Seconds, the least of all rounds.
    pub seconds: f64,
    /// Bytes of operands and results.
    pub bytes: usize,
    /// Floating-point operations, roughly.
    pub flops: f64,
}

/// The costs of all lines of a forward and a backward pass; see [`Profile::of`].
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Line by line, in the order of the tape; leaves are left out.
    pub lines: Vec<LineCost>,
    /// How often each line was run.
    pub rounds: usize,
}

impl Profile {
    /// Runs a scalar line and its backward pass line by line, `rounds` times, and keeps each line's least time.
    ///
    /// Nothing is fused, so the sum is an upper bound of what a step takes: [`Program::explain`](crate::Program::explain)
    /// tells what runs together. The adjoint lines are written on the tape, as by [`backward`](crate::Var::backward).
    ///
    /// # Errors
    /// The line has more than one element, or values fault.
    ///
    /// ```
    /// use wengert::{Profile, prelude::*};
    /// let tape = Tape::new();
    /// let x = tape.var(vec![0.5; 1000]).named("x");
    /// let profile = Profile::of(x.tanh().sum(), 2)?;
    /// let tanh = profile.lines.iter().find(|l| l.op == "tanh").unwrap();
    /// assert_eq!((tanh.bytes, tanh.flops), (8000, 16000.0));
    /// assert!(tanh.seconds > 0.0 && profile.to_string().contains("tanh"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn of<T: Real>(root: Var<'_, T>, rounds: usize) -> Result<Self, Error> {
        let tape = root.tape();
        check_scalar(root, "profile")?;
        let sweep = reverse_sweep(root, &leaves(tape));
        let wanted = sweep.cotangents.iter().flatten().map(|v| v.id()).chain([root.id()]);
        let mut lines: Vec<LineCost> = needed(tape, wanted).into_iter().map(|id| cost(tape, id)).collect();
        for _ in 0..rounds.max(1) {
            let copy = copied(tape)?;
            for line in &mut lines {
                let begin = Instant::now();
                match copy.handle(line.id) {
                    Operand::Real(v) => drop(v.try_tensor()?),
                    Operand::Int(v) => drop(v.try_tensor()?),
                }
                line.seconds = line.seconds.min(begin.elapsed().as_secs_f64());
            }
        }
        lines.retain(|l| !tape.line(l.id).operands.is_empty());
        Ok(Profile { lines, rounds: rounds.max(1) })
    }

    /// All lines' time, in seconds.
    pub fn seconds(&self) -> f64 {
        self.lines.iter().map(|l| l.seconds).sum()
    }

    /// The profile as JSON: the total time and, line by line in the order of the tape, time in seconds, bytes and operations.
    ///
    /// ```
    /// use wengert::{Profile, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let json = Profile::of(tape.var([2.0, 3.0]).named("x").sum(), 1)?.to_json();
    /// assert!(json.starts_with(r#"{"rounds":1,"seconds":"#));
    /// assert!(json.contains(r#""lines":[{"line":1,"op":"sum","label":"#) && json.contains(r#""bytes":24,"flops":2}"#));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut j = Json::default();
        j.object(|o| {
            o.field("rounds").integer(self.rounds);
            o.field("seconds").number(self.seconds());
            o.field("lines").list(self.lines.iter(), |j, l| {
                j.object(|o| {
                    o.field("line").integer(l.id);
                    o.field("op").text(l.op);
                    o.field("label").text(&l.label);
                    if let Some(origin) = l.origin {
                        o.field("origin").integer(origin);
                    }
                    o.field("dims").list(l.dims.iter(), |j, d| j.integer(*d));
                    o.field("seconds").number(l.seconds);
                    o.field("bytes").integer(l.bytes);
                    o.field("flops").number(l.flops);
                });
            });
        });
        j.text
    }

    /// The profile in the trace event format that chrome://tracing and Perfetto open; each line is an event.
    ///
    /// ```
    /// use wengert::{Profile, prelude::*};
    /// let tape = Tape::new();
    /// let json = Profile::of(tape.var(2.0).exp(), 1)?.to_chrome_trace();
    /// assert!(json.starts_with(r#"{"traceEvents":[{"name":"exp","#));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_chrome_trace(&self) -> String {
        let mut j = Json::default();
        let mut at = 0.0;
        j.object(|o| {
            o.field("traceEvents").list(self.lines.iter(), |j, l| {
                j.object(|o| {
                    o.field("name").text(l.op);
                    o.field("cat").text(if l.origin.is_some() { "adjoint" } else { "forward" });
                    o.field("ph").text("X");
                    // Microseconds.
                    o.field("ts").number(at * 1e6);
                    o.field("dur").number(l.seconds * 1e6);
                    o.field("pid").integer(1);
                    o.field("tid").integer(1);
                    o.field("args").object(|o| {
                        o.field("line").integer(l.id);
                        o.field("label").text(&l.label);
                        o.field("shape").text(&format!("{:?}", l.dims));
                        o.field("bytes").integer(l.bytes);
                        o.field("flops").number(l.flops);
                    });
                });
                at += l.seconds;
            });
            o.field("displayTimeUnit").text("ns");
        });
        j.text
    }
}

/// The lines that the wanted ones are made from, and these: what earlier sweeps left on the tape is not run.
fn needed<T: Real>(tape: &Tape<T>, wanted: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen = vec![false; tape.len()];
    let mut stack: Vec<u32> = wanted.collect();
    while let Some(id) = stack.pop() {
        let line = tape.line(id);
        if !std::mem::replace(&mut seen[line.id as usize], true) {
            stack.extend(line.operands);
        }
    }
    (0..).zip(seen).filter(|(_, seen)| *seen).map(|(id, _)| id).collect()
}

/// A copy of the tape's lines, with nothing computed, on a tape that runs line by line.
fn copied<T: Real>(tape: &Tape<T>) -> Result<Tape<T>, Error> {
    let mut copy = Tape::default().line_by_line().seeded(tape.seed());
    copy.set_step(tape.step());
    for line in tape.lines() {
        let operands: Vec<Operand<'_, T>> = line.operands.iter().map(|o| copy.handle(*o)).collect();
        copy.apply_ref(tape.op(line.id), &operands)?;
    }
    Ok(copy)
}

fn cost<T: Real>(tape: &Tape<T>, id: u32) -> LineCost {
    let line = tape.line(id);
    let bytes = |id: u32| match tape.handle(id) {
        Operand::Real(v) => v.count() * size_of::<T>(),
        Operand::Int(v) => v.count() * size_of::<u32>(),
    };
    let results = id..id + line.results.len() as u32;
    let label = match (&line.name, line.origin.or(line.again)) {
        (Some(name), _) => name.to_string(),
        (None, Some(primal)) => {
            let primal = tape.line(primal);
            format!("for {}", primal.name.as_deref().map_or(format!("{} %{}", primal.op, primal.id), str::to_string))
        }
        // Whoever recorded it from a text knows where in the text.
        (None, None) if is_of_a_text(line.site) => String::new(),
        (None, None) => {
            let file = line.site.file().rsplit(['/', '\\']).next().unwrap_or_default();
            format!("{file}:{}", line.site.line())
        }
    };
    LineCost {
        id,
        op: line.op,
        label,
        origin: line.origin.or(line.again),
        dims: line.results[0].1.to_vec(),
        seconds: f64::INFINITY,
        bytes: line.operands.iter().copied().chain(results).map(bytes).sum(),
        flops: tape.cost(id).flops,
    }
}

/// The costliest lines first; a precision limits how many: `{profile:.10}`.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.seconds();
        let mut order: Vec<&LineCost> = self.lines.iter().collect();
        order.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        writeln!(
            f,
            "{} lines, {} when each runs by itself (least of {} rounds)",
            self.lines.len(),
            time(all),
            self.rounds
        )?;
        writeln!(f, "      time  share     bytes     GB/s   GFLOP/s  line")?;
        for l in order.iter().take(f.precision().unwrap_or(usize::MAX)) {
            let rate = |n: f64| if l.seconds > 0.0 { n / l.seconds / 1e9 } else { 0.0 };
            writeln!(
                f,
                "{:>10} {:>5.1}% {:>9} {:>8.2} {:>9.2}  %{} {} {:?}{}",
                time(l.seconds),
                100.0 * l.seconds / all.max(f64::MIN_POSITIVE),
                bytes(l.bytes),
                rate(l.bytes as f64),
                rate(l.flops),
                l.id,
                l.op,
                l.dims,
                if l.label.is_empty() { String::new() } else { format!("  {}", plain(&l.label)) }
            )?;
        }
        Ok(())
    }
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_but_leaves_is_timed_once() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[0.5, -1.0], [2.0, 0.25]]).named("x");
        let loss = x.matmul(x).relu().sum();
        let profile = Profile::of(loss, 2).unwrap();
        let leaves = tape.lines().filter(|l| l.operands.is_empty()).count();
        assert_eq!(profile.lines.len(), tape.lines().count() - leaves);
        // What another sweep has left on the tape is not timed again.
        assert_eq!(Profile::of(loss, 1).unwrap().lines.len(), profile.lines.len());
        assert!(profile.lines.iter().all(|l| l.seconds.is_finite() && l.bytes > 0));
        assert!(profile.lines.iter().any(|l| l.label.starts_with("for matmul")));
        let events = profile.to_chrome_trace();
        assert_eq!(events.matches("\"ph\":\"X\"").count(), profile.lines.len());
        assert_eq!(format!("{profile:.1}").lines().count(), 3);
    }

    #[test]
    fn random_lines_draw_as_they_do_on_the_tape() {
        let tape = Tape::<f64>::default().seeded(7);
        let x = tape.var([1.0; 64]);
        let loss = x.dropout(0.5).sum();
        let copy = copied(&tape).unwrap();
        let Operand::Real(again) = copy.handle(loss.id()) else { panic!("the sum is real") };
        assert_eq!(again.item(), loss.item());
    }
}
