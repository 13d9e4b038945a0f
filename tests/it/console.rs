//! The console through a browser without scripts: real TLS, real sessions, a real broker.

mod candidates;
mod desk;
mod guard;
mod manager;
mod officer;
mod operator;
mod pages;

use crate::support::*;
use reqwest::StatusCode;
use usher_proto::v1;

/// A broker with a console.
async fn start() -> Kit {
    Kit::shaped(Shape {
        console: Some(30),
        ..Shape::default()
    })
    .await
}
