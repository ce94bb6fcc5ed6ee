//! The activation functions as layers: each applies the method of its name.
//! They have no parameters; use them where a chain needs a layer, and the methods everywhere else.

use super::layer::Layer;
use super::leaves::Leaves;
use crate::real::Real;
use crate::tape::Var;

macro_rules! activations {
    ($($(#[$doc:meta])* $Name:ident $text:literal => $method:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use wengert::nn::{Layer, Mode, Params, ", stringify!($Name), "};")]
        /// use wengert::prelude::*;
        /// let (params, tape) = (Params::<f32>::new(0), Tape::new());
        /// let x = tape.constant([-1.5, 0.0, 0.5]);
        #[doc = concat!("let y = ", stringify!($Name), ".apply(&params.on(&tape, Mode::Eval), x);")]
        #[doc = concat!("assert_eq!(y.value(), x.", stringify!($method), "().value());")]
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $Name;

        impl<T: Real> Layer<T> for $Name {
            fn apply<'t>(&self, _: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
                x.$method()
            }

            fn describe(&self) -> String {
                $text.into()
            }
        }
    )+};
}

activations! {
    /// max(x, 0) as a layer; see [`Var::relu`].
    Relu "relu" => relu;

    /// The hyperbolic tangent as a layer; see [`Var::tanh`].
    Tanh "tanh" => tanh;

    /// The logistic function as a layer; see [`Var::sigmoid`].
    Sigmoid "sigmoid" => sigmoid;

    /// x·Φ(x) as a layer; see [`Var::gelu`].
    Gelu "gelu" => gelu;

    /// x·σ(x) as a layer; see [`Var::silu`].
    Silu "silu" => silu;

    /// ln(1 + eˣ) as a layer; see [`Var::softplus`].
    Softplus "softplus" => softplus;

    /// The scaled elu as a layer; see [`Var::selu`].
    Selu "selu" => selu;

    /// x·tanh(softplus x) as a layer; see [`Var::mish`].
    Mish "mish" => mish;

    /// min(max(x, 0), 6) as a layer; see [`Var::relu6`].
    Relu6 "relu6" => relu6;

    /// The piecewise linear sigmoid as a layer; see [`Var::hardsigmoid`].
    Hardsigmoid "hardsigmoid" => hardsigmoid;

    /// The piecewise quadratic swish as a layer; see [`Var::hardswish`].
    Hardswish "hardswish" => hardswish;

    /// ln σ(x) as a layer; see [`Var::log_sigmoid`].
    LogSigmoid "log sigmoid" => log_sigmoid;

    /// x/(1 + |x|) as a layer; see [`Var::softsign`].
    Softsign "softsign" => softsign;
}

macro_rules! activations_with_a_number {
    ($($(#[$doc:meta])* $Name:ident($number:literal) $text:literal => $method:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use wengert::nn::{Layer, Mode, Params, ", stringify!($Name), "};")]
        /// use wengert::prelude::*;
        /// let (params, tape) = (Params::<f32>::new(0), Tape::new());
        /// let x = tape.constant([-1.5, 0.0, 0.5]);
        #[doc = concat!("let y = ", stringify!($Name), "(0.3).apply(&params.on(&tape, Mode::Eval), x);")]
        #[doc = concat!("assert_eq!(y.value(), x.", stringify!($method), "(0.3).value());")]
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $Name(
            #[doc = $number]
            pub f64,
        );

        impl<T: Real> Layer<T> for $Name {
            fn apply<'t>(&self, _: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
                x.$method(self.0)
            }

            fn describe(&self) -> String {
                format!(concat!($text, " {}"), self.0)
            }
        }
    )+};
}

activations_with_a_number! {
    /// x where x > 0 and slope·x elsewhere, as a layer; see [`Var::leaky_relu`].
    LeakyRelu("The slope below 0.") "leaky relu" => leaky_relu;

    /// x where x > 0 and α(eˣ − 1) elsewhere, as a layer; see [`Var::elu`].
    Elu("The limit −α far below 0.") "elu" => elu;
}
