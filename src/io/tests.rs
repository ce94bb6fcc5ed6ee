//! Checkpoints that come back, resumed runs, and files that lie.
//! Damaged files are made from whole ones, so that each test breaks one thing.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::archive;
use super::checkpoint::restore;
use super::*;
use crate::nn::{
    BatchNorm2d, Conv2d, Dropout, Flatten, Init, Linear, Mode, Params, Relu, Role, Sequential, Tanh, value_and_grad,
};
use crate::optim::{Adam, AdamW, Optimizer, Sgd};
use crate::real::Real;
use crate::tape::Tape;

/// A folder of the test's own, deleted at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wengert-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("run.safetensors")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn model<T: Real>(params: &mut Params<T>) -> Sequential<T> {
    let net = Sequential::new().push(Linear::new(3, 4)).push(Tanh).push_named("head", Linear::new(4, 1)).init(params);
    params.scope("head").buffer("seen", [2], Init::ZEROS);
    net
}

fn train<T: Real>(
    net: &Sequential<T>,
    params: &mut Params<T>,
    opt: &mut impl Optimizer<T>,
    steps: std::ops::Range<u64>,
) {
    for step in steps {
        let x = ndarray::Array2::from_shape_fn([5, 3], |(i, j)| T::of((i as f64 - j as f64 + step as f64).sin()));
        let (_, grads) = value_and_grad(params, |p| {
            p.update("head.seen", p.get("head.seen") + 1.0);
            net.apply(p, p.tape().constant(x)).square().sum()
        });
        opt.step(params, &grads).unwrap();
    }
}

fn values<T: Real>(params: &Params<T>) -> Vec<(String, Vec<u64>)> {
    params.iter().map(|(n, e)| (n.to_owned(), e.value().as_slice().iter().map(|v| v.bits()).collect())).collect()
}

fn resumes<T: Real, O: Optimizer<T>>(make: impl Fn() -> O) {
    let folder = Folder::new(&format!("resume-{}-{}", T::NAME, make().name()));
    let mut whole = Params::<T>::new(1);
    let net = model(&mut whole);
    let mut opt = make();
    train(&net, &mut whole, &mut opt, 0..3);
    opt.set_rate(0.0123);
    save_checkpoint(folder.file(), &whole, &opt, Progress { epoch: 2, step: 3, seed: 9 }).unwrap();
    train(&net, &mut whole, &mut opt, 3..6);

    let mut resumed = Params::<T>::new(77);
    let net = model(&mut resumed);
    let mut fresh = make();
    let progress = load_checkpoint(folder.file(), &mut resumed, &mut fresh).unwrap();
    assert_eq!(progress, Progress { epoch: 2, step: 3, seed: 9 });
    train(&net, &mut resumed, &mut fresh, 3..6);
    assert_eq!(values(&resumed), values(&whole));
    assert_eq!(fresh.state(), opt.state());
    assert_eq!(resumed.get("head.seen").unwrap().as_slice(), [T::of(6.0); 2]);
    assert_eq!(folder.names(), ["run.safetensors"]);
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    resumes::<f32, _>(|| AdamW::new(0.01));
    resumes::<f64, _>(|| Adam::new(0.01).weight_decay(0.1));
    resumes::<f64, _>(|| Sgd::new(0.1).momentum(0.9));
    resumes::<f32, _>(|| Sgd::new(0.1));
}

/// Six steps of dropout and batch norm on one tape that is cleared, or three, a file, and three more.
#[test]
fn a_resumed_run_draws_the_same_masks_and_continues_the_running_statistics() {
    let build = |params: &mut Params<f32>| {
        let net = Sequential::new().push(Conv2d::new(1, 3, 3)).push(BatchNorm2d::new(3)).push(Relu).push(Flatten);
        net.push(Dropout(0.4)).push(Linear::new(12, 1)).init(params)
    };
    let images = |step: u64| {
        ndarray::Array4::from_shape_fn([5, 1, 4, 4], |(n, _, i, j)| {
            ((3 * n + 5 * i + 7 * j) as f32 + step as f32).sin()
        })
    };
    let train = |net: &Sequential<f32>, params: &mut Params<f32>, opt: &mut AdamW, tape: &mut Tape, steps: u64| {
        for _ in 0..steps {
            tape.clear();
            let p = params.on(tape, Mode::Train);
            let grads = net.apply(&p, tape.constant(images(tape.step()))).square().sum().backward();
            opt.step(params, &grads).unwrap();
        }
    };
    let folder = Folder::new("resume-random");
    let (mut whole, mut opt, mut tape) = (Params::new(1), AdamW::new(0.01), Tape::new().seeded(5));
    let net = build(&mut whole);
    train(&net, &mut whole, &mut opt, &mut tape, 3);
    let progress = Progress { epoch: 0, step: tape.step(), seed: tape.seed() };
    save_checkpoint(folder.file(), &whole, &opt, progress).unwrap();
    train(&net, &mut whole, &mut opt, &mut tape, 3);

    let resume = |forget_step: bool| {
        let (mut params, mut opt) = (Params::new(2), AdamW::new(0.5));
        let net = build(&mut params);
        let progress = load_checkpoint(folder.file(), &mut params, &mut opt).unwrap();
        let mut tape = Tape::new().seeded(progress.seed);
        if !forget_step {
            tape.set_step(progress.step);
        }
        train(&net, &mut params, &mut opt, &mut tape, 3);
        values(&params)
    };
    assert_eq!(resume(false), values(&whole));
    assert_ne!(resume(true), values(&whole), "the masks of another step would do other things");
    assert_ne!(whole.get("1.running_mean").unwrap().as_slice(), [0.0; 3]);
}

