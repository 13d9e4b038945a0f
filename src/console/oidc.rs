//! Signing in by `OpenID` Connect: the code flow with PKCE, state and nonce, as RFC 9700 wants it.

use super::problem::Problem;
use super::session::Known;
use super::settings::OidcSettings;
use super::sign_in::{CALLBACK, Callback};
use crate::clock::Stopwatch;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, LogoutRequest, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use usher_domain::actor::Person;
use usher_domain::limits;

/// How long what the provider says of itself, its keys among it, is taken as it was.
const KNOWN_FOR: Duration = Duration::from_mins(10);
/// How long it may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// The longest answer of it, in bytes.
const ANSWER_BYTES_MAX: usize = 1_024 * 1_024;
/// Groups of one person that are looked at.
const GROUPS_MAX: usize = 500;

/// The claims of a token beyond the standard ones.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Claims(serde_json::Map<String, serde_json::Value>);

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Claims(..)")
    }
}

impl AdditionalClaims for Claims {}

type TokenFields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type ProviderClient = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<TokenFields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The identity provider, and how it knows usher.
pub struct Oidc {
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: ClientSecret,
    callback: RedirectUrl,
    signed_out: PostLogoutRedirectUrl,
    groups_claim: String,
    http: reqwest::Client,
    known: Mutex<Option<(Stopwatch, Arc<ProviderMetadataWithLogout>)>>,
}

