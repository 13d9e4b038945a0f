//! Small things on their way out: moments, people, deadlines.

use jiff::SignedDuration;
use jiff::civil;
use usher_domain::actor::{By, Person, Unit};
use usher_domain::case::Holder;
use usher_domain::code::AuthorityCode;
use usher_domain::enquiry::Requester;
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::time::{Timestamp, ZONE_NAME};
use usher_proto::v1;

use super::codes::Code as _;

/// An instant.
pub(in crate::rpc) fn instant(at: Timestamp) -> prost_types::Timestamp {
    const NANOS: i128 = 1_000_000_000;
    let nanos = at.as_nanosecond();
    prost_types::Timestamp {
        seconds: i64::try_from(nanos.div_euclid(NANOS)).unwrap_or_default(),
        nanos: i32::try_from(nanos.rem_euclid(NANOS)).unwrap_or_default(),
    }
}

/// A length of time.
pub(super) fn span(span: SignedDuration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: span.as_secs(),
        nanos: span.subsec_nanos(),
    }
}

/// A civil date, `YYYY-MM-DD`; empty without one.
pub(super) fn date(date: Option<civil::Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// A civil time, `HH:MM`.
pub(super) fn time(time: civil::Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A count, as large as the wire can say.
pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Authorities by GSS code.
pub(super) fn authorities(codes: &[AuthorityCode]) -> Vec<String> {
    codes.iter().map(AuthorityCode::to_string).collect()
}

/// A named person.
pub(super) fn person(person: &Person) -> v1::Person {
    let Person {
        name,
        post,
        contact,
    } = person.clone();
    v1::Person {
        name,
        post,
        contact,
    }
}

/// Who did something.
pub(super) fn by(by: &By) -> v1::By {
    let By {
        role,
        client,
        person: who,
    } = by;
    v1::By {
        role: role.to_wire(),
        client_id: client.to_string(),
        person: who.as_ref().map(person),
    }
}

/// Who asks.
pub(super) fn requester(requester: &Requester) -> v1::Requester {
    let Requester {
        client,
        person: who,
        unit,
        on_behalf_of,
    } = requester;
    v1::Requester {
        client_id: client.to_string(),
        person: Some(person(who)),
        unit: unit_if(unit),
        on_behalf_of: on_behalf_of.as_ref().map(person),
    }
}

/// Who holds an enquiry.
pub(super) fn holder(holder: &Holder) -> v1::Holder {
    let Holder { person: who, unit } = holder;
    v1::Holder {
        person: who.as_ref().map(person),
        unit: unit_if(unit),
    }
}

/// A part of the service; nothing where nothing was said.
pub(super) fn unit_if(unit: &Unit) -> Option<v1::Unit> {
    (*unit != Unit::default()).then(|| unit_view(unit))
}

fn unit_view(unit: &Unit) -> v1::Unit {
    let Unit {
        region,
        office,
        team,
        mailbox,
    } = unit.clone();
    v1::Unit {
        region,
        office,
        team,
        mailbox,
    }
}

/// A hearing.
pub(super) fn hearing(hearing: &Hearing) -> v1::Hearing {
    let Hearing { court, local, at } = hearing;
    v1::Hearing {
        court_code: court.to_string(),
        local_time: local.strftime("%Y-%m-%dT%H:%M").to_string(),
        hearing_time: Some(instant(*at)),
        time_zone: ZONE_NAME.into(),
    }
}

/// A deadline.
pub(super) fn deadline(deadline: &Deadline) -> v1::Deadline {
    let kind = match deadline {
        Deadline::Hearing(heard) => v1::deadline::Kind::Hearing(hearing(heard)),
        Deadline::ReplyBy { court, at } => v1::deadline::Kind::ReplyBy(v1::ReplyBy {
            court_code: court.to_string(),
            reply_by_time: Some(instant(*at)),
        }),
    };
    v1::Deadline { kind: Some(kind) }
}
