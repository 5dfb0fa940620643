//! A pubsub in memory.

/// A pubsub in memory.
#[derive(Debug, Default)]
pub struct MemoryPubSub {}
