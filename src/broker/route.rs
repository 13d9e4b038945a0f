//! Fan-out: from an enquiry's addresses and named authorities to one check per responder, and one of each kind for all that leads nowhere.

use crate::directory::{Directory, PostcodeOutcome, Responder};
use jiff::civil::Date;
use std::collections::BTreeMap;
use usher_domain::code::{AuthorityCode, Postcode, ResponderId, ResponderKind};
use usher_domain::command::{Destination, Route};
use usher_domain::enquiry::{RouteReason, UnroutableWhy};
use usher_domain::limits;
use usher_domain::personal::{Address, AddressKind};
use usher_domain::rejection::Rejection;

/// Routes an enquiry that asks these kinds of services on `day`, kind by kind. Never empty: what leads nowhere for a kind, or the lack
/// of any address, is a route to the operators' queue, with a reason for each address and name that it stands for.
///
/// # Errors
/// When a code in `named` is no authority.
pub(super) fn routes(
    directory: &Directory,
    kinds: &[ResponderKind],
    addresses: &[Address],
    named: &[AuthorityCode],
    day: Date,
) -> Result<Vec<Route>, Rejection> {
    let of_kind = |kind: &ResponderKind| routes_of(directory, *kind, addresses, named, day);
    let routes = kinds.iter().map(of_kind).collect::<Result<Vec<_>, _>>()?;
    Ok(routes.concat())
}

fn routes_of(
    directory: &Directory,
    kind: ResponderKind,
    addresses: &[Address],
    named: &[AuthorityCode],
    day: Date,
) -> Result<Vec<Route>, Rejection> {
    let mut found = Found::default();
    for code in named {
        let authority = authority(directory, *code, day, "authority_codes")?;
        match responder(directory, kind, authority, day) {
            Ok(responder) => found.responder(responder, authority, RouteReason::Named),
            Err(why) => found.nowhere(why, RouteReason::Unserved { authority }),
        }
    }
    for (place, address) in addresses.iter().enumerate() {
        let (lead, terminated) = follow(directory, address, day);
        let reason = |why| RouteReason::Address {
            index: u8::try_from(place).unwrap_or(u8::MAX),
            role: address.role,
            terminated,
            why,
        };
        let led = lead.and_then(|code| Ok((responder(directory, kind, code, day)?, code)));
        match led {
            Ok((responder, code)) => found.responder(responder, code, reason(None)),
            Err(why) => found.nowhere(why, reason(Some(why))),
        }
    }
    Ok(found.routes(kind))
}

/// What addresses and names have led to so far.
#[derive(Default)]
struct Found {
    responders: BTreeMap<ResponderId, (Vec<AuthorityCode>, Vec<RouteReason>)>,
    /// Each cause once.
    why: Vec<UnroutableWhy>,
    /// Each address and name that leads nowhere.
    lost: Vec<RouteReason>,
}

impl Found {
    fn responder(&mut self, responder: &Responder, authority: AuthorityCode, reason: RouteReason) {
        let (authorities, reasons) = self.responders.entry(responder.id.clone()).or_default();
        if !authorities.contains(&authority)
            && authorities.len() < limits::AUTHORITIES_PER_RESPONDER_MAX
        {
            authorities.push(authority);
        }
        note(reasons, reason);
    }

    fn nowhere(&mut self, why: UnroutableWhy, reason: RouteReason) {
        if !self.why.contains(&why) {
            self.why.push(why);
        }
        note(&mut self.lost, reason);
    }

    fn routes(mut self, kind: ResponderKind) -> Vec<Route> {
        if self.responders.is_empty() && self.why.is_empty() {
            self.why.push(UnroutableWhy::NoAddress);
        }
        let to_responders = self
            .responders
            .into_iter()
            .map(|(id, (authorities, reasons))| Route {
                kind,
                to: Destination::Responder { id, authorities },
                reasons,
            });
        let to_operators = (!self.why.is_empty()).then_some(Route {
            kind,
            to: Destination::Nowhere { why: self.why },
            reasons: self.lost,
        });
        to_responders.chain(to_operators).collect()
    }
}

fn note(reasons: &mut Vec<RouteReason>, reason: RouteReason) {
    if !reasons.contains(&reason) && reasons.len() < limits::REASONS_PER_CHECK_MAX {
        reasons.push(reason);
    }
}

/// The authority in force on `day` that a code names: itself, its successor, or the county of a district.
///
/// # Errors
/// A fault of `field`, when the code names none.
pub(super) fn authority(
    directory: &Directory,
    code: AuthorityCode,
    day: Date,
    field: &'static str,
) -> Result<AuthorityCode, Rejection> {
    let current = directory.authorities().current(code, day);
    current.ok_or(Rejection::Invalid {
        field,
        why: "a code names no authority of England and Wales with social care duties that day: `usher directory list` shows them",
    })
}

/// Who of `kind` answers for `authority` on `day`.
pub(super) fn responder(
    directory: &Directory,
    kind: ResponderKind,
    authority: AuthorityCode,
    day: Date,
) -> Result<&Responder, UnroutableWhy> {
    directory
        .responders()
        .find(kind, authority, day)
        .ok_or(UnroutableWhy::NoResponder)
}

