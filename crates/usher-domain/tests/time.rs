//! Court time and working time: every boundary instant a row, both clock changes, Christmas with its substitute day, and
//! the laws that hold for any hours.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date, time};
use proptest::prelude::*;
use usher_domain::code::CourtCode;
use usher_domain::hearing::Hearing;
use usher_domain::time::{
    Calendar, NoSuchLocalTime, Timestamp, WorkingHours, WorkingHoursError, from_london, to_london,
};

/// Bank holidays of England and Wales, 2026 and 2027, as GOV.UK lists them.
const HOLIDAYS: [(i16, i8, i8); 16] = [
    (2026, 1, 1),
    (2026, 4, 3),
    (2026, 4, 6),
    (2026, 5, 4),
    (2026, 5, 25),
    (2026, 8, 31),
    (2026, 12, 25),
    (2026, 12, 28),
    (2027, 1, 1),
    (2027, 3, 26),
    (2027, 3, 29),
    (2027, 5, 3),
    (2027, 5, 31),
    (2027, 8, 30),
    (2027, 12, 27),
    (2027, 12, 28),
];

fn calendar() -> Calendar {
    let days = HOLIDAYS.map(|(year, month, day)| date(year, month, day));
    Calendar::new(days, date(2027, 12, 31))
}

/// Monday to Thursday 09:00 to 17:15, Friday to 17:00: what Waltham Forest publishes.
fn waltham_forest() -> WorkingHours {
    let day = |hour, minute| Some((time(9, 0, 0, 0), time(hour, minute, 0, 0)));
    let long = day(17, 15);
    WorkingHours::new([long, long, long, long, day(17, 0), None, None]).unwrap()
}

fn office() -> WorkingHours {
    WorkingHours::office()
}

