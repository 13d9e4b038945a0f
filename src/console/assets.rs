//! Stylesheets, scripts and pictures, embedded in the program.

use axum::Router;

/// The routes under `/assets/`: a name with a hash of the content, to be kept by browsers for ever.
#[expect(dead_code, reason = "the console's pages come next")]
pub(super) fn routes() -> Router {
    Router::new()
}

/// Paths of the stylesheets, in the order in which pages name them.
#[expect(dead_code, reason = "the console's pages come next")]
pub(super) fn styles() -> &'static [&'static str] {
    &[]
}

/// Paths of the scripts, each a module.
#[expect(dead_code, reason = "the console's pages come next")]
pub(super) fn scripts() -> &'static [&'static str] {
    &[]
}