/// Why the settings make no client of a provider. Every message says which to mend.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// A setting is missing.
    #[error("console.{0} is needed to sign in by a provider")]
    Missing(&'static str),
    /// A setting is no address.
    #[error("console.{0} is not an address that starts with https://")]
    Address(&'static str),
    /// The authorities of the provider's certificate cannot be used.
    #[error("console.oidc.ca holds no certificate that can be read")]
    Authorities,
    /// No connections can be made at all.
    #[error("no client can be made")]
    Client(#[source] reqwest::Error),
}

/// What a sign-in that has begun needs to end.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    /// Where to go on afterwards.
    pub(super) path: String,
}

impl Oidc {
    /// A client of the provider that `settings` name, for people who come to `public_url`; nothing is connected to yet.
    ///
    /// # Errors
    /// When a setting is missing or no address, or the authorities cannot be read.
    pub fn new(
        settings: &OidcSettings,
        public_url: Option<&str>,
        secret: String,
        authorities: Option<&[u8]>,
    ) -> Result<Self, OidcError> {
        let base = public_url.ok_or(OidcError::Missing("public_url"))?;
        let base = base.trim_end_matches('/');
        if !base.starts_with("https://") {
            return Err(OidcError::Address("public_url"));
        }
        let issuer = settings.issuer.clone();
        let issuer = issuer.ok_or(OidcError::Missing("oidc.issuer"))?;
        if !issuer.starts_with("https://") {
            return Err(OidcError::Address("oidc.issuer"));
        }
        let client_id = settings.client_id.clone();
        let mut http = reqwest::Client::builder()
            .https_only(true)
            .timeout(ANSWER_LIMIT)
            // A provider that redirects could be made to send usher anywhere.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = authorities {
            let found = reqwest::Certificate::from_pem_bundle(pem);
            http = http.tls_certs_only(found.map_err(|_| OidcError::Authorities)?);
        }
        Ok(Self {
            issuer: IssuerUrl::new(issuer).map_err(|_| OidcError::Address("oidc.issuer"))?,
            client_id: ClientId::new(client_id.ok_or(OidcError::Missing("oidc.client_id"))?),
            secret: ClientSecret::new(secret),
            callback: RedirectUrl::new(format!("{base}{CALLBACK}"))
                .map_err(|_| OidcError::Address("public_url"))?,
            signed_out: PostLogoutRedirectUrl::new(format!("{base}/sign-out"))
                .map_err(|_| OidcError::Address("public_url"))?,
            groups_claim: settings.groups_claim.clone(),
            http: http.build().map_err(OidcError::Client)?,
            known: Mutex::new(None),
        })
    }

    /// What the provider says of itself.
    pub(super) async fn provider(&self) -> Result<Arc<ProviderMetadataWithLogout>, Problem> {
        let mut known = self.known.lock().await;
        if let Some((since, provider)) = known.as_ref()
            && since.elapsed() < KNOWN_FOR
        {
            return Ok(Arc::clone(provider));
        }
        let http = |request| ask(self.http.clone(), request);
        let found = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &http).await;
        let found = found.map_err(|error| {
            away("the identity provider does not say who it is", &error);
            Problem::SignIn("The identity provider cannot be reached.")
        })?;
        let found = Arc::new(found);
        *known = Some((Stopwatch::start(), Arc::clone(&found)));
        Ok(found)
    }

    /// How it knows usher.
    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    fn client(&self, provider: &ProviderMetadataWithLogout) -> ProviderClient {
        let secret = Some(self.secret.clone());
        Client::from_provider_metadata(provider.clone(), self.client_id.clone(), secret)
            .set_redirect_uri(self.callback.clone())
    }

    /// Where to send a browser to sign in, and what is needed when it comes back.
    pub(super) async fn start(&self, path: &str) -> Result<(String, Pending), Problem> {
        let provider = self.provider().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(&provider);
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (address, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.into())))
            .set_pkce_challenge(challenge)
            .url();
        let pending = Pending {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            path: path.into(),
        };
        Ok((address.into(), pending))
    }

    /// Who came back from the provider.
    pub(super) async fn finish(
        &self,
        callback: Callback,
        pending: Pending,
    ) -> Result<Known, Problem> {
        if !callback.error.is_empty() {
            return Err(Problem::SignIn("The identity provider refused."));
        }
        if callback.state.is_empty() || callback.state != pending.state {
            return Err(Problem::SignIn(
                "You came back from a sign-in that was not begun here.",
            ));
        }
        let provider = self.provider().await?;
        let client = self.client(&provider);
        let refused = Problem::SignIn("What the identity provider sent cannot be used.");
        let Ok(request) = client.exchange_code(AuthorizationCode::new(callback.code)) else {
            return Err(refused);
        };
        let http = |request| ask(self.http.clone(), request);
        let verifier = PkceCodeVerifier::new(pending.verifier);
        let tokens = request
            .set_pkce_verifier(verifier)
            .request_async(&http)
            .await;
        let Ok(tokens) = tokens.inspect_err(|error| away("no token for a code", error)) else {
            return Err(refused);
        };
        let nonce = Nonce::new(pending.nonce);
        let token = tokens.id_token();
        let claims = token.map(|token| token.claims(&client.id_token_verifier(), &nonce));
        let Some(Ok(claims)) = claims else {
            // Keys may have changed since they were fetched.
            *self.known.lock().await = None;
            tracing::warn!("an ID token does not verify");
            return Err(refused);
        };
        let name = claims.name().and_then(|name| name.get(None));
        let name = name.map_or("", |name| name.as_str());
        let mail = claims.email().map_or("", |mail| mail.as_str());
        let person = Person {
            name: line(if name.trim().is_empty() { mail } else { name }),
            post: String::new(),
            contact: line(mail),
        };
        if person.name.is_empty() {
            return Err(Problem::SignIn(
                "The identity provider does not tell your name.",
            ));
        }
        let subject = claims.subject().to_string();
        let groups = self.groups(claims.additional_claims());
        Ok(Known::new(subject, person, groups))
    }

    fn groups(&self, claims: &Claims) -> Vec<String> {
        let listed = claims.0.get(&self.groups_claim);
        let listed = listed.and_then(serde_json::Value::as_array);
        let names = listed
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str());
        names.take(GROUPS_MAX).map(ToOwned::to_owned).collect()
    }

    /// Where to send a browser so that the provider signs its person out too.
    pub(super) async fn sign_out_address(&self) -> Option<String> {
        let provider = self.provider().await.ok()?;
        let end = provider
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let request = LogoutRequest::from(end)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.signed_out.clone());
        Some(request.http_get_url().into())
    }
}

/// One line of staff data, as long as records take it.
fn line(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain
        .take(limits::LINE_CHARS_MAX)
        .collect::<String>()
        .trim()
        .into()
}

/// Logs what the provider did wrong: the beginning of the error's text, and none of its sources, which may repeat what was sent.
fn away(what: &'static str, error: &dyn std::error::Error) {
    let kind = error.to_string();
    let kind: String = kind.chars().take(120).collect();
    tracing::warn!(kind, "{what}");
}

/// One request to the provider, with a bound on its answer.
async fn ask(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, AskError> {
    let request = request.try_into().map_err(AskError::Http)?;
    let mut answer = http.execute(request).await.map_err(AskError::Http)?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(AskError::Http)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(AskError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

/// Why the provider gave no answer.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the provider did not answer")]
    Http(#[source] reqwest::Error),
    #[error("the provider's answer is too long")]
    TooLong,
}
