//! The clauses that every call is held against, whatever was being tried when it came.

use super::clause::{Clause, Finding, Verdict};
use super::tape::{Act, Call, Evidence, Lent, Said, Verb, What};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use tonic::Code;

/// Clocks and calls may differ by so much.
const LEEWAY: Duration = Duration::from_millis(500);
/// So soon after a check was lent no person has read it.
const READING: Duration = Duration::from_secs(3);
/// How often what was refused for good may come again: a renewal on its way, a last try.
const AGAIN_MAX: usize = 2;
/// Reasons told of one clause.
const TOLD_MAX: usize = 3;

/// Judges what was seen until `now`.
pub(super) fn judge(seen: &Evidence, now: Duration) -> Vec<Finding> {
    let found = [
        (Clause::Valid, valid(seen)),
        (Clause::LeaseShown, lease_shown(seen)),
        (Clause::Once, once(seen)),
        (Clause::InHand, in_hand(seen)),
        (Clause::Person, person(seen)),
        (Clause::Renews, renews(seen, now)),
        (Clause::SameRequest, same_request(seen)),
        (Clause::NoLoop, no_loop(seen)),
    ];
    let finding = |(clause, verdict)| Finding { clause, verdict };
    found.into_iter().map(finding).collect()
}

/// Failed for the reasons in `wrong`, each once; else as `otherwise` says.
fn unless(wrong: Vec<String>, otherwise: Verdict) -> Verdict {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for why in wrong {
        match counted.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => counted.push((why, 1)),
        }
    }
    if counted.is_empty() {
        return otherwise;
    }
    let more = counted.len().saturating_sub(TOLD_MAX);
    let told = counted.into_iter().take(TOLD_MAX);
    let mut told: Vec<String> = told
        .map(|(why, count)| {
            if count == 1 {
                why
            } else {
                format!("{why} ({count} times)")
            }
        })
        .collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    Verdict::Failed(told.join("; "))
}

fn acted(seen: &Evidence) -> Verdict {
    if seen.acts().next().is_some() {
        Verdict::Passed
    } else {
        Verdict::untried("it acted on no check")
    }
}

fn valid(seen: &Evidence) -> Verdict {
    let wrong =
        seen.calls.iter().filter_map(|call| match &call.said {
            Said::No {
                code:
                    Code::InvalidArgument
                    | Code::OutOfRange
                    | Code::Unimplemented
                    | Code::PermissionDenied,
                reason,
            } => Some(format!("{} was refused with {reason}", call.what.name())),
            _ => None,
        });
    let verdict = if seen.calls.is_empty() {
        Verdict::untried("it never called")
    } else {
        Verdict::Passed
    };
    unless(wrong.collect(), verdict)
}

fn lease_shown(seen: &Evidence) -> Verdict {
    let lent: HashSet<(&str, &str)> = seen
        .lent()
        .map(|(_, _, lent)| (lent.check.as_str(), lent.lease.as_str()))
        .collect();
    let wrong = seen
        .acts()
        .filter(|(_, act)| !act.named)
        .filter_map(|(_, act)| {
            let verb = act.verb.word();
            if act.lease.is_empty() {
                Some(format!("{verb} without a person came without a lease"))
            } else if !lent.contains(&(act.check.as_str(), act.lease.as_str())) {
                Some(format!(
                    "{verb} showed a lease that was never given for its check"
                ))
            } else {
                None
            }
        });
    unless(wrong.collect(), acted(seen))
}

/// Ends of one check under one lease whose requests are not the same.
fn once(seen: &Evidence) -> Verdict {
    let mut ended: HashMap<(&str, &str), &Act> = HashMap::new();
    let mut wrong = Vec::new();
    for (call, act) in seen.acts().filter(|(_, act)| act.ends() && !act.named) {
        let key = (act.check.as_str(), act.lease.as_str());
        match ended.get(&key) {
            Some(first) if first.request_id != act.request_id => wrong.push(format!(
                "{} came after {} of the same check under the same lease, with another request_id",
                act.verb.word(),
                first.verb.word()
            )),
            None if call.said == Said::Yes => drop(ended.insert(key, act)),
            Some(_) | None => {}
        }
    }
    unless(wrong, acted(seen))
}

fn in_hand(seen: &Evidence) -> Verdict {
    let (mut wrong, mut says) = (Vec::new(), false);
    // Each lease in its hands: when it was lent, and when it ends.
    let mut held: HashMap<&str, (Duration, Duration)> = HashMap::new();
    for call in &seen.calls {
        match &call.what {
            What::Act(act) if call.said != Said::Nothing => {
                held.remove(act.lease.as_str());
            }
            What::Renew { lease, until, .. } => {
                if let Some((_, ends)) = held.get_mut(lease.as_str()) {
                    *ends = (*ends).max(*until);
                }
            }
            What::Lease { most_in_hand, lent } if call.said == Said::Yes => {
                held.retain(|_, (from, ends)| call.at < *ends && seen.is_whole(*from, call.at));
                held.extend(
                    lent.iter()
                        .map(|lent| (lent.lease.as_str(), (call.at, lent.until))),
                );
                says |= *most_in_hand > 0;
                let most = usize::try_from(*most_in_hand).unwrap_or(usize::MAX);
                if most > 0 && !lent.is_empty() && held.len() > most {
                    let all = held.len();
                    wrong.push(format!("it had {all} checks and says that it takes {most}"));
                }
            }
            What::Act(_) | What::Lease { .. } | What::Read => {}
        }
    }
    let verdict = if says {
        Verdict::Passed
    } else {
        Verdict::untried("it does not say how many it takes (report.most_in_hand)")
    };
    unless(wrong, verdict)
}

