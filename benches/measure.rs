//! The least time of a body, which a busy machine disturbs least, and the median.
//! Short bodies are timed some at a time, so that the clock costs nothing.

use std::time::Instant;

use crate::case::Work;

pub struct Time {
    /// Seconds.
    pub least: f64,
    pub median: f64,
}

/// The shortest span that is timed.
const SPAN: f64 = 50e-6;

/// Repeats `body` for a fifth of `seconds` unmeasured, then for `seconds` and five times at least.
pub fn measure(body: &mut dyn FnMut(), seconds: f64) -> Time {
    let (start, mut runs) = (Instant::now(), 0u32);
    while runs < 3 || start.elapsed().as_secs_f64() < seconds / 5.0 {
        body();
        runs += 1;
    }
    let once = start.elapsed().as_secs_f64() / f64::from(runs);
    let batch = (SPAN / once).ceil().clamp(1.0, 1e6) as u32;
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || start.elapsed().as_secs_f64() < seconds {
        let begin = Instant::now();
        (0..batch).for_each(|_| body());
        times.push(begin.elapsed().as_secs_f64() / f64::from(batch));
    }
    times.sort_unstable_by(f64::total_cmp);
    Time { least: times[0], median: times[times.len() / 2] }
}

/// A time with three digits and its unit.
pub fn seconds(t: f64) -> String {
    let (value, unit) = match t {
        ..1e-6 => (t * 1e9, "ns"),
        1e-6..1e-3 => (t * 1e6, "µs"),
        1e-3..1.0 => (t * 1e3, "ms"),
        _ => (t, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// Both times, and what they come to for each operation, byte or item.
pub fn line(time: &Time, work: &Work) -> String {
    let mut text = format!("{:>9} least {:>9} median", seconds(time.least), seconds(time.median));
    if work.flops > 0.0 {
        text += &format!("  {:7.1} GFLOP/s", work.flops / time.least * 1e-9);
    }
    if work.flops == 0.0 && work.read + work.written > 0.0 {
        text += &format!("  {:7.1} GB/s", (work.read + work.written) / time.least * 1e-9);
    }
    if work.items > 0.0 {
        text += &format!("  {} each", seconds(time.least / work.items));
    }
    text
}
