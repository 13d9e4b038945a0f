//! Integration tests.

#[cfg(test)]
mod edge;
