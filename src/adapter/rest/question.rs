//! A system that compares by itself, and says whether it knows somebody.
//!
//! What a program may make of it: that the system knows none of the people, each asked for by every name with family name, given names and
//! a recorded date of birth, is the system's own word, and a certain absence where the borough says so (`absent_is_certain`). That it knows somebody says nothing of what, so people look.
//! Where one of the people cannot be asked for so, nobody is asked for at all: the answer would be people's anyway.

use super::http::Http;
use super::request::{Method, Parts, Template};
use super::{Settings as Rest, sample};
use crate::adapter::connector::{Connector, Outcome, Reply, Trouble};
use crate::adapter::mapping::{Expression, Fault, Page, Written, asked, value};
use crate::adapter::people::{self, Accuracy, Born, Identity, Name, Place, Wanted};
use async_trait::async_trait;
use jiff::civil::Date;
use minijinja::value::{Value, ValueKind};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use usher_proto::v1;

/// Requests for one check: each person by each name. A check of more goes to people.
const REQUESTS_MAX: usize = 128;

/// What a request may use: who is wanted, by which check, and the `reason` of the configuration.
const REQUEST_NAMES: [&str; 3] = ["wanted", "check", "reason"];
/// What every request must send, for an absence to be certain.
const SENT: [&str; 3] = ["wanted.family", "wanted.given", "wanted.born"];

/// What a configuration says of a question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A question that usher knows; it needs nothing else but the reason.
    pub preset: Option<Preset>,
    /// By which right it is asked, as an address such as `https://www.legislation.gov.uk/ukpga/2007/21/section/14`.
    pub reason: Option<String>,
    /// How it is asked.
    #[serde(default)]
    pub method: Method,
    /// Where, below `base`.
    pub path: Option<Spanned<String>>,
    /// Parameters in the address.
    #[serde(default)]
    pub query: BTreeMap<String, Written>,
    /// Further headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Written>,
    /// The body, as one expression that makes an object.
    pub body: Option<Written>,
    /// Whether the system knows the person: true or false, over `answer`. Anything else cannot be read.
    pub known: Option<Written>,
    /// As [`Rest::sample`]; there it belongs, unless the question is a preset's.
    pub sample: Option<Written>,
}

/// Questions that usher knows.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// The person query of the MAIS data exchange standard: FHIR `Patient/$person-info-query`.
    Mais,
}

const MAIS: &str = include_str!("mais.toml");

/// Such a system.
pub(super) struct Asked {
    name: String,
    http: Http,
    template: Template,
    known: Expression,
    reason: Option<String>,
    absent_is_certain: bool,
}

impl Asked {
    pub(super) fn new(
        written: &Settings,
        rest: &Rest,
        http: Http,
        page: &Page,
    ) -> Result<Self, Vec<Fault>> {
        let at = rest.base.span().start;
        let one = |fault: Fault| vec![fault];
        let Some(preset) = written.preset else {
            let given = written.sample.as_ref().or(rest.sample.as_ref());
            let answer = sample(given, at, page).map_err(one)?;
            return Self::compile(written, written.reason.as_ref(), &answer, rest, http, page);
        };
        if written.path.is_some() || written.body.is_some() || written.known.is_some() {
            let remedy = "leave path, body and known to it, or leave `preset` out";
            return Err(vec![page.fault(
                at,
                "a preset, and a question besides",
                remedy,
            )]);
        }
        if written.reason.is_none() {
            let remedy = "write the power or duty by which it is asked, as an address";
            return Err(vec![page.fault(at, "no reason of the question", remedy)]);
        }
        let (path, text) = match preset {
            Preset::Mais => (Path::new("(preset mais)"), MAIS),
        };
        let preset_page = Page::new(path, text);
        let preset: Settings = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            vec![preset_page.fault(at, error.message(), "report this fault of usher's own")]
        })?;
        let answer = sample(preset.sample.as_ref(), 0, &preset_page).map_err(one)?;
        Self::compile(
            &preset,
            written.reason.as_ref(),
            &answer,
            rest,
            http,
            &preset_page,
        )
    }

    fn compile(
        written: &Settings,
        reason: Option<&String>,
        answer: &serde_json::Value,
        rest: &Rest,
        http: Http,
        page: &Page,
    ) -> Result<Self, Vec<Fault>> {
        let (Some(path), Some(known)) = (&written.path, &written.known) else {
            let remedy = "write `path` and `known` under [connector.question], or a preset";
            return Err(vec![page.fault(0, "half a question", remedy)]);
        };
        let parts = Parts {
            method: written.method,
            path,
            query: &written.query,
            headers: &written.headers,
            body: written.body.as_ref(),
        };
        let template = Template::compile(&parts, &REQUEST_NAMES, &http, page)?;
        let missing: Vec<&str> = SENT
            .into_iter()
            .filter(|path| !template.names(path))
            .collect();
        if !missing.is_empty() {
            let what = format!("a question that does not send {}", missing.join(", "));
            let remedy = "send it: nobody is certainly absent otherwise";
            return Err(vec![page.fault(path.span().start, what, remedy)]);
        }
        let known = Expression::compile(known, &["answer"], page).map_err(|fault| vec![fault])?;
        let asked = Self {
            name: rest.name.clone(),
            http,
            template,
            known,
            reason: reason.cloned(),
            absent_is_certain: rest.absent_is_certain,
        };
        asked.check(answer).map_err(|fault| vec![fault])?;
        Ok(asked)
    }

    /// Tries every expression on somebody invented.
    fn check(&self, answer: &serde_json::Value) -> Result<(), Fault> {
        let identity = invented();
        let scope = self.scope(&v1::AssignedCheck::default(), &identity, &identity.names[0]);
        self.template.fill(&scope)?;
        self.read(answer).map(|_| ())
    }

    fn scope(&self, check: &v1::AssignedCheck, identity: &Identity, name: &Name) -> Value {
        Value::from_pairs([
            ("wanted", asked::wanted(identity, name)),
            ("check", asked::check(check)),
            ("reason", Value::from(self.reason.clone())),
        ])
    }

    /// Whether `answer` says that somebody is known.
    fn read(&self, answer: &serde_json::Value) -> Result<bool, Fault> {
        let known = self
            .known
            .eval(&Value::from_pairs([("answer", value(answer))]))?;
        if known.kind() != ValueKind::Bool {
            let remedy = "correct the expression, or ask whoever runs the system";
            return Err(self
                .known
                .fault("an answer that is neither yes nor no", remedy));
        }
        Ok(known.is_true())
    }
}

