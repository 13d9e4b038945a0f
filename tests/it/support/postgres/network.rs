//! A network of a test's own: a namespace for each server, joined by a bridge, so that one can be cut off.

use std::process::{Command, Stdio};

/// The network. Its names and addresses are of this process, so that tests do not meet.
pub(crate) struct Network {
    members: usize,
}

/// The address of a member.
pub(crate) fn address_of(member: usize) -> String {
    address(member + 1)
}

impl Network {
    /// Lays one for so many servers; `None`, said aloud, where that is not allowed or `ip` is missing.
    pub(crate) fn lay(members: usize) -> Option<Self> {
        let network = Self { members };
        let bridge = bridge();
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
        let (space, cable, bridge) = (space(member), cable(member), bridge());
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
            .args(["netns", "exec", &space(member), "setpriv"])
            .args([format!("--reuid={user}"), format!("--regid={group}")])
            .arg("--clear-groups");
        command
    }

    /// Cuts a member off, or joins it again.
    pub(crate) fn set_joined(member: usize, joined: bool) {
        let state = if joined { "up" } else { "down" };
        assert!(ip(&["link", "set", &cable(member), state]));
    }
}

fn address(host: usize) -> String {
    format!("10.203.{}.{}", std::process::id() % 250, host + 1)
}

fn bridge() -> String {
    format!("ub{}", std::process::id())
}

fn cable(member: usize) -> String {
    format!("uc{}-{member}", std::process::id())
}

fn space(member: usize) -> String {
    format!("usher{}-{member}", std::process::id())
}

impl Drop for Network {
    fn drop(&mut self) {
        for member in 0..self.members {
            ip(&["netns", "del", &space(member)]);
            ip(&["link", "del", &cable(member)]);
        }
        ip(&["link", "del", &bridge()]);
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
