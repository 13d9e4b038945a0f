//! Submitting: routes the enquiry, takes it durably, and answers with a receipt that says at once whether an answer is likely in time.

use super::case::About;
use super::input::{DeadlineInput, SubmitInput};
use super::output::{Advice, CheckReceipt, SubmitReceipt, Warning, WarningCode};
use super::{Broker, BrokerError, route};
use crate::store::record;
use jiff::SignedDuration;
use usher_domain::actor::Actor;
use usher_domain::code::ResponderId;
use usher_domain::command::{Command, Destination, Request, Route, Submit, Verb};
use usher_domain::decide::decide;
use usher_domain::enquiry::{Check, CheckState, Enquiry, RouteReason, track};
use usher_domain::hearing::Deadline;
use usher_domain::id::EnquiryId;
use usher_domain::personal::Personal;
use usher_domain::policy::curfew_blocks;
use usher_domain::rejection::Rejection;
use usher_domain::time::{Timestamp, WorkingHours, is_doubled, to_london};

/// From this probability on an answer is likely.
const LIKELY_FROM: f64 = 0.8;
/// Below this one it is not to be expected.
const DOUBTFUL_FROM: f64 = 0.2;

impl Broker {
    /// Takes an enquiry, or says what would come of it.
    ///
    /// # Errors
    /// `Rejected` by a rule; store errors. On an error nothing was stored.
    pub async fn submit(
        &self,
        input: SubmitInput,
        actor: &Actor,
    ) -> Result<SubmitReceipt, BrokerError> {
        let now = self.clock.now();
        let id = EnquiryId::derive(&actor.client, input.request.id);
        let (request, validate_only) = (input.request, input.validate_only);
        let actor = Actor {
            person: Some(input.person.clone()),
            ..actor.clone()
        };
        let mut warnings = warnings_of(&input.personal);
        let (subject, kinds) = (input.personal.subject.clone(), input.kinds.clone());
        let submit = self.routed(id, input, now)?;
        let enquiry = if let Some(case) = submit.case {
            let about = About {
                case,
                subject: &subject,
                kinds: &kinds,
                validate_only,
            };
            let covered = self.submit_about(&about, submit, request, &actor).await?;
            warnings.extend(told([(!covered.covers, WarningCode::CoversNothing)]));
            covered.enquiry
        } else {
            self.submit_alone(submit, request, validate_only, &actor)
                .await?
        };
        warnings.extend(self.warnings(&enquiry, now));
        Ok(SubmitReceipt {
            enquiry: id,
            deadline: enquiry.deadline.at(),
            checks: self.expectations(&enquiry),
            warnings,
            validate_only,
        })
    }

    /// What to expect of each check of an enquiry, in order.
    pub fn expectations(&self, enquiry: &Enquiry) -> Vec<CheckReceipt> {
        let now = self.clock.now();
        let checks = enquiry.checks.iter();
        checks
            .map(|check| self.expect(enquiry, check, now))
            .collect()
    }

    /// Takes an enquiry that is about no case, or says what it would be.
    async fn submit_alone(
        &self,
        submit: Submit,
        request: Request,
        validate_only: bool,
        actor: &Actor,
    ) -> Result<Enquiry, BrokerError> {
        let id = submit.id;
        let command = Command {
            request: Some(request),
            verb: Verb::Submit(Box::new(submit)),
        };
        if validate_only {
            let stored = self.load(id).await?;
            let current = stored.as_ref().map(|stored| &stored.record);
            let now = self.clock.now();
            return Ok(decide(current, &command, actor, now, &self.policy())?.enquiry);
        }
        Ok(self.execute_new(id, &command, actor).await?.enquiry)
    }

    fn routed(
        &self,
        id: EnquiryId,
        input: SubmitInput,
        now: Timestamp,
    ) -> Result<Submit, Rejection> {
        let track = track(input.purpose, input.report, input.in_custody);
        let day = to_london(now).date();
        let routes = route::routes(
            &self.directory(),
            &input.kinds,
            &input.personal.addresses,
            &input.authorities,
            day,
        )?;
        let reply_by = || self.policy().reply_by(track, only(&routes), now);
        let deadline = match input.deadline {
            DeadlineInput::Hearing(hearing) => Deadline::Hearing(hearing),
            DeadlineInput::ReplyBy { court, at } => Deadline::ReplyBy {
                court,
                at: at.unwrap_or_else(reply_by),
            },
        };
        Ok(Submit {
            id,
            unit: input.unit,
            on_behalf_of: input.on_behalf_of,
            case: input.case,
            holder: None,
            purpose: input.purpose,
            report: input.report,
            in_custody: input.in_custody,
            curfew_proposed: input.curfew_proposed,
            imminent_harm: input.imminent_harm,
            concerns: input.concerns,
            deadline,
            routes,
            personal: record::seal_personal(&input.personal),
        })
    }

