//! Keys: those that a server may show, and the one that the account shows.

use crate::adapter::drop::settings::Unfit;
use crate::pki::files::read_private;
use russh::keys::ssh_key::Fingerprint;
use russh::keys::{PrivateKey, PublicKey};
use std::path::Path;

/// A key that the server may show.
#[derive(Clone)]
pub(super) enum Pin {
    Key(Box<PublicKey>),
    Fingerprint(Fingerprint),
}

impl Pin {
    pub(super) fn read(line: &str) -> Option<Self> {
        if let Ok(fingerprint) = line.trim().parse() {
            return Some(Self::Fingerprint(fingerprint));
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let kind = words
            .iter()
            .position(|word| word.starts_with("ssh-") || word.starts_with("ecdsa-"))?;
        let key = format!("{} {}", words.get(kind)?, words.get(kind + 1)?);
        PublicKey::from_openssh(&key)
            .ok()
            .map(|key| Self::Key(Box::new(key)))
    }

    pub(super) fn allows(&self, shown: &PublicKey) -> bool {
        match self {
            Self::Key(key) => key.key_data() == shown.key_data(),
            Self::Fingerprint(fingerprint) => {
                shown.fingerprint(fingerprint.algorithm()) == *fingerprint
            }
        }
    }
}

pub(super) fn key(path: &Path) -> Result<PrivateKey, Unfit> {
    let bytes = secret(path)?;
    russh::keys::decode_secret_key(&bytes, None).map_err(|_| {
        Unfit::new(
            format!("{} is no private key without a passphrase", path.display()),
            "make one with `ssh-keygen -t ed25519 -N ''`, and give its public half to the server's people",
        )
    })
}

pub(super) fn password(path: &Path) -> Result<String, Unfit> {
    secret(path).map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
}

fn secret(path: &Path) -> Result<String, Unfit> {
    let bytes = read_private(path)
        .map_err(|error| Unfit::new(error.to_string(), "correct it in `[connector.sftp]`"))?;
    String::from_utf8(bytes)
        .map_err(|_| Unfit::new(format!("{} is not text", path.display()), "write it anew"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use russh::keys::HashAlg;

    #[test]
    fn keys_are_pinned_by_fingerprint_or_line() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
        let print = PublicKey::from_openssh(key)
            .unwrap()
            .fingerprint(HashAlg::Sha256)
            .to_string();
        let shown = PublicKey::from_openssh(key).unwrap();
        let check = |line: &str, expected| {
            assert_eq!(
                Pin::read(line).map(|pin| pin.allows(&shown)),
                expected,
                "{line}"
            );
        };
        check(key, Some(true));
        check(&format!("drop.example {key} comment"), Some(true));
        check(&print, Some(true));
        check(
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            Some(false),
        );
        check("SHA256:short", None);
        check("ssh-ed25519", None);
        check("", None);
    }
}
