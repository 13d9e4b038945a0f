//! Integration tests, one binary: what no single module can prove.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod permit;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tidy;
