mod codec;
mod files;
mod inputs;
