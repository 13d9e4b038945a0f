//! The directory as it ships, and the importer on genuine releases.

mod import;
mod london;
mod shipped;

use std::path::PathBuf;
use usher::directory::table::Place;
use usher_domain::code::{AuthorityCode, Postcode};

/// A file of real data beside the repository, or `None`, and says so, where there is none.
fn shared_data(name: &str) -> Option<PathBuf> {
    let path = crate::support::root().join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no ../shared/data");
    None
}

fn postcode(text: &str) -> Postcode {
    Postcode::parse(text).unwrap()
}

fn authority(code: &str) -> AuthorityCode {
    AuthorityCode::parse(code).unwrap()
}

fn district(code: &str) -> Place {
    Place::District {
        district: authority(code),
        county: None,
    }
}
