//! Forms: what people typed, kept whatever happens, and what is wrong with it, field by field.

use super::problem::Problem;
use super::visitor::Visitor;
use crate::ids::{Ids as _, RandomIds};
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request as HttpRequest};
use axum::http::header;
use usher_domain::command::{Request, VerbName};
use usher_domain::personal::Violation;

/// The largest form, in bytes: the longest texts that an enquiry may have, in the encoding of forms. A session holds one, or shorter
/// ones that are together no longer.
pub(super) const FORM_BYTES_MAX: usize = 96 * 1_024;
/// Fields of one form: the longest has some for each child and address.
const FIELDS_MAX: usize = 1_000;
/// The field that makes a repeated sending of one form the same request.
const REQUEST_ID: &str = "request_id";

/// What people typed, and what is wrong with it. `Debug` prints no value.
#[derive(Clone, Default)]
pub(super) struct Form {
    values: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({} fields)", self.values.len())
    }
}

/// Something that is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The field's name, which is its id on the page too; empty where it is about the whole.
    pub(super) field: String,
    /// A sentence that says what to do. It never repeats a value.
    pub(super) text: String,
}

impl Form {
    /// A form to be filled in: with what the visitor had typed here when their session ended, else with `values`; and a request id.
    pub(super) async fn begin(visitor: &Visitor, path: &str, values: &[(&str, &str)]) -> Self {
        match visitor.take_draft(path).await {
            Some(draft) => Self::parse(draft.as_bytes()),
            None => Self::of(values),
        }
    }

    /// A form with these values, and a request id.
    pub(super) fn of(values: &[(&str, &str)]) -> Self {
        let id = RandomIds.request().to_string();
        let values = values.iter().copied().chain([(REQUEST_ID, id.as_str())]);
        Self {
            values: values
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            faults: Vec::new(),
        }
    }

    /// What a browser sent.
    pub(super) fn parse(body: &[u8]) -> Self {
        let values = form_urlencoded::parse(body)
            .take(FIELDS_MAX)
            .map(|(name, value)| (name.into_owned(), clean(&value)));
        Self {
            values: values.collect(),
            faults: Vec::new(),
        }
    }

    /// The first value of `name`, without spaces around it; empty when there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        let mut found = self.values.iter().filter(|(field, _)| field == name);
        found.next().map_or("", |(_, value)| value.trim())
    }

    /// Every value of `name`: of checkboxes.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.values.iter().filter(move |(field, _)| field == name);
        found.map(|(_, value)| value.trim())
    }

    /// Whether `name` has `value` among its values: a ticked box, a chosen radio or option.
    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        self.values(name).any(|found| found == value)
    }

    /// Whether `name` was filled in or is wrong: what holds it is shown open.
    pub(super) fn is_touched(&self, name: &str) -> bool {
        !self.value(name).is_empty() || self.fault(name).is_some()
    }

    /// All fields: to carry them along hidden.
    pub(super) fn all(&self) -> &[(String, String)] {
        &self.values
    }

    /// Puts one value in the place of all of `name`.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.values.retain(|(field, _)| field != name);
        self.values.push((name.into(), value.into()));
    }

    /// Says what is wrong with `field`.
    pub(super) fn fail(&mut self, field: &str, text: impl Into<String>) {
        self.faults.push(Fault {
            field: field.into(),
            text: text.into(),
        });
    }

    /// Says what is wrong with the whole.
    pub(super) fn fail_all(&mut self, text: impl Into<String>) {
        self.fail("", text);
    }

    /// Says what the core found wrong; `field` gives the field of this form for the core's path.
    pub(super) fn fail_each(&mut self, violations: &[Violation], field: impl Fn(&str) -> String) {
        for violation in violations {
            self.fail(&field(&violation.field), violation.why.clone());
        }
    }

    /// What is wrong with `field`, if anything is.
    pub(super) fn fault(&self, field: &str) -> Option<&str> {
        let found = self.faults.iter().find(|fault| fault.field == field);
        found.map(|fault| fault.text.as_str())
    }

    /// All that is wrong, for the summary.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Forgets what is wrong with other fields than those to keep.
    pub(super) fn retain_faults(&mut self, keep: impl Fn(&str) -> bool) {
        self.faults.retain(|fault| keep(&fault.field));
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// The choice among `codes` that `name` makes, by the code's name; says what is wrong when there is none.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &str,
        codes: &[T],
        word: impl Fn(T) -> &'static str,
        missing: &str,
    ) -> Option<T> {
        let found = codes
            .iter()
            .copied()
            .find(|code| self.has(name, word(*code)));
        if found.is_none() {
            self.fail(name, missing);
        }
        found
    }

    /// The text of `name`, at most `most` characters; says what is wrong when it is longer, or empty and `missing` says that it is needed.
    pub(super) fn text(&mut self, name: &str, most: usize, missing: Option<&str>) -> String {
        let text = self.value(name).to_owned();
        if text.chars().count() > most {
            self.fail(name, format!("Shorten this to {most} characters or fewer"));
        }
        if let (true, Some(missing)) = (text.is_empty(), missing) {
            self.fail(name, missing);
        }
        text
    }

    /// The identity of what this form asks for: the same form sent twice is the same request.
    pub(super) fn request(&self, verb: VerbName, about: &str) -> Request {
        let id = self.value(REQUEST_ID).parse();
        let id = id.unwrap_or_else(|_| RandomIds.request());
        let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        let fields = self.values.iter().filter(|(name, _)| name != REQUEST_ID);
        let fields = fields.flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        for part in [verb.name(), about].into_iter().chain(fields) {
            digest.update(part.as_bytes());
            digest.update(&[0]);
        }
        let digest = digest.finish();
        let head = digest.as_ref().first_chunk();
        Request {
            id,
            digest: head.map_or(0, |head| u64::from_be_bytes(*head)),
        }
    }
}

/// Line ends as everywhere else, and no other control characters.
fn clean(value: &str) -> String {
    let value = value.replace("\r\n", "\n");
    value
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control())
        .collect()
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: HttpRequest, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Problem::Unreadable);
        }
        let body = to_bytes(request.into_body(), FORM_BYTES_MAX).await;
        Ok(Self::parse(&body.map_err(|_| Problem::TooLarge)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_as_typed_but_for_control_characters() {
        let form = Form::parse(b"name=+A%00b+&box=x&box=y&text=one%0D%0Atwo&empty=");
        assert_eq!(form.value("name"), "Ab");
        assert!(form.has("box", "x") && form.has("box", "y") && !form.has("box", "z"));
        assert_eq!(form.value("text"), "one\ntwo");
        assert_eq!((form.value("empty"), form.value("none")), ("", ""));
        assert!(!format!("{form:?}").contains("one"));
    }

    #[test]
    fn a_form_sent_twice_is_one_request_and_an_edited_one_another() {
        let id = "0190a000-0000-7000-8000-000000000001";
        let form = |note: &str| Form::parse(format!("request_id={id}&note={note}").as_bytes());
        let request = |form: &Form, about| form.request(VerbName::Acknowledge, about);
        let first = request(&form("a"), "x");
        assert_eq!(first, request(&form("a"), "x"));
        assert_eq!(first.id.to_string(), id);
        assert_ne!(first.digest, request(&form("b"), "x").digest);
        assert_ne!(first.digest, request(&form("a"), "y").digest);
    }
}
