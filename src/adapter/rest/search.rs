//! A system that is searched. usher compares what it finds, so whoever a search does not find is taken for absent: a search counts as
//! complete only where it is as wide as [`blocking`] asks, or the system's own comparison is relied on by name (`wide`). One that leaves out
//! further blocks alone makes nobody absent either, unless the borough says so (`absent_is_certain`).

mod settings;

pub use settings::{Part, Settings};

use super::http::Http;
use super::question::invented;
use super::request::{Parts, Request, Template};
use super::{Settings as Rest, sample};
use crate::adapter::blocking::{self, Block};
use crate::adapter::connector::{Candidates, Source, Trouble};
use crate::adapter::mapping::{self, Expression, Fault, Mapping, Page, Written, asked, value};
use crate::adapter::people::{Accuracy, Identity, Name};
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::value::{Value, ValueKind};

/// Requests for one person, pages included.
const REQUESTS_MAX: usize = 64;
/// Records for one person.
const RECORDS_MAX: usize = 1_000;
/// Pages of one search, however many the configuration allows.
const PAGES_LIMIT: usize = 20;

const REQUEST_NAMES: [&str; 4] = ["wanted", "block", "page", "next"];
const ANSWER_NAMES: [&str; 3] = ["answer", "page", "count"];

/// A system that is searched.
pub(super) struct Searched {
    name: String,
    http: Http,
    searches: Vec<Search>,
    mapping: Mapping,
    absent_is_certain: bool,
}

/// How wide the searches for somebody are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    /// A block has no search.
    Lacking,
    /// Only further blocks have none.
    Narrow,
    Whole,
}

struct Search {
    template: Template,
    by: Vec<Part>,
    wide: bool,
    records: Expression,
    next: Option<Expression>,
    page_size: usize,
    pages_max: usize,
    as_of: Option<Expression>,
}

impl Searched {
    pub(super) fn new(rest: &Rest, http: Http, page: &Page) -> Result<Self, Vec<Fault>> {
        let at = rest.base.span().start;
        let Some(record) = &rest.record else {
            let remedy = "write [connector.record]: key, family, given and what else there is";
            return Err(vec![page.fault(
                at,
                "nothing says what a record is",
                remedy,
            )]);
        };
        let mut faults = Vec::new();
        let mut searches = Vec::new();
        for search in &rest.search {
            match Search::compile(search, &http, page) {
                Ok(search) => searches.push(search),
                Err(wrong) => faults.extend(wrong),
            }
        }
        let mapping = Mapping::compile(record, &rest.codes, page);
        let answer = sample(rest.sample.as_ref(), at, page);
        let (mapping, answer) = match (mapping, answer) {
            (Ok(mapping), Ok(answer)) if faults.is_empty() => (mapping, answer),
            (mapping, answer) => {
                faults.extend(mapping.err().unwrap_or_default());
                faults.extend(answer.err());
                return Err(faults);
            }
        };
        for search in &searches {
            match search.check(&answer) {
                Ok(rows) => faults.extend(mapping.check(&rows).err().unwrap_or_default()),
                Err(fault) => faults.push(fault),
            }
        }
        faults.dedup();
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            name: rest.name.clone(),
            http,
            searches,
            mapping,
            absent_is_certain: rest.absent_is_certain,
        })
    }

    /// What to ask for `wanted`: which search, and its scope; and how wide that is.
    fn plan(&self, wanted: &Identity) -> (Vec<(&Search, Value)>, Width) {
        let mut asked = Vec::new();
        let mut is_wide = false;
        for search in self.searches.iter().filter(|search| search.by.is_empty()) {
            let names = wanted
                .names
                .iter()
                .filter(|name| search.can_ask(wanted, name));
            let before = asked.len();
            asked.extend(names.map(|name| (search, scope(wanted, name, None))));
            let every_name = asked.len() - before == wanted.names.len();
            let known = wanted
                .born
                .is_none_or(|born| born.accuracy == Accuracy::Known);
            let certain = known || !search.template.may_read("wanted.born");
            is_wide |= search.wide && every_name && certain && !wanted.names.is_empty();
        }
        if is_wide {
            return (asked, Width::Whole);
        }
        let blocks = blocking::blocks(wanted);
        let mut width = if blocks.is_empty() {
            Width::Lacking
        } else {
            Width::Whole
        };
        for block in &blocks {
            // Many requests are worth their while for no further block.
            let requests_max = if block.is_further { 1 } else { usize::MAX };
            let fits = |search: &&Search| {
                !search.by.is_empty()
                    && search.by.iter().all(|part| part.is_in(block))
                    && search.each(block).len() <= requests_max
            };
            let Some(search) = self.searches.iter().find(fits) else {
                let without = if block.is_further {
                    Width::Narrow
                } else {
                    Width::Lacking
                };
                width = width.min(without);
                continue;
            };
            let name = Name::default();
            if block.needs_days() && search.by.contains(&Part::Within) {
                width = width.min(Width::Narrow);
            }
            let each = search.each(block);
            let scopes = each.iter().map(|one| scope(wanted, &name, Some(one)));
            asked.extend(scopes.map(|scope| (search, scope)));
        }
        (asked, width)
    }

    /// Asks page after page, and adds whom they hold to `found`.
    async fn ask(
        &self,
        search: &Search,
        scope: &Value,
        sent: &mut Vec<Request>,
        found: &mut Candidates,
    ) -> Result<(), Trouble> {
        let mut next = Value::from(());
        for page in 1..=search.pages_max {
            let request = search.template.fill(&at_page(scope, page, &next))?;
            if sent.contains(&request) {
                // Another name or block has asked for the same; a page that leads to itself never ends.
                found.cut |= page > 1;
                return Ok(());
            }
            if sent.len() == REQUESTS_MAX {
                found.cut = true;
                return Ok(());
            }
            let answer = search.template.send(&self.http, &request).await?;
            sent.push(request);
            let read = search.read(&answer, page)?;
            for row in &read.rows {
                let person = self.mapping.found(row)?;
                // Systems may have a record for each name or plan of a person, all under one key.
                if found.people.contains(&person) {
                    continue;
                }
                if found.people.len() == RECORDS_MAX {
                    found.cut = true;
                    return Ok(());
                }
                found.people.push(person);
            }
            let older = read.as_of.into_iter().chain(found.as_of).min();
            found.as_of = older;
            match read.next {
                Next::None => return Ok(()),
                Next::Perhaps => {
                    found.cut = true;
                    return Ok(());
                }
                Next::At(value) => next = value,
            }
        }
        found.cut = true;
        Ok(())
    }
}

