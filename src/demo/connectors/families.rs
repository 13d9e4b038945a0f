//! Whom a borough's invented system holds. Of the families that the day will ask it about, in turn: one whose children are certainly there,
//! one whose children certainly are not, and one whose children may be, since their dates of birth are written down wrongly.

use crate::adapter::people::wanted;
use crate::demo::list::Case;
use crate::demo::seed::{dice, full_name, given};
use crate::demo::submission::personal;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Serialize;

/// Children whom nobody asks about, and their family name: no system is empty.
const OTHERS: usize = 12;
const OTHER_FAMILY: &str = "Oldacre";
const OTHER_POSTCODE: &str = "ZZ99 3WZ";
/// They are born before, and so many days apart.
const OTHERS_BORN: Date = Date::constant(2026, 1, 1);
const OTHERS_APART: i32 = 400;

/// A child in a system, with an open child protection plan.
#[derive(Clone, Serialize)]
pub(in crate::demo) struct Held {
    pub(super) id: String,
    pub(super) family: String,
    pub(super) given: String,
    /// Date of birth.
    pub(super) born: String,
    pub(super) postcode: String,
    /// Since when there is a plan.
    pub(super) plan: String,
    pub(super) worker: String,
}

/// What the system of `borough` holds when the day asks it about `cases`.
pub(in crate::demo) fn held(seed: u64, borough: &str, cases: &[&Case]) -> Vec<Held> {
    let mut dice = dice(seed, &["system", borough]);
    let mut all: Vec<Held> = Vec::new();
    let families = cases.iter().map(|case| (case, children(case, seed)));
    let families = families.filter(|(_, children)| !children.is_empty());
    for (number, (case, children)) in families.enumerate() {
        let slip = match number % 3 {
            0 => 0,
            1 => continue,
            _ => 1,
        };
        let day = case.requested_at.date();
        for child in children {
            let plan = day.saturating_sub(dice.i32(30..300).days());
            all.push(Held {
                born: child.born.saturating_add(slip.years()).to_string(),
                plan: plan.to_string(),
                worker: full_name(&mut dice),
                id: format!("P{}", all.len() + 1),
                family: child.family,
                given: child.given,
                postcode: child.postcode,
            });
        }
    }
    let mut born = OTHERS_BORN;
    for number in 1..=OTHERS {
        born = born.saturating_sub(OTHERS_APART.days());
        all.push(Held {
            id: format!("Q{number}"),
            family: OTHER_FAMILY.to_owned(),
            given: given(&mut dice).to_owned(),
            born: born.to_string(),
            postcode: OTHER_POSTCODE.to_owned(),
            plan: OTHERS_BORN.to_string(),
            worker: full_name(&mut dice),
        });
    }
    all
}

struct Child {
    family: String,
    given: String,
    born: Date,
    postcode: String,
}

/// The children of `case`, as the officer describes them.
fn children(case: &Case, seed: u64) -> Vec<Child> {
    let everybody = wanted(&personal(case, seed)).into_iter();
    let children = everybody.filter(|person| person.who.starts_with("child"));
    let child = children.filter_map(|person| {
        let name = person.identity.names.into_iter().next()?;
        let place = person.identity.places.into_iter().next()?;
        Some(Child {
            family: name.family,
            given: name.given,
            born: person.identity.born?.date,
            postcode: place.postcode,
        })
    });
    child.collect()
}
