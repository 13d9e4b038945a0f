//! One file: its form, and the agreement that it says.

use super::super::fault::{Fault, Source};
use super::super::policy::Code;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::ops::Range;
use toml::Spanned;
use usher_domain::actor::Person;
use usher_domain::agreement::{Agreement, Basis, Contact, DataCategory, Term};
use usher_domain::code::{AgreementId, ParseCodeError, ResponderId};
use usher_domain::enquiry::Purpose;
use usher_domain::limits;

/// Parties of one agreement.
const PARTIES_MAX: usize = 1_024;
/// Powers, duties or contacts in one agreement: one contact a party, and some for all.
const ENTRIES_MAX: usize = PARTIES_MAX + 16;

/// The form of one file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    id: Spanned<String>,
    pub(super) version: Spanned<String>,
    title: Spanned<String>,
    from: Spanned<Day>,
    to: Option<Spanned<Day>>,
    pub(super) parties: Spanned<Vec<Spanned<String>>>,
    automatic_answers: bool,
    retention_days: Spanned<u32>,
    categories: Spanned<Vec<Code<DataCategory>>>,
    purposes: Spanned<Purposes>,
    basis: Spanned<Vec<Spanned<BasisEntry>>>,
    contact: Spanned<Vec<Spanned<ContactEntry>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Purposes {
    #[serde(default = "Vec::new")]
    permit: Vec<Code<Purpose>>,
    #[serde(default = "Vec::new")]
    review: Vec<Code<Purpose>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BasisEntry {
    code: String,
    title: String,
    from: Day,
    to: Option<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactEntry {
    party: Option<String>,
    name: String,
    #[serde(default)]
    post: String,
    contact: String,
}

/// A date without quotes and without a time.
#[derive(Clone, Copy)]
struct Day(jiff::civil::Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = toml::value::Datetime::deserialize(deserializer)?;
        let plain = given.time.is_none() && given.offset.is_none();
        let date = given.to_string().parse().ok().filter(|_| plain);
        let expected = "expected a date without quotes and time, such as 2027-04-01";
        date.map(Self).ok_or_else(|| D::Error::custom(expected))
    }
}

/// What one file says.
///
/// # Errors
/// Everything that is wrong with it, of what its form does not show.
pub(super) fn agreement(source: &Source, file: &File) -> Result<Agreement, Vec<Fault>> {
    let mut reader = Reader {
        source,
        faults: Vec::new(),
    };
    let agreement = reader.agreement(file);
    if reader.faults.is_empty() {
        return agreement.ok_or_else(Vec::new);
    }
    Err(reader.faults)
}

struct Reader<'a> {
    source: &'a Source,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fail(&mut self, span: Range<usize>, what: impl Into<String>, remedy: &str) {
        let place = self.source.place(Some(span));
        self.faults.push(Fault::error(place, what, remedy));
    }

    fn agreement(&mut self, file: &File) -> Option<Agreement> {
        let id = self.code(&file.id, AgreementId::parse);
        self.text(&file.version, limits::AGREEMENT_VERSION_CHARS_MAX);
        self.text(&file.title, limits::LINE_CHARS_MAX);
        let to = file.to.as_ref().map(|to| to.get_ref().0);
        let term = self.term(file.from.get_ref().0, to, file.from.span());
        let parties = self.parties(&file.parties);
        let categories: Vec<DataCategory> = file
            .categories
            .get_ref()
            .iter()
            .map(|code| code.0)
            .collect();
        if !categories.contains(&DataCategory::Identity) {
            let what = "without `identity` nobody can be looked up";
            self.fail(file.categories.span(), what, "add \"identity\"");
        }
        if *file.retention_days.get_ref() == 0 {
            let remedy = "say for how many days a responder may keep what it was sent";
            self.fail(file.retention_days.span(), "0 days are none", remedy);
        }
        let (permit, review) = self.purposes(&file.purposes);
        let bases = self.bases(&file.basis);
        let contacts = self.contacts(&file.contact, &parties);
        Some(Agreement {
            id: id?,
            version: file.version.get_ref().as_str().into(),
            title: file.title.get_ref().as_str().into(),
            term,
            parties,
            bases,
            permit,
            review,
            categories,
            automatic_answers: file.automatic_answers,
            retention_days: *file.retention_days.get_ref(),
            contacts,
        })
    }

    fn code<T>(
        &mut self,
        text: &Spanned<String>,
        parse: fn(&str) -> Result<T, ParseCodeError>,
    ) -> Option<T> {
        let read = parse(text.get_ref());
        read.map_err(|error| self.fail(text.span(), error.to_string(), ""))
            .ok()
    }

    fn text(&mut self, text: &Spanned<String>, max: usize) {
        self.line(text.get_ref(), max, text.span());
    }

    fn line(&mut self, text: &str, max: usize, span: Range<usize>) {
        let plain = !text.trim().is_empty() && !text.chars().any(char::is_control);
        if !plain || text.chars().count() > max {
            self.fail(
                span,
                format!("must be 1 to {max} characters on one line"),
                "",
            );
        }
    }

    fn term(
        &mut self,
        from: jiff::civil::Date,
        to: Option<jiff::civil::Date>,
        span: Range<usize>,
    ) -> Term {
        if to.is_some_and(|to| to < from) {
            self.fail(
                span,
                "`to` lies before `from`",
                "`to` is the last day, `from` the first",
            );
        }
        Term { from, to }
    }

    fn bounded<T>(&mut self, list: &Spanned<Vec<T>>, max: usize, what: &str, remedy: &str) {
        let count = list.get_ref().len();
        if count == 0 || count > max {
            self.fail(
                list.span(),
                format!("{count} {what}: 1 to {max} are needed"),
                remedy,
            );
        }
    }

    fn parties(&mut self, list: &Spanned<Vec<Spanned<String>>>) -> Vec<ResponderId> {
        self.bounded(
            list,
            PARTIES_MAX,
            "parties",
            "list the ids of the responders that signed",
        );
        let mut parties = Vec::new();
        for party in list.get_ref().iter().take(PARTIES_MAX) {
            let Some(id) = self.code(party, ResponderId::parse) else {
                continue;
            };
            if parties.contains(&id) {
                self.fail(party.span(), format!("{id} stands twice"), "keep one");
            } else {
                parties.push(id);
            }
        }
        parties
    }

    fn purposes(&mut self, purposes: &Spanned<Purposes>) -> (Vec<Purpose>, Vec<Purpose>) {
        let codes =
            |list: &[Code<Purpose>]| -> Vec<Purpose> { list.iter().map(|code| code.0).collect() };
        let Purposes { permit, review } = purposes.get_ref();
        let (permit, review) = (codes(permit), codes(review));
        if let Some(both) = permit.iter().find(|purpose| review.contains(purpose)) {
            let what = format!("`{}` is permitted and left to review", both.name());
            self.fail(purposes.span(), what, "keep it in one of the two lists");
        }
        if permit.is_empty() && review.is_empty() {
            let remedy = "list purposes under permit or review";
            self.fail(purposes.span(), "every purpose would be denied", remedy);
        }
        (permit, review)
    }

    fn bases(&mut self, list: &Spanned<Vec<Spanned<BasisEntry>>>) -> Vec<Basis> {
        let remedy = "name the powers or duties by which information may be shared";
        self.bounded(list, ENTRIES_MAX, "powers and duties", remedy);
        let entries = list.get_ref().iter().take(ENTRIES_MAX);
        let entries: Vec<_> = entries
            .map(|entry| (entry.span(), entry.get_ref()))
            .collect();
        entries
            .into_iter()
            .map(|(span, entry)| {
                self.line(&entry.code, limits::LINE_CHARS_MAX, span.clone());
                self.line(&entry.title, limits::LINE_CHARS_MAX, span.clone());
                Basis {
                    code: entry.code.as_str().into(),
                    title: entry.title.as_str().into(),
                    term: self.term(entry.from.0, entry.to.map(|to| to.0), span),
                }
            })
            .collect()
    }

    fn contacts(
        &mut self,
        list: &Spanned<Vec<Spanned<ContactEntry>>>,
        parties: &[ResponderId],
    ) -> Vec<Contact> {
        let remedy = "name somebody to speak to when a check is denied or the agreement ends";
        self.bounded(list, ENTRIES_MAX, "contacts", remedy);
        let mut contacts = Vec::new();
        for entry in list.get_ref().iter().take(ENTRIES_MAX) {
            let ContactEntry {
                party,
                name,
                post,
                contact,
            } = entry.get_ref();
            for text in [name, contact] {
                self.line(text, limits::LINE_CHARS_MAX, entry.span());
            }
            if !post.is_empty() {
                self.line(post, limits::LINE_CHARS_MAX, entry.span());
            }
            let known = |id: &str| parties.iter().find(|one| one.as_str() == id).cloned();
            let theirs = party.as_deref().and_then(known);
            if let (Some(party), None) = (party, &theirs) {
                let what = format!("{party:?} is no party of this agreement");
                self.fail(
                    entry.span(),
                    what,
                    "name one of `parties`, or leave `party` out",
                );
            }
            contacts.push(Contact {
                party: theirs,
                person: Person {
                    name: name.clone(),
                    post: post.clone(),
                    contact: contact.clone(),
                },
            });
        }
        contacts
    }
}
