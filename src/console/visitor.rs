//! Who visits: nobody gets to a page but signed in, with a role that has it.

use super::Console;
use super::form::FORM_BYTES_MAX;
use super::problem::Problem;
use super::session::{self, Draft, Known};
use super::sign_in;
use crate::clock::{Clock as _, SystemClock};
use axum::body::to_bytes;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::str::FromStr;
use tower_sessions::Session;
use usher_domain::actor::{Actor, Role};

/// Who visits a page, and as what.
#[derive(Clone)]
pub(super) struct Visitor {
    /// As the broker knows them.
    pub(super) actor: Actor,
    /// Whether they chose a persona.
    pub(super) is_persona: bool,
    /// The path of the page.
    pub(super) path: String,
    subject: String,
    session: Session,
}

impl Visitor {
    /// What is to be said on this page; nothing where the session cannot be read, which the next page tells.
    pub(super) async fn take_notice(&self) -> Option<String> {
        session::take_notice(&self.session)
            .await
            .unwrap_or_default()
    }

    /// Says `notice` on the next page: in words that name nobody.
    pub(super) async fn tell(&self, notice: &str) -> Result<(), Problem> {
        Ok(session::tell(&self.session, notice).await?)
    }

    /// What they had typed at `path` when their session ended.
    pub(super) async fn take_draft(&self, path: &str) -> Option<String> {
        session::take_draft(&self.session, &self.subject, path)
            .await
            .unwrap_or_default()
    }

    /// As somebody who acts in the name of the person who signed in.
    pub(super) fn person(&self) -> usher_domain::actor::Person {
        self.actor.person.clone().unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only pages that stand behind `admit` ask.
        parts.extensions.get().cloned().ok_or(Problem::NotPermitted)
    }
}

/// Lets whoever is signed in with one of `roles` through to a page, and everybody else to sign-in or to a refusal.
pub(super) async fn admit(
    State((console, roles)): State<(Console, &'static [Role])>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let now = SystemClock.now();
    let known = match session::known(&session).await {
        Ok(known) => known,
        Err(error) => return Problem::from(error).into_response(),
    };
    let Some(mut known) = known else {
        return to_sign_in(&request, sign_in::PATH);
    };
    if known.is_over(&console.settings, now) {
        return signed_out(&session, &known, request).await;
    }
    let Some(actor) = acting(&console, &known) else {
        return if console.groups.actors(&known.groups, &known.person()).len() > 1 {
            to_sign_in(&request, sign_in::CHOOSE)
        } else {
            Problem::NotPermitted.into_response()
        };
    };
    if !roles.contains(&actor.role) {
        return Problem::NotPermitted.into_response();
    }
    let path = request.uri().path().to_owned();
    // A page that only lies open does not keep its person signed in, but for the board: it hangs on a wall, and has no personal data.
    let is_used = !path.ends_with("/live") || path == super::BOARD_LIVE;
    if let (true, Err(error)) = (is_used, known.touch(&session, &console.settings, now).await) {
        return Problem::from(error).into_response();
    }
    request.extensions_mut().insert(Visitor {
        actor,
        is_persona: known.is_persona,
        path,
        subject: known.subject,
        session,
    });
    next.run(request).await
}

/// What `known` acts as: the role that they chose among theirs, or their only one.
pub(super) fn acting(console: &Console, known: &Known) -> Option<Actor> {
    let mut actors = console.groups.actors(&known.groups, &known.person());
    if actors.len() == 1 {
        return actors.pop();
    }
    let chosen = known.role.as_deref()?;
    actors.into_iter().find(|actor| actor.role.name() == chosen)
}

/// Their session is over. What they were sending is kept until they have signed in again.
async fn signed_out(session: &Session, known: &Known, request: Request) -> Response {
    let answer = to_sign_in(&request, sign_in::PATH);
    if request.method() == Method::POST && !is_piece(&request) {
        let path = request.uri().path().to_owned();
        let body = to_bytes(request.into_body(), FORM_BYTES_MAX).await;
        let body = body
            .ok()
            .and_then(|body| String::from_utf8(body.into()).ok());
        if let Some(body) = body {
            let subject = known.subject.clone();
            let draft = Draft {
                path,
                body,
                subject,
            };
            if let Err(error) = session::keep_draft(session, draft).await {
                return Problem::from(error).into_response();
            }
        }
    }
    answer
}

/// Whether a script asks, for a piece of a page.
pub(super) fn is_piece(request: &Request) -> bool {
    let says = |name: &str, value: &[u8]| {
        let header = request.headers().get(name);
        header.is_some_and(|header| header.as_bytes().starts_with(value))
    };
    says("accept", b"text/event-stream") || says("sec-fetch-dest", b"empty")
}

/// To the page `at` of sign-in, and from there back. A piece of a page is told instead: it cannot sign in.
fn to_sign_in(request: &Request, at: &str) -> Response {
    if is_piece(request) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let uri = request.uri();
    let wanted = uri.path_and_query().map_or(uri.path(), |all| all.as_str());
    // Of an address that is too long or odd to go back to, the page alone.
    let wanted = Some(wanted).filter(|wanted| sign_in::is_ours(wanted));
    super::frame::go(&sign_in::with_return(at, wanted.unwrap_or(uri.path())))
}

/// What the path of a page names: all of its parts, as people and records write them.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = Path::<Vec<String>>::from_request_parts(parts, state).await;
        let Path(named) = named.map_err(|_| Problem::NotFound)?;
        named
            .join("/")
            .parse()
            .map(Self)
            .map_err(|_| Problem::NotFound)
    }
}
