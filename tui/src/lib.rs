//! The dashboard of `clearance`: what it shows, how it reacts, and the terminal around it.
//!
//! ```text
//! key ─ keymap ───────┐
//! run or recording ───┼─▶ Message ─▶ update(&mut Model, Message) -> Option<Command>
//! log, frame tick ────┘              view(&Model, Rect, &mut Buffer)
//! ```
//!
//! [`model`], [`update`], [`keymap`], [`theme`] and [`view`] are pure: no clock, no chance, no I/O. Only
//! [`dashboard`], [`source`], [`player`], [`save`] and [`terminal`] touch the world. The library exists so that
//! examples and tests reach the parts; the product is the binary.

// A terminal may be closed at any time, and these panic for it: the command line has `say!` and `print`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod config;
pub mod dashboard;
pub mod keymap;
pub mod log_ring;
pub mod model;
pub mod picture;
pub mod player;
pub mod save;
pub mod source;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
