//! Dates as the list of bank holidays wants them.

use govuk_bank_holidays::{Error, PlainDate, Weekday};
use jiff::ToSpan;
use jiff::civil::{self, Date};

/// A civil date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(pub(super) Date);

impl PlainDate for Day {
    fn try_from_components(year: i32, month: u8, day: u8) -> Result<Self, Error> {
        let bad = |_| Error::InvalidDate;
        let year = i16::try_from(year).map_err(bad)?;
        let month = i8::try_from(month).map_err(bad)?;
        let day = i8::try_from(day).map_err(bad)?;
        Date::new(year, month, day)
            .map(Self)
            .map_err(|_| Error::InvalidDate)
    }

    fn as_components(&self) -> (i32, u8, u8) {
        (self.year(), self.month(), self.day())
    }

    fn year(&self) -> i32 {
        self.0.year().into()
    }

    fn month(&self) -> u8 {
        self.0.month().unsigned_abs()
    }

    fn day(&self) -> u8 {
        self.0.day().unsigned_abs()
    }

    fn weekday(&self) -> Weekday {
        match self.0.weekday() {
            civil::Weekday::Monday => Weekday::Monday,
            civil::Weekday::Tuesday => Weekday::Tuesday,
            civil::Weekday::Wednesday => Weekday::Wednesday,
            civil::Weekday::Thursday => Weekday::Thursday,
            civil::Weekday::Friday => Weekday::Friday,
            civil::Weekday::Saturday => Weekday::Saturday,
            civil::Weekday::Sunday => Weekday::Sunday,
        }
    }

    fn previous_day(&self) -> Self {
        Self(self.0.saturating_sub(1.day()))
    }

    fn next_day(&self) -> Self {
        Self(self.0.saturating_add(1.day()))
    }
}
