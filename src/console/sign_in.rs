//! Signing in and out: by an identity provider, or by choosing a persona where that is all there is to prove.

use super::form::Form;
use super::frame::{Frame, go, home, show, show_form};
use super::oidc::Pending;
use super::problem::Problem;
use super::session::{self, Known};
use super::visitor::acting;
use super::{Console, SignIn};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use tower_sessions::Session;
use usher_domain::actor::{Actor, Person};

/// Where people sign in.
pub(super) const PATH: &str = "/sign-in";
/// Where they are sent on to the identity provider from: a link, since browsers hold a form to this site, redirects and all.
const START: &str = "/sign-in/start";
/// Where those with several roles choose one.
pub(super) const CHOOSE: &str = "/sign-in/role";
/// Where the identity provider sends browsers back to.
pub(super) const CALLBACK: &str = "/sign-in/callback";
/// Where the identity provider tells that somebody has signed out elsewhere.
pub(super) const SIGNED_OUT_ELSEWHERE: &str = "/sign-out/back-channel";

/// Somebody whom people may choose to be, where nobody proves anything.
#[derive(Clone)]
pub struct Persona {
    /// The group in the table that they are in.
    pub group: String,
    /// Their name and post.
    pub person: Person,
    /// What they do, in a sentence.
    pub about: String,
}

/// Where to go on after signing in.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Return {
    #[serde(rename = "return")]
    path: String,
}

/// `at`, from where to go on to `path`.
pub(super) fn with_return(at: &str, path: &str) -> String {
    let head = format!("{at}?");
    let length = head.len();
    let mut query = form_urlencoded::Serializer::for_suffix(head, length);
    query.append_pair("return", path).finish()
}

/// The longest address that signing in goes back to, in bytes: a board of every court.
const RETURN_BYTES_MAX: usize = 4 * 1_024;

/// Whether `address` is a page of ours, with a query or without, and not an address of somebody else's.
pub(super) fn is_ours(address: &str) -> bool {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let of_query = |byte: u8| plain(byte) || b"%+&=*:,".contains(&byte);
    address.len() <= RETURN_BYTES_MAX
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(plain)
        && query.bytes().all(of_query)
}

/// Signing in needs nobody signed in.
pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(PATH, get(begin).post(choose_persona))
        .route(START, get(start))
        .route(CALLBACK, get(callback))
        .route(CHOOSE, get(choices).post(choose))
        .route("/sign-out", get(ask_sign_out).post(sign_out))
        .route(SIGNED_OUT_ELSEWHERE, post(super::back_channel::receive))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    form: Form,
    /// Where the link to the identity provider leads.
    start: String,
    /// Each with the id of its field: the first has the name's own, so that the summary of errors leads to it.
    personas: Vec<(String, Persona)>,
    /// Whether an earlier session has ended.
    has_ended: bool,
}

async fn begin(
    State(console): State<Console>,
    session: Session,
    Query(Return { path }): Query<Return>,
) -> Result<Response, Problem> {
    let mut form = Form::default();
    form.set("return", &path);
    page(&console, &session, form).await
}

async fn page(console: &Console, session: &Session, form: Form) -> Result<Response, Problem> {
    let is_refused = !form.is_sound();
    let personas = match &console.sign_in {
        SignIn::Personas(personas) => personas.as_slice(),
        SignIn::Oidc(_) => &[],
    };
    let numbered = (1_usize..).zip(personas);
    let personas = numbered.map(|(number, one)| match number {
        1 => ("persona".into(), one.clone()),
        _ => (format!("persona-{number}"), one.clone()),
    });
    let page = Page {
        frame: Frame::bare("Sign in").refused(is_refused),
        start: with_return(START, form.value("return")),
        form,
        personas: personas.collect(),
        has_ended: session::known(session).await?.is_some(),
    };
    Ok(show_form(&page, is_refused))
}

async fn choose_persona(
    State(console): State<Console>,
    session: Session,
    mut form: Form,
) -> Result<Response, Problem> {
    let SignIn::Personas(personas) = &console.sign_in else {
        return Err(Problem::NotFound);
    };
    let chosen = personas.iter().find(|one| form.has("persona", &one.group));
    let Some(Persona { group, person, .. }) = chosen else {
        form.fail("persona", "Choose whom to sign in as");
        return page(&console, &session, form).await;
    };
    let mut known = Known::new(group.clone(), person.clone(), vec![group.clone()]);
    known.is_persona = true;
    enter(&console, &session, known, form.value("return")).await
}

async fn start(
    State(console): State<Console>,
    session: Session,
    Query(Return { path }): Query<Return>,
) -> Result<Response, Problem> {
    let SignIn::Oidc(oidc) = &console.sign_in else {
        return Err(Problem::NotFound);
    };
    let (address, pending) = oidc.start(&path).await?;
    session::keep_pending(&session, &pending).await?;
    Ok(go(&address))
}

/// What the identity provider sends a browser back with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Callback {
    pub(super) code: String,
    pub(super) state: String,
    pub(super) error: String,
}

