//! Pages of managers: what is outstanding, coverage and timeliness.

use super::Door;

pub(super) fn doors() -> Vec<Door> {
    Vec::new()
}
