//! Properties of cases under random commands by random actors at any clock.

mod outdated;

use crate::policy::policies;
use crate::props::config;
use crate::story::{court, start};
use crate::world::actors;
use jiff::{SignedDuration, civil};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::HashSet;
use usher_domain::actor::{Actor, Role};
use usher_domain::case::command::{CaseCommand, CaseVerb, Cover, Register};
use usher_domain::case::decide::{CaseTransition, decide};
use usher_domain::case::event::CaseEventKind;
use usher_domain::case::{Case, Indicator, Requirement, RequirementState, SetAsideReason, index};
use usher_domain::code::ResponderKind;
use usher_domain::command::Request;
use usher_domain::enquiry::{Purpose, ReportType, Track};
use usher_domain::event::EventKind;
use usher_domain::hearing::Hearing;
use usher_domain::id::{CaseId, EnquiryId, RequestId};
use usher_domain::ladder::{Audience, StepKind, StepState, Unless};
use usher_domain::limits;
use usher_domain::policy::{CaseRules, Offset, Policy, RequirementRule, StepRule, TrackRule};
use usher_domain::rejection::Rejection;
use usher_domain::sealed::Sealed;
use usher_domain::time::{Timestamp, to_london};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) struct Story {
    policy: Policy,
    acts: Vec<Act>,
}

#[derive(Clone, Debug)]
struct Act {
    /// Seconds by which the clock moves first; none brings it to the moment when the clock has something to do.
    tick: Option<i64>,
    /// Which of the world's actors.
    who: usize,
    request: Option<u8>,
    verb: CaseVerb,
}

fn asking() -> impl Strategy<Value = TrackRule> {
    let moment = select(&[
        "submitted + 20 min",
        "submitted + 1 wd",
        "hearing - 2 wh",
        "hearing - 30 min",
        "hearing + 1 wd",
    ]);
    let audience = select(&[
        Audience::Officer,
        Audience::OfficerManager,
        Audience::Operator,
    ]);
    vec((moment, audience), 0..5).prop_map(|steps| {
        let hearing = ("hearing + 0 min", Audience::Officer);
        let named = steps.into_iter().chain([hearing]).enumerate();
        let step = |(place, (moment, audience)): (usize, (&str, Audience))| StepRule {
            name: format!("step_{place}").into(),
            kind: match moment {
                "hearing + 0 min" => StepKind::Hearing,
                _ => StepKind::Escalate,
            },
            at: vec![moment.parse::<Offset>().unwrap()],
            unless: Unless::Answered,
            audience: vec![audience],
        };
        TrackRule {
            acknowledgement: "2 h".parse().unwrap(),
            reply_within: "3 wd".parse().unwrap(),
            steps: named.map(step).collect(),
        }
    })
}

/// All but a referral, which asks nothing.
fn stages() -> Vec<Purpose> {
    let all = Purpose::ALL.iter().copied();
    all.filter(|purpose| purpose.is_stage()).collect()
}

fn rule() -> impl Strategy<Value = RequirementRule> {
    (
        subsequence(stages(), 1..5),
        subsequence(Indicator::ALL, 0..5),
        subsequence(ResponderKind::ALL, 1..=3),
        select(&["1 wd", "30 min", "28 wd"]),
        0_i8..20,
    )
        .prop_map(|(mut stages, any_of, ask, age, days)| {
            let purpose = stages[0];
            stages.retain(|stage| stage.before_sentence() == purpose.before_sentence());
            RequirementRule {
                name: "".into(),
                purpose,
                covered_by: stages.clone(),
                stages,
                any_of,
                ask,
                max_age: age.parse().unwrap(),
                from: civil::date(2026, 10, 1),
                to: (days > 5).then(|| civil::date(2026, 10, 15 + days / 2)),
                source: "random".into(),
            }
        })
}

fn a_policy() -> impl Strategy<Value = Policy> {
    (policies(), vec(rule(), 1..6), asking()).prop_map(|(policy, mut requirements, ladder)| {
        for (place, rule) in requirements.iter_mut().enumerate() {
            rule.name = format!("rule_{place}").into();
        }
        let asking = Track::ALL.iter().map(|track| (*track, ladder.clone()));
        let cases = CaseRules {
            requirements,
            asking: asking.collect(),
        };
        let policy = Policy { cases, ..policy };
        policy.validate().unwrap();
        policy
    })
}

fn text() -> impl Strategy<Value = Sealed> {
    let length = prop_oneof![5 => 0_usize..20, 1 => 0_usize..9_000];
    length.prop_map(|length| Sealed::from_bytes(vec![1; length]))
}