/// A store, an optimiser after one step, and the bytes of their checkpoint.
fn saved(test: &str) -> (Params<f32>, Adam<f32>, Vec<u8>) {
    let folder = Folder::new(test);
    let mut params = Params::new(1);
    let net = model(&mut params);
    let mut opt = Adam::new(0.01);
    train(&net, &mut params, &mut opt, 0..1);
    save_checkpoint(folder.file(), &params, &opt, Progress::default()).unwrap();
    (params, opt, fs::read(folder.file()).unwrap())
}

#[test]
fn the_file_is_plain_safetensors_and_equal_states_make_equal_files() {
    let (params, opt, bytes) = saved("plain");
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let weight = file.tensor("0.weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (safetensors::Dtype::F32, &[4, 3][..]));
    let first = f32::from_le_bytes(*weight.data().first_chunk().unwrap());
    assert_eq!(first, params.get("0.weight").unwrap().as_slice()[0]);
    assert_eq!(file.tensor("optimizer.head.bias.second_moment").unwrap().shape(), [1]);
    let folder = Folder::new("plain-again");
    save_checkpoint(folder.file(), &params, &opt, Progress::default()).unwrap();
    assert_eq!(fs::read(folder.file()).unwrap(), bytes);
}

#[test]
fn weights_alone_load_from_any_file_with_the_stores_names() {
    let folder = Folder::new("weights");
    let (params, _, bytes) = saved("weights-from");
    fs::write(folder.file(), &bytes).unwrap();
    let mut other = Params::<f32>::new(5);
    let _net = model(&mut other);
    load_params(folder.file(), &mut other).unwrap();
    assert_eq!(values(&other), values(&params));

    let view = |shape: &[usize], data: &'static [u8]| {
        safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), data).unwrap()
    };
    safetensors::serialize_to_file([("w", view(&[2], &[0, 0, 128, 63, 0, 0, 0, 64]))], None, &folder.file()).unwrap();
    let mut plain = Params::<f32>::new(0);
    plain.insert("w", Role::Parameter, [0., 0.]).unwrap();
    load_params(folder.file(), &mut plain).unwrap();
    assert_eq!(plain.get("w").unwrap().as_slice(), [1.0, 2.0]);
    let e = load_checkpoint(folder.file(), &mut plain, &mut Adam::new(0.1)).unwrap_err();
    assert!(e.is_format() && e.to_string().contains("describes no training run"), "{e}");
}

#[test]
fn a_store_of_another_model_is_refused_with_its_reason() {
    let (_, _, bytes) = saved("other");
    let refused = |build: &dyn Fn(&mut Params<f32>), reason: &str| {
        let mut params = Params::new(3);
        build(&mut params);
        let before = values(&params);
        let e = restore(&bytes, &mut params, &mut Adam::new(0.1)).unwrap_err();
        assert!(e.to_string().contains(reason), "{e}");
        assert_eq!(values(&params), before);
    };
    refused(&|p| drop(Sequential::new().push(Linear::new(3, 4)).init(p)), "the file holds `head.bias`");
    refused(
        &|p| {
            model(p);
            p.insert("more", Role::Buffer, 1.0f32).unwrap();
        },
        "the file lacks `more`, shape []",
    );
    refused(
        &|p| {
            let _net =
                Sequential::new().push(Linear::new(3, 4)).push(Tanh).push_named("head", Linear::new(4, 2)).init(p);
            p.scope("head").buffer("seen", [2], Init::ZEROS);
        },
        "`head.bias` has shape [1] in the file, [2] in the store",
    );
    refused(
        &|p| {
            let _net =
                Sequential::new().push(Linear::new(3, 4)).push(Tanh).push_named("head", Linear::new(4, 1)).init(p);
            p.scope("head").parameter("seen", [2], Init::ZEROS);
        },
        "`head.seen` is a Buffer in the file, a Parameter in the store",
    );

    let mut double = Params::<f64>::new(3);
    model(&mut double);
    let e = restore(&bytes, &mut double, &mut Adam::new(0.1)).unwrap_err();
    assert!(e.is_format() && e.to_string().contains("holds F32 numbers"), "{e}");
    let mut params = Params::<f32>::new(3);
    model(&mut params);
    let e = restore(&bytes, &mut params, &mut Sgd::new(0.1)).unwrap_err();
    assert!(e.to_string().contains("the file holds the state of adam, the program runs sgd"), "{e}");
}

