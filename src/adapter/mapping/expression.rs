//! The language of mappings: minijinja's expressions, with fuel, where a name that is not there is a fault and never an empty text.

use super::codes;
use super::fault::{Fault, Page};
use jiff::civil::Date;
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use std::sync::LazyLock;
use toml::Spanned;

/// What one evaluation may spend: instructions, and bytes by the hundred. A usual expression spends less than 100.
pub const FUEL_PER_EVALUATION: u64 = 20_000;
/// How deep lists and objects may lie in each other where a value becomes JSON.
const DEPTH_MAX: u32 = 32;

/// The one environment: it holds the language and no data, so that compiled expressions last as long as the program.
static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(language);

/// Tests of minijinja's that answer even for what is undefined, and that no mapping needs. Those it needs are made anew below.
const TESTS_REMOVED: [&str; 27] = [
    "odd",
    "even",
    "divisibleby",
    "integer",
    "int",
    "float",
    "iterable",
    "startingwith",
    "endingwith",
    "lower",
    "upper",
    "sameas",
    "lt",
    "lessthan",
    "<",
    "le",
    "<=",
    "gt",
    "greaterthan",
    ">",
    "ge",
    ">=",
    "==",
    "!=",
    "safe",
    "escaped",
    "filter",
];

/// Filters of minijinja's that pass over what is undefined in a list, or that no mapping needs.
const FILTERS_REMOVED: [&str; 23] = [
    "selectattr",
    "rejectattr",
    "select",
    "reject",
    "sort",
    "unique",
    "sum",
    "batch",
    "slice",
    "chain",
    "zip",
    "groupby",
    "dictsort",
    "tojson",
    "pprint",
    "safe",
    "escape",
    "e",
    "title",
    "capitalize",
    "indent",
    "format",
    "count",
];

fn language() -> Environment<'static> {
    let mut language = Environment::new();
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL_PER_EVALUATION));
    // Debug information would copy the values at hand into errors.
    language.set_debug(false);
    language.add_filter("date", date);
    language.add_filter("code", codes::code);
    language.add_filter("join", join);
    language.add_filter("where", only);
    language.add_filter("min", |list: &Value| {
        Ok::<_, Error>(items(list)?.into_iter().min())
    });
    language.add_filter("max", |list: &Value| {
        Ok::<_, Error>(items(list)?.into_iter().max())
    });
    for name in FILTERS_REMOVED {
        language.remove_filter(name);
    }
    for name in TESTS_REMOVED {
        language.remove_test(name);
    }
    language.add_test("none", |value: &Value| defined(value).map(Value::is_none));
    for (name, kind) in [
        ("string", ValueKind::String),
        ("number", ValueKind::Number),
        ("boolean", ValueKind::Bool),
        ("mapping", ValueKind::Map),
        ("sequence", ValueKind::Seq),
    ] {
        language.add_test(name, move |value: &Value| {
            defined(value).map(|value| value.kind() == kind)
        });
    }
    for (name, wanted) in [("true", true), ("false", false)] {
        language.add_test(name, move |value: &Value| {
            defined(value).map(|value| *value == Value::from(wanted))
        });
    }
    for name in ["eq", "equalto"] {
        language.add_test(name, |value: &Value, other: &Value| {
            Ok::<bool, Error>(defined(value)? == defined(other)?)
        });
    }
    language.add_test("ne", |value: &Value, other: &Value| {
        Ok::<bool, Error>(defined(value)? != defined(other)?)
    });
    language.add_test("in", |value: &Value, list: &Value| {
        let value = defined(value)?;
        Ok::<bool, Error>(list.try_iter()?.any(|other| other == *value))
    });
    language
}

/// What is in a list, without `none` and empty text.
fn items(list: &Value) -> Result<Vec<Value>, Error> {
    let mut items = Vec::new();
    for item in defined(list)?.try_iter()? {
        defined(&item)?;
        if !item.is_none() && item.as_str() != Some("") {
            items.push(item);
        }
    }
    Ok(items)
}

/// The filter `where(name, value)`: the objects of a list whose field `name` is `value`; each of them must have it.
fn only(list: &Value, name: &str, wanted: &Value) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    for item in items(list)? {
        if *defined(&item.get_attr(name)?)? == *defined(wanted)? {
            found.push(item);
        }
    }
    Ok(found)
}

