//! The folder of a test's servers. A test that is killed leaves its servers running, and its network: whoever makes a folder next ends
//! and removes them. A folder is left when nobody holds the lock on its file `owner`, which the system frees with the process.

use super::network::Network;
use super::own;
use super::processes::{family, signal};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PREFIX: &str = "usher-pg-";
const OWNER: &str = "owner";

/// A folder for servers, removed when it is dropped.
pub(super) struct Folder {
    folder: TempDir,
    owner: File,
}

impl Folder {
    /// Makes one for servers of this user, and ends what killed tests have left.
    pub(super) fn make(user: Option<(u32, u32)>) -> Self {
        end_left_ones();
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap();
        own(folder.path(), user);
        // It has its name once it is locked.
        let unlocked = folder.path().join("unlocked");
        let mut owner = File::create(&unlocked).unwrap();
        owner.lock().unwrap();
        write!(owner, "{}", std::process::id()).unwrap();
        fs::rename(unlocked, folder.path().join(OWNER)).unwrap();
        Self { folder, owner }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn end_left_ones() {
    let all = fs::read_dir(tempfile::env::temp_dir()).unwrap().flatten();
    for entry in all {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let folder = entry.path();
        match File::open(folder.join(OWNER)) {
            Ok(owner) if is_ours && owner.try_lock().is_ok() => end(&folder),
            Ok(_) | Err(_) => {}
        }
    }
}

/// Ends the servers of a folder that was left, and removes its network and itself.
fn end(folder: &Path) {
    let data = fs::read_dir(folder).into_iter().flatten().flatten();
    for server in data.filter_map(|entry| server_of(&entry.path(), folder)) {
        signal("KILL", &family(server));
    }
    let owner = fs::read_to_string(folder.join(OWNER)).unwrap_or_default();
    if let Ok(process) = owner.parse() {
        Network::remove(process);
    }
    println!("removed what a killed test left in {}", folder.display());
    drop(fs::remove_dir_all(folder));
}

/// The process that serves `data`, if it is still a server of `folder`: its number may be another's by now.
fn server_of(data: &Path, folder: &Path) -> Option<u32> {
    let told = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let server: u32 = told.lines().next()?.parse().ok()?;
    let command = PathBuf::from("/proc")
        .join(server.to_string())
        .join("cmdline");
    let command = fs::read_to_string(command).ok()?;
    command.contains(folder.to_str()?).then_some(server)
}

#[cfg(test)]
mod tests {
    use crate::support::postgres::Postgres;
    use crate::support::until;

    #[tokio::test]
    async fn what_a_killed_test_left_is_ended_by_the_next() {
        let Some(mut left) = Postgres::migrated_one().await else {
            return;
        };
        drop(Postgres::start());
        assert!(left.server.try_wait().unwrap().is_none(), "it is in use");
        // As the system does for a process that ends.
        left.folder.owner.unlock().unwrap();
        drop(Postgres::start());
        assert!(!left.folder.path().exists());
        let server = std::cell::RefCell::new(&mut left.server);
        until("the server's end", || {
            server.borrow_mut().try_wait().unwrap().is_some()
        })
        .await;
    }
}
