//! What people do in the script: those of the borough, of another one, and the officer.

use super::clause::Clause;
use super::people::{LONG_TEXT_CHARS, enquiry, family, long, person};
use super::script::Play;
use super::stage::{AUTHORITY, NEIGHBOUR_AUTHORITY};
use crate::ids::{Ids as _, RandomIds};
use anyhow::Context as _;
use tonic::Code;
use usher_proto::v1;

/// Questions and replies of the largest check: with the enquiry itself they come near to what a record takes.
const QUESTIONS: usize = 3;

fn request_id() -> String {
    RandomIds.next().to_string()
}

fn worker() -> v1::Person {
    person("Wren Worker", "Duty social worker")
}

impl Play<'_> {
    /// People at the borough ask about a check that the adapter has, under its lease.
    pub(super) async fn people_ask(&self, check: &str, lease: String) -> Result<(), Code> {
        let request = v1::AskRequest {
            request_id: request_id(),
            person: Some(worker()),
            check_id: check.into(),
            lease_id: lease,
            question: "Which school does the child go to?".into(),
        };
        let Ok(broker) = self.broker() else {
            return Err(Code::Unavailable);
        };
        let asked = broker.adapter.clone().ask(request).await;
        asked.map(drop).map_err(|status| status.code())
    }

    pub(super) async fn officer_replies(&self, check: &str) -> anyhow::Result<()> {
        self.supply(check, "The school by the invented park.".into())
            .await
    }

    pub(super) async fn withdraw(&self, enquiry_id: String) -> anyhow::Result<()> {
        let request = v1::WithdrawRequest {
            request_id: request_id(),
            person: Some(person("Olive Officer", "Court duty officer")),
            enquiry_id,
            note: "The proof of an adapter goes on without it.".into(),
        };
        let withdrawn = self.broker()?.officer.clone().withdraw(request).await;
        withdrawn.context("the test broker lets nothing be withdrawn")?;
        Ok(())
    }

    async fn supply(&self, check: &str, reply: String) -> anyhow::Result<()> {
        let request = v1::SupplyRequest {
            request_id: request_id(),
            person: Some(person("Olive Officer", "Court duty officer")),
            check_id: check.into(),
            reply,
        };
        let supplied = self.broker()?.officer.clone().supply(request).await;
        supplied.context("the test broker takes no reply")?;
        Ok(())
    }

    /// Questions and replies make a check as large as one can be; then it waits for programs again.
    pub(super) async fn grow(&self, check: &str) -> anyhow::Result<()> {
        for _ in 0..QUESTIONS {
            let accept = v1::AcceptRequest {
                request_id: request_id(),
                person: Some(worker()),
                check_id: check.into(),
                ..v1::AcceptRequest::default()
            };
            self.broker()?
                .desk
                .clone()
                .accept(accept)
                .await
                .context("people cannot take a check")?;
            let ask = v1::AskRequest {
                request_id: request_id(),
                person: Some(worker()),
                check_id: check.into(),
                lease_id: String::new(),
                question: long(LONG_TEXT_CHARS),
            };
            self.broker()?
                .desk
                .clone()
                .ask(ask)
                .await
                .context("people cannot ask")?;
            self.supply(check, long(LONG_TEXT_CHARS)).await?;
        }
        Ok(())
    }

    pub(super) async fn redirected(&mut self) -> anyhow::Result<()> {
        self.scene("sending a check on from another borough")
            .await?;
        let from = self.tape.length();
        let mut personal = family(from);
        // Its home would lead here by itself.
        personal.addresses.clear();
        personal.children.clear();
        let asked = self
            .ask(enquiry(request_id(), personal, NEIGHBOUR_AUTHORITY))
            .await?;
        let request = v1::RedirectRequest {
            request_id: request_id(),
            person: Some(worker()),
            check_id: format!("{asked}/1"),
            lease_id: String::new(),
            to: Some(v1::redirect_request::To::AuthorityCode(AUTHORITY.into())),
        };
        let sent = self.broker()?.neighbour.clone().redirect(request).await;
        sent.context("the test broker sends no check on")?;
        let verdict = self
            .ends(&format!("{asked}/2"), from, self.pace.patience)
            .await;
        self.find(Clause::Redirected, verdict);
        Ok(())
    }
}
