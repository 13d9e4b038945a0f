//! Integration tests.

#[cfg(test)]
mod permit;
