//! What every page has around it: title, navigation, who is signed in, notices.

use super::assets;
use super::visitor::Visitor;
use super::words;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use usher_domain::actor::Role;

/// The parts of a page that are not its own.
pub(super) struct Frame {
    /// What the page is: its `<title>` and first heading. No personal data.
    pub(super) title: String,
    /// Who is signed in, by name and role.
    pub(super) who: Option<Who>,
    /// Said once, after something was done.
    pub(super) notice: Option<String>,
    /// Whether the form on it was refused: the title says so first.
    pub(super) is_refused: bool,
    /// Whether it is the wide layout of tables and boards.
    pub(super) is_wide: bool,
    /// Path of the icon.
    pub(super) icon: &'static str,
    /// Paths of the stylesheets.
    pub(super) styles: &'static [&'static str],
    /// Paths of the scripts.
    pub(super) scripts: &'static [&'static str],
}

/// Who is signed in, and where they can go.
pub(super) struct Who {
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) is_persona: bool,
    pub(super) sections: Vec<Section>,
}

/// An entry of the navigation.
pub(super) struct Section {
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) is_current: bool,
}

impl Frame {
    /// A page of a visitor.
    pub(super) async fn of(visitor: &Visitor, title: impl Into<String>) -> Self {
        let role = visitor.actor.role;
        let is_under = |path: &str| {
            let rest = visitor.path.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // A section may stand under another one's path.
        let paths = sections(role).iter().map(|(path, _)| *path);
        let current = paths
            .filter(|path| is_under(path))
            .max_by_key(|path| path.len());
        let section = |(path, label): &(&'static str, &'static str)| Section {
            path,
            label,
            is_current: current == Some(*path),
        };
        let person = visitor.actor.person.as_ref();
        Self {
            who: Some(Who {
                name: person.map_or_else(String::new, |person| person.name.clone()),
                role: words::role(role),
                is_persona: visitor.is_persona,
                sections: sections(role).iter().map(section).collect(),
            }),
            notice: visitor.take_notice().await,
            ..Self::bare(title)
        }
    }

    /// A page of nobody in particular.
    pub(super) fn bare(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            who: None,
            notice: None,
            is_refused: false,
            is_wide: false,
            icon: assets::icon(),
            styles: assets::styles(),
            scripts: assets::scripts(),
        }
    }

    /// As the page of a form that was refused.
    #[must_use]
    pub(super) fn refused(mut self, is_refused: bool) -> Self {
        self.is_refused = is_refused;
        self
    }

    /// In the wide layout.
    #[must_use]
    pub(super) fn wide(mut self) -> Self {
        self.is_wide = true;
        self
    }
}

/// Where each role can go; the first is its home.
const fn sections(role: Role) -> &'static [(&'static str, &'static str)] {
    match role {
        Role::Officer => &[
            ("/hearings", "Hearings"),
            ("/cases", "Cases"),
            ("/ask", "Ask"),
            ("/alerts", "Alerts"),
            ("/search", "Search"),
        ],
        Role::Manager => &[
            ("/outstanding", "Outstanding"),
            ("/reports", "Reports"),
            ("/hearings", "Hearings"),
            ("/cases", "Cases"),
            ("/alerts", "Alerts"),
            ("/search", "Search"),
        ],
        Role::Adapter => &[
            ("/desk", "Queue"),
            ("/desk/alerts", "Alerts"),
            ("/desk/figures", "Your figures"),
        ],
        Role::Operator => &[
            ("/board", "Overdue"),
            ("/unroutable", "Unroutable"),
            ("/responders", "Responders"),
            ("/reports", "Reports"),
            ("/search", "Search"),
        ],
        Role::Inspector => &[
            ("/reports", "Reports"),
            ("/board", "Overdue"),
            ("/responders", "Responders"),
            ("/search", "Search"),
        ],
        Role::Clock => &[],
    }
}

/// The first page of a role.
pub(super) fn home(role: Role) -> &'static str {
    sections(role).first().map_or("/help", |(path, _)| path)
}

/// The page, with 200.
pub(super) fn show(page: &impl Template) -> Response {
    show_with(StatusCode::OK, page)
}

/// The page of a form: 422 where it was refused.
pub(super) fn show_form(page: &impl Template, is_refused: bool) -> Response {
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    show_with(if is_refused { refused } else { StatusCode::OK }, page)
}

/// The page, with `status`.
pub(super) fn show_with(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a page cannot be written"
            );
            let text = "Sorry, there is a problem with the service. Go back and try again.\n";
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

/// On to another page after something was done: a reload there does nothing again.
pub(super) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}
