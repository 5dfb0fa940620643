//! A job table in memory.

/// A job table in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {}
