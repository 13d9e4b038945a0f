//! Sample data with every field filled, and one event of every kind.

use super::{
    Sample, answered, at, by, closed, court, event, leased, person, responder, sealed, step,
};
use jiff::civil;
use std::collections::BTreeSet;
use usher_domain::actor::{By, Role, Unit};
use usher_domain::agreement::{AgreementVersion, Sharing, SharingDecision};
use usher_domain::alert::{AlertState, Cause, Trouble};
use usher_domain::case::Holder;
use usher_domain::code::{AgreementId, ClientId, Crn, Pnc, ResponderId, Urn};
use usher_domain::enquiry::{
    AddressRole, Answer, Applied, ByPhone, Check, CheckState, CloseReason, Closing, CourtDecision,
    CourtDecisionKind, Curfew, Enquiry, Exchange, LateEffect, PeopleReason, Receipt, Reply,
    RouteReason, Sentence, SentenceOutcome, Timeliness, UnroutableWhy,
};
use usher_domain::event::{DecisionName, Event, EventKind};
use usher_domain::hearing::{Deadline, HearingMove};
use usher_domain::id::{CaseId, RequestId};
use usher_domain::ladder::StepState;
use usher_domain::personal::{
    AbuseCategory, Address, AddressKind, AnswerContent, Basis, Birth, BirthAccuracy, Candidate,
    Child, Confidence, CourtSession, DataSource, Disclosure, DisclosureDecision, Episode,
    EpisodeKind, Handling, Information, Marking, Match, MatchFeature, Name, Other, OtherResponder,
    Personal, PriorAnswer, RefusalReason, Regime, Remark, Sex, Subject, Topic, Worker,
};
use uuid::Uuid;

fn name(family: &str) -> Name {
    Name {
        family: family.into(),
        given: "Ada".into(),
    }
}

fn birth(year: i16) -> Birth {
    Birth {
        date: civil::date(year, 2, 28),
        accuracy: BirthAccuracy::Estimated,
    }
}

/// People with every field filled.
pub(crate) fn people() -> Personal {
    Personal {
        subject: Subject {
            name: name("Defendant"),
            aliases: vec![name("Alias")],
            born: Some(birth(1_990)),
            sex: Some(Sex::Female),
            crn: Some(Crn::parse("X320741").unwrap()),
            pnc: Some(Pnc::parse("2000/0002697G", 2026).unwrap()),
            limited_access: true,
        },
        urn: Some(Urn::parse("01AB1234526").unwrap()),
        hearing_ref: "H-1".into(),
        court_room: "3".into(),
        list_number: "17".into(),
        court_session: Some(CourtSession::Afternoon),
        next_hearing: Some(civil::date(2026, 12, 7)),
        report_requested: Some(civil::date(2026, 11, 20)),
        report_due: Some(civil::date(2026, 11, 23)),
        addresses: vec![Address {
            role: AddressRole::Home,
            kind: AddressKind::Given,
            lines: "1 Example Street".into(),
            postcode: "E8 1EA".into(),
            uprn: "100021".into(),
            from: Some(civil::date(2020, 1, 1)),
            to: None,
        }],
        children: vec![Child {
            name: name("Child"),
            born: Some(birth(2020)),
            relationship: "daughter".into(),
            lives_with_subject: true,
            address: Some(0),
            school: "Example Primary".into(),
        }],
        others: vec![Other {
            name: name("Partner"),
            born: None,
            relationship: "partner".into(),
        }],
        offence_code: "CJ88116".into(),
        basis: Basis {
            gateways: vec!["OMA2007-s14".into()],
            agreement: "London sharing agreement".into(),
            agreement_version: "3.1".into(),
            agreement_effective: Some(civil::date(2026, 4, 1)),
            regime: Some(Regime::LawEnforcement),
        },
        information: vec![Information::Plans, Information::CurfewAdvice],
        asked_besides: vec![OtherResponder::PoliceDomesticAbuse],
        prior_answer: Some(PriorAnswer {
            reference: "7K3M-9QXA-A".into(),
            answered: Some(civil::date(2025, 6, 1)),
            reason: "before the family moved".into(),
        }),
        marking: Marking::Official,
        note: "Interpreter needed.".into(),
    }
}

