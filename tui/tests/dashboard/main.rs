//! The dashboard over runs made by hand: what its screens show, and what its keys do.

mod any;
mod configured;
mod database;
mod demo;
mod desk;
mod domains;
mod every;
mod faults;
mod fixtures;
mod keeping;
mod keys;
mod log;
mod mouse;
mod recorded;
mod screens;
mod session;
mod styles;
mod timeline;
mod wakeups;
mod warnings;
