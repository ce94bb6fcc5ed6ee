//! The training job: model, loop, evaluation, checkpoints.
//! A loss that stops being finite ends it with the line of the tape that made the first bad number.

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wengert::Error;
use wengert::data::{Batch, Dataset, Walk};
use wengert::io::{Progress, check_writable, load_checkpoint, save_checkpoint};
use wengert::nn::{Conv2d, Flatten, Leaves, Linear, Mode, Params, Relu, Sequential};
use wengert::optim::{AdamW, Cosine, Optimizer, Schedule};
use wengert::prelude::*;

use super::args::{Args, Model};
use super::report::{Verdicts, confusion_matrix, say, worst_mistakes};

/// LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998) with ReLU and max pooling, or a linear model to compare it with.
fn model(kind: Model, params: &mut Params) -> Sequential {
    let net = match kind {
        Model::Linear => Sequential::new().push(Flatten).push(Linear::new(28 * 28, 10)),
        Model::Lenet => Sequential::new()
            .push(Conv2d::new(1, 6, 5).padding(2))
            .push(Relu)
            .push(MaxPool2d::new(2))
            .push(Conv2d::new(6, 16, 5))
            .push(Relu)
            .push(MaxPool2d::new(2))
            .push(Flatten)
            .push(Linear::new(400, 120))
            .push(Relu)
            .push(Linear::new(120, 84))
            .push(Relu)
            .push(Linear::new(84, 10)),
    };
    net.init(params)
}

pub fn run(args: &Args, train: &Dataset, test: &Dataset) -> Result<(), Error> {
    let mut params = Params::new(args.seed);
    let net = model(args.model, &mut params);
    let mut opt = AdamW::new(args.rate);
    let mut epoch = 0;
    let mut seed = args.seed;
    if let Some(path) = &args.load {
        let found = load_checkpoint(path, &mut params, &mut opt)?;
        (epoch, seed) = (found.epoch, found.seed);
        say(format!("going on from {} after epoch {epoch}, seed {seed}", path.display()))?;
        if epoch > args.epochs {
            return Err(Error::argument(format!("--epochs is {}, but the checkpoint has seen {epoch}", args.epochs))
                .rule("--epochs counts from the start of the first run")
                .fix(format!("--epochs {epoch} tests it, more train it further")));
        }
    }
    if let Some(path) = &args.save {
        check_writable(path)?;
    }
    say(net.summary(&params, [args.batch, 1, 28, 28]))?;

    let steps_per_epoch = train.len().div_ceil(args.batch) as u64;
    // It reaches zero at the last epoch: a run goes on as if never interrupted when --epochs stays the same.
    let schedule = Cosine::new(args.rate, 0.0, args.epochs * steps_per_epoch);
    let mut tape = Tape::new().seeded(seed);
    tape.set_step(epoch * steps_per_epoch);
    while epoch < args.epochs {
        let start = Instant::now();
        let bar = progress_bar(steps_per_epoch, epoch, args.epochs);
        let (mut sum, mut step) = (0.0, epoch * steps_per_epoch);
        for batch in train.batches(args.batch, Walk::shuffled(seed, epoch))? {
            opt.set_rate(schedule.rate(step));
            let count = batch.labels.len();
            let loss = train_step(&mut tape, &net, &mut params, &mut opt, batch)?;
            sum += f64::from(loss) * count as f64;
            step += 1;
            bar.set_message(format!("loss {loss:.4}  rate {:.6}", opt.rate()));
            bar.inc(1);
        }
        bar.finish_and_clear();
        epoch += 1;
        let correct = evaluate(&mut tape, &net, &params, test)?.correct(test);
        let (loss, accuracy) = (sum / train.len() as f64, percent(correct, test.len()));
        // Times are for people: in a pipe, equal runs give equal lines.
        let time = match stdout().is_terminal() {
            true => format!(", {:.1} s", start.elapsed().as_secs_f64()),
            false => String::new(),
        };
        say(format!("epoch {epoch:>2} of {}: loss {loss:.4}, test accuracy {accuracy:.2}%{time}", args.epochs))?;
        if let Some(path) = &args.save {
            save_checkpoint(path, &params, &opt, Progress { epoch, seed, step })?;
        }
    }
    report(args, net, &params, &opt, Progress { epoch, seed, step: epoch * steps_per_epoch }, test)
}

