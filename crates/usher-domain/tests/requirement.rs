//! What cases need, as the policy says it: which rule wants what and when, and what no such rule may be.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use jiff::civil::date;
use usher_domain::case::Indicator;
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::{Purpose, Track};
use usher_domain::ladder::{Audience, StepKind, Unless};
use usher_domain::policy::{CaseRules, Policy, PolicyError, RequirementRule, StepRule, TrackRule};

fn rule() -> RequirementRule {
    RequirementRule {
        name: "children".into(),
        stages: vec![Purpose::CourtReport, Purpose::ReportBeforePlea],
        any_of: vec![Indicator::LivesWithChildren, Indicator::DomesticAbuse],
        purpose: Purpose::CourtReport,
        ask: vec![ResponderKind::ChildrenSocialCare],
        covered_by: vec![Purpose::CourtReport, Purpose::Curfew],
        max_age: "20 wd".parse().unwrap(),
        from: date(2022, 4, 4),
        to: None,
        source: "the inspectors".into(),
    }
}

fn step(name: &str, kind: StepKind, at: &str) -> StepRule {
    StepRule {
        name: name.into(),
        kind,
        at: vec![at.parse().unwrap()],
        unless: Unless::Answered,
        audience: vec![Audience::Officer],
    }
}

fn ladder() -> TrackRule {
    TrackRule {
        acknowledgement: "4 wh".parse().unwrap(),
        reply_within: "5 wd".parse().unwrap(),
        steps: vec![
            step("remind", StepKind::Escalate, "submitted + 1 wd"),
            step("hearing", StepKind::Hearing, "hearing + 0 min"),
        ],
    }
}

/// Whether a policy with these rules and this ladder for every track is refused, and why.
fn fault(requirements: Vec<RequirementRule>, ladder: &TrackRule) -> Option<PolicyError> {
    let asking = Track::ALL.iter().map(|track| (*track, ladder.clone()));
    let cases = CaseRules {
        requirements,
        asking: asking.collect(),
    };
    let policy = Policy { cases, ..plain() };
    policy.validate().err()
}

/// Sound, and without cases.
fn plain() -> Policy {
    use usher_domain::policy::LeaseRule;
    use usher_domain::time::{Calendar, WorkingHours};
    let rule = TrackRule {
        steps: vec![
            StepRule {
                unless: Unless::Decided,
                ..step("decide", StepKind::DecisionPoint, "hearing - 30 min")
            },
            step("hearing", StepKind::Hearing, "hearing + 0 min"),
            step("late", StepKind::Escalate, "hearing + 1 wd"),
            StepRule {
                unless: Unless::Accepted,
                ..step("accept", StepKind::Escalate, "submitted + 1 wd")
            },
        ],
        ..ladder()
    };
    Policy {
        calendar: Calendar::new([], date(2028, 12, 31)),
        default_hours: WorkingHours::office(),
        tracks: Track::ALL
            .iter()
            .map(|track| (*track, rule.clone()))
            .collect(),
        unread: vec![step("unread", StepKind::Unread, "answered + 4 wh")],
        responders: [].into(),
        lease: LeaseRule {
            default: jiff::SignedDuration::from_mins(2),
            min: jiff::SignedDuration::from_secs(5),
            max: jiff::SignedDuration::from_mins(15),
            lost_before_alert: 3,
        },
        second_person: [].into(),
        agreements: usher_domain::agreement::Agreements::default(),
        cases: CaseRules::default(),
    }
}

#[test]
fn a_rule_holds_from_its_first_day_to_its_last() {
    let mut rule = rule();
    let holds = |rule: &RequirementRule, day| rule.is_in_force(day);
    assert!(!holds(&rule, date(2022, 4, 3)) && holds(&rule, date(2022, 4, 4)));
    rule.to = Some(date(2026, 12, 31));
    assert!(holds(&rule, date(2026, 12, 31)) && !holds(&rule, date(2027, 1, 1)));
}