#[async_trait]
impl Source for Searched {
    fn name(&self) -> &str {
        &self.name
    }

    async fn candidates(&self, wanted: &Identity) -> Result<Candidates, Trouble> {
        let (plan, width) = self.plan(wanted);
        let mut found = Candidates::default();
        let mut sent: Vec<Vec<Request>> = self.searches.iter().map(|_| Vec::new()).collect();
        for (search, scope) in plan {
            let at = self
                .searches
                .iter()
                .position(|one| std::ptr::eq(one, search));
            if let Some(sent) = at.and_then(|at| sent.get_mut(at)) {
                self.ask(search, &scope, sent, &mut found).await?;
            }
        }
        found.cut |= width == Width::Lacking;
        found.narrow = width == Width::Narrow && !self.absent_is_certain;
        Ok(found)
    }

    async fn probe(&self) -> Result<(), Trouble> {
        self.http.probe().await
    }
}

/// What a page holds.
struct Read {
    rows: Vec<serde_json::Value>,
    next: Next,
    as_of: Option<Timestamp>,
}

/// What comes after a page.
enum Next {
    None,
    /// The page is full, and nothing tells whether another follows.
    Perhaps,
    At(Value),
}

impl Search {
    fn compile(written: &Settings, http: &Http, page: &Page) -> Result<Self, Vec<Fault>> {
        let at = written.path.span().start;
        let one = |what: &str, remedy: &str| Err(vec![page.fault(at, what, remedy)]);
        let parts = Parts {
            method: written.method,
            path: &written.path,
            query: &written.query,
            headers: &written.headers,
            body: written.body.as_ref(),
        };
        let template = Template::compile(&parts, &REQUEST_NAMES, http, page)?;
        let unsaid = |part: &Part| {
            !written.by.contains(part) && part.paths().iter().any(|path| template.may_read(path))
        };
        if Part::ALL.iter().any(unsaid) {
            return one(
                "a part of `block` that `by` does not name",
                "name it in `by`",
            );
        }
        if !written.by.is_empty() && template.may_read("wanted") {
            let remedy = "send parts of `block` alone, or leave `by` out";
            return one(
                "a search by parts that sends `wanted` too, which makes it narrower",
                remedy,
            );
        }
        if written.wide && !written.by.is_empty() {
            return one("a search by parts that is `wide`", "leave `wide` out");
        }
        if written.next.is_none() && written.page_size.is_none() {
            let remedy = "write `next`, or the largest number of records as `page_size`";
            return one("nothing tells whether an answer is all there is", remedy);
        }
        if !(1..=PAGES_LIMIT).contains(&written.pages_max) {
            return one(
                "a number of pages that is none",
                "write 1 to 20 as `pages_max`",
            );
        }
        let answer = |written: &Written| {
            Expression::compile(written, &ANSWER_NAMES, page).map_err(|fault| vec![fault])
        };
        Ok(Self {
            template,
            by: written.by.clone(),
            wide: written.wide,
            records: answer(&written.records)?,
            next: written.next.as_ref().map(answer).transpose()?,
            page_size: written
                .page_size
                .as_ref()
                .map_or(usize::MAX, |size| *size.get_ref()),
            pages_max: written.pages_max,
            as_of: written.as_of.as_ref().map(answer).transpose()?,
        })
    }