/// The authority that an address leads to, or why it leads to none; and whether its postcode is terminated.
fn follow(
    directory: &Directory,
    address: &Address,
    day: Date,
) -> (Result<AuthorityCode, UnroutableWhy>, bool) {
    let nowhere = |why| (Err(why), false);
    match address.kind {
        AddressKind::NoFixedAbode => return nowhere(UnroutableWhy::NoFixedAbode),
        AddressKind::Withheld => return nowhere(UnroutableWhy::Withheld),
        AddressKind::Given if address.postcode.trim().is_empty() => {
            return nowhere(UnroutableWhy::NoAddress);
        }
        AddressKind::Given => {}
    }
    let Ok(postcode) = Postcode::parse(&address.postcode) else {
        return nowhere(UnroutableWhy::Malformed);
    };
    match directory.lookup(&postcode, day) {
        PostcodeOutcome::Authority { code, terminated } => (Ok(code), terminated),
        PostcodeOutcome::NoAuthority { terminated } => {
            (Err(UnroutableWhy::NoAuthority), terminated)
        }
        PostcodeOutcome::OutsideEnglandAndWales => nowhere(UnroutableWhy::OutsideEnglandAndWales),
        PostcodeOutcome::Unknown => nowhere(UnroutableWhy::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Authorities, Responders, Table};
    use jiff::civil::date;

    const CHILDREN: &[ResponderKind] = &[ResponderKind::ChildrenSocialCare];

    fn code(text: &str) -> AuthorityCode {
        AuthorityCode::parse(text).unwrap()
    }

    /// London, and a responder each for `others`.
    fn directory(others: &[(&str, &str)]) -> Directory {
        let authorities = Authorities::built_in().unwrap();
        let file = |(id, authority): &(&str, &str)| {
            let text = format!(
                "id = \"{id}\"\nname = \"{id}\"\nkind = \"children_social_care\"\n\
                 authorities = [\"{authority}\"]\nduty_phone = \"020 7946 0001\"\n\
                 [hours]\nmonday = \"09:00-17:00\"\n"
            );
            (format!("{id}.toml"), text)
        };
        let responders = Responders::parse(others.iter().map(file), &authorities).unwrap();
        Directory::new(Table::built_in().unwrap(), authorities, responders)
    }

    #[test]
    fn a_named_authority_is_followed_to_the_one_in_force_that_day() {
        let directory = directory(&[("barnsley", "E08000038"), ("surrey", "E10000030")]);
        let check = |named: &str, day: Date, wanted: Option<(&str, &str)>| {
            let routes = routes(&directory, CHILDREN, &[], &[code(named)], day);
            let found = routes.ok().map(|routes| match &routes[0].to {
                Destination::Responder { id, authorities } => {
                    assert_eq!(routes[0].reasons, [RouteReason::Named]);
                    (id.to_string(), authorities[0].to_string())
                }
                Destination::Nowhere { why } => {
                    let authority = match &routes[0].reasons[..] {
                        [RouteReason::Unserved { authority }] => authority.to_string(),
                        other => panic!("{other:?}"),
                    };
                    (format!("{why:?}"), authority)
                }
            });
            let wanted = wanted.map(|(to, code)| (to.to_owned(), code.to_owned()));
            assert_eq!(found, wanted, "{named} {day}");
        };
        let now = date(2026, 11, 23);
        check("E08000038", now, Some(("barnsley", "E08000038")));
        check("E08000016", now, Some(("barnsley", "E08000038")));
        check("E07000209", now, Some(("surrey", "E10000030")));
        check("E10000030", now, Some(("surrey", "E10000030")));
        check("E09000012", now, Some(("[NoResponder]", "E09000012")));
        check("S12000033", now, None);
        check("E07000999", now, None);
    }

    #[test]
    fn two_names_of_one_authority_are_one_reason() {
        let directory = directory(&[("surrey", "E10000030")]);
        let named = [code("E07000209"), code("E10000030"), code("E07000211")];
        let routes = routes(&directory, CHILDREN, &[], &named, date(2026, 11, 23)).unwrap();
        assert_eq!(routes.len(), 1);
        assert_eq!(routes[0].reasons, [RouteReason::Named]);
    }

    #[test]
    fn each_kind_has_its_own_checks_and_its_own_lost_ones() {
        let authorities = Authorities::built_in().unwrap();
        let responders = Responders::built_in(&authorities).unwrap();
        let directory = Directory::new(Table::built_in().unwrap(), authorities, responders);
        let check = |named: &[&str], wanted: &[&str]| {
            let named: Vec<AuthorityCode> = named.iter().map(|text| code(text)).collect();
            let routes = routes(
                &directory,
                ResponderKind::ALL,
                &[],
                &named,
                date(2026, 11, 23),
            );
            let told = |route: &Route| match &route.to {
                Destination::Responder { id, authorities } => {
                    format!("{} {id} {}", route.kind.name(), authorities.len())
                }
                Destination::Nowhere { why } => format!("{} {why:?}", route.kind.name()),
            };
            assert_eq!(
                routes.unwrap().iter().map(told).collect::<Vec<_>>(),
                wanted,
                "{named:?}"
            );
        };
        check(
            &["E09000012", "E09000001", "E09000030"],
            &[
                "children_social_care city-of-london 1",
                "children_social_care hackney 1",
                "children_social_care tower-hamlets 1",
                "adult_social_care city-of-london-adults 1",
                "adult_social_care hackney-adults 1",
                "adult_social_care tower-hamlets-adults 1",
                "police_domestic_abuse city-of-london-police 1",
                "police_domestic_abuse metropolitan-police 2",
            ],
        );
        check(
            &["E10000030"],
            &[
                "children_social_care [NoResponder]",
                "adult_social_care [NoResponder]",
                "police_domestic_abuse [NoResponder]",
            ],
        );
    }
}
