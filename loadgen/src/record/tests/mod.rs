mod codec;
mod files;
mod inputs;
mod traces;