/// An answer with every field filled.
pub(crate) fn content() -> AnswerContent {
    AnswerContent {
        matches: vec![Match {
            who: "child 1".into(),
            confidence: Confidence::Possible,
            basis: "name and date of birth".into(),
        }],
        episodes: vec![Episode {
            kind: EpisodeKind::CpPlan,
            who: "child 1".into(),
            open: true,
            start: Some(civil::date(2024, 5, 6)),
            end: None,
            category: Some(AbuseCategory::Emotional),
            legal_status: "C2".into(),
            other_authority: true,
            handling: vec![Handling::RingFirst],
        }],
        worker: Some(Worker {
            name: "Win Worker".into(),
            team: "Assessment".into(),
            phone: "020 7946 0001".into(),
            email: "desk@borough.example".into(),
        }),
        recent_contacts: Some(3),
        last_contact: Some(civil::date(2026, 11, 1)),
        remarks: vec![Remark {
            topic: Topic::CurfewAdvice,
            text: "Not at this address.".into(),
            handling: vec![Handling::NotToDefendant],
        }],
        valid_until: Some(civil::date(2026, 12, 31)),
        source: Some(DataSource::Batch),
        disclosure: Some(Disclosure {
            decision: DisclosureDecision::Review,
            policy_version: "2026-04".into(),
            refusal: Some(RefusalReason::CourtRestriction),
        }),
    }
}

/// An enquiry with every field filled, a check in every state, an alert and a step of every kind.
pub(crate) fn rich(number: u128) -> Enquiry {
    let unroutable = CheckState::Unroutable {
        why: vec![UnroutableWhy::Withheld, UnroutableWhy::Malformed],
        since: at(0),
    };
    let accepted = CheckState::Accepted {
        at: at(5),
        by: by(Role::Adapter),
        expected_by: Some(at(100)),
    };
    let asked = CheckState::Asked {
        at: at(6),
        by: by(Role::Adapter),
    };
    let redirected = CheckState::Redirected {
        to: 1,
        at: at(7),
        by: by(Role::Adapter),
    };
    let mut enquiry = Sample::new(number)
        .check("islington", leased(20))
        .check("newham", accepted)
        .check("barnet", asked)
        .check("camden", unroutable)
        .check("ealing", answered(true))
        .check("brent", redirected)
        .check("sutton", closed())
        .alert(AlertState::Open { since: at(10) })
        .alert(AlertState::Acknowledged {
            by: by(Role::Operator),
            at: at(11),
            expires: at(41),
            note: usher_domain::sealed::Sealed::default(),
        })
        .alert(AlertState::Resolved { at: at(12) })
        .build();
    enquiry.alerts[2].cause = Cause::Step {
        name: "desk".into(),
        generation: 2,
    };
    enquiry.checks[4].responder = None;
    enquiry.checks[4].sharing = Some(sharing("camden", SharingDecision::Deny, None));
    let agreement = AgreementVersion {
        id: AgreementId::parse("pan-london").unwrap(),
        version: "2.1".into(),
    };
    let name = enquiry.checks[0].responder.clone().unwrap();
    let permitted = sharing(name.as_str(), SharingDecision::Permit, Some(agreement));
    enquiry.checks[0].sharing = Some(permitted);
    fill_check(&mut enquiry.checks[0]);
    if let CheckState::Answered { answers, received } = &mut enquiry.checks[5].state {
        answers[0].by_phone = Some(by_phone());
        corrected_late(answers, received);
    }
    fill_court(&mut enquiry);
    enquiry
}

/// A correction after the hearing, read as one that would have changed something.
fn corrected_late(answers: &mut Vec<Answer>, received: &mut Option<Receipt>) {
    answers.push(Answer {
        timeliness: Timeliness::AfterHearing,
        ..answers[0].clone()
    });
    if let Some(receipt) = received {
        receipt.effects = vec![LateEffect::Sentence, LateEffect::Plan];
    }
}

