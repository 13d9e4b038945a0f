//! One row of a system as somebody found in it.

use super::codes::{self, IGNORE};
use super::expression::{Expression, value};
use super::fault::{Fault, Page};
use super::settings::{Episode, Settings, Written};
use super::term::Term;
use crate::adapter::people::{Accuracy, Born, Found, Identity, Name, Place};
use minijinja::value::Value;
use usher_proto::v1;

/// Former names, addresses or involvements of one row, each.
pub const ITEMS_MAX: usize = 256;
/// Characters of one text, as the wire has it.
const TEXT_CHARS_MAX: usize = 200;
/// Characters of the lines of an address, as the wire has it.
const LINES_CHARS_MAX: usize = 800;
/// Characters of a legal status, as the wire has it.
const LEGAL_STATUS_CHARS_MAX: usize = 8;

/// The names that an expression over a row may use.
const NAMES: [&str; 2] = ["row", "item"];

/// How a row becomes somebody, compiled.
pub struct Mapping {
    codes: Value,
    key: Term,
    family: Term,
    given: Term,
    born: Term,
    accuracy: Term,
    sex: Term,
    recent_contacts: Term,
    last_contact: Term,
    former: Vec<Listed<2>>,
    addresses: Vec<Listed<2>>,
    episodes: Vec<Listed<8>>,
    worker: Option<[Term; 4]>,
}

/// What is read for each item of a list, in the order of the settings' fields.
struct Listed<const N: usize> {
    each: Term,
    when: Term,
    fields: [Term; N],
}

impl Mapping {
    /// Compiles `settings` and `codes` of `page`.
    ///
    /// # Errors
    /// Everything that is wrong with them, in the order of the settings.
    pub fn compile(
        settings: &Settings,
        codes: &codes::Settings,
        page: &Page,
    ) -> Result<Self, Vec<Fault>> {
        let (codes, faults) = match codes::compile(codes, page) {
            Ok(codes) => (codes, Vec::new()),
            Err(faults) => (Value::default(), faults),
        };
        let mut compiler = Compiler { page, faults };
        let mapping = compiler.mapping(settings, codes);
        if compiler.faults.is_empty() {
            Ok(mapping)
        } else {
            Err(compiler.faults)
        }
    }

