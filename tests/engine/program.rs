//! A program replays a tape: same bits as recording anew, decisions made anew, inputs checked, from any thread.
//! The reference is always a fresh tape with the same leaves.

use wengert::prelude::*;
use wengert::{Inputs, Program, Workspace};

use crate::support::{network, noise, numbers, panic_text};

const SIDE: usize = 16;

fn images(shift: f32) -> Vec<f32> {
    numbers(2 * SIDE * SIDE).iter().map(|v| (v * 5.0 + shift).sin()).collect()
}

/// Loss, scores and the gradient with respect to the images of the network with a random line, on a tape of its own, at some step.
fn record(tape: &Tape, pixels: Vec<f32>) -> [Var<'_>; 3] {
    let leaf = tape.constant(pixels).named("pixels");
    let images = noise(leaf.reshape([2, 1, SIDE, SIDE]), 1);
    let (loss, scores) = network(tape, images, SIDE);
    [loss, scores, grad(loss, &[leaf])[0]]
}

fn program() -> Program<f32> {
    let tape = Tape::new().seeded(5);
    let [loss, scores, pixels] = record(&tape, images(0.0));
    tape.freeze(&[("loss", loss.into()), ("scores", scores.into()), ("pixels", pixels.into())]).unwrap()
}

fn inputs(shift: f32, step: u64) -> Inputs<f32> {
    let parameters = Inputs::new().real("kernels", numbers(4 * 9)).real("weights", numbers(SIDE * SIDE * 5));
    parameters.real("pixels", images(shift)).at_step(step)
}

/// Loss, scores and gradient as bits, by recording anew.
fn anew(shift: f32, step: u64) -> [Vec<u32>; 3] {
    let mut tape = Tape::new().seeded(5);
    tape.set_step(step);
    record(&tape, images(shift)).map(|v| v.value().iter().map(|v| v.to_bits()).collect())
}

fn replayed(program: &Program<f32>, workspace: &mut Workspace<f32>, shift: f32, step: u64) -> [Vec<u32>; 3] {
    let out = program.run(&inputs(shift, step), workspace).unwrap();
    ["loss", "scores", "pixels"].map(|name| out[name].as_slice().iter().map(|v| v.to_bits()).collect())
}

#[test]
fn a_run_has_the_bits_of_recording_anew() {
    let (program, mut workspace) = (program(), Workspace::new());
    let mut seen = std::collections::HashSet::new();
    for (shift, step) in [(0.0, 0), (0.4, 0), (0.4, 1), (1.7, 9), (0.0, 0)] {
        let bits = replayed(&program, &mut workspace, shift, step);
        assert!(bits == anew(shift, step), "shift {shift}, step {step}");
        seen.insert(bits);
    }
    assert_eq!(seen.len(), 4, "inputs and step make a difference");
}

#[test]
fn constant_weights_are_packed_once_and_change_no_bit() {
    for dims in [&[1, 40][..], &[4, 40], &[5, 40], &[48, 40], &[3, 16, 40], &[600, 40]] {
        let x = Tensor::new(dims, numbers(dims.iter().product()).to_vec()).unwrap();
        let tape = Tape::new();
        let leaf = tape.constant(&x).named("x");
        let program = tape.freeze(&[("y", two_layers(leaf).into())]).unwrap();
        let other = Tensor::new(dims, x.as_slice().iter().map(|v| v * 0.7 - 0.1).collect()).unwrap();
        for x in [x, other] {
            let out = program.run(&Inputs::new().real("x", &x), &mut Workspace::new()).unwrap();
            let tape = Tape::new();
            let anew = two_layers(tape.constant(&x)).value();
            let anew: Vec<u32> = anew.iter().map(|v| v.to_bits()).collect();
            assert_eq!(out["y"].as_slice().iter().map(|v| v.to_bits()).collect::<Vec<_>>(), anew, "{dims:?}");
        }
    }
}

