//! A network of a test's own: a namespace for each server, joined by a bridge, so that one can be cut off.

use std::process::{Command, Stdio, id};

/// Members, at most.
const MEMBERS_MAX: usize = 3;

/// The network. Its names and addresses are of this process, so that tests do not meet.
pub(crate) struct Network(());

/// The address of a member.
pub(crate) fn address_of(member: usize) -> String {
    address(member + 1)
}

impl Network {
    /// Lays one for so many servers; `None`, said aloud, where that is not allowed or `ip` is missing.
    pub(crate) fn lay(members: usize) -> Option<Self> {
        assert!(members <= MEMBERS_MAX);
        let network = Self(());
        let bridge = bridge(id());
        let laid = ip(&["link", "add", &bridge, "type", "bridge"])
            && ip(&["addr", "add", &format!("{}/24", address(0)), "dev", &bridge])
            && ip(&["link", "set", &bridge, "up"])
            && (1..=members).all(|place| Self::join(place - 1));
        if !laid {
            println!("skipped: no namespaces of the network, so no server is cut off");
            return None;
        }
        Some(network)
    }

    fn join(member: usize) -> bool {
        let (space, cable, bridge) = (space(id(), member), cable(id(), member), bridge(id()));
        let address = format!("{}/24", address_of(member));
        let inside = |words: &[&str]| {
            let all = [&["netns", "exec", &space, "ip"], words].concat();
            ip(&all)
        };
        ip(&["netns", "add", &space])
            && ip(&[
                "link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", &space,
            ])
            && ip(&["link", "set", &cable, "master", &bridge, "up"])
            && inside(&["addr", "add", &address, "dev", "eth0"])
            && inside(&["link", "set", "eth0", "up"])
            && inside(&["link", "set", "lo", "up"])
    }

    /// What starts a program among the member's network, as this user.
    pub(crate) fn inside(member: usize, (user, group): (u32, u32)) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &space(id(), member), "setpriv"])
            .args([format!("--reuid={user}"), format!("--regid={group}")])
            .arg("--clear-groups");
        command
    }

    /// Removes what `process` has laid.
    pub(super) fn remove(process: u32) {
        for member in 0..MEMBERS_MAX {
            ip(&["netns", "del", &space(process, member)]);
            ip(&["link", "del", &cable(process, member)]);
        }
        ip(&["link", "del", &bridge(process)]);
    }

    /// Cuts a member off, or joins it again.
    pub(crate) fn set_joined(member: usize, joined: bool) {
        let state = if joined { "up" } else { "down" };
        assert!(ip(&["link", "set", &cable(id(), member), state]));
    }
}

fn address(host: usize) -> String {
    format!("10.203.{}.{}", id() % 250, host + 1)
}

fn bridge(process: u32) -> String {
    format!("ub{process}")
}

fn cable(process: u32, member: usize) -> String {
    format!("uc{process}-{member}")
}

fn space(process: u32, member: usize) -> String {
    format!("usher{process}-{member}")
}

impl Drop for Network {
    fn drop(&mut self) {
        Self::remove(id());
    }
}

fn ip(words: &[&str]) -> bool {
    let done = Command::new("ip")
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    done.is_ok_and(|status| status.success())
}
