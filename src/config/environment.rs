//! The process's environment, read once: the only place that reads it. Everything else is given an [`Environment`].

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What settings in the environment start with.
const PREFIX: &str = "USHER_";
/// What parts section and key.
const SEPARATOR: &str = "__";
/// Where short-lived files go when the environment names no place.
pub const TEMPORARY_FOLDER: &str = "/tmp";

/// The variables of the environment that are valid Unicode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Reads the process's environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one real reading of the environment"
    )]
    pub fn read() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a variable as a path, unless it is empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// Where short-lived files go: `TMPDIR`, or [`TEMPORARY_FOLDER`].
    pub fn temporary_folder(&self) -> PathBuf {
        self.path("TMPDIR")
            .unwrap_or_else(|| TEMPORARY_FOLDER.into())
    }

    /// The settings: `USHER_SECTION__KEY` as name of the variable, dotted key and value. Variables without a section, such
    /// as `USHER_CONFIG`, belong to the command line.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, String, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let rest = name.strip_prefix(PREFIX)?;
            let key = rest
                .contains(SEPARATOR)
                .then(|| rest.to_ascii_lowercase())?;
            Some((name.as_str(), key.replace(SEPARATOR, "."), value.as_str()))
        })
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_from_other_variables() {
        let pairs = [
            ("USHER_SERVER__LISTEN", "a"),
            ("USHER_STORE__CACHE_MIB", "1"),
            ("USHER_CONFIG", "b"),
            ("OTHER_SERVER__LISTEN", "c"),
            ("EMPTY", ""),
        ];
        let owned = pairs.map(|(name, value)| (name.to_string(), value.to_string()));
        let environment: Environment = owned.into_iter().collect();
        let settings: Vec<_> = environment
            .settings()
            .map(|(_, key, value)| (key, value))
            .collect();
        assert_eq!(
            settings,
            [
                ("server.listen".to_string(), "a"),
                ("store.cache_mib".to_string(), "1")
            ]
        );
        assert_eq!(environment.get("USHER_CONFIG"), Some("b"));
        assert_eq!(environment.get("EMPTY"), None);
        assert_eq!(environment.path("USHER_CONFIG"), Some("b".into()));
    }

    #[test]
    fn short_lived_files_go_where_the_environment_says() {
        let given: Environment = [("TMPDIR".to_string(), "/elsewhere".to_string())]
            .into_iter()
            .collect();
        assert_eq!(given.temporary_folder(), PathBuf::from("/elsewhere"));
        assert_eq!(
            Environment::default().temporary_folder(),
            PathBuf::from(TEMPORARY_FOLDER)
        );
    }

    #[test]
    fn the_process_has_an_environment() {
        assert!(Environment::read().get("PATH").is_some());
    }
}
