//! What usher tells about itself: log lines on the standard error output, metrics, and health.
//!
//! Personal data has no place here: log fields are ids and counts, labels are codes from the configuration, and a panic
//! is reported by its place alone, because its message may quote what it stumbled over.

pub mod endpoint;
pub mod metrics;

use crate::clock::Stopwatch;
use serde::Deserialize;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// The metrics and health port: `[metrics]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSettings {
    /// Where to listen, without TLS.
    pub listen: SocketAddr,
}

/// Log lines: `[log]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// Their form.
    pub format: LogFormat,
    /// Which are written, such as `info` or `warn,usher=debug`.
    pub filter: String,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For a collector: one object a line.
    Json,
}

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` cannot be read.
    #[error("log.filter cannot be read; write it as \"info\" or \"warn,usher=debug\"")]
    Filter(#[from] ParseError),
    /// It was started before.
    #[error("logging was started before in this process")]
    Started(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Starts logging for the whole process, and reports panics through it. Once.
///
/// # Errors
/// When the filter cannot be read, or logging was started before.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    // As the command line: colours on a terminal, unless NO_COLOR is set.
    let colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(settings)?)
        .with_ansi(colours)
        .with_writer(io::stderr);
    match settings.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
    }
    .map_err(TelemetryError::Started)?;
    std::panic::set_hook(Box::new(report_panic));
    Ok(())
}

/// Reads `log.filter`.
///
/// # Errors
/// When it is not a filter.
pub fn filter(settings: &LogSettings) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(&settings.filter)
}

fn report_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    tracing::error!(place, thread = thread.name().unwrap_or("?"), "Panic");
}

/// Lets so many lines through in a time, and counts the others: what strangers cause must not fill the log.
#[derive(Debug)]
pub struct Throttle {
    max: u32,
    per: Duration,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Stopwatch,
    passed: u32,
    held: u64,
}

impl Throttle {
    /// Lets `max` lines through in each `per`.
    pub fn new(max: u32, per: Duration) -> Self {
        let window = Window {
            began: Stopwatch::start(),
            passed: 0,
            held: 0,
        };
        Self {
            max,
            per,
            window: Mutex::new(window),
        }
    }

    /// Whether a line may be written now, and then how many were not since the last one.
    pub fn pass(&self) -> Option<u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.elapsed() >= self.per {
            window.began = Stopwatch::start();
            window.passed = 0;
        }
        if window.passed >= self.max {
            window.held += 1;
            return None;
        }
        window.passed += 1;
        Some(std::mem::take(&mut window.held))
    }
}

/// A value that no log line, error or `Debug` output ever shows.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Redacted<T>(pub T);

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn settings(filter: &str) -> LogSettings {
        LogSettings {
            format: LogFormat::Text,
            filter: filter.into(),
        }
    }

    #[test]
    fn a_filter_is_read_or_refused() {
        for good in ["info", "warn,usher=debug", "off", "usher::rpc=trace"] {
            assert!(filter(&settings(good)).is_ok(), "{good}");
        }
        for bad in ["usher=loud", "=,="] {
            assert!(filter(&settings(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_panic_is_told_by_its_place_and_never_by_its_message() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .finish();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(report_panic));
        tracing::subscriber::with_default(subscriber, || {
            std::panic::catch_unwind(|| panic!("Zxqv Canary")).unwrap_err();
        });
        std::panic::set_hook(before);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(
            text.contains("Panic") && text.contains("telemetry.rs:"),
            "{text}"
        );
        assert!(!text.contains("Canary"), "{text}");
    }

    #[test]
    fn a_throttle_lets_few_lines_through_and_counts_the_others() {
        let throttle = Throttle::new(2, Duration::from_secs(3_600));
        let passed: Vec<_> = (0..5).map(|_| throttle.pass()).collect();
        assert_eq!(passed, [Some(0), Some(0), None, None, None]);
        let quick = Throttle::new(1, Duration::from_millis(20));
        assert_eq!([quick.pass(), quick.pass()], [Some(0), None]);
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(quick.pass(), Some(1), "what was held is told");
    }

    #[test]
    fn what_is_redacted_is_never_shown() {
        let name = Redacted("Zxqv Canary");
        assert_eq!(format!("{name} {name:?}"), "[redacted] [redacted]");
        assert_eq!(name.0, "Zxqv Canary");
    }
}