/// An instant by its London time, such as `2026-11-23T14:00`.
fn at(local: &str) -> Timestamp {
    from_london(local.parse::<DateTime>().unwrap()).unwrap()
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn minutes(amount: i64) -> SignedDuration {
    SignedDuration::from_mins(amount)
}

#[test]
fn a_civil_time_makes_one_instant() {
    let check = |local: &str, instant: &str| assert_eq!(at(local), utc(instant), "{local}");
    check("2026-07-01T10:00", "2026-07-01T09:00:00Z");
    check("2026-12-01T10:00", "2026-12-01T10:00:00Z");
    // Back on 25 October 2026: 01:00 to 01:59 occurs twice, and the earlier counts.
    check("2026-10-25T00:59:59", "2026-10-24T23:59:59Z");
    check("2026-10-25T01:00", "2026-10-25T00:00:00Z");
    check("2026-10-25T01:30", "2026-10-25T00:30:00Z");
    check("2026-10-25T01:59:59", "2026-10-25T00:59:59Z");
    check("2026-10-25T02:00", "2026-10-25T02:00:00Z");
    // Forward on 28 March 2027: the last moment before the skipped hour and the first after it.
    check("2027-03-28T00:59:59", "2027-03-28T00:59:59Z");
    check("2027-03-28T02:00", "2027-03-28T01:00:00Z");
    // A hearing may be held on a bank holiday: remand courts sit.
    check("2026-12-28T10:00", "2026-12-28T10:00:00Z");
}

#[test]
fn a_skipped_time_is_refused() {
    for text in [
        "2027-03-28T01:00",
        "2027-03-28T01:30",
        "2027-03-28T01:59:59",
    ] {
        let local: DateTime = text.parse().unwrap();
        assert_eq!(from_london(local), Err(NoSuchLocalTime { local }));
        let court = CourtCode::parse("B01IX").unwrap();
        assert_eq!(Hearing::new(court, local), Err(NoSuchLocalTime { local }));
    }
}

#[test]
fn a_hearing_keeps_its_own_words_and_the_earlier_instant() {
    let local: DateTime = "2026-10-25T01:30".parse().unwrap();
    let hearing = Hearing::new(CourtCode::parse("B01IX").unwrap(), local).unwrap();
    assert_eq!(hearing.local, local);
    assert_eq!(hearing.at, utc("2026-10-25T00:30:00Z"));
    // Both instants read back as the same words.
    assert_eq!(to_london(hearing.at), local);
    assert_eq!(to_london(utc("2026-10-25T01:30:00Z")), local);
}

#[test]
fn a_weekend_is_63_65_or_64_hours_by_the_clock_and_nothing_at_work() {
    for (friday, monday, hours) in [
        ("2026-10-23T17:00", "2026-10-26T09:00", 65),
        ("2027-03-19T17:00", "2027-03-22T09:00", 64),
        ("2026-03-27T17:00", "2026-03-30T09:00", 63),
    ] {
        let (friday, monday) = (at(friday), at(monday));
        assert_eq!(
            monday.duration_since(friday),
            SignedDuration::from_hours(hours)
        );
        assert_eq!(
            office().between(friday, monday, &calendar()),
            SignedDuration::ZERO
        );
        let opens = office().after(friday, SignedDuration::from_nanos(1), &calendar());
        assert_eq!(opens.duration_since(monday), SignedDuration::from_nanos(1));
    }
    // Easter Monday follows the change of 28 March 2027, so that the desk opens on Tuesday.
    let opens = office().days_after(at("2027-03-27T12:00"), 0, &calendar());
    assert_eq!(opens, at("2027-03-30T09:00"));
}

#[test]
fn a_desk_is_open_from_its_first_moment_until_before_its_last() {
    let check = |hours: &WorkingHours, local: &str, open: bool| {
        assert_eq!(hours.is_open(at(local), &calendar()), open, "{local}");
    };
    check(&office(), "2026-11-23T08:59:59.999", false);
    check(&office(), "2026-11-23T09:00", true);
    check(&office(), "2026-11-23T16:59:59.999", true);
    check(&office(), "2026-11-23T17:00", false);
    check(&office(), "2026-11-22T12:00", false);
    check(&office(), "2026-12-28T12:00", false);
    check(&office(), "2026-12-29T12:00", true);
    check(&waltham_forest(), "2026-11-26T17:14", true);
    check(&waltham_forest(), "2026-11-27T17:00", false);
    // Summer and winter open at nine by the wall clock.
    check(&office(), "2026-10-23T09:00", true);
    check(&office(), "2026-10-26T09:00", true);
    assert!(!office().is_open(utc("2026-10-26T08:30:00Z"), &calendar()));
}

#[test]
fn working_time_is_counted_forward() {
    let check = |start: &str, worked: i64, end: &str| {
        let found = office().after(at(start), minutes(worked), &calendar());
        assert_eq!(
            to_london(found),
            to_london(at(end)),
            "{start} + {worked} min"
        );
    };
    // Nothing: where it stands, or the next opening.
    check("2026-11-23T10:00", 0, "2026-11-23T10:00");
    check("2026-11-23T17:00", 0, "2026-11-23T17:00");
    check("2026-11-23T17:01", 0, "2026-11-24T09:00");
    check("2026-11-21T12:00", 0, "2026-11-23T09:00");
    check("2026-11-23T07:00", 0, "2026-11-23T09:00");
    // Up to the closing moment, and over it.
    check("2026-11-23T09:00", 480, "2026-11-23T17:00");
    check("2026-11-23T09:00", 481, "2026-11-24T09:01");
    check("2026-11-23T16:00", 120, "2026-11-24T10:00");
    check("2026-11-20T16:30", 60, "2026-11-23T09:30");
    check("2026-11-20T17:00", 60, "2026-11-23T10:00");
    check("2026-11-21T12:00", 240, "2026-11-23T13:00");
    // Thursday before Christmas 2026: Friday is the holiday, Monday the 28th the substitute for Boxing Day.
    check("2026-12-24T16:00", 60, "2026-12-24T17:00");
    check("2026-12-24T16:00", 61, "2026-12-29T09:01");
    check("2026-12-25T12:00", 60, "2026-12-29T10:00");
    // Over both clock changes.
    check("2026-10-23T16:00", 120, "2026-10-26T10:00");
    check("2026-03-27T16:00", 120, "2026-03-30T10:00");
    // A negative length is none.
    check("2026-11-23T10:00", -5, "2026-11-23T10:00");
}

#[test]
fn working_time_is_counted_back() {
    let check = |end: &str, worked: i64, start: &str| {
        let found = office().before(at(end), minutes(worked), &calendar());
        assert_eq!(
            to_london(found),
            to_london(at(start)),
            "{end} - {worked} min"
        );
    };
    check("2026-11-23T10:00", 0, "2026-11-23T10:00");
    check("2026-11-23T09:00", 0, "2026-11-23T09:00");
    check("2026-11-23T08:59", 0, "2026-11-20T17:00");
    check("2026-11-22T12:00", 0, "2026-11-20T17:00");
    check("2026-11-23T19:00", 0, "2026-11-23T17:00");
    check("2026-11-23T17:00", 480, "2026-11-23T09:00");
    check("2026-11-23T17:00", 481, "2026-11-20T16:59");
    check("2026-11-23T09:00", 60, "2026-11-20T16:00");
    check("2026-11-23T10:00", 120, "2026-11-20T16:00");
    check("2026-12-29T10:00", 120, "2026-12-24T16:00");
    check("2026-12-28T10:00", 60, "2026-12-24T16:00");
    check("2026-10-26T10:00", 120, "2026-10-23T16:00");
    check("2026-03-30T10:00", 120, "2026-03-27T16:00");
}

#[test]
fn working_days_keep_the_local_time() {
    let check = |hours: &WorkingHours, from: &str, days: i32, to: &str| {
        let count = days.unsigned_abs();
        let found = if days < 0 {
            hours.days_before(at(from), count, &calendar())
        } else {
            hours.days_after(at(from), count, &calendar())
        };
        assert_eq!(to_london(found), to_london(at(to)), "{from} {days:+} wd");
    };
    check(&office(), "2026-11-23T14:00", 1, "2026-11-24T14:00");
    check(&office(), "2026-11-20T14:00", 1, "2026-11-23T14:00");
    check(&office(), "2026-11-20T14:00", 5, "2026-11-27T14:00");
    check(&office(), "2026-11-21T14:00", 1, "2026-11-24T09:00");
    check(&office(), "2026-11-20T17:00", 1, "2026-11-23T17:00");
    check(&office(), "2026-11-20T17:01", 1, "2026-11-24T09:00");
    check(&office(), "2026-12-24T10:00", 1, "2026-12-29T10:00");
    check(&office(), "2026-12-24T10:00", 4, "2027-01-04T10:00");
    check(&office(), "2026-10-23T10:00", 1, "2026-10-26T10:00");
    check(&office(), "2026-11-24T14:00", -1, "2026-11-23T14:00");
    check(&office(), "2026-11-23T10:00", -1, "2026-11-20T10:00");
    // A hearing at the opening moment stands in working time.
    check(&office(), "2026-11-23T09:00", -1, "2026-11-20T09:00");
    check(&office(), "2026-11-23T08:00", -1, "2026-11-19T17:00");
    check(&office(), "2026-11-22T10:00", -2, "2026-11-18T17:00");
    check(&office(), "2026-12-29T10:00", -1, "2026-12-24T10:00");
    check(&office(), "2026-12-28T10:00", -1, "2026-12-23T17:00");
    check(&office(), "2027-03-30T10:00", -1, "2027-03-25T10:00");
    // Where the days differ the shorter one's end is the furthest.
    check(&waltham_forest(), "2026-11-26T17:10", 1, "2026-11-27T17:00");
    check(
        &waltham_forest(),
        "2026-11-30T17:10",
        -1,
        "2026-11-27T17:00",
    );
    check(&waltham_forest(), "2026-11-27T16:50", 1, "2026-11-30T16:50");
}

#[test]
fn hours_differ_by_weekday() {
    let week = |hours: &WorkingHours| {
        hours.between(at("2026-11-23T00:00"), at("2026-11-30T00:00"), &calendar())
    };
    assert_eq!(week(&office()), minutes(5 * 480));
    assert_eq!(week(&waltham_forest()), minutes(4 * 495 + 480));
    let end = waltham_forest().after(at("2026-11-26T17:00"), minutes(30), &calendar());
    assert_eq!(end, at("2026-11-27T09:15"));
    let end = waltham_forest().after(at("2026-11-27T16:50"), minutes(30), &calendar());
    assert_eq!(end, at("2026-11-30T09:20"));
}

#[test]
fn working_time_between_two_instants_leaves_out_what_is_closed() {
    let check = |from: &str, to: &str, worked: i64| {
        let found = office().between(at(from), at(to), &calendar());
        assert_eq!(found, minutes(worked), "{from} to {to}");
    };
    check("2026-11-23T09:00", "2026-11-23T17:00", 480);
    check("2026-11-23T08:00", "2026-11-23T18:00", 480);
    check("2026-11-23T10:00", "2026-11-23T10:00", 0);
    check("2026-11-23T12:00", "2026-11-23T11:00", 0);
    check("2026-11-23T17:00", "2026-11-24T09:00", 0);
    check("2026-11-23T16:59", "2026-11-24T09:01", 2);
    check("2026-11-20T16:00", "2026-11-23T10:00", 120);
    check("2026-12-24T09:00", "2026-12-29T17:00", 960);
    check("2026-10-23T16:00", "2026-10-26T10:00", 120);
}

#[test]
fn a_night_shift_is_as_long_as_the_clocks_make_it() {
    let night = |start, end| {
        let day = Some((start, end));
        WorkingHours::new([None, None, None, None, None, None, day]).unwrap()
    };
    let length = |hours: &WorkingHours, day: Date| {
        let interval = hours.of_day(day, &calendar());
        interval.map(|(opens, closes)| closes.duration_since(opens).as_mins())
    };
    let (spring, autumn, plain) = (date(2027, 3, 28), date(2026, 10, 25), date(2026, 11, 22));
    let whole = night(time(0, 0, 0, 0), time(6, 0, 0, 0));
    assert_eq!(length(&whole, plain), Some(360));
    assert_eq!(length(&whole, spring), Some(300));
    assert_eq!(length(&whole, autumn), Some(420));
    // Starts in the skipped hour, which moves it behind its own end: nothing is worked, and nothing panics.
    let skipped = night(time(1, 30, 0, 0), time(2, 15, 0, 0));
    assert_eq!(length(&skipped, plain), Some(45));
    assert_eq!(length(&skipped, spring), None);
    let before = at("2027-03-21T01:45");
    assert_eq!(
        skipped.days_after(before, 1, &calendar()),
        at("2027-04-04T01:45")
    );
}

#[test]
fn a_walk_may_begin_as_the_clocks_change() {
    // A calendar far away knows no season of these days.
    let far = Calendar::new([], date(1999, 12, 31));
    for calendar in [&calendar(), &far] {
        let back = utc("2026-10-25T01:00:00Z");
        for moment in [back - minutes(1), back, back + minutes(1)] {
            let start = office().before(moment, minutes(60), calendar);
            assert_eq!(start, at("2026-10-23T16:00"), "{moment}");
            let end = office().after(moment, minutes(60), calendar);
            assert_eq!(end, at("2026-10-26T10:00"), "{moment}");
            let day = office().days_before(moment, 5, calendar);
            assert_eq!(day, at("2026-10-16T17:00"), "{moment}");
        }
        let forward = utc("2026-03-29T01:00:00Z");
        for moment in [forward - minutes(1), forward, forward + minutes(1)] {
            let start = office().before(moment, minutes(60), calendar);
            assert_eq!(start, at("2026-03-27T16:00"), "{moment}");
            let week = office().between(moment, at("2026-04-02T12:00"), calendar);
            assert_eq!(week, minutes(3 * 480 + 180), "{moment}");
        }
    }
}

#[test]
fn dates_past_the_last_known_holiday_are_told_apart() {
    let known = calendar();
    assert_eq!(known.known_until(), date(2027, 12, 31));
    for (day, knows) in [
        (date(2026, 12, 28), true),
        (date(2027, 12, 31), true),
        (date(2028, 1, 1), false),
        (date(2028, 1, 3), false),
    ] {
        assert_eq!(known.knows(day), knows, "{day}");
    }
    // 3 January 2028 is a bank holiday that this data does not have: counted as worked, and not known.
    assert!(!known.is_holiday(date(2028, 1, 3)));
    assert!(office().is_open(at("2028-01-03T10:00"), &known));
}

#[test]
fn hours_that_make_no_sense_are_refused() {
    let day = |start, end| Some((time(start, 0, 0, 0), time(end, 0, 0, 0)));
    let week = |monday| WorkingHours::new([monday, None, None, None, None, None, None]);
    assert_eq!(week(None), Err(WorkingHoursError::NeverOpen));
    assert_eq!(week(day(9, 9)), Err(WorkingHoursError::EndsBeforeStart));
    assert_eq!(week(day(17, 9)), Err(WorkingHoursError::EndsBeforeStart));
    assert!(week(day(9, 10)).is_ok());
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    let hours = office();
    let (start, far) = (at("2026-11-23T10:00"), SignedDuration::from_hours(100_000));
    assert_eq!(hours.after(start, far, &calendar()), Timestamp::MAX);
    assert_eq!(hours.before(start, far, &calendar()), Timestamp::MIN);
    assert_eq!(hours.days_after(start, 10_000, &calendar()), Timestamp::MAX);
    assert_eq!(
        hours.days_before(start, 10_000, &calendar()),
        Timestamp::MIN
    );
    for edge in [Timestamp::MIN, Timestamp::MAX] {
        hours.is_open(edge, &calendar());
        hours.between(edge, edge, &calendar());
        hours.days_after(edge, 1, &calendar());
        hours.days_before(edge, 1, &calendar());
    }
}

prop_compose! {
    /// A moment of 2026 or 2027, to the minute.
    fn moment()(minute in 0i64..(2 * 365 * 24 * 60)) -> Timestamp {
        utc("2026-01-05T00:00:00Z") + minutes(minute)
    }
}

prop_compose! {
    /// One interval on each chosen day; Monday is always worked.
    fn any_hours()(
        days in prop::array::uniform7((any::<bool>(), 0i8..12, 0i8..60, 13i8..24, 0i8..60)),
    ) -> WorkingHours {
        let mut week = days.map(|(worked, from, from_minute, to, to_minute)| {
            worked.then(|| (time(from, from_minute, 0, 0), time(to, to_minute, 0, 0)))
        });
        week[0] = week[0].or(Some((time(9, 0, 0, 0), time(17, 0, 0, 0))));
        WorkingHours::new(week).unwrap()
    }
}

fn any_length() -> impl Strategy<Value = SignedDuration> {
    (0i64..(80 * 60)).prop_map(minutes)
}

proptest! {
    #[test]
    fn between_measures_what_after_and_before_walk(
        hours in any_hours(), from in moment(), length in any_length(),
    ) {
        let known = calendar();
        let end = hours.after(from, length, &known);
        prop_assert!(end >= from);
        prop_assert_eq!(hours.between(from, end, &known), length);
        let start = hours.before(from, length, &known);
        prop_assert!(start <= from);
        prop_assert_eq!(hours.between(start, from, &known), length);
    }

    #[test]
    fn before_undoes_after_from_within_working_time(
        hours in any_hours(), from in moment(), length in any_length(),
    ) {
        let known = calendar();
        let open = hours.after(from, minutes(1), &known) - minutes(1);
        prop_assume!(hours.is_open(open, &known));
        prop_assert_eq!(hours.before(hours.after(open, length, &known), length, &known), open);
        let closing = hours.before(from, minutes(1), &known) + minutes(1);
        let back = hours.before(closing, length, &known);
        prop_assert_eq!(hours.after(back, length, &known), closing);
    }

    #[test]
    fn later_starts_end_later(
        hours in any_hours(), from in moment(), later in 0i64..(5 * 24 * 60), length in any_length(), days in 0u32..15,
    ) {
        let known = calendar();
        let then = from + minutes(later);
        prop_assert!(hours.after(from, length, &known) <= hours.after(then, length, &known));
        prop_assert!(hours.before(from, length, &known) <= hours.before(then, length, &known));
        prop_assert!(hours.days_after(from, days, &known) <= hours.days_after(then, days, &known));
        prop_assert!(hours.days_before(from, days, &known) <= hours.days_before(then, days, &known));
    }

    #[test]
    fn more_work_ends_later(
        hours in any_hours(), from in moment(), length in any_length(), more in any_length(), days in 0u32..15,
    ) {
        let known = calendar();
        let end = hours.after(from, length, &known);
        prop_assert!(end <= hours.after(from, length + more, &known));
        prop_assert!(hours.days_after(from, days, &known) < hours.days_after(from, days + 1, &known));
        prop_assert!(hours.days_before(from, days + 1, &known) < hours.days_before(from, days, &known));
        // Adding is the same in one go or two.
        prop_assert_eq!(hours.after(end, more, &known), hours.after(from, length + more, &known).max(end));
    }

    #[test]
    fn a_civil_time_reads_back(instant in moment()) {
        let local = to_london(instant);
        let again = from_london(local).unwrap();
        prop_assert_eq!(to_london(again), local);
        prop_assert!(again <= instant);
    }
}
