//! What of an enquiry a responder is sent: the one place that leaves out what its agreement does not allow.
//!
//! Always sent are who asks, for what and by when, the marks of handling, and the responder's own questions and answers; where nothing
//! is allowed, not even replies.

use usher_domain::agreement::DataCategory as C;
use usher_domain::enquiry::{Check, Concern, Enquiry, RouteReason};
use usher_domain::personal::{Address, Child, Personal, Subject};

use super::opened::OpenEnquiry;

/// What may be sent of one check's enquiry.
#[derive(Clone, Copy, Debug)]
pub struct Allowed<'a>(&'a [C]);

impl<'a> Allowed<'a> {
    /// What the agreements allow today.
    pub fn of(open: &'a OpenEnquiry, check: &Check) -> Self {
        Self(open.agreements.categories(&open.enquiry, check, open.day))
    }

    /// Whether nothing is.
    pub fn is_nothing(self) -> bool {
        self.0.is_empty()
    }

    fn has(self, category: C) -> bool {
        self.0.contains(&category)
    }

    /// `value`, or its default where the category is not allowed.
    fn only<T: Clone + Default>(self, category: C, value: &T) -> T {
        if self.has(category) {
            value.clone()
        } else {
            T::default()
        }
    }

    /// Coded concerns.
    pub fn concerns(self, enquiry: &Enquiry) -> Vec<Concern> {
        self.only(C::Concerns, &enquiry.concerns)
    }

    /// Whether the defendant is in custody.
    pub fn in_custody(self, enquiry: &Enquiry) -> bool {
        self.only(C::Court, &enquiry.in_custody)
    }

    /// Why the check goes there; without addresses, not by which of them.
    pub fn reasons(self, check: &Check) -> impl Iterator<Item = &RouteReason> {
        let told = move |reason: &&RouteReason| {
            self.has(C::Addresses) || !matches!(reason, RouteReason::Address { .. })
        };
        check.reasons.iter().filter(told)
    }

    /// The people and addresses; nothing where nothing is allowed.
    pub fn personal(self, personal: &Personal) -> Option<Personal> {
        if self.is_nothing() {
            return None;
        }
        let Personal {
            subject,
            urn,
            hearing_ref,
            court_room,
            list_number,
            court_session,
            next_hearing,
            report_requested,
            report_due,
            addresses,
            children,
            others,
            offence_code,
            basis,
            information,
            asked_besides,
            prior_answer,
            marking,
            note,
        } = personal;
        Some(Personal {
            subject: self.subject(subject),
            urn: self.only(C::Court, urn),
            hearing_ref: self.only(C::Court, hearing_ref),
            court_room: self.only(C::Court, court_room),
            list_number: self.only(C::Court, list_number),
            court_session: self.only(C::Court, court_session),
            next_hearing: self.only(C::Court, next_hearing),
            report_requested: self.only(C::Court, report_requested),
            report_due: self.only(C::Court, report_due),
            addresses: self.addresses(addresses),
            children: self.children(children),
            others: self.only(C::OtherAdults, others),
            offence_code: self.only(C::Offence, offence_code),
            basis: basis.clone(),
            information: information.clone(),
            asked_besides: self.only(C::OtherEnquiries, asked_besides),
            prior_answer: self.only(C::OtherEnquiries, prior_answer),
            marking: *marking,
            note: self.only(C::Note, note),
        })
    }

    fn subject(self, subject: &Subject) -> Subject {
        let Subject {
            name,
            aliases,
            born,
            sex,
            crn,
            pnc,
            limited_access,
        } = subject;
        Subject {
            name: self.only(C::Identity, name),
            aliases: self.only(C::Aliases, aliases),
            born: self.only(C::Identity, born),
            sex: self.only(C::Sex, sex),
            crn: self.only(C::Identifiers, crn),
            pnc: self.only(C::Identifiers, pnc),
            limited_access: *limited_access,
        }
    }

    fn addresses(self, addresses: &[Address]) -> Vec<Address> {
        if self.has(C::Addresses) {
            addresses.to_vec()
        } else {
            Vec::new()
        }
    }

    fn children(self, children: &[Child]) -> Vec<Child> {
        if !self.has(C::Children) {
            return Vec::new();
        }
        let child = |child: &Child| {
            let Child {
                name,
                born,
                relationship,
                lives_with_subject,
                address,
                school,
            } = child;
            Child {
                name: name.clone(),
                born: *born,
                relationship: relationship.clone(),
                lives_with_subject: *lives_with_subject,
                address: self.only(C::Addresses, address),
                school: self.only(C::Schools, school),
            }
        };
        children.iter().map(child).collect()
    }
}
