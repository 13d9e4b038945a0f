//! The responders that ship: every authority of London, once.

use super::authority;
use jiff::civil::{Weekday, date};
use usher::directory::Directory;
use usher_domain::code::ResponderKind;
use usher_domain::time::{Calendar, from_london};

#[test]
fn every_authority_of_london_has_its_responder() {
    let directory = Directory::built_in().unwrap();
    let today = date(2026, 11, 23);
    let london: Vec<_> = directory
        .authorities()
        .in_force(today)
        .filter(|one| one.region == "London")
        .collect();
    assert_eq!(london.len(), 33);
    let mut ids = Vec::new();
    for one in london {
        let responder = directory.responder_for(one.code, today).unwrap();
        assert_eq!(responder.authorities, [one.code]);
        assert_eq!(
            responder.id.as_str(),
            one.name.to_lowercase().replace(' ', "-")
        );
        assert!(
            responder.emergency_phone.is_some() && responder.email.is_some(),
            "{}",
            responder.id
        );
        assert!(
            responder.has_placeholders(),
            "{}: nobody's real number ships",
            responder.id
        );
        ids.push(responder.id.clone());
    }
    let of = |kind| directory.responders().of_kind(kind);
    let children = ResponderKind::ChildrenSocialCare;
    assert_eq!(of(children).count(), 33);
    // Adult social care of the same authorities; the police of each by its force area.
    for one in directory.authorities().in_force(today) {
        let find = |kind| directory.responders().find(kind, one.code, today);
        let adults = find(ResponderKind::AdultSocialCare).map(|found| found.id.to_string());
        let wanted = find(children).map(|found| format!("{}-adults", found.id));
        assert_eq!(adults, wanted, "{}", one.code);
        let police = find(ResponderKind::PoliceDomesticAbuse).map(|found| found.id.as_str());
        let wanted = match (one.region.as_str(), one.code.as_str()) {
            (_, "E09000001") => Some("city-of-london-police"),
            ("London", _) => Some("metropolitan-police"),
            _ => None,
        };
        assert_eq!(police, wanted, "{}", one.code);
    }
    let all: Vec<_> = directory.responders().iter().collect();
    assert!(all.iter().all(|one| one.has_placeholders()));
    assert_eq!(all.len(), 33 + 33 + 2);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(
        ids.len(),
        33,
        "Kingston and Richmond have one service and two systems: two responders"
    );
    assert!(
        directory
            .responder_for(authority("E10000030"), today)
            .is_none()
    );
}

#[test]
fn hours_are_those_of_the_borough() {
    let directory = Directory::built_in().unwrap();
    let calendar = Calendar::new([], date(2028, 12, 31));
    let monday = date(2026, 11, 23);
    assert_eq!(monday.weekday(), Weekday::Monday);
    let rows = [
        ("E09000020", monday.at(8, 59, 59, 0), false),
        ("E09000020", monday.at(9, 0, 0, 0), true),
        ("E09000020", monday.at(17, 0, 0, 0), false),
        // Waltham Forest stays until a quarter past five, but not on Fridays.
        ("E09000031", monday.at(17, 14, 59, 0), true),
        ("E09000031", monday.at(17, 15, 0, 0), false),
        ("E09000031", date(2026, 11, 27).at(16, 59, 59, 0), true),
        ("E09000031", date(2026, 11, 27).at(17, 0, 0, 0), false),
        ("E09000031", date(2026, 11, 28).at(12, 0, 0, 0), false),
    ];
    for (code, local, open) in rows {
        let responder = directory.responder_for(authority(code), monday).unwrap();
        assert_eq!(
            responder
                .hours
                .is_open(from_london(local).unwrap(), &calendar),
            open,
            "{code} {local}"
        );
    }
}
