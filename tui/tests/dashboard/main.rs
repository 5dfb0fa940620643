//! The dashboard over runs made by hand: what its screens show, and what its keys do.

mod any;
mod fixtures;
mod keys;
mod screens;
mod session;
mod styles;
mod wakeups;
