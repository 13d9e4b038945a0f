//! What the configuration of an adapter says beside its connectors. Relative paths count from the folder of the file.

use crate::rpc::client::ClientFiles;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `[broker]`: where the broker is, and as whom to call it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerSettings {
    /// Its address, such as `https://broker.example:7443`.
    pub server: String,
    /// The adapter's certificate, followed by the intermediate ones, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM, which nobody but the owner of the file may read.
    pub key: PathBuf,
    /// The authority whose certificate the broker has, PEM.
    pub ca: PathBuf,
    /// The name in the broker's certificate, where it is not the host of the address.
    #[serde(default)]
    pub server_name: Option<String>,
    /// For these responders; empty means all of the certificate's.
    #[serde(default)]
    pub responders: Vec<String>,
}

/// `[adapter]`: how much it takes on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaceSettings {
    /// Where it keeps what it has decided until the broker has it.
    pub journal: PathBuf,
    /// Checks that are looked up at the same time, 1 to 256.
    pub lookups: usize,
    /// Checks in hand, those that wait for the borough's system among them, 1 to 4,096.
    pub in_hand: usize,
    /// How long a system that is away is tried, in seconds, before people are asked: 1 to 3,600, and never more than a quarter of what
    /// is left before the deadline.
    pub patience_seconds: u64,
    /// For how long a check is asked for at a time, in seconds; what the broker's policy says where it is not given. It is renewed in time.
    pub lease_seconds: Option<u64>,
    /// How many people of the system who may be one of the wanted the borough's desk is shown, 0 to 10; none are sent to the broker with 0.
    pub show_candidates: usize,
}

impl Default for PaceSettings {
    fn default() -> Self {
        Self {
            journal: "journal".into(),
            lookups: 8,
            in_hand: 64,
            patience_seconds: 300,
            lease_seconds: None,
            show_candidates: 5,
        }
    }
}

impl BrokerSettings {
    /// Makes its paths count from `folder`.
    pub fn resolve(&mut self, folder: &Path) {
        for path in [&mut self.certificate, &mut self.key, &mut self.ca] {
            *path = folder.join(&path);
        }
    }

    pub(super) fn files(&self) -> ClientFiles {
        ClientFiles {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            ca: self.ca.clone(),
            server_name: self.server_name.clone(),
        }
    }
}

impl PaceSettings {
    /// Makes its paths count from `folder`.
    pub fn resolve(&mut self, folder: &Path) {
        self.journal = folder.join(&self.journal);
    }

    /// What is out of bounds: the key, and what to write.
    pub fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let bounds = [
            (
                "lookups",
                (1..=256).contains(&self.lookups),
                "write 1 to 256",
            ),
            (
                "in_hand",
                (1..=4_096).contains(&self.in_hand),
                "write 1 to 4096",
            ),
            (
                "patience_seconds",
                (1..=3_600).contains(&self.patience_seconds),
                "write 1 to 3600",
            ),
            (
                "show_candidates",
                self.show_candidates <= 10,
                "write 0 to 10",
            ),
        ];
        let outside = bounds.into_iter().filter(|(_, within, _)| !within);
        outside.map(|(key, _, remedy)| (key, remedy)).collect()
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_seconds)
    }
}
