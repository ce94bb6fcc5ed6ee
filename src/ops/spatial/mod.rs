//! Operations over windows of an image: pooling, convolution, unfolding.
//! Images are `[batch, channels, …]` with one, two or three spatial axes; one geometry serves them all.

pub(super) mod adaptive;
pub(super) mod adaptive_avg;
pub(super) mod adaptive_max;
pub(super) mod avg_pool;
pub(super) mod conv;
pub(super) mod conv_forms;
pub(super) mod conv_options;
pub(super) mod conv_transpose;
pub(super) mod grid_sample;
pub(super) mod images;
pub(super) mod interpolate;
pub(super) mod interpolate_options;
pub(super) mod max_pool;
pub(super) mod means;
pub(super) mod plane;
pub(super) mod resample;
pub(super) mod runner_up;
pub(super) mod sample;
pub(super) mod shuffle;
pub(super) mod unfold;
pub(super) mod unpool;
