//! Integration tests.
//! Integration tests, one binary: what no single module can prove.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tidy;
