//! The properties, by what they protect.

mod exits;
mod indexes;
mod requests;
mod time;

use proptest::test_runner::Config;

/// Half of what proptest thinks right, 128 stories unless `PROPTEST_CASES` says otherwise: all properties together take some
/// ten seconds in the development profile.
pub(crate) fn config() -> Config {
    let usual = Config::default();
    Config {
        cases: usual.cases / 2,
        ..usual
    }
}