fn row() -> impl Strategy<Value = CaseVerb> {
    let minutes = prop_oneof![3 => Just(300_i64), 2 => -600_i64..20_000];
    let code = prop_oneof![8 => Just("B01IX"), 1 => Just("B01DU")];
    let report = prop::option::of(select(ReportType::ALL));
    let indicators = subsequence(Indicator::ALL, 0..5);
    let purpose = prop_oneof![2 => Just(Purpose::CourtReport), 1 => select(Purpose::ALL)];
    (
        minutes,
        code,
        report,
        any::<bool>(),
        indicators,
        purpose,
        text(),
        text(),
    )
        .prop_map(
            |(minutes, code, report, in_custody, indicators, purpose, reason, personal)| {
                let at = start() + SignedDuration::from_mins(minutes);
                let hearing = Hearing::new(court(code), to_london(at));
                CaseVerb::Register(Box::new(Register {
                    id: CaseId::derive("one"),
                    name: Sealed::default(),
                    hearing: hearing.unwrap_or_else(|_| heard()),
                    reason,
                    purpose,
                    report,
                    in_custody,
                    indicators,
                    holder: None,
                    personal,
                }))
            },
        )
}

fn heard() -> Hearing {
    let at = start() + SignedDuration::from_hours(5);
    Hearing::new(court("B01IX"), to_london(at)).unwrap()
}

fn enquiry(number: u8) -> EnquiryId {
    EnquiryId::from_uuid(Uuid::from_u128(number.into()))
}

fn verb() -> impl Strategy<Value = CaseVerb> {
    let kinds = subsequence(ResponderKind::ALL, 1..=3);
    let age = -150_i64..200;
    let cover = (0_u8..12, select(Purpose::ALL), kinds, age, any::<bool>());
    let cover = cover.prop_map(|(number, purpose, kinds, hours, same_person)| {
        CaseVerb::Cover(Cover {
            enquiry: enquiry(number),
            purpose,
            kinds,
            submitted_at: start() - SignedDuration::from_hours(hours),
            same_person: same_person || number > 1,
        })
    });
    let uncover = (0_u8..12, subsequence(ResponderKind::ALL, 1..=3));
    let uncover = uncover.prop_map(|(number, kinds)| CaseVerb::Uncover {
        enquiry: enquiry(number),
        kinds,
    });
    let aside = (1_u8..9, select(SetAsideReason::ALL), text());
    let aside = aside.prop_map(|(requirement, reason, note)| CaseVerb::SetAside {
        requirement,
        reason,
        answer: None,
        note,
    });
    let stage = (select(Purpose::ALL), prop::option::of(-600_i64..20_000));
    let stage = stage.prop_map(|(purpose, due)| CaseVerb::EnterStage {
        purpose,
        due: due.map(|minutes| start() + SignedDuration::from_mins(minutes)),
    });
    let care = (1_u16..30, text()).prop_map(|(alert, note)| CaseVerb::Acknowledge { alert, note });
    prop_oneof![
        4 => row(),
        1 => Just(CaseVerb::TakeOff),
        2 => stage,
        3 => cover,
        2 => uncover,
        2 => aside,
        3 => care,
        8 => Just(CaseVerb::Advance),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let tick = prop_oneof![
        2 => Just(None),
        2 => (0_i64..20_000).prop_map(Some),
        1 => (-50_000_i64..200_000).prop_map(Some),
    ];
    let who = prop_oneof![4 => Just(None), 1 => (0_usize..12).prop_map(Some)];
    let request = prop::option::of(0_u8..40);
    (tick, who, request, verb()).prop_map(|(tick, who, request, verb)| {
        // Who may: the clock, or an officer; for the second court's cases an operator.
        let fitting = if verb == CaseVerb::Advance { 11 } else { 0 };
        Act {
            tick,
            who: who.unwrap_or(fitting),
            request: request.filter(|_| verb != CaseVerb::Advance),
            verb,
        }
    })
}

pub(crate) fn stories() -> impl Strategy<Value = Story> {
    (a_policy(), vec(act(), 1..60)).prop_map(|(policy, acts)| Story { policy, acts })
}

pub(crate) struct Turn<'a> {
    pub(crate) before: &'a Case,
    who: &'a Actor,
    command: &'a CaseCommand,
    now: Timestamp,
    policy: &'a Policy,
    pub(crate) result: &'a Result<CaseTransition, Rejection>,
}

