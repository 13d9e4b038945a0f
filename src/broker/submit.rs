//! Submitting: routes the enquiry, takes it durably, and answers with a receipt that says at once whether an answer is likely in time.

use super::input::{DeadlineInput, SubmitInput};
use super::output::{Advice, CheckReceipt, SubmitReceipt, Warning, WarningCode};
use super::{Broker, BrokerError, forecast, route};
use crate::store::record;
use jiff::SignedDuration;
use usher_domain::actor::Actor;
use usher_domain::code::ResponderId;
use usher_domain::command::{Command, Destination, Route, Submit, Verb};
use usher_domain::decide::decide;
use usher_domain::enquiry::{Check, CheckState, Enquiry, RouteReason, track};
use usher_domain::hearing::Deadline;
use usher_domain::id::EnquiryId;
use usher_domain::personal::Personal;
use usher_domain::policy::curfew_blocks;
use usher_domain::rejection::Rejection;
use usher_domain::time::{Timestamp, WorkingHours, is_doubled, to_london};

/// Checks with a known outcome below which a share says nothing.
const KNOWN_MIN: usize = 5;

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
        let submit = self.routed(id, input, now)?;
        let command = Command {
            request: Some(request),
            verb: Verb::Submit(Box::new(submit)),
        };
        let enquiry = if validate_only {
            let stored = self.load(id).await?;
            let current = stored.as_ref().map(|stored| &stored.record);
            decide(current, &command, &actor, now, &self.policy())?.enquiry
        } else {
            self.execute_new(id, &command, &actor).await?.enquiry
        };
        warnings.extend(self.warnings(&enquiry, now));
        let checks = enquiry
            .checks
            .iter()
            .map(|check| self.expect(&enquiry, check, now))
            .collect();
        Ok(SubmitReceipt {
            enquiry: id,
            deadline: enquiry.deadline.at(),
            checks,
            warnings,
            validate_only,
        })
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
        let share = check
            .responder
            .as_ref()
            .map_or_else(forecast::Share::default, |responder| {
                self.forecast
                    .share(responder, working_time_left, now, &policy)
            });
        let card = self.cards().of(enquiry, check);
        let routed = check.responder.is_some();
        let advice = if routed {
            advice(working_time_left, share)
        } else {
            Advice::Doubtful
        };
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
            answered_within: share.ratio(),
            answered_within_count: u32::try_from(share.known).unwrap_or(u32::MAX),
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

fn advice(left: SignedDuration, share: forecast::Share) -> Advice {
    if left.is_zero() {
        return Advice::NotBeforeHearing;
    }
    if share.known < KNOWN_MIN {
        return Advice::Unknown;
    }
    if share.within * 5 >= share.known * 4 {
        Advice::Likely
    } else if share.within * 5 >= share.known {
        Advice::Doubtful
    } else {
        Advice::NotBeforeHearing
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
    use crate::broker::forecast::Share;
    use crate::broker::output::Advice;
    use jiff::SignedDuration;

    #[test]
    fn advice_follows_the_share_within_the_time_left() {
        let hour = SignedDuration::from_hours(1);
        let rows = [
            (SignedDuration::ZERO, 10, 10, Advice::NotBeforeHearing),
            (hour, 4, 4, Advice::Unknown),
            (hour, 4, 5, Advice::Likely),
            (hour, 79, 100, Advice::Doubtful),
            (hour, 80, 100, Advice::Likely),
            (hour, 20, 100, Advice::Doubtful),
            (hour, 19, 100, Advice::NotBeforeHearing),
        ];
        for (left, within, known, expected) in rows {
            assert_eq!(
                advice(left, Share { within, known }),
                expected,
                "{left} {within}/{known}"
            );
        }
    }
}