/// When a lease ended at last, renewals counted.
fn last_until(seen: &Evidence, lent: &Lent) -> Duration {
    let renewals = seen.calls.iter().filter_map(|call| match &call.what {
        What::Renew { lease, until, .. } if *lease == lent.lease => Some(*until),
        _ => None,
    });
    renewals.fold(lent.until, Duration::max)
}

fn person(seen: &Evidence) -> Verdict {
    let mut last: HashMap<&str, Duration> = HashMap::new();
    let mut wrong = Vec::new();
    for call in &seen.calls {
        match &call.what {
            What::Lease { lent, .. } => {
                last.extend(lent.iter().map(|lent| (lent.check.as_str(), call.at)));
            }
            What::Act(act) if act.named && act.verb == Verb::Answer => {
                let from = last.get(act.check.as_str());
                if from.is_some_and(|from| call.at.saturating_sub(*from) < READING) {
                    wrong.push(format!(
                        "an answer named a person within {} s of the lease: no person reads so fast",
                        READING.as_secs()
                    ));
                }
            }
            _ => {}
        }
    }
    unless(wrong, acted(seen))
}

fn renews(seen: &Evidence, now: Duration) -> Verdict {
    let renewed = |lease: &str| {
        let of = |call: &&Call| matches!(&call.what, What::Renew { lease: of, .. } if of == lease);
        seen.calls
            .iter()
            .filter(of)
            .any(|call| call.said == Said::Yes)
    };
    let (mut wrong, mut exercised) = (Vec::new(), false);
    for (_, from, lent) in seen.lent().filter(|(_, from, _)| from.said == Said::Yes) {
        let until = last_until(seen, lent);
        exercised |= renewed(&lent.lease);
        let act = seen.acts().find(|(_, act)| act.lease == lent.lease);
        match act {
            Some((act, _)) if act.at > until + LEEWAY && seen.is_whole(from.at, act.at) => {
                wrong.push("it acted after its lease had ended".to_owned());
            }
            None if now > until + LEEWAY && seen.is_whole(from.at, until) => {
                wrong.push("it let a lease run out, and did nothing with the check".to_owned());
            }
            _ => {}
        }
    }
    let verdict = if exercised {
        Verdict::Passed
    } else {
        Verdict::untried("it was always faster than its leases")
    };
    unless(wrong, verdict)
}

fn same_request(seen: &Evidence) -> Verdict {
    let mut wrong = Vec::new();
    let mut bodies: BTreeMap<&str, &Act> = BTreeMap::new();
    for (call, act) in seen.acts() {
        let known = bodies.entry(&act.request_id).or_insert(act);
        let same = act.shares_lease(known) && (act.verb, &act.body) == (known.verb, &known.body);
        let reused = matches!(
            &call.said,
            Said::No {
                code: Code::AlreadyExists,
                ..
            }
        );
        if !same || reused {
            wrong.push("a request_id came again with another body".to_owned());
        }
    }
    let mut repeated = false;
    for (number, (lost, act)) in seen.acts().enumerate() {
        if !matches!(lost.said, Said::Lost { .. }) {
            continue;
        }
        let later = seen.acts().skip(number + 1);
        let mut later = later.filter(|(later, _)| seen.is_whole(lost.at, later.at));
        match later.find(|(_, later)| later.shares_lease(act)) {
            Some((_, later)) if later.request_id != act.request_id => wrong.push(format!(
                "{} came again with another request_id after its reply was lost",
                later.verb.word()
            )),
            Some(_) => repeated = true,
            None => {}
        }
    }
    let verdict = if repeated {
        Verdict::Passed
    } else {
        Verdict::untried("it never repeated an act: it leaves the check to its lease")
    };
    unless(wrong, verdict)
}

fn no_loop(seen: &Evidence) -> Verdict {
    // When the first of the calls under each lease was refused, and how many came after that.
    let mut refused: HashMap<(&str, &str), (Duration, usize)> = HashMap::new();
    let mut wrong = Vec::new();
    for call in &seen.calls {
        let (check, lease) = match &call.what {
            What::Act(act) => (act.check.as_str(), act.lease.as_str()),
            What::Renew { check, lease, .. } => (check.as_str(), lease.as_str()),
            What::Lease { .. } | What::Read => continue,
        };
        match (refused.get_mut(&(check, lease)), call.said_at) {
            (Some((at, again)), _) if call.at > *at => *again += 1,
            (Some((at, _)), Some(said_at)) if call.said.is_final_no() => *at = said_at.min(*at),
            (None, Some(said_at)) if call.said.is_final_no() => {
                refused.insert((check, lease), (said_at, 0));
            }
            _ => {}
        }
    }
    let most = refused.values().map(|(_, again)| *again).max();
    if let Some(most) = most.filter(|most| *most > AGAIN_MAX) {
        wrong.push(format!(
            "a refused call on a check came {most} times again under the same lease"
        ));
    }
    let verdict = match most {
        Some(_) => Verdict::Passed,
        None => Verdict::untried("nothing was refused"),
    };
    unless(wrong, verdict)
}

impl What {
    fn name(&self) -> &'static str {
        match self {
            Self::Lease { .. } => "LeaseChecks",
            Self::Renew { .. } => "Renew",
            Self::Act(act) => act.verb.word(),
            Self::Read => "a reading call",
        }
    }
}
