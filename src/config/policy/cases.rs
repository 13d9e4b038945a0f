//! `[[requirement]]`: which cases need which checks, and since when.

use super::words::{Code, Parsed};
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::value::Datetime;
use usher_domain::case::Indicator;
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::Purpose;
use usher_domain::policy::{RequirementRule, Span};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requirement {
    pub(super) name: String,
    stages: Vec<Code<Purpose>>,
    any_of: Vec<Code<Indicator>>,
    purpose: Code<Purpose>,
    ask: Vec<Code<ResponderKind>>,
    covered_by: Vec<Code<Purpose>>,
    max_age: Parsed<Span>,
    from: Day,
    to: Option<Day>,
    source: String,
}

impl Requirement {
    pub(super) fn rule(&self) -> RequirementRule {
        fn all<T: Copy>(codes: &[Code<T>]) -> Vec<T> {
            codes.iter().map(|code| code.0).collect()
        }
        RequirementRule {
            name: self.name.as_str().into(),
            stages: all(&self.stages),
            any_of: all(&self.any_of),
            purpose: self.purpose.0,
            ask: all(&self.ask),
            covered_by: all(&self.covered_by),
            max_age: self.max_age.0,
            from: self.from.0,
            to: self.to.map(|day| day.0),
            source: self.source.as_str().into(),
        }
    }
}

/// A day, as TOML writes one.
#[derive(Clone, Copy)]
struct Day(jiff::civil::Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Datetime::deserialize(deserializer)?;
        let day = written.to_string().parse().map(Self);
        day.map_err(|_| D::Error::custom("expected a day such as 2026-12-31, without quotes"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DEFAULTS, Rules};
    use crate::config::calendar;
    use crate::config::fault::Source;
    use std::collections::BTreeMap;
    use usher_domain::case::Indicator;
    use usher_domain::enquiry::Purpose;
    use usher_domain::policy::Policy;

    fn built_in() -> Policy {
        let rules = Rules::built_in().unwrap();
        rules.policy(calendar::built_in(), BTreeMap::new()).unwrap()
    }

    /// What a case with these indicators needs at `stage` on `day`: rule and kind of responder, one a line.
    fn needs(stage: Purpose, indicators: &[Indicator], day: jiff::civil::Date) -> Vec<String> {
        let policy = built_in();
        let rules = policy.cases.requirements.iter();
        let wanting = rules.filter(|rule| rule.is_in_force(day) && rule.wants(stage, indicators));
        let each = wanting.flat_map(|rule| {
            let kinds = rule.ask.iter();
            kinds.map(|kind| format!("{} {}", rule.name, kind.name()))
        });
        each.collect()
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_built_in_rules_ask_what_the_frameworks_ask() {
        use Indicator as I;
        let today = jiff::civil::date(2026, 11, 23);
        let check = |stage, indicators: &[I], wanted: &[&str]| {
            assert_eq!(needs(stage, indicators, today), wanted, "{stage:?} {indicators:?}");
        };
        check(Purpose::CourtReport, &[], &[]);
        check(Purpose::CourtReport, &[I::CaresForChildren], &["children_report children_social_care"]);
        check(Purpose::ReportBeforePlea, &[I::DomesticAbuse],
            &["children_offence children_social_care", "abuse_report police_domestic_abuse"]);
        check(Purpose::CourtReport, &[I::CurfewProposed],
            &["curfew children_social_care", "curfew police_domestic_abuse"]);
        check(Purpose::Curfew, &[],
            &["curfew_stage children_social_care", "curfew_stage police_domestic_abuse"]);
        check(Purpose::Curfew, &[I::LivesWithChildren], &["children_report children_social_care",
            "curfew_stage children_social_care", "curfew_stage police_domestic_abuse"]);
        check(Purpose::CourtReport, &[I::AdultAtRisk], &["adults_report adult_social_care"]);
        check(Purpose::Review, &[I::ContactWithChildren], &["children_later children_social_care"]);
        check(Purpose::Release, &[], &["release children_social_care", "release police_domestic_abuse"]);
        // Curfews came with April 2022.
        let before = jiff::civil::date(2022, 4, 3);
        assert_eq!(needs(Purpose::CourtReport, &[I::CurfewProposed], before), Vec::<String>::new());
    }

    #[test]
    fn every_stage_needs_something_of_somebody() {
        for stage in Purpose::ALL.iter().filter(|purpose| purpose.is_stage()) {
            let rules = &built_in().cases.requirements;
            assert!(
                rules.iter().any(|rule| rule.stages.contains(stage)),
                "{stage:?}"
            );
        }
    }

    #[test]
    fn every_purpose_of_the_rules_is_asked_for_by_an_enquiry_that_covers_it() {
        for rule in &built_in().cases.requirements {
            assert!(rule.covered_by.contains(&rule.purpose), "{}", rule.name);
        }
    }

    #[test]
    fn a_wrong_rule_is_told_with_its_line() {
        let check = |from: &str, to: &str, line: usize, words: &str| {
            let text = DEFAULTS.replacen(from, to, 1);
            assert_ne!(text, DEFAULTS, "{from}");
            let source = Source {
                path: "policy.toml".into(),
                text: text.clone(),
            };
            let faults = Rules::read(&source).unwrap_err();
            let told = faults[0].to_string();
            assert!(told.contains(words), "{told}");
            assert!(told.contains(&format!("policy.toml:{line}")), "{told}");
        };
        let line = |needle: &str| {
            let place = DEFAULTS.find(needle).unwrap();
            DEFAULTS[..place].lines().count() + 1
        };
        let named = line("name = \"children_report\"");
        check(
            "\"sexual_offence\", \"domestic_abuse\"]\npurpose",
            "\"arson\"]\npurpose",
            named + 13,
            "arson",
        );
        check(
            "max_age = \"20 wd\"",
            "max_age = \"200 wd\"",
            named - 1,
            "max_age",
        );
        check("from = 2022-12-01", "from = \"2022-12-01\"", named + 7, "");
        check(
            "covered_by = [\"curfew\"]",
            "covered_by = [\"release\"]",
            line("name = \"curfew\"") - 1,
            "before sentence",
        );
    }
}