    /// What to expect of `check`.
    fn expect(&self, enquiry: &Enquiry, check: &Check, now: Timestamp) -> CheckReceipt {
        let policy = self.policy();
        let working_time_left = policy.hours(check.responder.as_ref()).between(
            now,
            enquiry.deadline.at(),
            &policy.calendar,
        );
        let directory = self.directory();
        let kind_of = |id: &ResponderId| directory.responders().get(id).map(|found| found.kind);
        let forecast = check.responder.as_ref().map(|responder| {
            let (kind, left) = (kind_of(responder), working_time_left);
            self.forecast
                .estimate(responder, kind, left, now, &policy, kind_of)
        });
        let card = self.cards().of(enquiry, check);
        let routed = check.responder.is_some();
        let advice = forecast.map_or(Advice::Doubtful, |forecast| {
            advice(working_time_left, forecast.probability)
        });
        let to = match (&check.responder, &check.state) {
            (Some(id), _) => Destination::Responder {
                id: id.clone(),
                authorities: check.authorities.clone(),
            },
            (None, CheckState::Unroutable { why, .. }) => Destination::Nowhere { why: why.clone() },
            (None, _) => Destination::Nowhere { why: Vec::new() },
        };
        CheckReceipt {
            check: enquiry.check_id(check.number),
            route: Route {
                kind: check.kind,
                to,
                reasons: check.reasons.clone(),
            },
            adapter_connected: check
                .responder
                .as_ref()
                .is_some_and(|responder| self.presence.is_connected(responder, now)),
            working_time_left,
            forecast,
            advice,
            advice_text: advice_text(
                advice,
                routed,
                curfew_blocks(enquiry),
                !card.emergency_phone.is_empty(),
            ),
            card,
        }
    }

    fn warnings(&self, enquiry: &Enquiry, now: Timestamp) -> Vec<Warning> {
        let reasons = || enquiry.checks.iter().flat_map(|check| &check.reasons);
        let terminated = |reason: &RouteReason| {
            matches!(
                reason,
                RouteReason::Address {
                    terminated: true,
                    ..
                }
            )
        };
        let nowhere = |check: &Check| matches!(check.state, CheckState::Unroutable { .. });
        let mut warnings = self.deadline_warnings(&enquiry.deadline, now);
        warnings.extend(told([
            (reasons().any(terminated), WarningCode::TerminatedPostcode),
            (
                enquiry.checks.iter().any(nowhere),
                WarningCode::UnroutableAddress,
            ),
        ]));
        warnings
    }

    /// What the officer should know of a deadline that was accepted.
    pub fn deadline_warnings(&self, deadline: &Deadline, now: Timestamp) -> Vec<Warning> {
        let policy = self.policy();
        let at = deadline.at();
        let day = to_london(at).date();
        let hearing = match deadline {
            Deadline::Hearing(hearing) => Some(hearing),
            Deadline::ReplyBy { .. } => None,
        };
        let courts_sit = WorkingHours::office()
            .of_day(day, &policy.calendar)
            .is_some();
        told([
            (!policy.calendar.knows(day), WarningCode::BeyondBankHolidays),
            (at <= now, WarningCode::HearingPassed),
            (
                hearing.is_some_and(|hearing| is_doubled(hearing.local)),
                WarningCode::DoubledHour,
            ),
            (
                hearing.is_some() && !courts_sit,
                WarningCode::NotAWorkingDay,
            ),
            (
                self.courts.get(deadline.court()).is_none(),
                WarningCode::UnknownCourt,
            ),
        ])
        .collect()
    }
}

/// The responder that alone is asked, where one is.
fn only(routes: &[Route]) -> Option<&ResponderId> {
    match routes {
        [
            Route {
                to: Destination::Responder { id, .. },
                ..
            },
        ] => Some(id),
        _ => None,
    }
}

