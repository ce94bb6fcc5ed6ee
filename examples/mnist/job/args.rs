//! The command line of the example: flags with values, checked, nothing left to chance.
//! Whatever is wrong comes back as one line.

use std::ffi::OsString;
use std::path::PathBuf;

pub const HELP: &str = "\
Trains LeNet-5 with ReLU and max pooling on digits, and shows what it learned and what it got wrong.

usage: {called} [OPTIONS]

  --data DIR      train on the MNIST files in DIR (four IDX files, plain or .gz); without it, on drawn digits
  --train N       use at most N training images         [8000 drawn; all of DIR]
  --test N        use at most N test images             [2000 drawn; all of DIR]
  --model NAME    lenet or linear                       [lenet]
  --epochs N      passes over the training images       [10]
  --batch N       images per step                       [64]
  --lr RATE       learning rate of AdamW at the start   [0.002]
  --seed N        seed of weights, shuffling and digits [1]
  --threads N     threads                               [one per core]
  --save FILE     write a checkpoint after every epoch
  --load FILE     go on from a checkpoint; --epochs counts from the start of the first run
  --help          print this
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    Lenet,
    Linear,
}

#[derive(Clone, Debug)]
pub struct Args {
    pub data: Option<PathBuf>,
    pub train: Option<usize>,
    pub test: Option<usize>,
    pub model: Model,
    pub epochs: u64,
    pub batch: usize,
    pub rate: f64,
    pub seed: u64,
    pub threads: Option<usize>,
    pub save: Option<PathBuf>,
    pub load: Option<PathBuf>,
}

impl Args {
    /// The arguments, or `None` where help was asked for.
    pub fn parse(words: impl Iterator<Item = OsString>) -> Result<Option<Self>, String> {
        let words = words
            .map(|word| word.into_string().map_err(|word| format!("the argument `{}` is not UTF-8", word.display())))
            .collect::<Result<Vec<_>, _>>()?;
        let mut args = Args {
            data: None,
            train: None,
            test: None,
            model: Model::Lenet,
            epochs: 10,
            batch: 64,
            rate: 2e-3,
            seed: 1,
            threads: None,
            save: None,
            load: None,
        };
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            if word == "--help" || word == "-h" {
                return Ok(None);
            }
            let (flag, inline) = match word.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            // A flag after a flag is a forgotten value; whoever means it writes `--save=--name`.
            let mut value = || {
                let value = inline.clone().or_else(|| words.next_if(|next| !next.starts_with("--")));
                value.filter(|text| !text.is_empty()).ok_or(format!("{flag} needs a value"))
            };
            match &flag[..] {
                "--data" => args.data = Some(value()?.into()),
                "--save" => args.save = Some(value()?.into()),
                "--load" => args.load = Some(value()?.into()),
                "--train" => args.train = Some(within(&flag, &value()?, 1, 10_000_000)? as usize),
                "--test" => args.test = Some(within(&flag, &value()?, 1, 10_000_000)? as usize),
                "--epochs" => args.epochs = within(&flag, &value()?, 1, 100_000)?,
                "--batch" => args.batch = within(&flag, &value()?, 1, 65_536)? as usize,
                "--seed" => args.seed = within(&flag, &value()?, 0, u64::MAX)?,
                "--threads" => args.threads = Some(within(&flag, &value()?, 1, 256)? as usize),
                "--lr" => {
                    let text = value()?;
                    args.rate = text
                        .parse()
                        .ok()
                        .filter(|r: &f64| r.is_finite() && *r > 0.0)
                        .ok_or(format!("--lr takes a positive number, not `{text}`"))?;
                }
                "--model" => {
                    args.model = match &value()?[..] {
                        "lenet" => Model::Lenet,
                        "linear" => Model::Linear,
                        other => return Err(format!("--model is lenet or linear, not `{other}`")),
                    }
                }
                _ => return Err(format!("unknown argument `{flag}`; --help lists them all")),
            }
        }
        Ok(Some(args))
    }
}

fn within(flag: &str, text: &str, low: u64, high: u64) -> Result<u64, String> {
    let range = if high == u64::MAX { format!("from {low}") } else { format!("from {low} to {high}") };
    text.parse()
        .ok()
        .filter(|n| (low..=high).contains(n))
        .ok_or(format!("{flag} takes a whole number {range}, not `{text}`"))
}