    /// Tries every expression on somebody invented and on a sample of an answer, whose rows it returns.
    fn check(&self, answer: &serde_json::Value) -> Result<Vec<serde_json::Value>, Fault> {
        let wanted = invented();
        let block = Block {
            born_on: wanted.born.iter().map(|born| born.date).collect(),
            born_within: wanted.born.map(|born| (born.date, born.date)),
            family_starts: Some("fam".into()),
            given_starts: Some("giv".into()),
            postcodes: vec!["e81ea".into()],
            is_further: false,
        };
        let scope = scope(&wanted, &wanted.names[0], Some(&block));
        let first = at_page(&scope, 1, &Value::from(()));
        self.template.fill(&first)?;
        let read = self.read(answer, 1)?;
        if read.rows.is_empty() {
            let remedy = "give the sample one record at least";
            return Err(self.records.fault("no record in the sample", remedy));
        }
        Ok(read.rows)
    }

    /// `block` with no more than one day and one postcode: what one request each asks for.
    fn each(&self, block: &Block) -> Vec<Block> {
        let one =
            |values: &[Date]| -> Vec<Vec<Date>> { values.iter().map(|day| vec![*day]).collect() };
        let days = if self.by.contains(&Part::Born) {
            one(&block.born_on)
        } else {
            vec![Vec::new()]
        };
        let postcodes: Vec<Vec<String>> = if self.by.contains(&Part::Postcode) {
            let all = block.postcodes.iter();
            all.map(|one| vec![one.clone()]).collect()
        } else {
            vec![Vec::new()]
        };
        days.iter()
            .flat_map(|born_on| {
                postcodes.iter().map(move |postcodes| Block {
                    born_on: born_on.clone(),
                    postcodes: postcodes.clone(),
                    ..block.clone()
                })
            })
            .collect()
    }

    /// Whether what a request by `name` reads of `wanted` is known.
    fn can_ask(&self, wanted: &Identity, name: &Name) -> bool {
        let lacks = |path, missing: bool| missing && self.template.may_read(path);
        !(lacks("wanted.family", name.family.trim().is_empty())
            || lacks("wanted.given", name.given.trim().is_empty())
            || lacks("wanted.born", wanted.born.is_none()))
    }

    fn read(&self, answer: &serde_json::Value, page: usize) -> Result<Read, Fault> {
        let answer = value(answer);
        let scope = |count: usize| {
            let (page, count) = (Value::from(page), Value::from(count));
            Value::from_pairs([("answer", answer.clone()), ("page", page), ("count", count)])
        };
        let records = self.records.eval(&scope(0))?;
        let rows = mapping::json(&records);
        let Some(serde_json::Value::Array(rows)) = rows else {
            return Err(self.records.fault("not a list of records", "map the list"));
        };
        let scope = scope(rows.len());
        let next = match &self.next {
            None if rows.len() >= self.page_size => Next::Perhaps,
            None => Next::None,
            Some(next) => match next.eval(&scope)? {
                end if !end.is_true() => Next::None,
                next => Next::At(next),
            },
        };
        Ok(Read {
            rows,
            next,
            as_of: self
                .as_of
                .as_ref()
                .map(|as_of| age(as_of, &scope))
                .transpose()?
                .flatten(),
        })
    }
}

/// The age of the data: an instant, or the beginning of a day.
fn age(as_of: &Expression, scope: &Value) -> Result<Option<Timestamp>, Fault> {
    let written = as_of.eval(scope)?;
    if written.is_none() {
        return Ok(None);
    }
    let text = written
        .as_str()
        .filter(|_| written.kind() == ValueKind::String);
    let instant = text.and_then(|text| {
        let day = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
        text.parse().ok().or_else(|| day(text.parse().ok()?))
    });
    instant.map(Some).ok_or_else(|| {
        as_of.fault(
            "not an instant such as 2026-11-23T02:00:00Z",
            "correct the expression",
        )
    })
}

/// What a request sees, but for the page.
fn scope(wanted: &Identity, name: &Name, block: Option<&Block>) -> Value {
    let block = block.map(|block| {
        let date = |date: Date| Value::from(date.to_string());
        let text = |text: &Option<String>| Value::from(text.clone());
        Value::from_pairs([
            (
                "born",
                Value::from(block.born_on.first().copied().map(date)),
            ),
            (
                "from",
                Value::from(block.born_within.map(|(from, _)| date(from))),
            ),
            (
                "until",
                Value::from(block.born_within.map(|(_, until)| date(until))),
            ),
            ("family", text(&block.family_starts)),
            ("given", text(&block.given_starts)),
            ("postcode", Value::from(block.postcodes.first().cloned())),
        ])
    });
    Value::from_pairs([
        ("wanted", asked::wanted(wanted, name)),
        ("block", Value::from(block)),
    ])
}

fn at_page(scope: &Value, page: usize, next: &Value) -> Value {
    let outer = |name| scope.get_attr(name).unwrap_or_default();
    Value::from_pairs([
        ("wanted", outer("wanted")),
        ("block", outer("block")),
        ("page", Value::from(page)),
        ("next", next.clone()),
    ])
}