/// What was moved, decided and applied.
fn fill_court(enquiry: &mut Enquiry) {
    enquiry.in_custody = true;
    enquiry.requester.unit = Unit {
        region: "London".into(),
        office: "Inner London".into(),
        team: "Court duty".into(),
        mailbox: "court.duty@probation.example".into(),
    };
    enquiry.requester.on_behalf_of = Some(person("Pat Practitioner"));
    enquiry.imminent_harm = true;
    enquiry.case = Some(CaseId::derive("01AB1234526/1"));
    enquiry.holder = Some(Holder {
        person: Some(person("Pat Practitioner")),
        unit: Unit {
            office: "Thames".into(),
            ..Unit::default()
        },
    });
    enquiry.curfew = Curfew::Withdrawn {
        by: by(Role::Officer),
        at: at(15),
    };
    enquiry.moves = vec![HearingMove {
        from: Deadline::ReplyBy {
            court: court("B01DU"),
            at: at(200),
        },
        by: by(Role::Officer),
        reason: sealed("list moved"),
        at: at(2),
    }];
    let decision = |kind| CourtDecision {
        kind,
        outstanding: vec![1, 3],
        by: by(Role::Officer),
        note: sealed("discussed with the bench"),
        at: at(290),
    };
    enquiry.decisions = vec![
        decision(CourtDecisionKind::SeekAdjournment),
        decision(CourtDecisionKind::ProceedWithout {
            authorised_by: person("Mona Manager"),
        }),
        decision(CourtDecisionKind::WithdrawCurfew),
    ];
    enquiry.sentence = Some(Box::new(Sentence {
        outcome: SentenceOutcome::SuspendedSentence,
        date: civil::date(2026, 11, 23),
        outstanding: vec![1, 2],
        by: by(Role::Manager),
        at: at(310),
    }));
    enquiry.applied = (1..=20)
        .map(|n| Applied {
            request: RequestId::from_uuid(Uuid::from_u128(n)),
            digest: u64::MAX - u64::try_from(n).unwrap(),
        })
        .collect();
}

fn fill_check(check: &mut Check) {
    check.reasons = vec![
        RouteReason::Address {
            index: 3,
            role: AddressRole::ProposedCurfew,
            terminated: true,
            why: Some(UnroutableWhy::Malformed),
        },
        RouteReason::Named,
        RouteReason::Unserved {
            authority: usher_domain::code::AuthorityCode::parse("E09000033").unwrap(),
        },
        RouteReason::Redirected { from: 2 },
        RouteReason::Operator,
    ];
    check.ladder.generation = 3;
    let raised = StepState::Raised {
        at: at(60),
        alert: 1,
    };
    check.ladder.steps.push(step("manager", 90, raised));
    check
        .ladder
        .steps
        .push(step("late", 120, StepState::Moot { at: at(120) }));
    check.leases_lost = 2;
    check.sentenced_outstanding_at = Some(at(300));
    check.closing = Some(Closing {
        by: by(Role::Manager),
        reason: CloseReason::Other,
        note: sealed("moved abroad"),
        at: at(10),
    });
    check.candidates = usher::store::record::seal_candidates(&[candidate()]);
    check.exchanges = vec![Exchange {
        question: sealed("which child?"),
        asked_by: by(Role::Adapter),
        asked_at: at(8),
        reply: Some(Reply {
            text: sealed("the elder"),
            by: by(Role::Officer),
            at: at(9),
        }),
    }];
}

fn sharing(with: &str, decision: SharingDecision, agreement: Option<AgreementVersion>) -> Sharing {
    Sharing {
        with: responder(with),
        decision,
        overruled: agreement.is_some(),
        agreement,
    }
}

fn reconsidered() -> EventKind {
    EventKind::Reconsidered {
        responder: responder("hackney"),
        decision: SharingDecision::Deny,
    }
}

fn opened(responder: &ResponderId) -> EventKind {
    EventKind::Opened {
        responder: Some(responder.clone()),
    }
}

