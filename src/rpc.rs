//! The gRPC surface: tonic services over the broker.

pub mod convert;
pub mod status;
pub mod token;