#[test]
fn headers_that_claim_too_much_cost_nothing() {
    let load = |bytes: &[u8]| {
        let mut params = Params::<f32>::new(3);
        model(&mut params);
        let e = restore(bytes, &mut params, &mut Adam::new(0.1)).unwrap_err();
        assert!(e.is_format(), "{e}");
        e.to_string()
    };
    for claim in [0, 1, 99_999_999, 1 << 40, u64::MAX - 8, u64::MAX] {
        let mut bytes = u64::to_le_bytes(claim).to_vec();
        bytes.extend(b"{}      ");
        assert!(load(&bytes).contains("not a whole safetensors file"));
    }
    for header in [
        r#"{"w":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,16]}}"#,
        r#"{"w":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,18446744073709551615]}}"#,
        r#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}"#,
        r#"{"w":{"dtype":"F32","shape":[0,18446744073709551615,3],"data_offsets":[0,0]}}"#,
    ] {
        let mut bytes = u64::to_le_bytes(header.len() as u64).to_vec();
        bytes.extend(header.as_bytes());
        load(&bytes);
    }
}

#[test]
fn what_cannot_be_saved_or_read_says_so_and_leaves_no_trace() {
    let folder = Folder::new("refuse");
    let mut params = Params::<f32>::new(0);
    params.insert("optimizer.x", Role::Parameter, 1.0).unwrap();
    assert!(save_params(folder.file(), &params).unwrap_err().is_argument());
    let params = Params::<f32>::new(0);
    assert!(save_params(folder.0.join("missing/run"), &params).unwrap_err().is_io());
    assert!(save_params("/", &params).unwrap_err().is_argument());
    fs::create_dir(folder.file()).unwrap();
    let e = save_params(folder.file(), &params).unwrap_err();
    assert!(e.is_io() && e.to_string().contains("run.safetensors"), "{e}");
    assert_eq!(folder.names(), ["run.safetensors"], "the temporary file is gone");
    assert!(load_params(folder.file(), &mut params.clone()).unwrap_err().is_argument());
    assert!(load_params(folder.0.join("none"), &mut params.clone()).unwrap_err().is_io());
}

#[test]
fn a_path_is_tried_out_without_a_trace() {
    let folder = Folder::new("try");
    fs::write(folder.file(), "old").unwrap();
    check_writable(folder.file()).unwrap();
    check_writable(folder.0.join("new/")).unwrap();
    assert_eq!(
        (folder.names(), fs::read(folder.file()).unwrap()),
        (vec!["run.safetensors".to_owned()], b"old".to_vec())
    );
    for path in [folder.0.clone(), folder.0.join("missing/run"), folder.file().join("run")] {
        let e = check_writable(&path).unwrap_err();
        assert!(e.is_io() && e.to_string().starts_with(&path.display().to_string()), "{e}");
    }
    assert!(check_writable("").unwrap_err().is_argument());
    save_params(folder.0.join("new/"), &Params::<f32>::new(0)).unwrap();
    assert!(folder.0.join("new").is_file());
}

#[test]
fn a_file_is_replaced_only_by_a_whole_one() {
    let folder = Folder::new("replace");
    let (params, opt, bytes) = saved("replace-from");
    fs::write(folder.file(), "old").unwrap();
    save_checkpoint(folder.file(), &params, &opt, Progress::default()).unwrap();
    assert_eq!(fs::read(folder.file()).unwrap(), bytes);
    assert_eq!(folder.names(), ["run.safetensors"]);
}

#[test]
fn every_truncation_is_refused() {
    let (_, _, bytes) = saved("truncated");
    let mut params = Params::<f32>::new(3);
    model(&mut params);
    let before = values(&params);
    for len in 0..bytes.len() {
        assert!(restore(&bytes[..len], &mut params, &mut Adam::new(0.1)).unwrap_err().is_format(), "{len} bytes");
    }
    assert_eq!(values(&params), before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn damaged_files_end_in_numbers_or_a_sentence(hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let (_, _, mut bytes) = saved(&format!("damaged-{:?}", std::thread::current().id()));
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut params = Params::<f32>::new(3);
        model(&mut params);
        let (before, mut opt) = (values(&params), Adam::new(0.1));
        if let Err(e) = restore(&bytes, &mut params, &mut opt) {
            prop_assert!(!e.to_string().is_empty());
            prop_assert_eq!(values(&params), before);
            prop_assert_eq!(opt.state(), Adam::new(0.1).state());
        }
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(archive::decode::<f64>(&bytes).is_err());
    }
}