fn two_layers(x: Var<'_, f32>) -> Var<'_, f32> {
    let (w, v) = (x.tape().constant(matrix(40, 33)), x.tape().constant(matrix(9, 33)));
    x.matmul(w).tanh().matmul_transposed(v)
}

fn matrix(rows: usize, cols: usize) -> ndarray::Array2<f32> {
    ndarray::Array2::from_shape_fn((rows, cols), |(i, j)| ((i * 31 + j * 17) % 23) as f32 / 11.0 - 1.0)
}

#[test]
fn decisions_are_made_anew() {
    let tape = Tape::new();
    let x = tape.var([[[1., 2.], [3., 4.]]]).named("x");
    let (pooled, index) = x.max_pool2d_with_indices(2);
    let dx = grad(pooled.sum(), &[x])[0];
    let program = tape.freeze(&[("winner", index.into()), ("dx", dx.into())]).unwrap();
    let mut workspace = Workspace::new();
    for (pixels, winner) in [([[[9., 2.], [3., 4.]]], 0), ([[[1., 2.], [8., 4.]]], 2), ([[[1., 7.], [3., 4.]]], 1)] {
        let out = program.run(&Inputs::new().real("x", pixels), &mut workspace).unwrap();
        assert_eq!(out.ints("winner").unwrap().as_slice(), [winner]);
        let hot: Vec<f32> = (0..4).map(|k| f32::from(u8::from(k == winner))).collect();
        assert_eq!(out["dx"].as_slice(), hot);
    }
}

/// Runs a watching program on some values of `x`, in one workspace; whether each run decided otherwise than the one before.
fn changes<const N: usize>(program: &Program<f32>, values: [[f32; N]; 4]) -> [Option<bool>; 4] {
    let mut workspace = Workspace::new();
    values.map(|x| program.run(&Inputs::new().real("x", x), &mut workspace).unwrap().decisions_changed())
}

#[test]
fn a_new_winner_of_a_window_is_told() {
    let tape = Tape::new();
    let x = tape.var([1., 2., 3., 4., 0., 0., 0., 0.]).named("x");
    let pooled = x.reshape([1, 2, 4]).max_pool2d(2);
    let dx = grad(pooled.sum(), &[x])[0];
    let program = tape.freeze_watching(&[("dx", dx.into())]).unwrap();
    let found = changes(
        &program,
        [
            [1., 2., 3., 4., 0., 0., 0., 0.],
            // Other maxima of the same cells.
            [5., 9., -1., 7., 1., 2., -3., -4.],
            // The maximum of the second window, 7 as before, stands in another cell.
            [5., 9., -1., 2., 1., 2., 7., -4.],
            [5., 9., -1., 2., 1., 2., 7., -4.],
        ],
    );
    assert_eq!(found, [None, Some(false), Some(true), Some(false)]);
    assert_eq!(program.outputs().map(|(name, ..)| name).collect::<Vec<_>>(), ["dx"]);
}

#[test]
fn an_element_on_the_other_side_of_a_kink_is_told() {
    let tape = Tape::new();
    let x = tape.var([1., -1., 2.]).named("x");
    let loss = ((x * 2.0).relu() - 1.0).square().sum();
    let outputs = [("loss", loss.into()), ("dx", grad(loss, &[x])[0].into())];
    let (plain, program) = (tape.freeze(&outputs).unwrap(), tape.freeze_watching(&outputs).unwrap());
    let values = [[1., -1., 2.], [9., -0.1, 0.1], [9., 0.1, 0.1], [9., 0.1, -0.1]];
    assert_eq!(changes(&program, values), [None, Some(false), Some(true), Some(true)]);
    assert_eq!(changes(&plain, values), [None; 4]);

    // What another program decided meanwhile is nothing to compare with, and watching changes no bit.
    let mut workspace = Workspace::new();
    let mut run = |program: &Program<f32>| {
        let out = program.run(&Inputs::new().real("x", [1., -1., 2.]), &mut workspace).unwrap();
        (out.decisions_changed(), out["dx"].as_slice().to_vec())
    };
    let (first, dx) = run(&program);
    assert_eq!((first, run(&program).0), (None, Some(false)));
    let (other, same) = run(&plain);
    assert_eq!((other, same), (None, dx));
    let twin = tape.freeze_watching(&outputs).unwrap();
    assert_eq!((run(&twin).0, run(&twin).0, run(&program).0), (None, Some(false), None));
}

#[test]
fn leaves_without_names_are_baked_in_and_unused_inputs_may_be_missing() {
    let tape = Tape::new();
    let (x, unused) = (tape.constant(2.0).named("x"), tape.constant(1.0).named("unused"));
    let y = x * tape.constant(10.0) + 1.0;
    let program = tape.freeze(&[("y", y.into()), ("x", x.into())]).unwrap();
    assert_eq!(unused.item(), 1.0);
    drop(tape);
    let mut workspace = Workspace::new();
    let out = program.run(&Inputs::new().real("x", 3.0), &mut workspace).unwrap();
    assert_eq!((out.item("y"), out.item("x"), out.item("z")), (Some(31.0), Some(3.0), None));
    assert!(panic_text(|| out["z"].as_slice()[0]).contains("there is no real output `z`"));
    assert_eq!(program.inputs().map(|(name, ..)| name).collect::<Vec<_>>(), ["x", "unused"]);
    assert!(program.run(&Inputs::new().real("x", 3.0).real("unused", 0.0), &mut workspace).is_ok());
}

#[test]
fn what_does_not_fit_is_an_error_that_names_it() {
    let tape = Tape::new();
    let table = tape.var([[1., 2.], [3., 4.], [5., 6.]]).named("table");
    let rows = tape.ints([0, 2]).named("rows");
    let y = table.index_select(0, rows).sum();
    let program = tape.freeze(&[("y", y.into())]).unwrap();
    let mut workspace = Workspace::new();
    let good = || Inputs::new().real("table", [[1., 2.], [3., 4.], [5., 6.]]).ints("rows", [1, 1]).unwrap();
    let mut error = |inputs: Inputs<f32>| program.run(&inputs, &mut workspace).unwrap_err();
    let e = error(good().real("tabel", 1.0));
    assert!(e.is_argument() && e.to_string().contains("there is no input `tabel`") && e.to_string().contains("table"));
    let e = error(Inputs::new().real("table", [[1., 2.], [3., 4.], [5., 6.]]));
    assert!(e.is_argument() && e.to_string().contains("input `rows` has no value"));
    let e = error(good().real("table", [[1., 2.]]));
    assert!(e.is_shape() && e.to_string().contains("input `table` is given shape [1, 2]"));
    let e = error(good().real("rows", [1., 1.]));
    assert!(e.is_kind() && e.to_string().contains("input `rows` is given real numbers"));
    let e = error(good().ints("rows", [1, 3]).unwrap());
    assert!(e.is_index() && e.to_string().contains("index_select") && e.to_string().contains("program.rs"), "{e}");
    assert!(Inputs::<f32>::new().ints("rows", [-1]).unwrap_err().to_string().contains("input `rows`"));
    assert_eq!(program.run(&good(), &mut workspace).unwrap().item("y"), Some(14.0));
}

#[test]
fn names_are_unique() {
    let tape = Tape::new();
    let (x, y) = (tape.var(1.0).named("x"), tape.var(2.0).named("x"));
    let e = tape.freeze(&[("sum", (x + y).into())]).unwrap_err();
    assert!(e.is_argument() && e.to_string().contains("two leaves are called `x`"));
    let other = Tape::new();
    let z = other.var(1.0);
    assert!(other.freeze(&[("z", z.into()), ("z", z.into())]).unwrap_err().to_string().contains("two outputs"));
    assert!(tape.freeze(&[("z", z.into())]).unwrap_err().is_tape());
}

#[test]
fn threads_run_one_program_each_with_a_workspace_of_its_own() {
    let program = program();
    std::thread::scope(|threads| {
        for k in 0..3 {
            let program = &program;
            threads.spawn(move || {
                let mut workspace = Workspace::new();
                for step in 0..4 {
                    let shift = k as f32;
                    assert!(replayed(program, &mut workspace, shift, step) == anew(shift, step));
                }
            });
        }
    });
}

#[test]
fn a_workspace_stops_growing_and_shares_nothing_with_its_inputs() {
    let program = program();
    let mut workspace = Workspace::new();
    let mut weights = Tensor::new([SIDE * SIDE * 5], numbers(SIDE * SIDE * 5)).unwrap();
    let mut held = Vec::new();
    for step in 0..50 {
        let inputs = inputs(0.3, step).real("weights", &weights);
        let out = program.run(&inputs, &mut workspace).unwrap();
        assert!(out.item("loss").is_some_and(f32::is_finite));
        drop((inputs, out));
        weights.get_mut().expect("nobody else holds the weights after a run")[0] += 1.0;
        held.push(workspace.bytes_held());
    }
    assert_eq!(held[2], held[49], "{held:?}");
}