fn told<const N: usize>(warnings: [(bool, WarningCode); N]) -> impl Iterator<Item = Warning> {
    let holds = warnings.into_iter().filter(|(holds, _)| *holds);
    holds.map(|(_, code)| warning(code))
}

fn advice(left: SignedDuration, probability: Option<f64>) -> Advice {
    match probability {
        _ if left.is_zero() => Advice::NotBeforeHearing,
        None => Advice::Unknown,
        Some(probability) if probability >= LIKELY_FROM => Advice::Likely,
        Some(probability) if probability >= DOUBTFUL_FROM => Advice::Doubtful,
        Some(_) => Advice::NotBeforeHearing,
    }
}

fn advice_text(advice: Advice, routed: bool, curfew: bool, emergency: bool) -> String {
    let expectation = match (routed, advice) {
        (false, _) => {
            "No responder was found for this part, or no agreement lets it be asked: it is for the operators, who are told at submission."
        }
        (true, Advice::Likely) => "An answer before the hearing is likely.",
        (true, Advice::Doubtful) => {
            "An answer before the hearing is doubtful: telephone the duty line and tell the court."
        }
        (true, Advice::NotBeforeHearing) => {
            "Do not expect an answer before the hearing: telephone the duty line, and ask the court to adjourn if the information is material."
        }
        (true, Advice::Unknown) => {
            "Too few past enquiries to say: telephone the duty line if time is short."
        }
    };
    let blocked = if curfew {
        " Without an answer the curfew cannot be proposed."
    } else {
        ""
    };
    let emergency = if emergency {
        " Harm is imminent and nobody works there now: ring the emergency duty team."
    } else {
        ""
    };
    format!("{expectation}{blocked}{emergency}")
}

fn warnings_of(personal: &Personal) -> Vec<Warning> {
    let wrong = personal
        .subject
        .pnc
        .as_ref()
        .is_some_and(|pnc| !pnc.check_letter_right());
    if wrong {
        vec![warning(WarningCode::PncCheckLetter)]
    } else {
        Vec::new()
    }
}

fn warning(code: WarningCode) -> Warning {
    let (field, text) = match code {
        WarningCode::PncCheckLetter => (
            "personal.subject.pnc",
            "The last letter is not the one that the digits demand: check the number.",
        ),
        WarningCode::BeyondBankHolidays => (
            "deadline",
            "Bank holidays are not known so far ahead: escalations were computed as if there were none.",
        ),
        WarningCode::TerminatedPostcode => (
            "personal.addresses",
            "A postcode is no longer in use; where it still led somewhere it was routed: check the address.",
        ),
        WarningCode::HearingPassed => (
            "deadline",
            "The hearing was earlier today: move it if the case was put back.",
        ),
        WarningCode::DoubledHour => (
            "deadline",
            "The clocks go back in that hour: the earlier of the two moments counts.",
        ),
        WarningCode::UnroutableAddress => (
            "personal.addresses",
            "Part of the enquiry leads to no responder that may be asked: the operators, who are told at submission, will see to it.",
        ),
        WarningCode::NotAWorkingDay => (
            "deadline",
            "The hearing is on a weekend or bank holiday: check the date.",
        ),
        WarningCode::CoversNothing => (
            "case_id",
            "The case needs no such check: see `usher case show` for what it needs, and ask for that too.",
        ),
        WarningCode::UnknownCourt => (
            "deadline",
            "The court is not among those of London that usher knows: check its code.",
        ),
    };
    Warning {
        code,
        field: field.into(),
        text: text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::broker::output::Advice;
    use jiff::SignedDuration;

    #[test]
    fn advice_follows_what_is_likely_within_the_time_left() {
        let hour = SignedDuration::from_hours(1);
        let rows = [
            (SignedDuration::ZERO, Some(1.0), Advice::NotBeforeHearing),
            (hour, None, Advice::Unknown),
            (hour, Some(1.0), Advice::Likely),
            (hour, Some(0.8), Advice::Likely),
            (hour, Some(0.7999), Advice::Doubtful),
            (hour, Some(0.2), Advice::Doubtful),
            (hour, Some(0.1999), Advice::NotBeforeHearing),
        ];
        for (left, probability, expected) in rows {
            let got = advice(left, probability);
            assert_eq!(got, expected, "{left} {probability:?}");
        }
    }
}
