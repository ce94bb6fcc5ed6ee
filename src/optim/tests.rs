//! Several steps of each optimiser against its published formula, written element by element in doubles.
//! The store's rules are tested here as well, since they are the same for all.

use super::*;
use crate::exec::Gradients;
use crate::nn::{Mode, Params, Role};
use crate::real::Real;
use crate::tape::Tape;

const START: [f64; 3] = [1.5, -0.25, 3.0];

/// Gradients that change from step to step and depend on w: g = w² + s·(−1)ᵏ.
fn gradient(w: f64, element: usize, step: usize) -> f64 {
    w * w + (step as f64 + 0.5) * if element.is_multiple_of(2) { 1.0 } else { -1.0 }
}

fn store<T: Real>() -> Params<T> {
    let mut params = Params::new(0);
    params.insert("w", Role::Parameter, START.map(T::of)).unwrap();
    params
}

/// The gradients of w³/3 + s·(±w), recorded and swept.
fn gradients<T: Real>(params: &Params<T>, step: usize) -> Gradients<T> {
    let tape = Tape::<T>::default();
    let w = params.on(&tape, Mode::Train).get("w");
    let signs = tape.constant([1.0, -1.0, 1.0].map(|s| T::of(s * (step as f64 + 0.5))));
    (w * w * w / 3.0 + signs * w).sum().backward()
}

/// Seven steps, compared after each; `rule` renews one element, given its gradient, step number from 1 and own memory.
fn agrees<T: Real>(mut opt: impl Optimizer<T>, rule: impl Fn(f64, f64, i32, &mut [f64; 2]) -> f64) {
    let mut params = store::<T>();
    let mut expected = START;
    let mut memory = [[0.0; 2]; 3];
    for step in 0..7 {
        let grads = gradients(&params, step);
        opt.step(&mut params, &grads).unwrap();
        for (k, (w, m)) in expected.iter_mut().zip(&mut memory).enumerate() {
            *w = rule(*w, gradient(*w, k, step), step as i32 + 1, m);
        }
        let tolerance = if T::NAME == "f64" { 1e-13 } else { 3e-5 };
        for (w, e) in params.get("w").unwrap().as_slice().iter().zip(expected) {
            assert!((w.as_f64() - e).abs() <= tolerance * (1.0 + e.abs()), "{} step {step}: {w} for {e}", opt.name());
        }
    }
}

fn all_agree<T: Real>() {
    let (lr, wd) = (0.05, 0.1);
    agrees(Sgd::<T>::new(lr), |w, g, _, _| w - lr * g);
    agrees(Sgd::<T>::new(lr).weight_decay(wd), |w, g, _, _| w - lr * (g + wd * w));
    let velocity = |d: f64, t: i32, m: &mut [f64; 2], dampening: f64| {
        m[0] = if t == 1 { d } else { 0.9 * m[0] + (1.0 - dampening) * d };
        m[0]
    };
    agrees(Sgd::<T>::new(lr).momentum(0.9), |w, g, t, m| w - lr * velocity(g, t, m, 0.0));
    agrees(Sgd::<T>::new(lr).momentum(0.9).dampening(0.3).weight_decay(wd), |w, g, t, m| {
        w - lr * velocity(g + wd * w, t, m, 0.3)
    });
    agrees(Sgd::<T>::new(lr).momentum(0.9).nesterov(), |w, g, t, m| w - lr * (g + 0.9 * velocity(g, t, m, 0.0)));

    let adam = |g: f64, t: i32, m: &mut [f64; 2], b1: f64, b2: f64, eps: f64| {
        *m = [b1 * m[0] + (1.0 - b1) * g, b2 * m[1] + (1.0 - b2) * g * g];
        let (first, second) = (m[0] / (1.0 - b1.powi(t)), m[1] / (1.0 - b2.powi(t)));
        first / (second.sqrt() + eps)
    };
    agrees(Adam::<T>::new(lr), |w, g, t, m| w - lr * adam(g, t, m, 0.9, 0.999, 1e-8));
    agrees(Adam::<T>::new(lr).betas(0.8, 0.99).eps(1e-3).weight_decay(wd), |w, g, t, m| {
        w - lr * adam(g + wd * w, t, m, 0.8, 0.99, 1e-3)
    });
    agrees(AdamW::<T>::new(lr), |w, g, t, m| w * (1.0 - lr * 0.01) - lr * adam(g, t, m, 0.9, 0.999, 1e-8));
    agrees(AdamW::<T>::new(lr).weight_decay(wd), |w, g, t, m| {
        w * (1.0 - lr * wd) - lr * adam(g, t, m, 0.9, 0.999, 1e-8)
    });
}

#[test]
fn steps_follow_the_published_formulas() {
    all_agree::<f64>();
    all_agree::<f32>();
}

#[test]
fn large_parameters_are_renewed_in_tasks_and_give_the_same_numbers() {
    let start: Vec<f64> = (0..50_000).map(|k| (k as f64 * 0.37).sin()).collect();
    let run = |order: &dyn Fn(usize) -> usize, shared: bool| {
        let mut params = Params::<f64>::new(0);
        let values: Vec<f64> = (0..start.len()).map(|k| start[order(k)]).collect();
        params.insert("w", Role::Parameter, values).unwrap();
        let mut opt = AdamW::new(0.1);
        let mut kept = Vec::new();
        for _ in 0..3 {
            let grads = crate::nn::value_and_grad(&params, |p| p.get("w").square().sum()).1;
            kept.push(shared.then(|| params.get("w").unwrap().clone()));
            opt.step(&mut params, &grads).unwrap();
        }
        params.get("w").unwrap().as_slice().to_vec()
    };
    let plain = run(&|k| k, false);
    assert_eq!(plain, run(&|k| k, true), "in place and into another buffer");
    let mut reversed = run(&|k| start.len() - 1 - k, false);
    reversed.reverse();
    assert_eq!(plain, reversed, "an element does not depend on its place");
}

