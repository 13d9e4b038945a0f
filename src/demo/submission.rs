//! From a row of the court list to what an officer submits. Children's names and births and partners' names are invented: a list has none.

use super::list::Case;
use super::seed;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use usher_domain::enquiry::ReportType;
use usher_proto::v1;

/// A postcode as the wire takes it, in characters; longer text goes into the lines of the address.
const POSTCODE_CHARS_MAX: usize = 16;
/// An invented child is so old at most, in days.
const CHILD_DAYS_MAX: i32 = 16 * 365;
/// What lists write where there is no address.
const NO_FIXED_ABODE: [&str; 4] = ["nfa", "no fixed abode", "no fixed address", "homeless"];
/// What lists write where an address is protected.
const WITHHELD: [&str; 4] = ["withheld", "refuge", "protected", "confidential"];

/// What the officer submits for `case`.
pub(super) fn submission(case: &Case, officer: v1::Person, seed: u64) -> v1::SubmitRequest {
    let line = case.line.to_string();
    v1::SubmitRequest {
        request_id: seed::request_id(seed, &["submit", &line]),
        validate_only: false,
        person: Some(officer),
        on_behalf_of: None,
        case_id: String::new(),
        unit: Some(v1::Unit {
            office: "Demo court duty team".into(),
            ..Default::default()
        }),
        purpose: v1::Purpose::CourtReport.into(),
        report: report(case.report).into(),
        in_custody: false,
        curfew_proposed: !case.curfew_postcode.is_empty(),
        imminent_harm: false,
        concerns: Vec::new(),
        deadline: Some(deadline(case, case.hearing_at)),
        personal: Some(personal(case, seed)),
        authority_codes: Vec::new(),
        responder_kinds: Vec::new(),
    }
}

/// The hearing of `case` at another local time.
pub(super) fn deadline(case: &Case, local: DateTime) -> v1::Deadline {
    v1::Deadline {
        kind: Some(v1::deadline::Kind::Hearing(hearing(case, local))),
    }
}

/// As [`deadline`], for the court's list.
pub(super) fn hearing(case: &Case, local: DateTime) -> v1::Hearing {
    v1::Hearing {
        court_code: case.court.to_string(),
        local_time: local.strftime("%Y-%m-%dT%H:%M").to_string(),
        ..v1::Hearing::default()
    }
}

/// The kind of report, as the contract has it.
pub(super) const fn report(report: ReportType) -> v1::ReportType {
    match report {
        ReportType::Oral => v1::ReportType::Oral,
        ReportType::Fast => v1::ReportType::Fast,
        ReportType::Standard => v1::ReportType::Standard,
    }
}

/// The people of `case`, as the officer describes them.
pub(super) fn personal(case: &Case, seed: u64) -> v1::Personal {
    let line = case.line.to_string();
    let mut dice = seed::dice(seed, &["family", &line]);
    let mut births = seed::dice(seed, &["births", &line]);
    let name = name(&case.defendant);
    let mut addresses = Vec::new();
    let home = add(&mut addresses, v1::AddressRole::Home, &case.home_postcode);
    add(
        &mut addresses,
        v1::AddressRole::ProposedCurfew,
        &case.curfew_postcode,
    );
    add(
        &mut addresses,
        v1::AddressRole::Partner,
        &case.partner_postcode,
    );
    let children = case.child_postcodes.iter().map(|postcode| {
        let at_home = same(postcode, &case.home_postcode);
        let address = if at_home {
            home
        } else {
            add(&mut addresses, v1::AddressRole::Child, postcode)
        };
        v1::Child {
            name: Some(v1::PersonName {
                family: name.family.clone(),
                given: seed::given(&mut dice).into(),
            }),
            born: Some(known(
                case.requested_at
                    .date()
                    .saturating_sub(births.i32(30..CHILD_DAYS_MAX).days()),
            )),
            relationship: "child".into(),
            lives_with_subject: at_home,
            address,
            ..v1::Child::default()
        }
    });
    let children: Vec<_> = children.collect();
    let partner = (!case.partner_postcode.is_empty()).then(|| v1::Other {
        name: Some(self::name(&seed::full_name(&mut dice))),
        born: None,
        relationship: "partner".into(),
    });
    let subject = v1::Subject {
        name: Some(name),
        born: case.born.map(known),
        crn: case
            .crn
            .as_ref()
            .map(|crn| crn.as_str().to_owned())
            .unwrap_or_default(),
        ..v1::Subject::default()
    };
    v1::Personal {
        subject: Some(subject),
        addresses,
        children,
        others: partner.into_iter().collect(),
        ..v1::Personal::default()
    }
}

