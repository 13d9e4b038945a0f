//! What a new postcode table changes, told before it replaces the one in use.

use super::authorities::Authorities;
use super::table::{Entry, Place, Table};
use jiff::civil;
use std::collections::BTreeMap;
use usher_domain::code::AuthorityCode;

/// The difference of two tables, as routing sees it on one day: a code that was only replaced is no difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Postcodes of the new table alone.
    pub added: u64,
    /// Postcodes of the old table alone.
    pub removed: u64,
    /// Postcodes of both that lead to another authority, or to one where there was none, or to none any more.
    pub moved: u64,
    /// Postcodes of both that have gone out of use.
    pub terminated: u64,
    /// Postcodes of both that are in use again.
    pub revived: u64,
    /// What each authority gains and loses; `None` stands for postcodes without an authority. Without a change, no entry.
    pub authorities: BTreeMap<Option<AuthorityCode>, Change>,
}

/// What one authority gains and loses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Postcodes that come: added, or moved from another.
    pub gained: u64,
    /// Postcodes that go: removed, or moved to another.
    pub lost: u64,
}

/// Compares two tables as routing sees them on the day `on`.
pub fn diff(old: &Table, new: &Table, authorities: &Authorities, on: civil::Date) -> Diff {
    let mut diff = Diff::default();
    let route = |entry: &Option<Entry>| match entry.map(|entry| entry.place) {
        None => Route::Absent,
        Some(Place::District { district, county }) => {
            Route::To(authorities.resolve(district, county, on))
        }
        Some(Place::Nowhere | Place::Elsewhere) => Route::To(None),
    };
    let (mut olds, mut news) = (old.sectors().peekable(), new.sectors().peekable());
    loop {
        let sector = match (olds.peek(), news.peek()) {
            (Some((old, _)), Some((new, _))) => *old.min(new),
            (Some((sector, _)), None) | (None, Some((sector, _))) => *sector,
            (None, None) => return diff,
        };
        let units = |next: Option<(u32, Vec<Option<Entry>>)>| {
            next.map(|(_, units)| units).unwrap_or_default()
        };
        let before = units(olds.next_if(|(one, _)| *one == sector));
        let after = units(news.next_if(|(one, _)| *one == sector));
        for unit in 0..before.len().max(after.len()) {
            let (before, after) = (
                before.get(unit).unwrap_or(&None),
                after.get(unit).unwrap_or(&None),
            );
            if before != after {
                diff.count(route(before), route(after));
                diff.count_use(*before, *after);
            }
        }
    }
}

/// What one table says of a postcode.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    /// It does not have it.
    Absent,
    /// It leads to an authority, or to none.
    To(Option<AuthorityCode>),
}

impl Diff {
    /// Whether nothing changes that anybody would see.
    pub fn is_empty(&self) -> bool {
        self.added + self.removed + self.moved + self.terminated + self.revived == 0
    }

    fn count_use(&mut self, before: Option<Entry>, after: Option<Entry>) {
        match (before, after) {
            (Some(before), Some(after)) if before.terminated != after.terminated => {
                let counted = if after.terminated {
                    &mut self.terminated
                } else {
                    &mut self.revived
                };
                *counted += 1;
            }
            _ => {}
        }
    }

    fn count(&mut self, before: Route, after: Route) {
        match (before, after) {
            _ if before == after => return,
            (Route::Absent, _) => self.added += 1,
            (_, Route::Absent) => self.removed += 1,
            _ => self.moved += 1,
        }
        if let Route::To(authority) = before {
            self.authorities.entry(authority).or_default().lost += 1;
        }
        if let Route::To(authority) = after {
            self.authorities.entry(authority).or_default().gained += 1;
        }
    }
}