pub(crate) fn play(
    story: Story,
    mut property: impl FnMut(&Turn<'_>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let (actors, policy) = (actors(), story.policy);
    let first = Register {
        id: CaseId::derive("one"),
        name: Sealed::default(),
        hearing: heard(),
        reason: Sealed::default(),
        purpose: Purpose::CourtReport,
        report: Some(ReportType::Oral),
        in_custody: false,
        indicators: vec![Indicator::LivesWithChildren, Indicator::DomesticAbuse],
        holder: None,
        personal: Sealed::default(),
    };
    let register = CaseCommand {
        request: None,
        verb: CaseVerb::Register(Box::new(first)),
    };
    let mut now = start();
    let mut case = decide(None, &register, &actors[0], now, &policy)
        .map_err(|refused| TestCaseError::fail(refused.to_string()))?
        .case;
    for act in &story.acts {
        now = match act.tick {
            None => index::keys(&case).next_due.unwrap_or(now),
            Some(seconds) => now + SignedDuration::from_secs(seconds),
        };
        let request = act.request.map(|id| Request {
            id: RequestId::from_uuid(Uuid::from_u128(id.into())),
            digest: act.verb.name() as u64,
        });
        let command = CaseCommand {
            request,
            verb: act.verb.clone(),
        };
        let who = &actors[act.who];
        let result = decide(Some(&case), &command, who, now, &policy);
        property(&Turn {
            before: &case,
            who,
            command: &command,
            now,
            policy: &policy,
            result: &result,
        })?;
        if let Ok(transition) = result {
            case = transition.case;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    /// Invariant 1: what is needed ends covered by an enquiry, or by a named person with a reason; nothing that was raised disappears.
    #[test]
    fn a_need_has_no_silent_exit(story in stories()) {
        play(story, |turn| {
            let Ok(transition) = turn.result else { return Ok(()) };
            let after = &transition.case.requirements;
            prop_assert!(after.len() >= turn.before.requirements.len());
            for (before, after) in turn.before.requirements.iter().zip(after) {
                prop_assert_eq!((&before.rule, before.kind, before.raised_at), (&after.rule, after.kind, after.raised_at));
                match (&before.state, &after.state, &turn.command.verb) {
                    (before, after, _) if before == after => {}
                    (_, covered @ RequirementState::Met { .. }, CaseVerb::Cover(cover)) => {
                        prop_assert!(covered.is_covered_by(cover.enquiry) && cover.kinds.contains(&after.kind));
                    }
                    (RequirementState::Met { .. }, _, CaseVerb::Uncover { kinds, .. }) => prop_assert!(kinds.contains(&after.kind)),
                    (RequirementState::Met { enquiries, .. }, RequirementState::Needed, CaseVerb::Register(_) | CaseVerb::EnterStage { .. } | CaseVerb::Advance) => {
                        let good_until = |at| turn.policy.shift(at, false, after.max_age, &turn.policy.default_hours);
                        prop_assert!(enquiries.iter().all(|one| good_until(one.submitted_at) < turn.now));
                    }
                    (RequirementState::Needed, RequirementState::SetAside { by, .. }, CaseVerb::SetAside { .. }) => {
                        prop_assert!(by.person.as_ref().is_some_and(|person| !person.name.is_empty()));
                    }
                    (before, after, verb) => prop_assert!(false, "{} -> {} by {:?}", before.name(), after.name(), verb.name()),
                }
            }
            Ok(())
        })?;
    }

    /// Invariant 3: every open requirement has a next moment, or an open alert, at any time.
    #[test]
    fn every_need_is_watched(story in stories()) {
        play(story, |turn| {
            let Ok(transition) = turn.result else { return Ok(()) };
            let case = &transition.case;
            for requirement in &case.requirements {
                prop_assert!(index::is_watched(case, requirement), "{requirement:?}");
            }
            Ok(())
        })?;
    }

    /// Invariant 4: a step is raised once in each computation, never before it is due, and none is due after the clock has looked.
    #[test]
    fn each_step_is_raised_once_when_due(story in stories()) {
        let mut raised = HashSet::new();
        play(story, |turn| {
            let Ok(transition) = turn.result else { return Ok(()) };
            for event in &transition.events {
                if let EventKind::Case(CaseEventKind::StepRaised { step, generation, due, .. }) = &event.kind {
                    prop_assert!(*due <= turn.now);
                    prop_assert!(raised.insert((event.check, step.clone(), *generation)));
                }
            }
            if turn.who.role == Role::Clock {
                let pending = transition.case.requirements.iter().filter(|one| !one.state.is_exit());
                let late = pending.flat_map(|one| &one.ladder.steps)
                    .any(|step| step.state == StepState::Pending && step.due <= turn.now);
                prop_assert!(!late);
                let again = decide(Some(&transition.case), turn.command, turn.who, turn.now, turn.policy);
                prop_assert_eq!(again.map(|again| again.events), Ok(Vec::new()));
            }
            Ok(())
        })?;
    }

    /// Invariant 4: the clock finds something to do exactly from `next_due` on.
    #[test]
    fn the_clock_has_something_to_do_from_next_due_on(story in stories()) {
        let (clock, tick) = (Actor::clock(), SignedDuration::from_millis(1));
        let advance = CaseCommand { request: None, verb: CaseVerb::Advance };
        play(story, |turn| {
            if let Some(due) = index::keys(turn.before).next_due {
                let early = decide(Some(turn.before), &advance, &clock, due - tick, turn.policy);
                prop_assert_eq!(early.map(|early| early.events), Ok(Vec::new()));
                let prompt = decide(Some(turn.before), &advance, &clock, due, turn.policy);
                prop_assert!(prompt.is_ok_and(|prompt| !prompt.events.is_empty()));
            }
            Ok(())
        })?;
    }

    /// Invariant 5: the same request again changes nothing; a list that says the same again changes nothing.
    #[test]
    fn the_same_again_changes_nothing(story in stories()) {
        play(story, |turn| {
            let Ok(transition) = turn.result else { return Ok(()) };
            let is_row = matches!(turn.command.verb, CaseVerb::Register(_));
            if turn.command.request.is_some() && !transition.events.is_empty() || is_row {
                let again = decide(Some(&transition.case), turn.command, turn.who, turn.now, turn.policy);
                let out_of_sight = Err(Rejection::NotFound { what: "case" });
                let same = Ok((transition.case.clone(), Vec::new()));
                let again = again.map(|again| (again.case, again.events));
                prop_assert!(again == same || again.map(|_| ()) == out_of_sight);
            }
            Ok(())
        })?;
    }

    /// Invariant 6: whoever may not see a case learns nothing of it.
    #[test]
    fn what_is_not_seen_reads_as_absent(story in stories()) {
        play(story, |turn| {
            let own = turn.who.role != Role::Adapter && turn.who.courts.contain(turn.before.court());
            if !own {
                let absent = decide(None, turn.command, turn.who, turn.now, turn.policy);
                let is_row = matches!(turn.command.verb, CaseVerb::Register(_));
                prop_assert!(turn.result.is_err());
                if !is_row {
                    prop_assert_eq!(turn.result.clone().map(|_| ()), absent.map(|_| ()));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_is_shown_a_case_changes_nothing_of_it(story in stories()) {
        let view = CaseCommand { request: None, verb: CaseVerb::View };
        play(story, |turn| {
            for who in actors() {
                if let Ok(shown) = decide(Some(turn.before), &view, &who, turn.now, turn.policy) {
                    prop_assert_eq!(&shown.case, turn.before);
                    prop_assert_eq!(&shown.events[0].kind, &EventKind::Case(CaseEventKind::Viewed));
                }
            }
            Ok(())
        })?;
    }

    /// Invariant 7: what is needed by a hearing is due later only when a named person moved the hearing, with a reason.
    #[test]
    fn a_moment_moves_only_with_its_hearing(story in stories()) {
        play(story, |turn| {
            let Ok(transition) = turn.result else { return Ok(()) };
            for (before, after) in turn.before.requirements.iter().zip(&transition.case.requirements) {
                if before.due != after.due {
                    let newest = transition.case.moves.last();
                    prop_assert!(newest.is_some_and(|moved| moved.by.person.is_some() && !moved.reason.is_empty()));
                    prop_assert_eq!(after.due, transition.case.hearing.at.max(after.raised_at));
                }
            }
            // And whatever became of it, it is due by the hearing that is in force, as long as the case is at its stage. Where the clock
            // went back, nobody can tell what is of which stage.
            let case = &transition.case;
            let stage = case.stages.last().unwrap();
            let is_of_it = |need: &&Requirement| need.purpose.before_sentence() && need.raised_at >= stage.at;
            if case.stages.is_sorted_by_key(|stage| stage.at) {
                for need in case.requirements.iter().filter(is_of_it) {
                    prop_assert_eq!(need.due, case.hearing.at.max(need.raised_at), "{:?}", need);
                }
            }
            Ok(())
        })?;
    }

    /// Invariant 10: every list has its bound, and the texts together.
    #[test]
    fn a_case_has_bounds(story in stories()) {
        play(story, |turn| {
            let Ok(transition) = turn.result else { return Ok(()) };
            let case = &transition.case;
            prop_assert!(case.requirements.len() <= limits::REQUIREMENTS_PER_CASE_MAX);
            prop_assert!(case.stages.len() <= limits::STAGES_PER_CASE_MAX);
            prop_assert!(case.moves.len() <= limits::HEARING_MOVES_KEPT_MAX);
            prop_assert!(case.applied.len() <= limits::REQUESTS_REMEMBERED_MAX);
            let texts: usize = case.moves.iter().map(|moved| moved.reason.bytes().len()).sum();
            prop_assert!(case.personal.bytes().len() + texts <= limits::PERSONAL_BYTES_MAX);
            Ok(())
        })?;
    }
}
