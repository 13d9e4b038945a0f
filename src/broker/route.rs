//! Fan-out: from an enquiry's addresses and named authorities to one check per responder, and one for all that leads nowhere.

use crate::directory::{Directory, PostcodeOutcome, Responder};
use jiff::civil::Date;
use std::collections::BTreeMap;
use usher_domain::code::{AuthorityCode, Postcode, ResponderId};
use usher_domain::command::{Destination, Route};
use usher_domain::enquiry::{RouteReason, UnroutableWhy};
use usher_domain::limits;
use usher_domain::personal::{Address, AddressKind};

/// What one address or name leads to.
type Lead = Result<(AuthorityCode, RouteReason), UnroutableWhy>;

/// Routes an enquiry on `day`. Never empty: what leads nowhere, or the lack of any address, is a route to the operators' queue.
pub(super) fn routes(
    directory: &Directory,
    addresses: &[Address],
    named: &[AuthorityCode],
    day: Date,
) -> Vec<Route> {
    let mut found: BTreeMap<ResponderId, (Vec<AuthorityCode>, Vec<RouteReason>)> = BTreeMap::new();
    let mut nowhere: Vec<UnroutableWhy> = Vec::new();
    let by_name = named
        .iter()
        .map(|authority| Ok((*authority, RouteReason::Named)));
    let by_address = addresses
        .iter()
        .enumerate()
        .map(|(place, address)| follow(directory, place, address, day));
    for lead in by_name.chain(by_address) {
        let routed = lead.and_then(|(authority, reason)| {
            let responder = responder(directory, authority, day)?;
            Ok((responder.id.clone(), authority, reason))
        });
        match routed {
            Ok((responder, authority, reason)) => {
                let (authorities, reasons) = found.entry(responder).or_default();
                if !authorities.contains(&authority)
                    && authorities.len() < limits::AUTHORITIES_PER_LIST_MAX
                {
                    authorities.push(authority);
                }
                if reasons.len() < limits::REASONS_PER_CHECK_MAX {
                    reasons.push(reason);
                }
            }
            Err(why) if nowhere.contains(&why) => {}
            Err(why) => nowhere.push(why),
        }
    }
    if found.is_empty() && nowhere.is_empty() {
        nowhere.push(UnroutableWhy::NoAddress);
    }
    let mut routes: Vec<Route> = found
        .into_iter()
        .map(|(id, (authorities, reasons))| Route {
            to: Destination::Responder { id, authorities },
            reasons,
        })
        .collect();
    if !nowhere.is_empty() {
        routes.push(Route {
            to: Destination::Nowhere { why: nowhere },
            reasons: Vec::new(),
        });
    }
    routes
}

/// Who answers about children for `authority` on `day`.
pub(super) fn responder(
    directory: &Directory,
    authority: AuthorityCode,
    day: Date,
) -> Result<&Responder, UnroutableWhy> {
    directory
        .responder_for(authority, day)
        .ok_or(UnroutableWhy::NoResponder)
}

fn follow(directory: &Directory, place: usize, address: &Address, day: Date) -> Lead {
    match address.kind {
        AddressKind::NoFixedAbode => return Err(UnroutableWhy::NoFixedAbode),
        AddressKind::Withheld => return Err(UnroutableWhy::Withheld),
        AddressKind::Given if address.postcode.trim().is_empty() => {
            return Err(UnroutableWhy::NoAddress);
        }
        AddressKind::Given => {}
    }
    let postcode = Postcode::parse(&address.postcode).map_err(|_| UnroutableWhy::Malformed)?;
    let index = u8::try_from(place).unwrap_or(u8::MAX);
    match directory.lookup(&postcode, day) {
        PostcodeOutcome::Authority { code, terminated } => Ok((
            code,
            RouteReason::Address {
                index,
                role: address.role,
                terminated,
            },
        )),
        PostcodeOutcome::NoAuthority => Err(UnroutableWhy::NoAuthority),
        PostcodeOutcome::OutsideEnglandAndWales => Err(UnroutableWhy::OutsideEnglandAndWales),
        PostcodeOutcome::Unknown => Err(UnroutableWhy::Unknown),
    }
}
