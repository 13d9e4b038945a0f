//! Integration tests, one binary: what no single module can prove.

#[cfg(test)]
mod adapter;
#[cfg(test)]
mod assets;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod broker;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod console;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod permit;
#[cfg(test)]
mod process;
#[cfg(test)]
mod python;
#[cfg(test)]
mod region;
#[cfg(test)]
mod rpc;
#[cfg(test)]
mod scheduler;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tidy;