/// The filter `join(between)`: what is in a list, as one text; `none` and empty text leave no gap.
fn join(list: &Value, between: Option<&str>) -> Result<String, Error> {
    let texts: Vec<String> = items(list)?.iter().map(Value::to_string).collect();
    Ok(texts.join(between.unwrap_or_default()))
}

fn defined(value: &Value) -> Result<&Value, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    Ok(value)
}

/// The filter `date(format)`: a date in the system's form becomes `YYYY-MM-DD`; nothing stays nothing.
fn date(value: &Value, format: Option<&str>) -> Result<Value, Error> {
    let written = match value.kind() {
        ValueKind::Undefined => return Err(ErrorKind::UndefinedError.into()),
        ValueKind::None => return Ok(Value::from(())),
        ValueKind::String | ValueKind::Number => value.to_string(),
        _ => {
            return Err(refused(
                "a date that is neither text nor a number",
                DATE_REMEDY,
            ));
        }
    };
    let format = format.unwrap_or("%Y-%m-%d");
    if format.contains("%y") {
        return Err(refused(
            "a year of two figures, whose century would be a guess",
            DATE_REMEDY,
        ));
    }
    match written.trim() {
        "" => Ok(Value::from(())),
        written => match Date::strptime(format, written) {
            Ok(date) if (1..=9_999).contains(&date.year()) => Ok(Value::from(date.to_string())),
            _ => Err(refused("a date that does not fit its format", DATE_REMEDY)),
        },
    }
}

const DATE_REMEDY: &str = "correct the format, as in date('%d/%m/%Y'), or the system";

/// Why a filter of ours refuses a value: words of ours, which minijinja's own errors are not.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(super) struct Refused {
    what: &'static str,
    remedy: &'static str,
}

/// A refusal of a filter of ours.
pub(super) fn refused(what: &'static str, remedy: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, what).with_source(Refused { what, remedy })
}

fn refusal(error: &Error) -> Option<&Refused> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref())
}

/// A compiled expression of a configuration, which knows where it stands.
pub struct Expression {
    compiled: minijinja::Expression<'static, 'static>,
    page: Page,
    /// Where its text begins in the file; the opening quotation mark where escapes hide the place.
    start: usize,
    /// Whether every byte of it stands in the file as it is.
    plain: bool,
}

impl Expression {
    /// Compiles `source` of `page`, which may use `names`.
    ///
    /// # Errors
    /// What cannot be parsed, or uses another name.
    pub fn compile(source: &Spanned<String>, names: &[&str], page: &Page) -> Result<Self, Fault> {
        let text = source.get_ref();
        let (start, plain) = place(page, source);
        let fault = |range: Option<std::ops::Range<usize>>, what: String, remedy: String| {
            let at = range.filter(|_| plain).map_or(0, |range| range.start);
            page.fault(start + at, what, remedy)
        };
        let compiled = LANGUAGE
            .compile_expression_owned(text.clone())
            .map_err(|error| {
                fault(
                    error.range(),
                    words(&error).into(),
                    SYNTAX_REMEDY.to_owned(),
                )
            })?;
        let mut unknown: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
        unknown.retain(|name| !names.contains(&name.as_str()));
        unknown.sort();
        if let Some(name) = unknown.first() {
            let at = text.find(name.as_str()).unwrap_or_default();
            let remedy = format!("use one of: {}", names.join(", "));
            return Err(fault(
                Some(at..at),
                format!("no name `{name}` here"),
                remedy,
            ));
        }
        Ok(Self {
            compiled,
            page: page.clone(),
            start,
            plain,
        })
    }

    /// Evaluates it. What comes out is never undefined, not even a part of it that [`json`] reaches.
    ///
    /// # Errors
    /// Where it cannot be evaluated; the fault holds nothing of `scope`.
    pub fn eval(&self, scope: &Value) -> Result<Value, Fault> {
        let value = self.compiled.eval(scope.clone()).map_err(|error| {
            let at = error.range().filter(|_| self.plain);
            let at = self.start + at.map_or(0, |range| range.start);
            self.page.fault(at, words(&error), remedy(&error))
        })?;
        if value.is_undefined() || value.kind() == ValueKind::Invalid {
            return Err(self.fault(UNDEFINED, UNDEFINED_REMEDY));
        }
        Ok(value)
    }

