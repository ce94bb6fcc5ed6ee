//! Memory: what a step used, the next step uses again, and nothing grows.
//! Storage that the caller handed in is the caller's again after `clear`.

use wengert::prelude::*;

use crate::support::numbers;

#[test]
fn ten_thousand_steps_hold_what_a_hundred_do() {
    let mut tape = Tape::new();
    let mut weights = Tensor::new([8, 8], numbers(64)).unwrap();
    let mut at_hundred = 0;
    for step in 1..=10_000 {
        tape.clear();
        let (w, unused) = (tape.var(&weights), tape.var(vec![0.0; 1000]));
        let x = tape.constant(numbers(32)).reshape([4, 8]);
        let loss = x.matmul(w).tanh().square().sum();
        let grads = loss.backward();
        assert_eq!(grads[unused][[0]], 0.0);
        let slope = grads[w].as_slice().unwrap().to_vec();
        drop(grads);
        if step == 100 {
            at_hundred = tape.bytes_held();
        }
        if step == 10_000 {
            assert_eq!(tape.bytes_held(), at_hundred);
        }
        tape.clear();
        let values = weights.get_mut().expect("the tape holds no parameter after it was cleared");
        values.iter_mut().zip(slope).for_each(|(w, g)| *w -= 1e-3 * g);
    }
    assert!(at_hundred < 64 << 10, "{at_hundred}");
}

#[test]
fn changing_shapes_do_not_pile_up() {
    let mut tape = Tape::new();
    let mut held = 0;
    for step in 1..=400 {
        tape.clear();
        let x = tape.var(vec![1.0; 1000 + 37 * step]);
        drop(x.exp().sin().sum().backward());
        held = tape.bytes_held();
    }
    let one_step = 5 * 4 * (1000 + 37 * 400);
    assert!(held < 40 * one_step, "{held} bytes where a step takes {one_step}");
}

#[test]
fn buffers_are_used_again() {
    let mut tape = Tape::new();
    let address = |tape: &Tape| {
        let y = tape.var(vec![0.5; 50_000]).exp();
        y.try_tensor().unwrap().as_slice().as_ptr() as usize
    };
    let first = address(&tape);
    tape.clear();
    assert_eq!(address(&tape), first);
}

#[test]
fn leaves_share_storage_and_give_it_back() {
    let mut tape = Tape::new();
    let mut parameter = Tensor::new([3], vec![1.0, 2.0, 3.0]).unwrap();
    let loss = tape.var(&parameter).square().sum();
    drop((loss.backward(), loss.item()));
    assert!(parameter.get_mut().is_none(), "the tape shares the storage");
    tape.clear();
    assert!(parameter.get_mut().is_some());
}
