//! The gRPC surface: the secure edge ([`listener`], [`tls`], [`server`]) and the way to it for our own programs
//! ([`client`]).

pub mod client;
pub mod connections;
pub mod listener;
pub mod server;
pub mod tls;