fn known(born: Date) -> v1::Birth {
    v1::Birth {
        date: born.to_string(),
        accuracy: v1::BirthAccuracy::Known.into(),
    }
}

/// The last word is the family name.
fn name(full: &str) -> v1::PersonName {
    let full = full.trim();
    let (given, family) = full.rsplit_once(char::is_whitespace).unwrap_or(("", full));
    v1::PersonName {
        family: family.into(),
        given: given.trim().into(),
    }
}

/// Adds an address, where there is one, and says which it is.
fn add(addresses: &mut Vec<v1::Address>, role: v1::AddressRole, text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    let (kind, postcode, lines) = if says(&NO_FIXED_ABODE) {
        (v1::AddressKind::NoFixedAbode, "", "")
    } else if says(&WITHHELD) {
        (v1::AddressKind::Withheld, "", "")
    } else if text.chars().count() > POSTCODE_CHARS_MAX {
        // No postcode is so long. It goes to the operators, who read the lines.
        (v1::AddressKind::Given, "?", text)
    } else {
        (v1::AddressKind::Given, text, "")
    };
    let place = u32::try_from(addresses.len()).ok();
    addresses.push(v1::Address {
        role: role.into(),
        kind: kind.into(),
        lines: lines.into(),
        postcode: postcode.into(),
        ..v1::Address::default()
    });
    place
}

/// Whether two postcodes, as people write them, are the same.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let kept = text.chars().filter(|c| !c.is_whitespace());
        kept.collect::<String>().to_ascii_uppercase()
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::list::List;

    const HEADER: &str = "requested_at,hearing_at,court,report,crn,defendant,born,home_postcode,curfew_postcode,partner_postcode,child_postcodes\n";

    fn submitted(row: &str) -> v1::SubmitRequest {
        let list = List::read(format!("{HEADER}{row}").as_bytes()).unwrap();
        submission(&list.cases[0], v1::Person::default(), 1)
    }

    /// What a row's last four columns become: role, kind and postcode of each address, then for each child its address.
    fn check(
        columns: &str,
        addresses: &[(v1::AddressRole, v1::AddressKind, &str)],
        children: &[u32],
    ) {
        let row = format!("2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,,Ada Example,,{columns}");
        let personal = submitted(&row).personal.unwrap();
        let seen: Vec<_> = personal
            .addresses
            .iter()
            .map(|address| (address.role(), address.kind(), address.postcode.as_str()))
            .collect();
        assert_eq!(seen, addresses, "{columns}");
        let seen: Vec<_> = personal
            .children
            .iter()
            .map(|child| child.address.unwrap())
            .collect();
        assert_eq!(seen, children, "{columns}");
    }

    #[test]
    fn addresses_keep_their_roles_and_what_is_no_address_is_said_so() {
        use v1::AddressKind::{Given, NoFixedAbode, Withheld};
        use v1::AddressRole::{Child, Home, Partner, ProposedCurfew};
        check(",,,", &[], &[]);
        check("E8 1EA,,,e81ea", &[(Home, Given, "E8 1EA")], &[0]);
        check(
            "E8 1EA,N1 1AA,SE1 1AA,W1A 1AA;E8 1EA",
            &[
                (Home, Given, "E8 1EA"),
                (ProposedCurfew, Given, "N1 1AA"),
                (Partner, Given, "SE1 1AA"),
                (Child, Given, "W1A 1AA"),
            ],
            &[3, 0],
        );
        check(
            "NFA,,refuge,",
            &[(Home, NoFixedAbode, ""), (Partner, Withheld, "")],
            &[],
        );
        check("somewhere near the station,,,", &[(Home, Given, "?")], &[]);
    }

    #[test]
    fn a_row_becomes_a_complete_submission() {
        let row = "2026-11-23T10:00,2026-11-23T14:00,B01IX,fast,X320741,Ada Mary Example,1990-04-23,E8 1EA,N1 1AA,,";
        let submitted = submitted(row);
        assert!(submitted.curfew_proposed);
        assert_eq!(submitted.report(), v1::ReportType::Fast);
        let Some(v1::deadline::Kind::Hearing(hearing)) = submitted.deadline.unwrap().kind else {
            panic!("no hearing");
        };
        assert_eq!(hearing.court_code, "B01IX");
        assert_eq!(hearing.local_time, "2026-11-23T14:00");
        let subject = submitted.personal.unwrap().subject.unwrap();
        let name = subject.name.unwrap();
        assert_eq!(
            (name.given.as_str(), name.family.as_str()),
            ("Ada Mary", "Example")
        );
        assert_eq!(subject.crn, "X320741");
        assert_eq!(subject.born.unwrap().date, "1990-04-23");
    }
}
