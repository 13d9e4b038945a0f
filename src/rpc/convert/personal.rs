//! The people and addresses of an enquiry, both ways.

use core::fmt::{Arguments, Display};
use jiff::civil::Date;
use usher_domain::code::{Crn, Pnc, Urn};
use usher_domain::enquiry::AddressRole;
use usher_domain::personal::{
    Address, AddressKind, Basis, Birth, BirthAccuracy, Child, Name, Other, Personal, PriorAnswer,
    Subject, Validator,
};
use usher_proto::v1;

use super::codes::{Code as _, option_to_wire, to_wire};
use super::{read, show};

/// Reads the people and addresses; `today` decides the century of short PNC numbers, and who is born.
pub(super) fn personal(
    v: &mut Validator,
    message: Option<v1::Personal>,
    today: Date,
) -> Option<Personal> {
    let Some(message) = message else {
        v.fail("personal", "say whom the enquiry is about");
        return None;
    };
    let personal = people(v, message, today);
    personal.validate_named("personal", v);
    Some(personal)
}

/// Reads people and addresses, as far as they are known.
pub(super) fn people(v: &mut Validator, message: v1::Personal, today: Date) -> Personal {
    let v1::Personal {
        subject: who,
        urn,
        hearing_ref,
        court_room,
        list_number,
        addresses,
        children,
        others,
        offence_code,
        basis: by_right,
        information,
        note,
        court_session,
        next_hearing,
        report_requested,
        report_due,
        asked_besides,
        prior_answer: prior,
        marking,
    } = message;
    let personal = Personal {
        subject: subject(v, who.unwrap_or_default(), today),
        urn: read::optional_code(v, "personal.urn", &urn, Urn::parse),
        hearing_ref,
        court_room,
        list_number,
        addresses: read::each(v, "personal.addresses", addresses, address),
        children: read::each(v, "personal.children", children, child),
        others: read::each(v, "personal.others", others, other),
        court_session: read::optional_listed(v, "personal.court_session", court_session),
        next_hearing: read::date(v, "personal.next_hearing", &next_hearing),
        report_requested: read::date(v, "personal.report_requested", &report_requested),
        report_due: read::date(v, "personal.report_due", &report_due),
        offence_code,
        basis: basis(v, by_right.unwrap_or_default()),
        information: read::listed_all(v, "personal.information", &information),
        asked_besides: read::listed_all(v, "personal.asked_besides", &asked_besides),
        prior_answer: prior.map(|prior| prior_answer(v, prior)),
        marking: read::optional_listed(v, "personal.marking", marking).unwrap_or_default(),
        note,
    };
    personal.validate("personal", v);
    personal
}

fn basis(v: &mut Validator, message: v1::Basis) -> Basis {
    let v1::Basis {
        gateways,
        agreement_id,
        agreement_version,
        agreement_effective: since,
        regime,
    } = message;
    Basis {
        gateways,
        agreement: agreement_id,
        agreement_version,
        agreement_effective: read::date(v, "personal.basis.agreement_effective", &since),
        regime: read::optional_listed(v, "personal.basis.regime", regime),
    }
}

fn prior_answer(v: &mut Validator, message: v1::PriorAnswer) -> PriorAnswer {
    let v1::PriorAnswer {
        reference,
        answered,
        reason,
    } = message;
    PriorAnswer {
        reference,
        answered: read::date(v, "personal.prior_answer.answered", &answered),
        reason,
    }
}

fn subject(v: &mut Validator, message: v1::Subject, today: Date) -> Subject {
    let v1::Subject {
        name: called,
        aliases,
        born: birth,
        sex,
        crn,
        pnc,
        limited_access,
    } = message;
    Subject {
        name: name(called),
        aliases: aliases.into_iter().map(|alias| name(Some(alias))).collect(),
        born: born(v, "personal.subject.born", birth).filter(|birth| is_born(v, birth.date, today)),
        sex: read::optional_listed(v, "personal.subject.sex", sex),
        crn: read::optional_code(v, "personal.subject.crn", &crn, Crn::parse),
        pnc: read::optional_code(v, "personal.subject.pnc", &pnc, |text| {
            Pnc::parse(text, today.year())
        }),
        limited_access,
    }
}

/// Notes a defendant who is not born yet.
fn is_born(v: &mut Validator, date: Date, today: Date) -> bool {
    if date > today {
        v.fail(
            "personal.subject.born.date",
            "lies in the future: check the year",
        );
    }
    date <= today
}

fn name(message: Option<v1::PersonName>) -> Name {
    let v1::PersonName { family, given } = message.unwrap_or_default();
    Name { family, given }
}

fn born(
    v: &mut Validator,
    field: impl Display + Copy,
    message: Option<v1::Birth>,
) -> Option<Birth> {
    let v1::Birth { date, accuracy } = message?;
    if date.is_empty() {
        v.fail(
            format_args!("{field}.date"),
            "give the date, or leave the birth out",
        );
    }
    let date = read::date(v, format_args!("{field}.date"), &date);
    let accuracy = read::optional_listed(v, format_args!("{field}.accuracy"), accuracy)
        .unwrap_or(BirthAccuracy::Known);
    Some(Birth {
        date: date?,
        accuracy,
    })
}

