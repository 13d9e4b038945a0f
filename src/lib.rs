//! usher: the broker for safeguarding enquiries. `ARCHITECTURE.md` is the map; the rules are in `usher-domain`.

pub mod adapter;
pub mod app;
pub mod auth;
pub mod bench;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod demo;
pub mod directory;
pub mod ids;
pub mod lifecycle;
pub mod pki;
pub mod prove;
pub mod rpc;
pub mod scheduler;
pub mod store;
pub mod telemetry;
