//! Reading one value: what an expression came to, as what it must be.

use super::codes::Words;
use super::expression::Expression;
use super::fault::{Fault, Page};
use jiff::civil::Date;
use minijinja::value::{Value, ValueKind};

/// A compiled expression; without one the value is `none`.
pub(super) struct Term {
    expression: Option<Expression>,
    page: Page,
}

/// Characters of a date.
const DATE_CHARS_MAX: usize = 10;

impl Term {
    /// `expression` of `page`.
    pub(super) fn new(expression: Option<Expression>, page: &Page) -> Self {
        Self {
            expression,
            page: page.clone(),
        }
    }

    /// Whether the configuration leaves it out.
    pub(super) fn is_absent(&self) -> bool {
        self.expression.is_none()
    }

    fn eval(&self, scope: &Value) -> Result<Value, Fault> {
        self.expression
            .as_ref()
            .map_or_else(|| Ok(Value::from(())), |expression| expression.eval(scope))
    }

    /// A list; empty for `none`.
    pub(super) fn list(&self, scope: &Value) -> Result<Vec<Value>, Fault> {
        let value = self.eval(scope)?;
        match (value.kind(), value.try_iter()) {
            (ValueKind::None, _) => Ok(Vec::new()),
            (ValueKind::Seq | ValueKind::Iterable, Ok(items)) => Ok(items.collect()),
            _ => Err(self.fault("not a list", "map a list")),
        }
    }

    /// Text without spaces around it; a number as it is written; empty for `none`.
    pub(super) fn text(&self, scope: &Value, chars_max: usize) -> Result<String, Fault> {
        self.as_text(&self.eval(scope)?, chars_max)
    }

    fn as_text(&self, value: &Value, chars_max: usize) -> Result<String, Fault> {
        let text = match value.kind() {
            ValueKind::None => String::new(),
            ValueKind::String | ValueKind::Number => value.to_string().trim().to_owned(),
            _ => return Err(self.fault("neither text nor a number", "map one of them")),
        };
        if text.chars().count() > chars_max {
            let what = format!("more than {chars_max} characters");
            return Err(self.fault(&what, "map something shorter"));
        }
        Ok(text)
    }

    /// A list of texts, or one.
    pub(super) fn texts(&self, scope: &Value, chars_max: usize) -> Result<Vec<String>, Fault> {
        let value = self.eval(scope)?;
        match value.kind() {
            ValueKind::None => Ok(Vec::new()),
            ValueKind::Seq => {
                let items = value.try_iter().into_iter().flatten();
                items.map(|item| self.as_text(&item, chars_max)).collect()
            }
            _ => Ok(vec![self.as_text(&value, chars_max)?]),
        }
    }

    /// A date as `YYYY-MM-DD`.
    pub(super) fn date(&self, scope: &Value) -> Result<Option<Date>, Fault> {
        match self.text(scope, DATE_CHARS_MAX)?.as_str() {
            "" => Ok(None),
            text => Date::strptime("%Y-%m-%d", text).map(Some).map_err(|_| {
                let remedy = "say its form, as in `| date('%d/%m/%Y')`";
                self.fault("not a date of the form YYYY-MM-DD", remedy)
            }),
        }
    }

    /// True or false; nothing where it is `none`.
    pub(super) fn flag(&self, scope: &Value) -> Result<Option<bool>, Fault> {
        let value = self.eval(scope)?;
        match value.kind() {
            ValueKind::None => Ok(None),
            ValueKind::Bool => Ok(Some(value.is_true())),
            _ => Err(self.fault(
                "neither true nor false",
                "compare it, as in `row.open == 'Y'`",
            )),
        }
    }

    /// A count.
    pub(super) fn count(&self, scope: &Value) -> Result<Option<u32>, Fault> {
        let value = self.eval(scope)?;
        match value.kind() {
            ValueKind::None => Ok(None),
            _ => match value.as_i64().and_then(|count| u32::try_from(count).ok()) {
                Some(count) if value.is_integer() => Ok(Some(count)),
                _ => Err(self.fault("not a count", "map a whole number, as in `row.count | int`")),
            },
        }
    }

    /// The meaning of a word of a standard set.
    pub(super) fn word<T: Words>(&self, word: &str) -> Result<T, Fault> {
        T::read(word).ok_or_else(|| {
            let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
            let remedy = format!("use `| code('...')`, or one of: {}", words.join(", "));
            self.fault("not a word of the standard set", &remedy)
        })
    }

    /// A fault of this value.
    pub(super) fn fault(&self, what: &str, remedy: &str) -> Fault {
        match &self.expression {
            Some(expression) => expression.fault(what, remedy),
            None => self.page.fault(0, what, remedy),
        }
    }
}