async fn callback(
    State(console): State<Console>,
    session: Session,
    Query(callback): Query<Callback>,
) -> Result<Response, Problem> {
    let SignIn::Oidc(oidc) = &console.sign_in else {
        return Err(Problem::NotFound);
    };
    let pending: Option<Pending> = session::take_pending(&session).await?;
    let pending = pending.ok_or(Problem::SignIn("You took too long, or came here twice."))?;
    let path = pending.path.clone();
    let known = oidc.finish(callback, pending).await?;
    enter(&console, &session, known, &path).await
}

/// Signs `known` in and goes on to `path`, or to where they choose a role.
async fn enter(
    console: &Console,
    session: &Session,
    known: Known,
    path: &str,
) -> Result<Response, Problem> {
    session::begin(session, &known).await?;
    match acting(console, &known) {
        Some(actor) => Ok(go(&onward(&actor, path))),
        None if !roles(console, &known).is_empty() => Ok(go(&with_return(CHOOSE, path))),
        None => {
            session.flush().await?;
            Err(Problem::NotPermitted)
        }
    }
}

fn onward(actor: &Actor, path: &str) -> String {
    let wanted = is_ours(path) && path != "/" && !path.starts_with("/sign-");
    if wanted { path } else { home(actor.role) }.into()
}

fn roles(console: &Console, known: &Known) -> Vec<Actor> {
    console.groups.actors(&known.groups, &known.person())
}

#[derive(Template)]
#[template(path = "role.html")]
struct Choices {
    frame: Frame,
    form: Form,
    roles: Vec<(&'static str, &'static str)>,
}

async fn choices(
    State(console): State<Console>,
    session: Session,
    Query(Return { path }): Query<Return>,
) -> Result<Response, Problem> {
    let mut form = Form::default();
    form.set("return", &path);
    choices_page(&console, &session, form).await
}

async fn choices_page(
    console: &Console,
    session: &Session,
    form: Form,
) -> Result<Response, Problem> {
    let Some(known) = session::known(session).await? else {
        return Ok(go(&with_return(PATH, form.value("return"))));
    };
    let is_refused = !form.is_sound();
    let actors = roles(console, &known);
    let page = Choices {
        frame: Frame::bare("Choose your role").refused(is_refused),
        form,
        roles: actors
            .iter()
            .map(|actor| (actor.role.name(), super::words::role(actor.role)))
            .collect(),
    };
    Ok(show_form(&page, is_refused))
}

async fn choose(
    State(console): State<Console>,
    session: Session,
    mut form: Form,
) -> Result<Response, Problem> {
    let Some(mut known) = session::known(&session).await? else {
        return Ok(go(&with_return(PATH, form.value("return"))));
    };
    let actors = roles(&console, &known);
    let chosen = actors
        .iter()
        .find(|actor| form.has("role", actor.role.name()));
    let Some(actor) = chosen else {
        form.fail("role", "Choose the role that you work in now");
        return choices_page(&console, &session, form).await;
    };
    known.choose(actor.role);
    session::keep(&session, &known).await?;
    Ok(go(&onward(actor, form.value("return"))))
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOut {
    frame: Frame,
    is_out: bool,
    /// Where the identity provider signs people out, where there is one.
    elsewhere: Option<String>,
}

/// Without a script the link in the header leads here; signing out itself is a form, since a link would be followed by whatever looks ahead.
async fn ask_sign_out(
    State(console): State<Console>,
    session: Session,
) -> Result<Response, Problem> {
    let is_out = session::known(&session).await?.is_none();
    let title = if is_out {
        "You have signed out"
    } else {
        "Sign out"
    };
    let elsewhere = match &console.sign_in {
        SignIn::Oidc(oidc) if is_out => oidc.sign_out_address().await,
        _ => None,
    };
    Ok(show(&SignOut {
        frame: Frame::bare(title),
        is_out,
        elsewhere,
    }))
}

async fn sign_out(session: Session) -> Result<Response, Problem> {
    session.flush().await?;
    Ok(go("/sign-out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_an_address_of_somebody_else() {
        for ours in [
            "/",
            "/enquiries/0190a000-0000-7000-8000-000000000001/answer",
            "/reports/coverage?from-day=1&by=office&key=North%20East+Thames",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for theirs in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "?b=c",
            "//evil.example?b=c",
            "/a?b=c#d",
            "/a?b=c\r\nset-cookie: x",
            &format!("/a?b={}", "c".repeat(RETURN_BYTES_MAX)),
            "/%2fevil.example",
            "/a\r\nset-cookie: x",
        ] {
            assert!(!is_ours(theirs), "{theirs}");
        }
        assert_eq!(with_return("/sign-in", "/a/b"), "/sign-in?return=%2Fa%2Fb");
        let whole = with_return("/sign-in", "/a?b=c&d=%20");
        assert_eq!(whole, "/sign-in?return=%2Fa%3Fb%3Dc%26d%3D%2520");
    }
}
