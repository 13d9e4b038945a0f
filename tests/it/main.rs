//! Integration tests.

#[cfg(test)] // always so, and clippy sees that helpers are test code too
mod directory;
#[cfg(test)]
mod store;