    /// Tries every expression on `rows`, which are a sample.
    ///
    /// # Errors
    /// What cannot be read, and every list that no row of the sample fills: its expressions could not be tried.
    pub fn check(&self, rows: &[serde_json::Value]) -> Result<(), Vec<Fault>> {
        let mut faults: Vec<Fault> = Vec::new();
        for row in rows {
            faults.extend(self.found(row).err());
        }
        let scopes: Vec<Value> = rows.iter().map(|row| self.scope(value(row))).collect();
        if faults.is_empty() {
            let former = self.former.iter().filter_map(|each| each.untried(&scopes));
            let addresses = self
                .addresses
                .iter()
                .filter_map(|each| each.untried(&scopes));
            let episodes = self
                .episodes
                .iter()
                .filter_map(|each| each.untried(&scopes));
            faults.extend(former.chain(addresses).chain(episodes));
        }
        faults.dedup();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// Who `row` is.
    ///
    /// # Errors
    /// Where it cannot be read for certain; the fault holds nothing of the row.
    pub fn found(&self, row: &serde_json::Value) -> Result<Found, Fault> {
        let scope = self.scope(value(row));
        let key = self.key.text(&scope, TEXT_CHARS_MAX)?;
        if key.is_empty() {
            return Err(self
                .key
                .fault("a person without a key", "map what is never empty"));
        }
        let sex = match self.sex.text(&scope, TEXT_CHARS_MAX)?.as_str() {
            "" => v1::Sex::Unspecified,
            word => self.sex.word(word)?,
        };
        let mut names = vec![Name {
            family: self.family.text(&scope, TEXT_CHARS_MAX)?,
            given: self.given.text(&scope, TEXT_CHARS_MAX)?,
        }];
        for former in &self.former {
            names.extend(former.items(&scope, former_name)?);
        }
        names.retain(|name| *name != Name::default());
        let mut places = Vec::new();
        for address in &self.addresses {
            places.extend(address.items(&scope, place)?);
        }
        places.retain(|place| *place != Place::default());
        let mut episodes = Vec::new();
        for episode in &self.episodes {
            episodes.extend(episode.items(&scope, involvement)?.into_iter().flatten());
        }
        Ok(Found {
            key,
            identity: Identity {
                names,
                born: self.born(&scope)?,
                sex: Some(sex).filter(|sex| *sex != v1::Sex::Unspecified),
                places,
            },
            episodes,
            worker: self.worker(&scope)?,
            recent_contacts: self.recent_contacts.count(&scope)?,
            last_contact: self.last_contact.date(&scope)?,
            partial: false,
        })
    }

    fn scope(&self, row: Value) -> Value {
        // Where nothing is listed the row is its own item.
        Value::from_pairs([
            ("item", row.clone()),
            ("row", row),
            ("codes", self.codes.clone()),
        ])
    }

    fn born(&self, scope: &Value) -> Result<Option<Born>, Fault> {
        let Some(date) = self.born.date(scope)? else {
            return Ok(None);
        };
        let accuracy = match self.accuracy.text(scope, TEXT_CHARS_MAX)?.as_str() {
            "" | "known" => Accuracy::Known,
            "estimated" => Accuracy::Estimated,
            "expected" => Accuracy::Expected,
            _ => {
                let what = "a date of birth that is neither known nor estimated nor expected";
                return Err(self.accuracy.fault(what, "correct the expression"));
            }
        };
        Ok(Some(Born { date, accuracy }))
    }

    fn worker(&self, scope: &Value) -> Result<Option<v1::Worker>, Fault> {
        let Some([name, team, phone, email]) = &self.worker else {
            return Ok(None);
        };
        let worker = v1::Worker {
            name: name.text(scope, TEXT_CHARS_MAX)?,
            team: team.text(scope, TEXT_CHARS_MAX)?,
            phone: phone.text(scope, TEXT_CHARS_MAX)?,
            email: email.text(scope, TEXT_CHARS_MAX)?,
        };
        Ok(Some(worker).filter(|worker| *worker != v1::Worker::default()))
    }
}

impl<const N: usize> Listed<N> {
    /// What `read` makes of each item that counts.
    fn items<T>(
        &self,
        scope: &Value,
        read: impl Fn(&[Term; N], &Value) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let scopes = self.scopes(scope)?;
        scopes
            .iter()
            .map(|scope| read(&self.fields, scope))
            .collect()
    }

    /// The scope of each item that counts.
    fn scopes(&self, scope: &Value) -> Result<Vec<Value>, Fault> {
        let mut scopes = Vec::new();
        for scope in self.listed(scope)? {
            if self.when.flag(&scope)?.unwrap_or(true) {
                scopes.push(scope);
            }
        }
        Ok(scopes)
    }

    fn listed(&self, scope: &Value) -> Result<Vec<Value>, Fault> {
        if self.each.is_absent() {
            return Ok(vec![scope.clone()]);
        }
        let items = self.each.list(scope)?;
        if items.len() > ITEMS_MAX {
            let what = format!("more than {ITEMS_MAX} items");
            return Err(self.each.fault(&what, "leave out what does not matter"));
        }
        let outer = |name| scope.get_attr(name).unwrap_or_default();
        let (row, codes) = (outer("row"), outer("codes"));
        let scope = |item| {
            Value::from_pairs([
                ("item", item),
                ("row", row.clone()),
                ("codes", codes.clone()),
            ])
        };
        Ok(items.into_iter().map(scope).collect())
    }