    /// A fault of its result.
    pub fn fault(&self, what: &str, remedy: &str) -> Fault {
        self.page.fault(self.start, what, remedy)
    }

    /// Whether it names `path`, such as `wanted.family`.
    pub fn names(&self, path: &str) -> bool {
        self.compiled.undeclared_variables(true).contains(path)
    }

    /// Whether it may read `path`: names it, a part of it, or what it is a part of.
    pub fn may_read(&self, path: &str) -> bool {
        let within = |part: &str, whole: &str| {
            part.strip_prefix(whole)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let mut named = self.compiled.undeclared_variables(true).into_iter();
        named.any(|named| within(&named, path) || within(path, &named))
    }
}

const UNDEFINED: &str = "something that is not there";
const UNDEFINED_REMEDY: &str =
    "correct the name, or say `| default(none)` where it may really be missing";
const SYNTAX_REMEDY: &str = "correct the expression";

/// Where the text of `source` begins in the file, and whether it stands there without escapes.
fn place(page: &Page, source: &Spanned<String>) -> (usize, bool) {
    let span = source.span();
    let raw = page.slice(&span);
    for (opening, closing) in [
        ("'''\r\n", "'''"),
        ("\"\"\"\r\n", "\"\"\""),
        ("'''\n", "'''"),
        ("\"\"\"\n", "\"\"\""),
        ("'''", "'''"),
        ("\"\"\"", "\"\"\""),
        ("'", "'"),
        ("\"", "\""),
    ] {
        let inner = raw
            .strip_prefix(opening)
            .and_then(|rest| rest.strip_suffix(closing));
        if inner.is_some_and(|inner| inner == source.get_ref()) {
            return (span.start + opening.len(), true);
        }
    }
    (span.start, false)
}

/// What is wrong, in words that hold no value: minijinja's details may.
fn words(error: &Error) -> &'static str {
    if let Some(refused) = refusal(error) {
        return refused.what;
    }
    match error.kind() {
        ErrorKind::SyntaxError => "not an expression",
        ErrorKind::BadEscape => "an escape that there is not",
        ErrorKind::UnknownFilter => "no filter of this name",
        ErrorKind::UnknownTest => "no test of this name",
        ErrorKind::UnknownFunction => "no function of this name",
        ErrorKind::UnknownMethod => "no method of this name",
        ErrorKind::MissingArgument => "an argument is missing",
        ErrorKind::TooManyArguments => "too many arguments",
        ErrorKind::UndefinedError => UNDEFINED,
        ErrorKind::OutOfFuel => "more work than one expression may do",
        _ => "a value of the wrong kind",
    }
}

fn remedy(error: &Error) -> &'static str {
    if let Some(refused) = refusal(error) {
        return refused.remedy;
    }
    match error.kind() {
        ErrorKind::UndefinedError => UNDEFINED_REMEDY,
        ErrorKind::OutOfFuel => "say it simpler, or let the system say it",
        _ => SYNTAX_REMEDY,
    }
}

/// JSON as expressions see it.
pub fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(is) => Value::from(*is),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(number.as_f64()),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(value).collect(),
        serde_json::Value::Object(fields) => Value::from_pairs(
            fields
                .iter()
                .map(|(name, field)| (name.as_str(), value(field))),
        ),
    }
}

/// What an expression came to, as JSON; `None` where a part of it is undefined or has no form in JSON.
pub fn json(value: &Value) -> Option<serde_json::Value> {
    json_within(value, DEPTH_MAX)
}

fn json_within(value: &Value, depth: u32) -> Option<serde_json::Value> {
    let depth = depth.checked_sub(1)?;
    Some(match value.kind() {
        ValueKind::None => serde_json::Value::Null,
        ValueKind::Bool => value.is_true().into(),
        ValueKind::Number => match value.as_i64() {
            Some(number) => number.into(),
            None => serde_json::Number::from_f64(f64::try_from(value.clone()).ok()?)?.into(),
        },
        ValueKind::String => value.as_str()?.into(),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().ok()?.map(|item| json_within(&item, depth));
            serde_json::Value::Array(items.collect::<Option<_>>()?)
        }
        ValueKind::Map => {
            let fields = value.try_iter().ok()?.map(|name| {
                let field = json_within(&value.get_item(&name).ok()?, depth)?;
                Some((name.as_str()?.to_owned(), field))
            });
            serde_json::Value::Object(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
