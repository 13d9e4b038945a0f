//! The console: pages for officers, desks, operators, managers and inspectors, served by the broker itself. Server-rendered; whatever a
//! script makes prompt, a reload makes too. It uses the broker as any client does: no rule, no store, no message of the wire.

mod again;
mod answers;
mod assets;
mod back_channel;
mod desk;
pub mod figures;
mod form;
mod frame;
mod kept;
mod live;
mod manager;
mod officer;
mod oidc;
mod operator;
mod page;
mod pages;
mod people;
mod problem;
mod recent;
mod said;
mod server;
mod session;
mod settings;
mod sign_in;
mod typed;
mod visitor;
mod when;
mod words;

pub use oidc::{Oidc, OidcError};
pub use server::Server;
pub use settings::{
    ABSOLUTE_HOURS_MAX, CONNECTIONS_MAX, IDLE_MINUTES_MAX, OidcSettings, Settings, SignInBy,
};
pub use sign_in::Persona;

use crate::auth::Groups;
use crate::broker::Broker;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use axum::{Router, http};
use std::ops::Deref;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};
use usher_domain::actor::Role;

/// Everything that a console is made of.
pub struct Parts {
    /// The broker.
    pub broker: Arc<Broker>,
    /// What people in which groups may be.
    pub groups: Arc<Groups>,
    /// How they sign in.
    pub sign_in: SignIn,
    /// The rest.
    pub settings: Settings,
    /// Ends what is open for long.
    pub stop: CancellationToken,
}

/// How people sign in.
pub enum SignIn {
    /// By an identity provider.
    Oidc(Box<Oidc>),
    /// By choosing one of these.
    Personas(Vec<Persona>),
}

/// What every page stands on.
#[derive(Clone)]
struct Console(Arc<Standing>);

struct Standing {
    broker: Arc<Broker>,
    groups: Arc<Groups>,
    sign_in: SignIn,
    settings: Settings,
    live: live::Live,
    recent: recent::Recent,
}

impl Deref for Console {
    type Target = Standing;

    fn deref(&self) -> &Standing {
        &self.0
    }
}

/// The live part of the operators' board.
const BOARD_LIVE: &str = "/board/live";

/// A page, or several under one path, and whom it is for.
struct Door {
    /// Its path, as axum reads it.
    path: &'static str,
    /// Who may come in.
    roles: &'static [Role],
    /// What is behind it.
    pages: MethodRouter<Console>,
}

/// A door for `roles`.
fn door(path: &'static str, roles: &'static [Role], pages: MethodRouter<Console>) -> Door {
    Door { path, roles, pages }
}

/// Every door; nothing else needs somebody signed in.
fn doors() -> Vec<Door> {
    let all = [
        officer::doors(),
        desk::doors(),
        operator::doors(),
        manager::doors(),
        pages::doors(),
    ];
    all.into_iter().flatten().collect()
}

/// Which role may open which page: one line a path, with the names of the roles. The table that the tests hold.
pub fn matrix() -> Vec<(&'static str, Vec<&'static str>)> {
    let line = |door: Door| {
        (
            door.path,
            door.roles.iter().map(|role| role.name()).collect(),
        )
    };
    doors().into_iter().map(line).collect()
}

/// All of its pages.
pub fn router(parts: Parts) -> Router {
    let Parts {
        broker,
        groups,
        sign_in,
        settings,
        stop,
    } = parts;
    let kept = kept::Kept::new(Arc::clone(&broker));
    let (small, ends) = (kept.clone(), stop.clone());
    tokio::spawn(async move { ends.run_until_cancelled(small.keep_small()).await });
    let sessions = SessionManagerLayer::new(kept)
        .with_name("__Host-usher")
        .with_path("/")
        .with_secure(true)
        .with_http_only(true)
        // Lax, since the identity provider sends browsers back from its own site.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(kept::lasts(&settings)));
    let live = live::Live::new(Arc::clone(&broker), stop);
    let console = Console(Arc::new(Standing {
        broker,
        groups,
        sign_in,
        settings,
        live,
        recent: recent::Recent::default(),
    }));
    let mut router = Router::new();
    for Door { path, roles, pages } in doors() {
        let state = (console.clone(), roles);
        let pages = pages.layer(from_fn_with_state(state, visitor::admit));
        router = router.route(path, pages.layer(from_fn(again::keep)));
    }
    // The provider is no browser, and what it sends proves itself.
    let csrf = CsrfLayer::new().with_insecure_bypass(|method, uri| {
        method == http::Method::POST && uri.path() == sign_in::SIGNED_OUT_ELSEWHERE
    });
    router
        .merge(sign_in::routes())
        .merge(pages::open())
        .fallback(|| async { problem::Problem::NotFound })
        .layer(sessions)
        .with_state(console)
        .layer(csrf)
        .layer(CatchPanicLayer::custom(|_| {
            problem::Problem::panicked().into_response()
        }))
        .layer(from_fn(private))
        .merge(assets::routes::<()>().layer(from_fn(guarded)))
}

/// What browsers may do with any answer.
const GUARDS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in GUARDS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

/// As [`guarded`], and kept nowhere.
async fn private(request: Request, next: Next) -> Response {
    let mut response = guarded(request, next).await;
    let kept = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response
}