#[async_trait]
impl Connector for Asked {
    fn name(&self) -> &str {
        &self.name
    }

    async fn look_up(&self, check: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        let wanted = check
            .personal
            .as_ref()
            .map(people::wanted)
            .unwrap_or_default();
        if wanted.is_empty() || !wanted.iter().all(|wanted| can_be_asked(&wanted.identity)) {
            return Ok(Outcome::Unsettled(v1::PeopleReason::TooLittle));
        }
        let requests: usize = wanted
            .iter()
            .map(|wanted| wanted.identity.names.len())
            .sum();
        if requests > REQUESTS_MAX {
            return Ok(Outcome::Unsettled(v1::PeopleReason::Other));
        }
        for Wanted { identity, .. } in &wanted {
            for name in &identity.names {
                let request = self.template.fill(&self.scope(check, identity, name))?;
                let answer = self.template.send(&self.http, &request).await?;
                if self.read(&answer)? {
                    return Ok(Outcome::Unsettled(v1::PeopleReason::PossibleMatch));
                }
            }
        }
        if !self.absent_is_certain {
            return Ok(Outcome::Unsettled(v1::PeopleReason::UncertainAbsence));
        }
        Ok(Outcome::Answer(Box::new(unknown(wanted))))
    }

    async fn probe(&self) -> Result<(), Trouble> {
        self.http.probe().await
    }
}

/// Whether the answer to a question about `identity` is certain.
fn can_be_asked(identity: &Identity) -> bool {
    let born = identity
        .born
        .is_some_and(|born| born.accuracy == Accuracy::Known);
    let named = |name: &Name| !name.family.trim().is_empty() && !name.given.trim().is_empty();
    born && !identity.names.is_empty() && identity.names.iter().all(named)
}

/// The answer that the system knows none of `wanted`.
fn unknown(wanted: Vec<Wanted>) -> Reply {
    let matches = wanted.into_iter().map(|wanted| v1::Match {
        who: wanted.who,
        confidence: v1::Confidence::None.into(),
        basis: "the system's own comparison by names and date of birth".into(),
    });
    Reply {
        disposition: v1::Disposition::NotKnown,
        content: v1::AnswerContent {
            matches: matches.collect(),
            ..v1::AnswerContent::default()
        },
        data_as_of: None,
        person: None,
    }
}

/// Somebody of whom everything is known, on whom requests are tried at the start.
pub(super) fn invented() -> Identity {
    let name = |family: &str| Name {
        family: family.into(),
        given: "Given Second".into(),
    };
    Identity {
        names: vec![name("Family"), name("Former")],
        born: Some(Born {
            date: Date::constant(2015, 2, 3),
            accuracy: Accuracy::Known,
        }),
        sex: Some(v1::Sex::Female),
        places: vec![Place {
            lines: "1 Test Street".into(),
            postcode: "E8 1EA".into(),
        }],
    }
}
