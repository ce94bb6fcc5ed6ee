//! Warming up, timing and memory.
//! Times are wall-clock milliseconds of single iterations.

use std::time::{Duration, Instant};

use wengert::Error;

use super::task::Iteration;

#[derive(Debug)]
pub struct Measured {
    /// The first iteration's loss, before any update.
    pub check: f32,
    pub min_ms: f64,
    pub median_ms: f64,
    pub iters: usize,
}

const WARM_UP: Duration = Duration::from_secs(1);

/// Iterates for a second and three times at least, then for `seconds` and ten times at least.
pub fn measure(mut iteration: Iteration, seconds: f64) -> Result<Measured, Error> {
    let check = iteration()?;
    let (start, mut n) = (Instant::now(), 0);
    while n < 3 || start.elapsed() < WARM_UP {
        iteration()?;
        n += 1;
    }
    let start = Instant::now();
    let mut times = Vec::new();
    let mut loss = check;
    while times.len() < 10 || start.elapsed().as_secs_f64() < seconds {
        let begin = Instant::now();
        loss = iteration()?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    assert!(loss.is_finite(), "the loss became {loss}");
    times.sort_unstable_by(f64::total_cmp);
    let middle = times.len() / 2;
    let median_ms = if times.len() % 2 == 1 { times[middle] } else { (times[middle - 1] + times[middle]) / 2.0 };
    Ok(Measured { check, min_ms: times[0], median_ms, iters: times.len() })
}

/// The most memory that the process has held at once, in MB; `None` where the system does not tell.
pub fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
