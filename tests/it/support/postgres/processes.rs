//! Processes by their ids.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A server and its processes: each of them leads a group of its own.
pub(super) fn family(server: u32) -> Vec<u32> {
    let is_child = |id: &u32| parent_of(*id) == Some(server);
    let all = fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    std::iter::once(server)
        .chain(ids.filter(is_child))
        .collect()
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// Sends a signal by its name, such as `STOP`.
pub(super) fn signal(name: &str, processes: &[u32]) {
    let ids: Vec<String> = processes.iter().map(u32::to_string).collect();
    // One that has gone meanwhile is as good as told.
    drop(
        Command::new("kill")
            .arg(format!("-{name}"))
            .args(ids)
            .stderr(Stdio::null())
            .status(),
    );
}