fn address(v: &mut Validator, at: Arguments<'_>, message: v1::Address) -> Address {
    let v1::Address {
        role,
        kind,
        lines,
        postcode,
        uprn,
        from,
        to,
    } = message;
    Address {
        // A role that cannot be read is noted, and what is built here is then dropped.
        role: read::listed(v, format_args!("{at}.role"), role).unwrap_or(AddressRole::Home),
        kind: read::optional_listed(v, format_args!("{at}.kind"), kind)
            .unwrap_or(AddressKind::Given),
        lines,
        postcode,
        uprn,
        from: read::date(v, format_args!("{at}.from"), &from),
        to: read::date(v, format_args!("{at}.to"), &to),
    }
}

fn child(v: &mut Validator, at: Arguments<'_>, message: v1::Child) -> Child {
    let v1::Child {
        name: called,
        born: birth,
        relationship,
        lives_with_subject,
        address,
        school,
    } = message;
    Child {
        name: name(called),
        born: born(v, format_args!("{at}.born"), birth),
        relationship,
        lives_with_subject,
        // What no list can have fails in `Personal::validate`, as every place beyond the list does.
        address: address.map(|place| u8::try_from(place).unwrap_or(u8::MAX)),
        school,
    }
}

fn other(v: &mut Validator, at: Arguments<'_>, message: v1::Other) -> Other {
    let v1::Other {
        name: called,
        born: birth,
        relationship,
    } = message;
    Other {
        name: name(called),
        born: born(v, format_args!("{at}.born"), birth),
        relationship,
    }
}

/// Shows the people and addresses.
pub(super) fn personal_view(personal: &Personal) -> v1::Personal {
    let Personal {
        subject,
        urn,
        hearing_ref,
        court_room,
        list_number,
        addresses,
        children,
        others,
        court_session,
        next_hearing,
        report_requested,
        report_due,
        offence_code,
        basis,
        information,
        asked_besides,
        prior_answer,
        marking,
        note,
    } = personal;
    v1::Personal {
        subject: Some(subject_view(subject)),
        urn: urn.as_ref().map(Urn::as_str).unwrap_or_default().into(),
        hearing_ref: hearing_ref.clone(),
        court_room: court_room.clone(),
        list_number: list_number.clone(),
        addresses: addresses.iter().map(address_view).collect(),
        children: children.iter().map(child_view).collect(),
        others: others.iter().map(other_view).collect(),
        offence_code: offence_code.clone(),
        basis: (*basis != Basis::default()).then(|| basis_view(basis)),
        information: to_wire(information),
        note: note.clone(),
        court_session: option_to_wire(*court_session),
        next_hearing: show::date(*next_hearing),
        report_requested: show::date(*report_requested),
        report_due: show::date(*report_due),
        asked_besides: to_wire(asked_besides),
        prior_answer: prior_answer.as_ref().map(prior_answer_view),
        marking: marking.to_wire(),
    }
}

fn basis_view(basis: &Basis) -> v1::Basis {
    let Basis {
        gateways,
        agreement,
        agreement_version,
        agreement_effective,
        regime,
    } = basis;
    v1::Basis {
        gateways: gateways.clone(),
        agreement_id: agreement.clone(),
        agreement_version: agreement_version.clone(),
        agreement_effective: show::date(*agreement_effective),
        regime: option_to_wire(*regime),
    }
}

fn prior_answer_view(prior: &PriorAnswer) -> v1::PriorAnswer {
    let PriorAnswer {
        reference,
        answered,
        reason,
    } = prior;
    v1::PriorAnswer {
        reference: reference.clone(),
        answered: show::date(*answered),
        reason: reason.clone(),
    }
}

fn subject_view(subject: &Subject) -> v1::Subject {
    let Subject {
        name,
        aliases,
        born,
        sex,
        crn,
        pnc,
        limited_access,
    } = subject;
    v1::Subject {
        name: Some(name_view(name)),
        aliases: aliases.iter().map(name_view).collect(),
        born: born.map(birth_view),
        sex: option_to_wire(*sex),
        crn: crn.as_ref().map(Crn::as_str).unwrap_or_default().into(),
        pnc: pnc.as_ref().map(Pnc::as_str).unwrap_or_default().into(),
        limited_access: *limited_access,
    }
}

/// Shows a name.
pub(super) fn name_view(name: &Name) -> v1::PersonName {
    let Name { family, given } = name.clone();
    v1::PersonName { family, given }
}

fn birth_view(birth: Birth) -> v1::Birth {
    let Birth { date, accuracy } = birth;
    v1::Birth {
        date: show::date(Some(date)),
        accuracy: accuracy.to_wire(),
    }
}

fn address_view(address: &Address) -> v1::Address {
    let Address {
        role,
        kind,
        lines,
        postcode,
        uprn,
        from,
        to,
    } = address;
    v1::Address {
        role: role.to_wire(),
        kind: kind.to_wire(),
        lines: lines.clone(),
        postcode: postcode.clone(),
        uprn: uprn.clone(),
        from: show::date(*from),
        to: show::date(*to),
    }
}

fn child_view(child: &Child) -> v1::Child {
    let Child {
        name,
        born,
        relationship,
        lives_with_subject,
        address,
        school,
    } = child;
    v1::Child {
        name: Some(name_view(name)),
        born: born.map(birth_view),
        relationship: relationship.clone(),
        lives_with_subject: *lives_with_subject,
        address: address.map(u32::from),
        school: school.clone(),
    }
}

fn other_view(other: &Other) -> v1::Other {
    let Other {
        name,
        born,
        relationship,
    } = other;
    v1::Other {
        name: Some(name_view(name)),
        born: born.map(birth_view),
        relationship: relationship.clone(),
    }
}