/// One step; the loss before it.
fn train_step(
    tape: &mut Tape,
    net: &Sequential,
    params: &mut Params,
    opt: &mut AdamW<f32>,
    batch: Batch,
) -> Result<f32, Error> {
    tape.clear();
    let p = params.on(tape, Mode::Train);
    let loss = losses(net, &p, batch).0.mean();
    let grads = loss.try_backward()?;
    let value = loss.item();
    if !value.is_finite() {
        let culprit = loss.first_nonfinite().map_or_else(String::new, |found| format!("\n{found}"));
        return Err(Error::domain(format!("the loss became {value} at step {}{culprit}", tape.step()))
            .fix("a smaller --lr usually helps")
            .about("training"));
    }
    opt.step(params, &grads)?;
    Ok(value)
}

/// The loss of each image and the logits.
fn losses<'t>(net: &Sequential, p: &Leaves<'t, f32>, batch: Batch) -> (Var<'t>, Var<'t>) {
    let tape = p.tape();
    let logits = net.apply(p, tape.constant(batch.images));
    (logits.cross_entropy(tape.ints(batch.labels)), logits)
}

fn evaluate(tape: &mut Tape, net: &Sequential, params: &Params, data: &Dataset) -> Result<Verdicts, Error> {
    let mut v = Verdicts { predicted: Vec::new(), losses: Vec::new() };
    let step = tape.step();
    for batch in data.batches(500, Walk::Stored)? {
        tape.clear();
        let p = params.on(tape, Mode::Eval);
        let (loss, logits) = losses(net, &p, batch);
        v.losses.extend(loss.value());
        v.predicted.extend(logits.argmax(1).value());
    }
    tape.set_step(step);
    Ok(v)
}

/// Sends the weights through a file and back, and tells what the model that comes out of it can do.
fn report(
    args: &Args,
    net: Sequential,
    params: &Params,
    opt: &AdamW<f32>,
    state: Progress,
    test: &Dataset,
) -> Result<(), Error> {
    let temporary = args.save.is_none().then(|| TemporaryFile::new(args.seed));
    let path = temporary.as_ref().map_or_else(|| args.save.clone().unwrap_or_default(), |t| t.0.clone());
    save_checkpoint(&path, params, opt, state)?;
    let mut restored = Params::new(args.seed);
    let fresh = model(args.model, &mut restored);
    drop(net);
    load_checkpoint(&path, &mut restored, &mut AdamW::new(args.rate))?;

    let v = evaluate(&mut Tape::new(), &fresh, &restored, test)?;
    let correct = v.correct(test);
    say(format!("\n{}\n", confusion_matrix(test, &v)))?;
    say(format!("{}\n", worst_mistakes(test, &v, 3)))?;
    if args.save.is_some() {
        say(format!("saved to {}", path.display()))?;
    }
    say(format!("test accuracy: {:.2}% ({correct} of {})", percent(correct, test.len()), test.len()))
}

/// Removed when dropped, also on the way out of an error.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(seed: u64) -> Self {
        TemporaryFile(std::env::temp_dir().join(format!("wengert-mnist-{}-{seed}.safetensors", std::process::id())))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // Nothing to be done if it cannot be removed, and nothing lost.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn progress_bar(steps: u64, epoch: u64, epochs: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    let style =
        ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len}  {msg}").expect("the template is well-formed");
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix(format!("epoch {:>2}/{epochs}", epoch + 1));
    bar
}