fn by_phone() -> ByPhone {
    ByPhone {
        given_by: person("Dana Desk"),
        number: "020 7946 0123".into(),
    }
}

fn told_by_phone(responder: &ResponderId) -> EventKind {
    EventKind::Answered {
        responder: responder.clone(),
        opened_at: at(0),
        version: 2,
        timeliness: Timeliness::InTime,
        by_phone: Some(by_phone()),
    }
}

fn left_to_people() -> EventKind {
    EventKind::Released {
        for_people: Some(PeopleReason::PossibleMatch),
    }
}

fn promised(minutes: Option<i64>) -> EventKind {
    EventKind::Accepted {
        expected_by: minutes.map(at),
    }
}

fn received(version: u8, effects: &[LateEffect]) -> EventKind {
    EventKind::Received {
        version,
        effects: effects.to_vec(),
    }
}

fn sentence_recorded() -> EventKind {
    EventKind::SentenceRecorded {
        outcome: SentenceOutcome::NoSentence,
        date: civil::date(2026, 11, 24),
    }
}

fn step_raised() -> EventKind {
    EventKind::StepRaised {
        step: "desk".into(),
        generation: 1,
        due: at(60),
        alert: 1,
    }
}

fn hearing_moved() -> EventKind {
    EventKind::HearingMoved {
        from: at(200),
        to: at(300),
    }
}

/// Every kind of event once.
pub(crate) fn all_events() -> Vec<Event> {
    let responder = responder("hackney");
    let kinds = vec![
        reconsidered(),
        left_to_people(),
        EventKind::Submitted,
        opened(&responder),
        EventKind::Opened { responder: None },
        EventKind::Leased { expires: at(20) },
        EventKind::LeaseLost,
        EventKind::Released { for_people: None },
        promised(Some(100)),
        promised(None),
        EventKind::Asked,
        EventKind::Supplied,
        EventKind::Redirected { to: 2 },
        EventKind::Rerouted { to: 3 },
        told_by_phone(&responder),
        EventKind::Answered {
            responder,
            opened_at: at(0),
            version: 1,
            timeliness: Timeliness::AfterHearing,
            by_phone: None,
        },
        received(1, &[]),
        received(2, LateEffect::ALL),
        sentence_recorded(),
        EventKind::Withdrawn,
        EventKind::Linked,
        EventKind::Reassigned,
        hearing_moved(),
        step_raised(),
        EventKind::StepMoot {
            step: "late".into(),
            generation: 2,
        },
        EventKind::TroubleRaised {
            alert: 2,
            trouble: Trouble::Question,
        },
        EventKind::Acknowledged {
            alert: 2,
            expires: at(41),
        },
        EventKind::Reopened { alert: 2 },
        EventKind::Resolved { alert: 2 },
        EventKind::Decided {
            decision: DecisionName::ProceedWithout,
        },
        EventKind::SentencedOutstanding,
        EventKind::Viewed,
        EventKind::CloseProposed {
            reason: CloseReason::Other,
        },
        EventKind::Closed {
            reason: CloseReason::Duplicate,
        },
    ];
    let names: BTreeSet<&str> = kinds.iter().map(EventKind::name).collect();
    assert_eq!(names.len(), 29, "a kind of event is missing here");
    let mut events: Vec<Event> = kinds.into_iter().map(|kind| event(5, kind)).collect();
    events[0].check = None;
    events[4].by = By {
        role: Role::Clock,
        client: ClientId::clock(),
        person: None,
    };
    events
}

/// Somebody who may be one of the people, with every field filled.
pub(crate) fn candidate() -> Candidate {
    Candidate {
        who: "child 1".into(),
        system_reference: "P-4711".into(),
        names: vec!["Ana Example".into(), "Ana Former".into()],
        born: "2015-06-07".into(),
        addresses: vec!["12 Mare Street, E8 1EA".into()],
        agrees: vec![MatchFeature::SimilarName, MatchFeature::BirthDate],
        differs: vec![MatchFeature::Address],
    }
}
