//! What is timed: a model with its data, and what an iteration wants of it.
//! It runs in one of two forms: recorded anew each time on one cleared tape, or recorded once and replayed as a program.

use wengert::nn::{Leaves, Mode, Params};
use wengert::optim::{Optimizer, Sgd};
use wengert::prelude::*;
use wengert::{Error, Inputs, Operand, Real, Workspace};

use super::models::uniform;

const RATE: f64 = 0.01;

/// From the parameters and the input to the loss (or to the logits, where nothing is differentiated).
///
/// The race is run in f32. The tests run the same models in f64 to see how exact they are.
pub type Model<T> = Box<dyn for<'t> Fn(&Leaves<'t, T>, Var<'t, T>) -> Var<'t, T>>;

/// What an iteration computes besides the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Gradients of the parameters, and a step of gradient descent.
    Step,
    /// Gradients of the parameters and of the input.
    Gradients,
    /// The Hessian's product with a fixed vector.
    HessianProduct,
    /// Nothing: the first number of the model's output is read.
    Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Recorded,
    Replayed,
}

pub struct Task<T: Real = f32> {
    pub params: Params<T>,
    pub input: Tensor<T>,
    pub model: Model<T>,
    pub wanted: Wanted,
}

/// A tensor for each parameter, by its name.
pub type Directions<T> = Vec<(String, Tensor<T>)>;

/// One iteration; what it returns is the loss.
pub type Iteration = Box<dyn FnMut() -> Result<f32, Error>>;

impl Task {
    pub fn in_form(self, form: Form) -> Result<Iteration, Error> {
        match form {
            Form::Recorded => Ok(self.recorded()),
            Form::Replayed => self.replayed(),
        }
    }

    fn recorded(self) -> Iteration {
        let directions = self.directions();
        let Task { mut params, input, model, wanted } = self;
        let mut tape = Tape::new();
        let mut opt = Sgd::new(RATE);
        Box::new(move || {
            tape.clear();
            let p = params.on(&tape, mode(wanted));
            let x = leaf(&tape, wanted, &input);
            let loss = model(&p, x);
            match wanted {
                Wanted::Step => {
                    let grads = loss.backward();
                    let value = loss.try_item()?;
                    opt.step(&mut params, &grads)?;
                    Ok(value)
                }
                Wanted::Gradients => {
                    let _grads = loss.backward();
                    loss.try_item()
                }
                Wanted::HessianProduct => {
                    for product in hessian_product(&p, loss, &directions) {
                        product.try_tensor()?;
                    }
                    loss.try_item()
                }
                Wanted::Output => first(&loss.try_tensor()?),
            }
        })
    }

    fn replayed(self) -> Result<Iteration, Error> {
        let directions = self.directions();
        let Task { params, input, model, wanted } = self;
        let tape = Tape::new();
        let p = params.on(&tape, mode(wanted));
        let x = leaf(&tape, wanted, &input).named("x");
        let loss = model(&p, x);
        let names: Vec<&str> = params.iter().map(|(name, _)| name).collect();
        let weights: Vec<Var<'_>> = names.iter().map(|name| p.get(name)).collect();
        let lines = match wanted {
            // The next iteration's weights: they are handed back as they are.
            Wanted::Step => grad(loss, &weights).iter().zip(&weights).map(|(g, w)| *w - *g * RATE).collect(),
            Wanted::Gradients => grad(loss, &[&weights[..], &[x]].concat()),
            Wanted::HessianProduct => hessian_product(&p, loss, &directions),
            Wanted::Output => Vec::new(),
        };
        let outputs: Vec<(&str, Operand<'_, f32>)> =
            names.iter().copied().chain(["x"]).zip(lines.iter().map(|&l| l.into())).collect();
        let program = tape.freeze(&[&outputs[..], &[("loss", loss.into())]].concat())?;

        let mut inputs = Inputs::new().real("x", &input);
        for (name, entry) in params.iter() {
            inputs = inputs.real(name, entry.value());
        }
        drop(params);
        let mut workspace = Workspace::new();
        Ok(Box::new(move || {
            let out = program.run(&inputs, &mut workspace)?;
            if wanted == Wanted::Step {
                inputs.carry(&out);
            }
            first(&out["loss"])
        }))
    }
}

impl<T: Real> Task<T> {
    /// The vector of the Hessian product; nothing where that is not wanted.
    pub fn directions(&self) -> Directions<T> {
        let entries = self.params.iter().filter(|_| self.wanted == Wanted::HessianProduct);
        entries.map(|(name, e)| (name.to_owned(), uniform(e.value().dims(), &format!("direction of {name}")))).collect()
    }
}

fn mode(wanted: Wanted) -> Mode {
    if wanted == Wanted::Output { Mode::Eval } else { Mode::Train }
}

fn leaf<'t>(tape: &'t Tape, wanted: Wanted, input: &Tensor<f32>) -> Var<'t> {
    if wanted == Wanted::Gradients { tape.var(input) } else { tape.constant(input) }
}

/// The lines of the Hessian's product with `directions`.
pub fn hessian_product<'t, T: Real>(
    p: &Leaves<'t, T>,
    loss: Var<'t, T>,
    directions: &Directions<T>,
) -> Vec<Var<'t, T>> {
    let weights: Vec<Var<'t, T>> = directions.iter().map(|(name, _)| p.get(name)).collect();
    let along: Vec<Var<'t, T>> = directions.iter().map(|(_, v)| p.tape().constant(v)).collect();
    hvp(loss, &weights, &along)
}

fn first(value: &Tensor<f32>) -> Result<f32, Error> {
    Ok(value.as_slice()[0])
}
