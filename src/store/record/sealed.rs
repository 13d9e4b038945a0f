//! The sealed parts: people, addresses, answers, and whatever somebody wrote in words.

use super::code::Code as _;
use super::field::{
    Kept, keep_all, keep_code_if, keep_codes, malformed, needed, read_all, read_code, read_code_if,
    read_codes, read_small,
};
use super::{RecordError, open, seal};
use jiff::civil::Date;
use prost::Message as _;
use usher_domain::code::{Crn, Pnc, Urn};
use usher_domain::personal::{
    Address, AnswerContent, Basis, Birth, Child, Name, Other, Personal, PriorAnswer, Subject,
};
use usher_domain::sealed::Sealed;
use usher_proto::storage_v1 as kept;

/// Seals the people and addresses of an enquiry.
pub fn seal_personal(personal: &Personal) -> Sealed {
    seal(personal.keep().encode_to_vec())
}

/// Opens the people and addresses of an enquiry.
///
/// # Errors
/// [`RecordError::Malformed`] or [`RecordError::Field`].
pub fn open_personal(sealed: &Sealed) -> Result<Personal, RecordError> {
    Personal::read(kept::Personal::decode(open(sealed)?).map_err(malformed)?)
}

/// Seals what a borough says.
pub fn seal_answer(content: &AnswerContent) -> Sealed {
    seal(content.keep().encode_to_vec())
}

/// Opens what a borough said.
///
/// # Errors
/// [`RecordError::Malformed`] or [`RecordError::Field`].
pub fn open_answer(sealed: &Sealed) -> Result<AnswerContent, RecordError> {
    AnswerContent::read(kept::AnswerContent::decode(open(sealed)?).map_err(malformed)?)
}

/// Seals words: a question, a reply, a note.
pub fn seal_text(text: &str) -> Sealed {
    let text = text.to_owned();
    seal(kept::Text { text }.encode_to_vec())
}

/// Opens words.
///
/// # Errors
/// [`RecordError::Malformed`].
pub fn open_text(sealed: &Sealed) -> Result<String, RecordError> {
    let kept::Text { text } = kept::Text::decode(open(sealed)?).map_err(malformed)?;
    Ok(text)
}