    /// The fault that nothing of `scopes` comes as far as the fields.
    fn untried(&self, scopes: &[Value]) -> Option<Fault> {
        let tried = |scope| self.scopes(scope).is_ok_and(|items| !items.is_empty());
        let mut conditions = [&self.each, &self.when].into_iter();
        let condition = conditions.find(|term| !term.is_absent())?;
        let what = "nothing in the sample comes as far as this";
        (!scopes.iter().any(tried)).then(|| condition.fault(what, "give a row of the sample one"))
    }
}

fn former_name([family, given]: &[Term; 2], scope: &Value) -> Result<Name, Fault> {
    Ok(Name {
        family: family.text(scope, TEXT_CHARS_MAX)?,
        given: given.text(scope, TEXT_CHARS_MAX)?,
    })
}

fn place([lines, postcode]: &[Term; 2], scope: &Value) -> Result<Place, Fault> {
    Ok(Place {
        lines: lines.text(scope, LINES_CHARS_MAX)?,
        postcode: postcode.text(scope, TEXT_CHARS_MAX)?,
    })
}

fn involvement(
    [kind, open, start, end, category, status, other, handling]: &[Term; 8],
    scope: &Value,
) -> Result<Option<v1::Episode>, Fault> {
    let word = kind.text(scope, TEXT_CHARS_MAX)?;
    if word == IGNORE {
        return Ok(None);
    }
    let meaning: v1::EpisodeKind = kind.word(&word)?;
    let (from, to) = (start.date(scope)?, end.date(scope)?);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(end.fault(
            "an involvement that ends before it starts",
            "correct the system",
        ));
    }
    let category = match category.text(scope, TEXT_CHARS_MAX)?.as_str() {
        "" => v1::AbuseCategory::Unspecified,
        word => category.word(word)?,
    };
    let mut handlings = Vec::new();
    for word in handling.texts(scope, TEXT_CHARS_MAX)? {
        let meaning: v1::Handling = handling.word(&word)?;
        handlings.push(meaning.into());
    }
    Ok(Some(v1::Episode {
        kind: meaning.into(),
        who: String::new(),
        open: open.flag(scope)?.unwrap_or(to.is_none()),
        start: from.map(|date| date.to_string()).unwrap_or_default(),
        end: to.map(|date| date.to_string()).unwrap_or_default(),
        category: category.into(),
        legal_status: status.text(scope, LEGAL_STATUS_CHARS_MAX)?,
        other_authority: other.flag(scope)?.unwrap_or_default(),
        handling: handlings,
    }))
}

/// Compiles the terms of one mapping, and keeps what is wrong with them.
struct Compiler<'a> {
    page: &'a Page,
    faults: Vec<Fault>,
}

impl Compiler<'_> {
    fn mapping(&mut self, settings: &Settings, codes: Value) -> Mapping {
        Mapping {
            codes,
            key: self.term(&settings.key),
            family: self.term(&settings.family),
            given: self.term(&settings.given),
            born: self.term(settings.born.as_ref()),
            accuracy: self.term(settings.accuracy.as_ref()),
            sex: self.term(settings.sex.as_ref()),
            recent_contacts: self.term(settings.recent_contacts.as_ref()),
            last_contact: self.term(settings.last_contact.as_ref()),
            former: self.each(&settings.former, |of, former| Listed {
                each: of.term(former.each.as_ref()),
                when: of.term(former.when.as_ref()),
                fields: [of.term(&former.family), of.term(&former.given)],
            }),
            addresses: self.each(&settings.addresses, |of, address| Listed {
                each: of.term(address.each.as_ref()),
                when: of.term(address.when.as_ref()),
                fields: [of.term(address.lines.as_ref()), of.term(&address.postcode)],
            }),
            episodes: self.each(&settings.episodes, Self::episode),
            worker: settings.worker.as_ref().map(|worker| {
                [
                    self.term(&worker.name),
                    self.term(worker.team.as_ref()),
                    self.term(worker.phone.as_ref()),
                    self.term(worker.email.as_ref()),
                ]
            }),
        }
    }

    fn episode(&mut self, episode: &Episode) -> Listed<8> {
        if episode.open.is_none() && episode.end.is_none() {
            self.faults.push(self.page.fault(
                episode.kind.span().start,
                "nothing says whether these involvements are open",
                "map `open`, or `end`, without which one is open",
            ));
        }
        Listed {
            each: self.term(episode.each.as_ref()),
            when: self.term(episode.when.as_ref()),
            fields: [
                self.term(&episode.kind),
                self.term(episode.open.as_ref()),
                self.term(episode.start.as_ref()),
                self.term(episode.end.as_ref()),
                self.term(episode.category.as_ref()),
                self.term(episode.legal_status.as_ref()),
                self.term(episode.other_authority.as_ref()),
                self.term(episode.handling.as_ref()),
            ],
        }
    }

    fn each<S, const N: usize>(
        &mut self,
        settings: &[S],
        compile: impl Fn(&mut Self, &S) -> Listed<N>,
    ) -> Vec<Listed<N>> {
        settings.iter().map(|each| compile(self, each)).collect()
    }

    fn term<'w>(&mut self, written: impl Into<Option<&'w Written>>) -> Term {
        let compiled = written
            .into()
            .map(|written| Expression::compile(written, &NAMES, self.page));
        let expression = match compiled.transpose() {
            Ok(expression) => expression,
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        };
        Term::new(expression, self.page)
    }
}