#[test]
fn a_rule_wants_a_check_of_cases_with_any_of_its_indicators_at_its_stages() {
    use Indicator as I;
    let rule = rule();
    let check = |stage, indicators: &[I], wants| {
        assert_eq!(rule.wants(stage, indicators), wants, "{indicators:?}");
    };
    check(Purpose::CourtReport, &[I::LivesWithChildren], true);
    check(
        Purpose::ReportBeforePlea,
        &[I::SexualOffence, I::DomesticAbuse],
        true,
    );
    check(Purpose::CourtReport, &[I::SexualOffence], false);
    check(Purpose::CourtReport, &[], false);
    check(Purpose::Review, &[I::LivesWithChildren], false);
    let all = RequirementRule {
        any_of: Vec::new(),
        ..rule.clone()
    };
    assert!(all.wants(Purpose::CourtReport, &[]));
}

#[test]
#[rustfmt::skip] // a row a line
fn a_rule_that_could_forget_a_case_is_refused() {
    assert_eq!(fault(vec![rule()], &ladder()), None);
    let check = |edit: fn(&mut RequirementRule), words: &str| {
        let mut bad = rule();
        edit(&mut bad);
        let told = fault(vec![bad], &ladder()).map(|fault| fault.to_string());
        assert!(told.as_ref().is_some_and(|told| told.contains(words)), "{words}: {told:?}");
    };
    check(|rule| rule.name = "Children".into(), "lower-case");
    check(|rule| rule.stages.clear(), "at least one");
    check(|rule| rule.ask.clear(), "at least one");
    check(|rule| rule.covered_by.clear(), "at least one");
    check(|rule| rule.covered_by.push(Purpose::Referral), "a referral asks nothing");
    check(|rule| rule.stages.push(Purpose::Referral), "a referral asks nothing");
    check(|rule| rule.purpose = Purpose::Referral, "a referral asks nothing");
    check(|rule| rule.covered_by.push(Purpose::Release), "all be before sentence");
    check(|rule| rule.stages.push(Purpose::Review), "all be before sentence");
    check(|rule| rule.ask.push(ResponderKind::ChildrenSocialCare), "named twice");
    check(|rule| rule.max_age.amount = 0, "max_age");
    check(|rule| rule.max_age.amount = 121, "max_age");
    check(|rule| rule.to = Some(date(2022, 4, 3)), "ends before it begins");
    check(|rule| rule.source = " ".into(), "source");
    let many = (0..65).map(|n| RequirementRule { name: format!("r{n}").into(), ..rule() });
    assert!(fault(many.collect(), &ladder()).is_some());
}

#[test]
fn versions_of_a_rule_come_one_after_the_other() {
    let until = |to| RequirementRule { to, ..rule() };
    let after = RequirementRule {
        from: date(2027, 1, 1),
        ..rule()
    };
    let apart = vec![until(Some(date(2026, 12, 31))), after.clone()];
    assert_eq!(fault(apart, &ladder()), None);
    for to in [None, Some(date(2027, 1, 1))] {
        assert!(fault(vec![until(to), after.clone()], &ladder()).is_some());
        assert!(fault(vec![after.clone(), until(to)], &ladder()).is_some());
    }
}

#[test]
#[rustfmt::skip] // a row a line
fn a_ladder_that_could_end_before_anybody_asks_is_refused() {
    let check = |edit: fn(&mut TrackRule)| {
        let mut bad = ladder();
        edit(&mut bad);
        assert!(fault(vec![rule()], &bad).is_some(), "{bad:?}");
    };
    check(|ladder| ladder.steps.truncate(1));
    check(|ladder| ladder.steps[0].unless = Unless::Accepted);
    check(|ladder| ladder.steps[0].kind = StepKind::DecisionPoint);
    check(|ladder| ladder.steps[0].audience = vec![Audience::BoroughDesk]);
    check(|ladder| ladder.steps.clear());
    check(|ladder| ladder.acknowledgement.amount = 0);
    check(|ladder| ladder.reply_within.amount = 0);
    let mut policy = plain();
    policy.cases.requirements.push(rule());
    let missing = policy.validate();
    assert!(matches!(missing, Err(PolicyError::MissingTrack { .. })), "{missing:?}");
}
