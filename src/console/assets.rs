//! Stylesheets, scripts and pictures, embedded in the program. `build.rs` makes them: govuk-frontend and the ministry's
//! frontend, or a plain stylesheet of ours where npm was missing; our own come after either.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One file, at the path that holds its content's hash.
struct File {
    path: &'static str,
    bytes: &'static [u8],
}

/// The files of the table, compressed once, in its order.
static PACKED: LazyLock<Vec<Bytes>> = LazyLock::new(|| FILES.iter().map(packed).collect());

/// The routes under `/assets/`: a name with a hash of the content, to be kept by browsers for ever.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{hash}/{name}", get(serve))
}

/// Paths of the stylesheets, in the order in which pages name them.
pub(super) fn styles() -> &'static [&'static str] {
    STYLES
}

/// Paths of the scripts, each a module, in the order in which pages name them.
pub(super) fn scripts() -> &'static [&'static str] {
    SCRIPTS
}

/// Path of the picture that tabs and bookmarks show, an SVG.
pub(super) fn icon() -> &'static str {
    ICON
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let path = format!("/assets/{hash}/{name}");
    let Some(at) = FILES.iter().position(|file| file.path == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = [
        (header::CONTENT_TYPE, content_type(&name)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let accepted = headers.get(header::ACCEPT_ENCODING);
    if accepted.is_some_and(|value| value.as_bytes().windows(4).any(|word| word == b"gzip")) {
        let packed = PACKED[at].clone();
        return (kept, [(header::CONTENT_ENCODING, "gzip")], packed).into_response();
    }
    (kept, Bytes::from_static(FILES[at].bytes)).into_response()
}

fn packed(file: &File) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder
        .write_all(file.bytes)
        .and_then(|()| encoder.finish());
    Bytes::from(written.unwrap_or_default()) // into memory: it cannot fail
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use flate2::read::GzDecoder;
    use std::io::Read;
    use tower::ServiceExt;

    async fn fetched(path: &str, encoding: &str) -> (StatusCode, HeaderMap, Bytes) {
        let request = Request::get(path).header("accept-encoding", encoding);
        let request = request.body(Body::empty()).expect("a request");
        let response = routes::<()>().oneshot(request).await.expect("a response");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        (parts.status, parts.headers, body)
    }

    #[tokio::test]
    async fn every_file_is_served_with_its_type_for_ever() {
        for file in FILES {
            let (status, headers, body) = fetched(file.path, "identity").await;
            assert_eq!(status, StatusCode::OK, "{}", file.path);
            let kind = match file.path.rsplit('.').next() {
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                _ => "image/svg+xml",
            };
            assert_eq!(headers["content-type"], kind, "{}", file.path);
            assert_eq!(
                headers["cache-control"],
                "public, max-age=31536000, immutable"
            );
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert!(!headers.contains_key("content-encoding"));
            assert_eq!(body, file.bytes, "{}", file.path);
        }
    }

    #[tokio::test]
    async fn a_browser_that_unpacks_gets_less() {
        for file in FILES {
            let (_, headers, body) = fetched(file.path, "br, gzip;q=0.8").await;
            assert_eq!(headers["content-encoding"], "gzip");
            let mut unpacked = Vec::new();
            GzDecoder::new(&body[..])
                .read_to_end(&mut unpacked)
                .expect("gzip");
            assert_eq!(unpacked, file.bytes, "{}", file.path);
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_found() {
        let known = styles()[0].rsplit('/').next().expect("a name");
        for path in [
            "/assets/0/app.css",
            "/assets/0/%2e%2e",
            &format!("/assets/0123456789abcdef/{known}"),
        ] {
            assert_eq!(fetched(path, "").await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn pages_name_what_is_served() {
        let named: Vec<_> = [styles(), scripts(), &[icon()]].concat();
        assert!(
            named
                .iter()
                .all(|path| FILES.iter().any(|file| file.path == *path))
        );
        let last = |paths: &[&str], name| paths.last().is_some_and(|path| path.ends_with(name));
        assert!(last(styles(), "/app.css"), "ours comes last: {STYLES:?}");
        let is_govuk = KIND == "govuk-frontend";
        assert_eq!(STYLES.len(), if is_govuk { 3 } else { 2 }, "{STYLES:?}");
        assert!(last(
            scripts(),
            if is_govuk {
                "/components.js"
            } else {
                "/app.js"
            }
        ));
    }

    #[test]
    fn nothing_names_the_font_of_others_or_a_file_that_is_not_there() {
        for file in FILES {
            let text = String::from_utf8_lossy(file.bytes);
            assert!(!text.contains("GDS Transport"), "{}", file.path);
            for rest in text.split("/assets/").skip(1) {
                let path = format!(
                    "/assets/{}",
                    rest.split([')', '"', '\'']).next().unwrap_or_default()
                );
                assert!(
                    FILES.iter().any(|file| file.path == path),
                    "{} names {path}",
                    file.path
                );
            }
        }
    }
}