#[test]
fn a_step_that_does_not_fit_changes_nothing() {
    let mut params = store::<f64>();
    params.insert("b", Role::Parameter, [1.0]).unwrap();
    let before = params.clone();
    let tape = Tape::default();
    let w = params.on(&tape, Mode::Train).get("w");
    let stranger = tape.var([1.0]).named("stranger");
    let grads = (w.sum() + stranger.sum()).backward();
    let e = Adam::new(0.1).step(&mut params, &grads).unwrap_err();
    assert!(e.is_argument() && e.to_string().contains("no `stranger`"), "{e}");

    let mut other = Params::<f64>::new(0);
    other.insert("w", Role::Parameter, [1.0, 2.0]).unwrap();
    let grads = crate::nn::value_and_grad(&other, |p| p.get("w").sum()).1;
    let e = Sgd::new(0.1).step(&mut params, &grads).unwrap_err();
    assert!(e.is_shape() && e.to_string().contains("`w` has shape [3] in the store, but [2] was given"), "{e}");
    for (name, entry) in before.iter() {
        assert_eq!(params.get(name), Some(entry.value()));
    }
}

#[test]
fn a_store_put_on_the_tape_twice_is_no_half_step() {
    let mut params = store::<f64>();
    let before = params.clone();
    let tape = Tape::default();
    let (a, b) = (params.on(&tape, Mode::Train), params.on(&tape, Mode::Train));
    let grads = (a.get("w").sum() + b.get("w").square().sum()).backward();
    let e = Sgd::new(0.1).step(&mut params, &grads).unwrap_err();
    assert!(e.is_argument() && e.to_string().contains("several differentiable leaves are called `w`"), "{e}");
    assert_eq!(params.get("w"), before.get("w"));
}

#[test]
fn parameters_that_no_derivative_reaches_and_frozen_ones_rest() {
    let mut params = store::<f64>();
    params.insert("idle", Role::Parameter, [5.0]).unwrap();
    params.insert("frozen", Role::Parameter, [7.0]).unwrap();
    params.freeze("frozen").unwrap();
    let mut opt = AdamW::new(0.1).weight_decay(0.5);
    for _ in 0..3 {
        let grads = crate::nn::value_and_grad(&params, |p| (p.get("w").sum() * p.get("frozen")).sum()).1;
        opt.step(&mut params, &grads).unwrap();
    }
    assert_eq!(params.get("idle").unwrap().as_slice(), [5.0]);
    assert_eq!(params.get("frozen").unwrap().as_slice(), [7.0]);
    assert_eq!(opt.state().counts.into_iter().collect::<Vec<_>>(), [("w".to_owned(), 3)]);
}

#[test]
fn frozen_buffers_keep_their_values() {
    let mut params = store::<f64>();
    params.insert("mean", Role::Buffer, [0.0]).unwrap();
    for (frozen, expected) in [(false, 1.0), (true, 1.0)] {
        if frozen {
            params.freeze("mean").unwrap();
        }
        let grads = crate::nn::value_and_grad(&params, |p| {
            p.update("mean", p.get("mean") + 1.0);
            p.get("w").sum()
        });
        Sgd::new(0.1).step(&mut params, &grads.1).unwrap();
        assert_eq!(params.get("mean").unwrap().as_slice(), [expected]);
    }
}

#[test]
fn state_of_another_kind_is_refused() {
    let mut params = store::<f64>();
    let mut adam = Adam::new(0.1);
    let grads = gradients(&params, 0);
    adam.step(&mut params, &grads).unwrap();
    let e = Sgd::<f64>::new(0.1).set_state(adam.state()).unwrap_err();
    assert!(e.is_format() && e.to_string().contains("lacks `w.velocity`"), "{e}");
    let mut state = adam.state();
    state.tensors.insert("w.extra".into(), crate::Tensor::new([1], vec![0.0]).unwrap());
    assert!(adam.set_state(state).unwrap_err().to_string().contains("no use for the state `w.extra`"));
    let mut state = adam.state();
    state.tensors["w.first_moment"] = crate::Tensor::new([1], vec![0.0]).unwrap();
    adam.set_state(state).unwrap();
    let grads = gradients(&params, 1);
    assert!(adam.step(&mut params, &grads).unwrap_err().is_shape());
}

#[test]
fn clipping_leaves_small_and_broken_gradients_alone() {
    let tape = Tape::<f64>::default();
    let x = tape.var([3.0, 4.0]).named("x");
    let mut grads = (x * x).sum().backward();
    assert_eq!(clip_norm(&mut grads, 20.0).unwrap(), 10.0);
    assert_eq!(grads[x].as_slice().unwrap(), [6.0, 8.0]);
    let mut grads = (x * f64::INFINITY).sum().backward();
    assert_eq!(clip_norm(&mut grads, 1.0).unwrap(), f64::INFINITY);
    assert_eq!(grads[x].as_slice().unwrap(), [f64::INFINITY; 2]);
    for bad in [0.0, -1.0, f64::NAN] {
        assert!(clip_norm(&mut grads, bad).unwrap_err().is_argument());
        assert!(clip_value(&mut grads, bad).unwrap_err().is_argument());
    }
    let mut grads = (x * f64::NAN).sum().backward();
    clip_value(&mut grads, 1.0).unwrap();
    assert!(grads[x].iter().all(|g| g.is_nan()));
}
