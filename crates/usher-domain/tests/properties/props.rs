//! The properties, by what they protect.

mod exits;
mod indexes;
mod requests;
mod time;

use proptest::test_runner::Config;

/// Stories per property: together some ten seconds in the development profile.
pub(crate) fn config() -> Config {
    Config {
        cases: 256,
        ..Config::default()
    }
}
