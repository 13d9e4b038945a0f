//! A court's list as a stream: each message is answered once its rows are durable. The caller's rights are looked at anew for each.

use super::call::{Calls, WatchPlace};
use super::convert::ListPart;
use super::stream::Stream;
use super::{convert, status};
use futures_util::StreamExt as _;
use futures_util::stream;
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::timeout;
use tonic::{Request, Status, Streaming};
use usher_domain::actor::{Actor, Person};
use usher_domain::code::ClientId;
use usher_domain::command::VerbName;
use usher_domain::id::CaseId;
use usher_domain::limits;
use usher_domain::permit::permits;
use usher_domain::rejection::Rejection;
use usher_domain::time::to_london;
use usher_proto::v1;

/// One list on its way in.
struct Taking {
    calls: Calls,
    client: ClientId,
    messages: Streaming<v1::RegisterCasesRequest>,
    /// Who brings it, once that was said.
    person: Option<Person>,
    is_first: bool,
    /// The cases that it has named.
    listed: HashSet<CaseId>,
    /// Whether a row could not be read: nobody knows which case it names.
    is_unread: bool,
    ended: bool,
    _place: WatchPlace,
}

/// Takes the list in `request`.
///
/// # Errors
/// When there is no place for another long call, or the role does not bring lists.
pub fn take(
    calls: Calls,
    request: Request<Streaming<v1::RegisterCasesRequest>>,
) -> Result<Stream<v1::RegisterCasesResponse>, Status> {
    let (actor, messages) = calls.enter(request)?;
    may_register(&actor)?;
    let taking = Taking {
        _place: calls.watch_place(&actor.client)?,
        client: actor.client,
        calls,
        messages,
        person: None,
        is_first: true,
        listed: HashSet::new(),
        is_unread: false,
        ended: false,
    };
    let stream = stream::unfold(taking, |mut taking| async move {
        if taking.ended {
            return None;
        }
        let calls = taking.calls.clone();
        let answer = calls.until_stop(taking.next()).await.transpose()?;
        taking.ended = answer.is_err();
        Some((answer, taking))
    });
    Ok(stream.boxed())
}

fn may_register(actor: &Actor) -> Result<(), Status> {
    let verb = VerbName::Register;
    if permits(actor.role, verb) {
        Ok(())
    } else {
        Err(status::rejection(&Rejection::NotPermitted { verb }))
    }
}

impl Taking {
    /// The answer to the next message; nothing after the last.
    async fn next(&mut self) -> Result<Option<v1::RegisterCasesResponse>, Status> {
        let idle = Duration::from_secs(limits::LIST_IDLE_SECONDS_MAX);
        let message = timeout(idle, self.messages.message()).await;
        let Some(message) = message.map_err(|_| status::idle())?? else {
            return Ok(None);
        };
        let actor = self.calls.caller(&self.client)?;
        may_register(&actor)?;
        let today = to_london(self.calls.broker.clock().now()).date();
        let part = convert::list_part(message, &actor, self.is_first, today);
        let part = part.map_err(status::unreadable)?;
        self.is_first = false;
        if part.person.is_some() {
            self.person.clone_from(&part.person);
        }
        let actor = Actor {
            person: self.person.clone().or_else(|| actor.person.clone()),
            ..actor
        };
        self.apply(part, &actor).await.map(Some)
    }

    async fn apply(
        &mut self,
        part: ListPart,
        actor: &Actor,
    ) -> Result<v1::RegisterCasesResponse, Status> {
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(part.rows.len());
        for (line, read) in part.rows {
            match read {
                Ok(row) => {
                    let case = CaseId::derive(&row.name);
                    places.push((outcomes.len(), line, case));
                    outcomes.push(v1::CaseOutcome::default());
                    self.listed.insert(case);
                    rows.push(row);
                }
                Err(violations) => {
                    self.is_unread = true;
                    outcomes.push(convert::refused_view(line, violations));
                }
            }
        }
        if self.listed.len() > limits::CASES_PER_LIST_MAX {
            let (what, max) = ("cases in one list", limits::CASES_PER_LIST_MAX);
            return Err(status::rejection(&Rejection::TooMany { what, max }));
        }
        let broker = &self.calls.broker;
        let kept = broker.register(rows, actor).await.map_err(status::broker)?;
        for ((place, line, case), outcome) in places.into_iter().zip(kept) {
            outcomes[place] = convert::outcome_view(line, case, outcome);
        }
        let complete = part.complete.into_iter().filter(|_| !self.is_unread);
        for day in complete {
            let gone = broker.take_off_missing(day, &self.listed, actor).await;
            let gone = gone.map_err(status::broker)?.into_iter();
            outcomes.extend(gone.map(|case| v1::CaseOutcome {
                case_id: case.to_string(),
                outcome: v1::RegisterOutcome::TakenOff.into(),
                ..v1::CaseOutcome::default()
            }));
        }
        Ok(v1::RegisterCasesResponse { outcomes })
    }
}
