//! `AdapterService`: each method converts, calls the broker, converts.

use super::call::Calls;
use super::{convert, status, token};
use crate::broker::opened::{OpenEnquiry, Part};
use tonic::{Request, Response, Status};
use usher_domain::actor::Actor;
use usher_domain::enquiry::CheckState;
use usher_domain::id::CheckNumber;
use usher_domain::permit::Read;
use usher_proto::v1;
use usher_proto::v1::adapter_service_server::AdapterService;

/// The service for boroughs' adapters and desks.
#[derive(Clone)]
pub struct Adapter {
    calls: Calls,
}

impl Adapter {
    /// The service over `calls`.
    pub fn new(calls: Calls) -> Self {
        Self { calls }
    }
}

type Reply<T> = Result<Response<T>, Status>;
type Input = Result<crate::broker::input::Input, convert::Unreadable>;

impl Adapter {
    /// Does what was read, and shows the check as the responder may see it.
    async fn act(&self, input: Input, actor: &Actor) -> Result<(OpenEnquiry, CheckNumber), Status> {
        let check = input
            .as_ref()
            .ok()
            .and_then(|input| input.act.check())
            .unwrap_or_default();
        let open = self.calls.act(input, actor).await?;
        Ok((open, check))
    }

    async fn assigned(
        &self,
        input: Input,
        actor: &Actor,
    ) -> Result<Option<v1::AssignedCheck>, Status> {
        let (open, check) = self.act(input, actor).await?;
        Ok(convert::assigned_check(&open, check))
    }
}

#[tonic::async_trait]
impl AdapterService for Adapter {
    async fn lease_checks(
        &self,
        request: Request<v1::LeaseChecksRequest>,
    ) -> Reply<v1::LeaseChecksResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let input = convert::lease_checks(message, &actor).map_err(status::unreadable)?;
        let leased = self
            .calls
            .until_stop(async {
                self.calls
                    .broker
                    .lease(&input, &actor)
                    .await
                    .map_err(status::broker)
            })
            .await?;
        let mut checks = Vec::with_capacity(leased.len());
        for leased in leased {
            let open = self
                .calls
                .broker
                .open(leased.stored, Part::Check(leased.check.number))
                .map_err(status::broker)?;
            checks.extend(convert::leased_check(&open, leased.check, leased.lease.id));
        }
        Ok(Response::new(v1::LeaseChecksResponse { checks }))
    }

    async fn renew(&self, request: Request<v1::RenewRequest>) -> Reply<v1::RenewResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let (open, check) = self.act(convert::renew(message, &actor), &actor).await?;
        let expires = open
            .enquiry
            .check(check)
            .and_then(|check| match &check.state {
                CheckState::Leased { lease } => Some(lease.expires),
                _ => None,
            });
        Ok(Response::new(v1::RenewResponse {
            expire_time: expires.map(convert::instant),
        }))
    }

    async fn accept(&self, request: Request<v1::AcceptRequest>) -> Reply<v1::AcceptResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let check = self
            .assigned(convert::accept(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::AcceptResponse { check }))
    }

    async fn answer(&self, request: Request<v1::AnswerRequest>) -> Reply<v1::AnswerResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let check = self
            .assigned(convert::answer(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::AnswerResponse { check }))
    }

    async fn release(&self, request: Request<v1::ReleaseRequest>) -> Reply<v1::ReleaseResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let check = self
            .assigned(convert::release(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::ReleaseResponse { check }))
    }

    async fn ask(&self, request: Request<v1::AskRequest>) -> Reply<v1::AskResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let check = self.assigned(convert::ask(message, &actor), &actor).await?;
        Ok(Response::new(v1::AskResponse { check }))
    }

    async fn redirect(&self, request: Request<v1::RedirectRequest>) -> Reply<v1::RedirectResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let check = self
            .assigned(convert::redirect(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::RedirectResponse { check }))
    }

    async fn get_check(
        &self,
        request: Request<v1::GetCheckRequest>,
    ) -> Reply<v1::GetCheckResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Checks, request)?;
        let id = convert::check_query(message).map_err(status::unreadable)?;
        let open = self
            .calls
            .broker
            .get_check(id, &actor)
            .await
            .map_err(status::broker)?;
        Ok(Response::new(v1::GetCheckResponse {
            check: convert::assigned_check(&open, id.number),
        }))
    }

    async fn list_checks(
        &self,
        request: Request<v1::ListChecksRequest>,
    ) -> Reply<v1::ListChecksResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Checks, request)?;
        let (input, scope) = convert::checks_query(message).map_err(status::unreadable)?;
        let show = |open: &OpenEnquiry, number| {
            let check = convert::assigned_check(open, number);
            let length = check.as_ref().map_or(0, prost::Message::encoded_len);
            (check, length)
        };
        let (found, next) = self
            .calls
            .broker
            .list_checks(&input, &actor, show)
            .await
            .map_err(status::broker)?;
        let next_page_token = next
            .map(|position| token::position(scope, position))
            .unwrap_or_default();
        Ok(Response::new(v1::ListChecksResponse {
            checks: found.into_iter().flatten().collect(),
            next_page_token,
        }))
    }
}
