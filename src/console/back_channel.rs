//! Back-channel logout: the identity provider tells that somebody has signed out elsewhere, by a token that proves itself (`OpenID` Connect
//! Back-Channel Logout 1.0). All of their sessions end.

use super::form::Form;
use super::kept;
use super::{Console, SignIn};
use crate::clock::{Clock as _, SystemClock};
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::CoreJwsSigningAlgorithm as Algorithm;
use openidconnect::{JsonWebKey as _, ProviderMetadataWithLogout};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the token must say that it is about.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old it may be, and how far its clock may be ahead, in seconds.
const AGE_SECONDS_MAX: i64 = 10 * 60;
const AHEAD_SECONDS_MAX: i64 = 2 * 60;

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    #[serde(default)]
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Value,
    iat: i64,
    #[serde(default)]
    exp: Option<i64>,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    nonce: Option<Value>,
    events: Map<String, Value>,
}

pub(super) async fn receive(State(console): State<Console>, form: Form) -> StatusCode {
    let SignIn::Oidc(oidc) = &console.sign_in else {
        return StatusCode::NOT_FOUND;
    };
    let Ok(provider) = oidc.provider().await else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let now = SystemClock.now().as_second();
    let token = form.value("logout_token");
    let Some(account) = account(token, &provider, oidc.client_id(), now) else {
        tracing::warn!("a logout token does not verify");
        return StatusCode::BAD_REQUEST;
    };
    let sessions = console.broker.sessions();
    match sessions.remove_sessions_of(kept::subject(&account)).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Whom `token` signs out, where it proves itself at `now`.
fn account(
    token: &str,
    provider: &ProviderMetadataWithLogout,
    client: &str,
    now: i64,
) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    // Only what a key pair signs: a secret that both sides know, or no signature, proves nothing.
    let is_by_key_pair = matches!(
        header.alg,
        Algorithm::RsaSsaPkcs1V15Sha256
            | Algorithm::RsaSsaPkcs1V15Sha384
            | Algorithm::RsaSsaPkcs1V15Sha512
            | Algorithm::RsaSsaPssSha256
            | Algorithm::RsaSsaPssSha384
            | Algorithm::RsaSsaPssSha512
            | Algorithm::EcdsaP256Sha256
            | Algorithm::EcdsaP384Sha384
            | Algorithm::EdDsa
    );
    let signature = decode(signature)?;
    let named = |kid: Option<&String>| header.kid.is_none() || kid == header.kid.as_ref();
    let proves = provider.jwks().keys().iter().any(|key| {
        let kid = key.key_id().map(|kid| kid.to_string());
        named(kid.as_ref())
            && key
                .verify_signature(&header.alg, signed.as_bytes(), &signature)
                .is_ok()
    });
    let claims: Claims = serde_json::from_slice(&decode(payload)?).ok()?;
    let is_for_us = match &claims.aud {
        Value::String(one) => one == client,
        Value::Array(several) => several.iter().any(|one| one.as_str() == Some(client)),
        _ => false,
    };
    let age = now.checked_sub(claims.iat)?;
    let is_fresh = (-AHEAD_SECONDS_MAX..=AGE_SECONDS_MAX).contains(&age)
        && claims.exp.is_none_or(|exp| exp > now - AHEAD_SECONDS_MAX);
    let holds = is_by_key_pair
        && proves
        && is_for_us
        && is_fresh
        && claims.iss == provider.issuer().as_str()
        && claims.nonce.is_none()
        && claims.events.contains_key(EVENT);
    claims.sub.filter(|_| holds)
}
