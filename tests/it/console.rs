//! The console through a browser without scripts: real TLS, real sessions, a real broker.

mod guard;
mod officer;
mod operator;

use crate::support::*;
use reqwest::StatusCode;

/// A broker with a console.
async fn start() -> Kit {
    Kit::shaped(Shape {
        console: true,
        ..Shape::default()
    })
    .await
}
