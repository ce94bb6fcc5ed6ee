//! Each kernel's rate beside what the machine can do, as a table for docs/performance.md: with one thread, then with all.
//! The roof is the time for all operations at the peak rate or for all bytes at the rate of memory, whichever is longer.

use std::thread::available_parallelism;

use crate::case::{Case, Work};
use crate::machine::Peaks;
use crate::measure::{measure, seconds};

/// A kernel and its least time for each number of threads.
struct Row {
    name: String,
    work: Work,
    least: Vec<f64>,
}

/// Prints the peaks, and a row for every case with operations or with bytes from memory.
///
/// All is measured in `rounds`, of which the best counts: so a machine that is busy now and then does little harm.
pub fn print(per_case: f64, rounds: usize, each: impl Fn(&mut dyn FnMut(&str, &Case))) {
    let all = available_parallelism().map_or(1, usize::from);
    let counts = if all > 1 { vec![1, all] } else { vec![1] };
    let mut peaks: Vec<Peaks> = counts.iter().map(|&n| Peaks::measured(n)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..rounds {
        let mut k = 0;
        each(&mut |family, case| {
            let work = case.work;
            if work.flops == 0.0 && !work.from_memory {
                return;
            }
            if round == 0 {
                rows.push(Row {
                    name: format!("{family}: {}", case.name),
                    work,
                    least: vec![f64::INFINITY; counts.len()],
                });
            }
            for (least, &threads) in rows[k].least.iter_mut().zip(&counts) {
                let time = wengert::with_threads(threads, || measure(&mut (case.make)(), per_case));
                *least = least.min(time.expect("so few threads can be started").least);
            }
            k += 1;
        });
        peaks.iter_mut().zip(&counts).for_each(|(p, &n)| *p = p.better(Peaks::measured(n)));
    }
    println!("| threads | GFLOP/s (FMA) | read GB/s | written GB/s | copied GB/s, both ways |\n|---|---|---|---|---|");
    for (n, p) in counts.iter().zip(&peaks) {
        let giga = |x: f64| x * 1e-9;
        println!("| {n} | {:.0} | {:.1} | {:.1} | {:.1} |", giga(p.flops), giga(p.read), giga(p.write), giga(p.copy));
    }
    let columns: Vec<String> = counts.iter().map(|n| format!("time, {n}t | rate | of the roof |")).collect();
    println!("\n| kernel | {}\n|---|{}", columns.join(" "), "---|---|---|".repeat(counts.len()));
    for row in &rows {
        let cells: Vec<String> =
            row.least.iter().zip(&peaks).map(|(&time, peaks)| cells(&row.work, time, peaks)).collect();
        println!("| {} | {} |", row.name.replace('|', "\\|"), cells.join(" | "));
    }
}

/// A time, its rate, and its share of the roof.
fn cells(work: &Work, time: f64, peaks: &Peaks) -> String {
    let bytes = work.read + work.written;
    let from_memory = if work.from_memory { [work.read, work.written] } else { [0.0; 2] };
    let rate = if work.flops > 0.0 {
        format!("{:.0} GFLOP/s", work.flops / time * 1e-9)
    } else {
        format!("{:.1} GB/s", bytes / time * 1e-9)
    };
    let share = 100.0 * peaks.least(work.flops, from_memory) / time;
    format!("{} | {rate} | {share:.0} %", seconds(time))
}
