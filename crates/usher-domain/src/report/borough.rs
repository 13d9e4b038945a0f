//! In which borough's row a check counts that a case needed and an enquiry covers. The case does not know whom the enquiry asked, and either
//! may be counted first, so this is told when all are counted. It remembers who was asked by every enquiry, and so takes memory for records,
//! as no other report does.

use super::facts::{EnquiryFacts, Standing};
use crate::code::{ResponderId, ResponderKind};
use crate::id::EnquiryId;

/// Whom one enquiry asked.
type Asked = Box<[(ResponderKind, ResponderId)]>;

/// Whom enquiries asked, and what they cover.
#[derive(Debug, Default)]
pub(super) struct Boroughs {
    asked: Vec<(EnquiryId, Asked)>,
    covered: Vec<Covered>,
}

/// A check that a case needed and that enquiries cover.
#[derive(Debug)]
pub(super) struct Covered {
    /// Whom the case needs asked.
    pub(super) kind: ResponderKind,
    /// What covers it.
    pub(super) enquiries: Vec<EnquiryId>,
    /// The place of the measure that it counts in.
    pub(super) place: usize,
}

impl Boroughs {
    /// Notes whom an enquiry asks; each once.
    pub(super) fn note(&mut self, id: EnquiryId, enquiry: &EnquiryFacts) {
        let checks = enquiry.checks.iter();
        let goes_on = checks.filter(|check| check.standing != Standing::Redirected);
        let asked = goes_on.filter_map(|check| Some((check.kind, check.responder.clone()?)));
        self.asked.push((id, asked.collect()));
    }

    /// Leaves `covered` until all are counted.
    pub(super) fn leave(&mut self, covered: Covered) {
        self.covered.push(covered);
    }

    /// What was left, each with the borough that was asked first; `None` where no enquiry that was counted asks one.
    pub(super) fn told(&mut self) -> impl Iterator<Item = (Option<&ResponderId>, usize)> {
        self.asked.sort_unstable_by_key(|(id, _)| *id);
        let asked_by = |id: &EnquiryId| {
            let place = self.asked.binary_search_by_key(id, |(id, _)| *id);
            self.asked.get(place.ok()?).map(|(_, asked)| asked)
        };
        self.covered.iter().map(move |covered| {
            let enquiries = covered.enquiries.iter();
            let mut asked = enquiries.filter_map(asked_by).flatten();
            let first = asked.find(|(kind, _)| *kind == covered.kind);
            (first.map(|(_, borough)| borough), covered.place)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::facts::{Facts, Of};
    use crate::rules::cases::{accept, adapter, after, redirect, submitted};
    use ResponderKind::{AdultSocialCare, ChildrenSocialCare, PoliceDomesticAbuse};

    fn id(number: u128) -> EnquiryId {
        EnquiryId::from_uuid(uuid::Uuid::from_u128(number))
    }

    /// The row of a need of `kind` that these enquiries cover. The first asks children's services at `a` and the police at `b`; the second asks
    /// `c`, which has sent it on to `b`; the third has no responder yet.
    fn check(kind: ResponderKind, enquiries: &[u128], expected: Option<&str>) {
        let sent_on = [
            (adapter("c"), 1, accept(None, None)),
            (adapter("c"), 2, redirect(1, "b")),
        ];
        let mut asked = [
            submitted(&["a", "b"]),
            after(submitted(&["c"]), &sent_on),
            crate::rules::cases::unroutable(),
        ];
        asked[0].checks[1].kind = PoliceDomesticAbuse;
        let mut boroughs = Boroughs::default();
        boroughs.leave(Covered {
            kind,
            enquiries: enquiries.iter().copied().map(id).collect(),
            place: 7,
        });
        for (number, enquiry) in (1..).zip(&asked) {
            let Of::Enquiry(facts) = Facts::from(enquiry).of else {
                panic!("an enquiry was expected");
            };
            boroughs.note(id(number), &facts);
        }
        let told: Vec<_> = boroughs.told().collect();
        let [(borough, place)] = &told[..] else {
            panic!("one need was expected: {told:?}");
        };
        let found = (borough.map(ResponderId::as_str), *place);
        assert_eq!(found, (expected, 7), "{kind:?} {enquiries:?}");
    }

    #[test]
    fn a_need_belongs_to_the_first_borough_of_its_kind_that_was_asked() {
        check(ChildrenSocialCare, &[1], Some("a"));
        check(PoliceDomesticAbuse, &[1], Some("b"));
        check(AdultSocialCare, &[1], None);
        check(ChildrenSocialCare, &[2], Some("b"));
        check(ChildrenSocialCare, &[3], None);
        check(ChildrenSocialCare, &[3, 2, 1], Some("b"));
        check(ChildrenSocialCare, &[9], None);
    }
}
