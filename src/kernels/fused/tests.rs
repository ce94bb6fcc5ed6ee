//! Passes against loops that read like their definitions.

use proptest::prelude::*;

use super::super::naive_data::{at, indices, lines, on_threads, same, shapes, values};
use super::*;

fn double(_: &[f64; 2], x: &[&[f64]], y: &mut [f64]) {
    y.iter_mut().zip(x[0]).for_each(|(y, x)| *y = 2.0 * x);
}

fn subtract(_: &[f64; 2], x: &[&[f64]], y: &mut [f64]) {
    y.iter_mut().zip(x[0].iter().zip(x[1])).for_each(|(y, (a, b))| *y = a - b);
}

fn positive(_: &[f64; 2], x: &[&[f64]], y: &mut [f64]) {
    y.iter_mut().zip(x[0]).for_each(|(y, x)| *y = if *x > 0.0 { 1.0 } else { 0.0 });
}

fn map(block: super::super::map::Loop<f64>) -> Action<f64> {
    Action::Map { block, params: [0.0; 2], arith: None }
}

/// A pass from registers, and instructions as (action, arguments, result).
fn pass(
    (count, row): (usize, usize),
    registers: &[Register],
    patterns: Vec<Option<Pattern>>,
    code: &[(Action<f64>, &[u32], u32)],
) -> Pass<f64> {
    let mut p = Pass::over(count, row);
    (p.registers, p.patterns) = (registers.to_vec(), patterns);
    for &(action, args, out) in code {
        let first = p.args.len() as u32;
        p.args.extend_from_slice(args);
        p.code.push(Instruction {
            action,
            out,
            args: first,
            arity: args.len() as u32,
            per_row: p.registers[out as usize].per_row(),
        });
    }
    p
}

/// x − (its row's sum), and the row sums, in one pass; in place if asked.
fn centred(x: &[f64], row: usize, in_place: bool) -> (Vec<f64>, Vec<f64>) {
    let rows = x.len() / row;
    let (mut y, mut sums) = (if in_place { x.to_vec() } else { vec![f64::NAN; x.len()] }, vec![f64::NAN; rows]);
    let out = if in_place { Register::Temp(1) } else { Register::Output(0) };
    let registers = [Register::Input(0), Register::RowOutput(1), Register::Temp(0), out];
    let code: [(_, &[u32], _); 3] =
        [(Action::Fold(Fold::Sum), &[0], 1), (Action::Spread, &[1], 2), (map(subtract), &[0, 2], 3)];
    let mut p = pass((x.len(), row), &registers, vec![None], &code);
    if in_place {
        p.copies.push(Output { register: 3, output: 0 });
    }
    let input = if in_place { In::Output(0) } else { In::Real(x) };
    p.checked().run(&[input], &mut [OutPort::real(&mut y), OutPort::real(&mut sums)]);
    (y, sums)
}

#[test]
fn rows_are_folded_and_used_again_in_one_pass() {
    for (rows, row) in [(1, 2), (3, 7), (1000, 10), (40, 1000), (7, 4096), (5, 1)] {
        let x: Vec<f64> = values(rows * row, 1, |k| k as f64 - 3.0);
        let sums: Vec<f64> = x.chunks(row).map(|r| r.iter().sum()).collect();
        let y: Vec<f64> = x.iter().enumerate().map(|(k, v)| v - sums[k / row]).collect();
        assert_eq!(centred(&x, row, false), (y.clone(), sums.clone()), "{rows} rows of {row}");
        assert_eq!(centred(&x, row, true), (y, sums), "{rows} rows of {row}, in place");
    }
}

#[test]
fn masks_are_read_and_written_as_integers() {
    for n in [0, 1, 5, 3000, 70_000] {
        let m: Vec<u32> = values(n, 3, |k| (k % 2) as u32);
        let mut y = vec![7u32; n];
        let registers = [Register::Temp(0), Register::Temp(1), Register::Temp(0)];
        let code: [(_, &[u32], _); 3] =
            [(Action::Load { input: 0 }, &[], 0), (map(double), &[0], 1), (map(positive), &[1], 2)];
        let mut p = pass((n, 1), &registers, vec![None], &code);
        p.copies.push(Output { register: 2, output: 0 });
        p.checked().run(&[In::Int(&m)], &mut [OutPort::int(&mut y)]);
        assert_eq!(y, m);
    }
}

#[test]
fn the_number_of_threads_leaves_every_bit_alone() {
    let x: Vec<f64> = (0..300_007).map(|k| (k as f64).sin()).collect();
    let run = || {
        let (mut y, mut total) = (vec![0.0; x.len()], [0.0]);
        let registers = [Register::Input(0), Register::Output(0)];
        let mut p = pass((x.len(), 1), &registers, vec![None], &[(map(double), &[0], 1)]);
        p.ends.push(End { fold: Fold::Sum, register: 1, output: 1, kept: 1, inner: x.len() });
        p.checked().run(&[In::Real(&x)], &mut [OutPort::real(&mut y), OutPort::real(&mut total)]);
        (y, total[0].to_bits())
    };
    let one = on_threads(1, run);
    assert!([2, 4].into_iter().all(|n| on_threads(n, run) == one));
}

