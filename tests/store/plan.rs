//! The plan of the acquire statement.