pub(super) fn keep_date_if(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

pub(super) fn read_date_if(text: &str, field: &'static str) -> Result<Option<Date>, RecordError> {
    read_if(text, field, |text| text.parse().ok())
}

/// Reads a text of which the empty one means none.
fn read_if<T>(
    text: &str,
    field: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, RecordError> {
    match text {
        "" => Ok(None),
        some => needed(parse(some), field).map(Some),
    }
}

impl Kept for Personal {
    type Message = kept::Personal;

    fn keep(&self) -> kept::Personal {
        let Self {
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
        } = self;
        kept::Personal {
            subject: Some(subject.keep()),
            urn: urn
                .as_ref()
                .map(|urn| urn.as_str().to_owned())
                .unwrap_or_default(),
            hearing_ref: hearing_ref.clone(),
            court_room: court_room.clone(),
            list_number: list_number.clone(),
            addresses: keep_all(addresses),
            children: keep_all(children),
            others: keep_all(others),
            offence_code: offence_code.clone(),
            basis: (*basis != Basis::default()).then(|| basis.keep()),
            information: keep_codes(information),
            court_session: keep_code_if(*court_session),
            next_hearing: keep_date_if(*next_hearing),
            report_requested: keep_date_if(*report_requested),
            report_due: keep_date_if(*report_due),
            asked_besides: keep_codes(asked_besides),
            prior_answer: prior_answer.as_ref().map(PriorAnswer::keep),
            marking: marking.number(),
            note: note.clone(),
        }
    }

    fn read(message: kept::Personal) -> Result<Self, RecordError> {
        let kept::Personal {
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
        } = message;
        Ok(Self {
            subject: Subject::read(subject.unwrap_or_default())?,
            urn: read_if(&urn, "urn", |text| Urn::parse(text).ok())?,
            hearing_ref,
            court_room,
            list_number,
            addresses: read_all(addresses)?,
            children: read_all(children)?,
            others: read_all(others)?,
            court_session: read_code_if(court_session, "court_session")?,
            next_hearing: read_date_if(&next_hearing, "next_hearing")?,
            report_requested: read_date_if(&report_requested, "report_requested")?,
            report_due: read_date_if(&report_due, "report_due")?,
            offence_code,
            basis: Basis::read(basis.unwrap_or_default())?,
            information: read_codes(&information, "information")?,
            asked_besides: read_codes(&asked_besides, "asked_besides")?,
            prior_answer: prior_answer.map(PriorAnswer::read).transpose()?,
            marking: read_code(marking, "marking")?,
            note,
        })
    }
}

/// A kept number has all four digits of its year, so that the present one does not matter.
fn read_pnc(text: &str) -> Option<Pnc> {
    Pnc::parse(text, 0).ok()
}

impl Kept for Subject {
    type Message = kept::Subject;

    fn keep(&self) -> kept::Subject {
        let Self {
            name,
            aliases,
            born,
            sex,
            crn,
            pnc,
            limited_access,
        } = self;
        kept::Subject {
            name: Some(name.keep()),
            aliases: keep_all(aliases),
            born: born.as_ref().map(Birth::keep),
            sex: keep_code_if(*sex),
            crn: crn
                .as_ref()
                .map(|crn| crn.as_str().to_owned())
                .unwrap_or_default(),
            pnc: pnc
                .as_ref()
                .map(|pnc| pnc.as_str().to_owned())
                .unwrap_or_default(),
            limited_access: *limited_access,
        }
    }

    fn read(message: kept::Subject) -> Result<Self, RecordError> {
        let kept::Subject {
            name,
            aliases,
            born,
            sex,
            crn,
            pnc,
            limited_access,
        } = message;
        Ok(Self {
            name: Name::read(name.unwrap_or_default())?,
            aliases: read_all(aliases)?,
            born: born.map(Birth::read).transpose()?,
            sex: read_code_if(sex, "subject.sex")?,
            crn: read_if(&crn, "subject.crn", |text| Crn::parse(text).ok())?,
            pnc: read_if(&pnc, "subject.pnc", read_pnc)?,
            limited_access,
        })
    }
}

impl Kept for Name {
    type Message = kept::Name;

    fn keep(&self) -> kept::Name {
        let Self { family, given } = self;
        kept::Name {
            family: family.clone(),
            given: given.clone(),
        }
    }

    fn read(message: kept::Name) -> Result<Self, RecordError> {
        let kept::Name { family, given } = message;
        Ok(Self { family, given })
    }
}

impl Kept for Birth {
    type Message = kept::Birth;

    fn keep(&self) -> kept::Birth {
        let Self { date, accuracy } = self;
        kept::Birth {
            date: date.to_string(),
            accuracy: accuracy.number(),
        }
    }

    fn read(message: kept::Birth) -> Result<Self, RecordError> {
        let kept::Birth { date, accuracy } = message;
        Ok(Self {
            date: needed(date.parse().ok(), "born.date")?,
            accuracy: read_code(accuracy, "born.accuracy")?,
        })
    }
}

impl Kept for Address {
    type Message = kept::Address;

    fn keep(&self) -> kept::Address {
        let Self {
            role,
            kind,
            lines,
            postcode,
            uprn,
            from,
            to,
        } = self;
        kept::Address {
            role: role.number(),
            kind: kind.number(),
            lines: lines.clone(),
            postcode: postcode.clone(),
            uprn: uprn.clone(),
            from: keep_date_if(*from),
            to: keep_date_if(*to),
        }
    }

    fn read(message: kept::Address) -> Result<Self, RecordError> {
        let kept::Address {
            role,
            kind,
            lines,
            postcode,
            uprn,
            from,
            to,
        } = message;
        Ok(Self {
            role: read_code(role, "addresses.role")?,
            kind: read_code(kind, "addresses.kind")?,
            lines,
            postcode,
            uprn,
            from: read_date_if(&from, "addresses.from")?,
            to: read_date_if(&to, "addresses.to")?,
        })
    }
}

impl Kept for Child {
    type Message = kept::Child;

    fn keep(&self) -> kept::Child {
        let Self {
            name,
            born,
            relationship,
            lives_with_subject,
            address,
            school,
        } = self;
        kept::Child {
            name: Some(name.keep()),
            born: born.as_ref().map(Birth::keep),
            relationship: relationship.clone(),
            lives_with_subject: *lives_with_subject,
            address: address.map(u32::from),
            school: school.clone(),
        }
    }

    fn read(message: kept::Child) -> Result<Self, RecordError> {
        let kept::Child {
            name,
            born,
            relationship,
            lives_with_subject,
            address,
            school,
        } = message;
        Ok(Self {
            name: Name::read(name.unwrap_or_default())?,
            born: born.map(Birth::read).transpose()?,
            relationship,
            lives_with_subject,
            address: address
                .map(|place| read_small(place, "children.address"))
                .transpose()?,
            school,
        })
    }
}

impl Kept for Basis {
    type Message = kept::Basis;

    fn keep(&self) -> kept::Basis {
        let Self {
            gateways,
            agreement,
            agreement_version,
            agreement_effective,
            regime,
        } = self;
        kept::Basis {
            gateways: gateways.clone(),
            agreement_id: agreement.clone(),
            agreement_version: agreement_version.clone(),
            agreement_effective: keep_date_if(*agreement_effective),
            regime: keep_code_if(*regime),
        }
    }

    fn read(message: kept::Basis) -> Result<Self, RecordError> {
        let kept::Basis {
            gateways,
            agreement_id,
            agreement_version,
            agreement_effective,
            regime,
        } = message;
        Ok(Self {
            gateways,
            agreement: agreement_id,
            agreement_version,
            agreement_effective: read_date_if(&agreement_effective, "basis.agreement_effective")?,
            regime: read_code_if(regime, "basis.regime")?,
        })
    }
}

impl Kept for PriorAnswer {
    type Message = kept::PriorAnswer;

    fn keep(&self) -> kept::PriorAnswer {
        let Self {
            reference,
            answered,
            reason,
        } = self;
        kept::PriorAnswer {
            reference: reference.clone(),
            answered: keep_date_if(*answered),
            reason: reason.clone(),
        }
    }

    fn read(message: kept::PriorAnswer) -> Result<Self, RecordError> {
        let kept::PriorAnswer {
            reference,
            answered,
            reason,
        } = message;
        Ok(Self {
            reference,
            answered: read_date_if(&answered, "prior_answer.answered")?,
            reason,
        })
    }
}

impl Kept for Other {
    type Message = kept::Other;

    fn keep(&self) -> kept::Other {
        let Self {
            name,
            born,
            relationship,
        } = self;
        kept::Other {
            name: Some(name.keep()),
            born: born.as_ref().map(Birth::keep),
            relationship: relationship.clone(),
        }
    }

    fn read(message: kept::Other) -> Result<Self, RecordError> {
        let kept::Other {
            name,
            born,
            relationship,
        } = message;
        Ok(Self {
            name: Name::read(name.unwrap_or_default())?,
            born: born.map(Birth::read).transpose()?,
            relationship,
        })
    }
}