#[test]
#[should_panic(expected = "does not write what it reads")]
fn an_instruction_that_writes_its_operand_is_refused() {
    let registers = [Register::Input(0), Register::Temp(0), Register::Temp(0)];
    pass((9, 1), &registers, vec![None], &[(map(double), &[0], 1), (map(double), &[1], 2)]).checked();
}

#[test]
#[should_panic(expected = "an input fills the domain")]
fn an_input_that_is_too_short_is_refused() {
    let p = pass((9, 1), &[Register::Temp(0)], vec![None], &[(Action::Load { input: 0 }, &[], 0)]).checked();
    p.run(&[In::Int(&[1; 8])], &mut []);
}

proptest! {
    #[test]
    fn broadcast_inputs_and_ends_follow_their_definitions(
        dims in shapes(), repeat in 0usize..32, gone in 0usize..32, fold in 0usize..3, seed in any::<u64>(),
    ) {
        let count: usize = dims.iter().product();
        let from: Vec<usize> = dims.iter().enumerate().map(|(k, &n)| if repeat >> k & 1 == 1 { 1 } else { n }).collect();
        let x: Vec<f64> = values(from.iter().product(), seed, |k| if k == 6 { -0.5 } else { k as f64 });
        let clamp = |i: &Vec<usize>| i.iter().zip(&from).map(|(i, n)| (*i).min(n - 1)).collect::<Vec<_>>();
        let repeated: Vec<f64> = indices(&dims).iter().map(|i| 2.0 * x[at(&from, &clamp(i))]).collect();
        let axes: Vec<usize> = (0..dims.len()).filter(|k| gone >> k & 1 == 1).collect();
        let fold = [Fold::Sum, Fold::Max, Fold::Min][fold];

        let pattern = Pattern::broadcast(&from, &dims);
        let (registers, load) = match pattern {
            Some(_) => (vec![Register::Temp(0), Register::Output(0)], vec![(Action::Load { input: 0 }, &[] as &[u32], 0)]),
            None => (vec![Register::Input(0), Register::Output(0)], vec![]),
        };
        let code: Vec<_> = load.into_iter().chain([(map(double), &[0u32] as &[u32], 1)]).collect();
        let mut p = pass((count, 1), &registers, vec![pattern], &code);
        let end = End::over(&dims, &axes, fold, 1, 1);
        p.ends.extend(end);
        let groups = lines(&dims, &axes);
        let (mut y, mut reduced) = (vec![f64::NAN; count], vec![f64::NAN; groups.len()]);
        let mut outputs = vec![OutPort::real(&mut y)];
        if end.is_some() {
            outputs.push(OutPort::real(&mut reduced));
        }
        p.checked().run(&[In::Real(&x)], &mut outputs);
        drop(outputs);
        prop_assert_eq!(&y, &repeated);
        if end.is_some() {
            let join = |a: f64, b: f64| match fold { Fold::Sum => a + b, Fold::Max => a.max(b), Fold::Min => a.min(b) };
            let none = match fold { Fold::Sum => 0.0, Fold::Max => f64::NEG_INFINITY, Fold::Min => f64::INFINITY };
            let expected: Vec<f64> = groups.iter().map(|g| g.iter().map(|&k| y[k]).fold(none, join)).collect();
            prop_assert!(same(&reduced, &expected), "{:?} over {:?}: {:?} for {:?}", dims, axes, reduced, expected);
        }
    }
}

#[test]
fn a_chain_overwrites_the_input_that_nothing_reads_later() {
    let step = |arith, other, store| {
        let mut step = Step::new(arith, Previous::First, 3.0, other).unwrap();
        step.store = store;
        step
    };
    let chain = |registers: &[Register], more: bool| {
        let code: &[(Action<f64>, &[u32], u32)] =
            &[(Action::Chain { first: 0, count: 2 }, &[0], 1), (map(double), &[0], 2)];
        let mut p = pass((70_001, 1), registers, vec![None], &code[..1 + usize::from(more)]);
        // x·3 + x, read at the second step again.
        p.steps = vec![step(Arith::Scale, None, None), step(Arith::Add, Some(0), Some(1))];
        p.checked()
    };
    let x: Vec<f64> = values(70_001, 2, |k| k as f64 - 5.0);
    let p = chain(&[Register::Input(0), Register::Output(0)], false);
    assert!(p.may_overwrite(1, 0));
    let mut y = x.clone();
    p.run(&[In::Output(0)], &mut [OutPort::real(&mut y)]);
    assert!(y.iter().zip(&x).all(|(y, x)| *y == 4.0 * x));

    let p = chain(&[Register::Input(0), Register::Output(0), Register::Output(1)], true);
    assert!(!p.may_overwrite(1, 0) && !p.may_overwrite(2, 0), "the input is read later; a map is handed slices");
}
