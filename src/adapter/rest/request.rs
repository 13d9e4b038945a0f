//! A request as the configuration writes it: an address that is fixed, and expressions for what changes.

use super::http::Http;
use crate::adapter::connector::Trouble;
use crate::adapter::mapping::{Expression, Fault, Page, Written, json};
use minijinja::value::{Value, ValueKind};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// How something is asked.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// With a body, which no log of addresses keeps.
    #[default]
    Post,
    /// With a query alone. Proxies and servers write it into their logs.
    Get,
}

/// What the configuration writes of a request.
pub(super) struct Parts<'a> {
    pub(super) method: Method,
    pub(super) path: &'a Spanned<String>,
    pub(super) query: &'a BTreeMap<String, Written>,
    pub(super) headers: &'a BTreeMap<String, Written>,
    pub(super) body: Option<&'a Written>,
}

/// A request, compiled.
pub(super) struct Template {
    method: Method,
    url: Url,
    query: Vec<(String, Expression)>,
    headers: Vec<(HeaderName, Expression)>,
    body: Option<Expression>,
}

/// A request for one person. No `Debug`: it holds who is wanted.
#[derive(PartialEq)]
pub(super) struct Request {
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<serde_json::Value>,
}

impl Template {
    pub(super) fn compile(
        parts: &Parts<'_>,
        names: &[&str],
        http: &Http,
        page: &Page,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let url = http
            .address(parts.path, page)
            .map_err(|fault| vec![fault])?;
        let mut expression = |written: &Written| {
            let compiled = Expression::compile(written, names, page);
            compiled.map_err(|fault| faults.push(fault)).ok()
        };
        let query = parts
            .query
            .iter()
            .filter_map(|(name, written)| Some((name.clone(), expression(written)?)));
        let query = query.collect();
        let body = parts.body.and_then(&mut expression);
        let mut headers = Vec::new();
        for (name, written) in parts.headers {
            headers.extend(expression(written).map(|expression| (name, expression)));
        }
        let mut named = Vec::new();
        for (name, expression) in headers {
            match name.parse() {
                Ok(name) => named.push((name, expression)),
                Err(_) => {
                    faults.push(expression.fault("not the name of a header", "correct the name"));
                }
            }
        }
        if matches!(parts.method, Method::Get) && parts.body.is_some() {
            faults.push(page.fault(
                parts.path.span().start,
                "a body of a request that has none",
                "say `query`, or leave `method` out",
            ));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            method: parts.method,
            url,
            query,
            headers: named,
            body,
        })
    }

    /// Whether one of its expressions names `path`.
    pub(super) fn names(&self, path: &str) -> bool {
        self.expressions().any(|expression| expression.names(path))
    }

    /// Whether one of its expressions may read `path`.
    pub(super) fn may_read(&self, path: &str) -> bool {
        self.expressions()
            .any(|expression| expression.may_read(path))
    }

    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let query = self.query.iter().map(|(_, expression)| expression);
        let headers = self.headers.iter().map(|(_, expression)| expression);
        query.chain(headers).chain(&self.body)
    }

    /// The request for `scope`. What is `none` in query and headers is left out.
    pub(super) fn fill(&self, scope: &Value) -> Result<Request, Fault> {
        let mut request = Request {
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
        };
        for (name, expression) in &self.query {
            let text = text(expression, scope)?;
            request.query.extend(text.map(|text| (name.clone(), text)));
        }
        for (name, expression) in &self.headers {
            if let Some(text) = text(expression, scope)? {
                let mut value = HeaderValue::from_str(&text).map_err(|_| {
                    expression.fault("a text that no header can carry", "send it in the body")
                })?;
                value.set_sensitive(true);
                request.headers.insert(name, value);
            }
        }
        if let Some(expression) = &self.body {
            let body = json(&expression.eval(scope)?);
            let body = body.ok_or_else(|| {
                let what = "a part of it that is not there, or that has no form in JSON";
                expression.fault(what, "correct the name")
            })?;
            request.body = Some(body);
        }
        Ok(request)
    }

    /// Sends `request`, and reads the answer.
    pub(super) async fn send(
        &self,
        http: &Http,
        request: &Request,
    ) -> Result<serde_json::Value, Trouble> {
        http.ask(|client| self.build(client, request)).await
    }

    fn build(&self, client: &Client, request: &Request) -> RequestBuilder {
        let mut built = match self.method {
            Method::Post => client.post(self.url.clone()),
            Method::Get => client.get(self.url.clone()),
        };
        if !request.query.is_empty() {
            built = built.query(&request.query);
        }
        if let Some(body) = &request.body {
            built = built.body(body.to_string());
            if !request.headers.contains_key(CONTENT_TYPE) {
                built = built.header(CONTENT_TYPE, "application/json");
            }
        }
        built.headers(request.headers.clone())
    }
}

fn text(expression: &Expression, scope: &Value) -> Result<Option<String>, Fault> {
    let value = expression.eval(scope)?;
    match value.kind() {
        ValueKind::None => Ok(None),
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(Some(value.to_string())),
        _ => Err(expression.fault("neither text nor a number", "send a list in the body")),
    }
}
