//! The gRPC surface: the secure edge ([`listener`], [`tls`], [`server`]), the services over the broker ([`court`], [`adapter`],
//! [`operations`]), the one translation ([`convert`]) and the one error table ([`status`]); and the way in for our own programs ([`client`]).

pub mod adapter;
pub mod alert_counts;
pub mod call;
pub mod client;
pub mod connections;
pub mod convert;
pub mod court;
pub mod listener;
pub mod operations;
pub mod reason;
pub mod register_cases;
pub mod server;
pub mod status;
pub mod stream;
pub mod tls;
pub mod token;
