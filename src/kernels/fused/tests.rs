//! Passes against loops that read like their definitions.

use super::*;
