//! `CourtService`: each method converts, calls the broker, converts.

use super::call::Calls;
use super::stream::{self, Stream};
use super::{convert, register_cases, status, token};
use crate::broker::case::OpenCase;
use crate::broker::opened::OpenEnquiry;
use tonic::{Request, Response, Status, Streaming};
use usher_domain::permit::Read;
use usher_domain::time::to_london;
use usher_proto::v1;
use usher_proto::v1::court_service_server::CourtService;

/// The service for court officers.
#[derive(Clone)]
pub struct Court {
    calls: Calls,
}

impl Court {
    /// The service over `calls`.
    pub fn new(calls: Calls) -> Self {
        Self { calls }
    }
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl CourtService for Court {
    type WatchStream = Stream<v1::WatchResponse>;
    type RegisterCasesStream = Stream<v1::RegisterCasesResponse>;

    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Reply<v1::SubmitResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let today = to_london(self.calls.broker.clock().now()).date();
        let input = convert::submit(message, &actor, today).map_err(status::unreadable)?;
        let receipt = self
            .calls
            .broker
            .submit(input, &actor)
            .await
            .map_err(status::broker)?;
        Ok(Response::new(convert::receipt_view(receipt)))
    }

    async fn get(&self, request: Request<v1::GetRequest>) -> Reply<v1::GetResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let id = convert::enquiry_query(message).map_err(status::unreadable)?;
        let open = self
            .calls
            .broker
            .get(id, &actor)
            .await
            .map_err(status::broker)?;
        Ok(Response::new(v1::GetResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn list(&self, request: Request<v1::ListRequest>) -> Reply<v1::ListResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let (input, scope) = convert::list_query(message).map_err(status::unreadable)?;
        let show = |open: &OpenEnquiry| {
            let summary =
                convert::summary_view(&open.enquiry, open.revision, open.personal.as_ref());
            convert::sized(summary)
        };
        let (enquiries, next) = self
            .calls
            .broker
            .list(&input, &actor, show)
            .await
            .map_err(status::broker)?;
        let next_page_token = next
            .map(|position| token::position(scope, position))
            .unwrap_or_default();
        Ok(Response::new(v1::ListResponse {
            enquiries,
            next_page_token,
        }))
    }

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Reply<Self::WatchStream> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let input = convert::watch_query(message).map_err(status::unreadable)?;
        stream::enquiries(self.calls.clone(), actor, input)
            .await
            .map(Response::new)
    }

    async fn history(&self, request: Request<v1::HistoryRequest>) -> Reply<v1::HistoryResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let (input, scope) = convert::history_query(message).map_err(status::unreadable)?;
        let (events, next) = self
            .calls
            .broker
            .history(&input, &actor)
            .await
            .map_err(status::broker)?;
        Ok(Response::new(v1::HistoryResponse {
            events: events.iter().filter_map(convert::event_view).collect(),
            next_page_token: next
                .map(|after| token::history(scope, after))
                .unwrap_or_default(),
        }))
    }

    async fn supply(&self, request: Request<v1::SupplyRequest>) -> Reply<v1::SupplyResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::supply(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::SupplyResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn withdraw(&self, request: Request<v1::WithdrawRequest>) -> Reply<v1::WithdrawResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::withdraw(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::WithdrawResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn move_hearing(
        &self,
        request: Request<v1::MoveHearingRequest>,
    ) -> Reply<v1::MoveHearingResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::move_hearing(message, &actor), &actor)
            .await?;
        let broker = &self.calls.broker;
        let warnings = broker.deadline_warnings(&open.enquiry.deadline, broker.clock().now());
        Ok(Response::new(v1::MoveHearingResponse {
            enquiry: Some(convert::enquiry_view(&open)),
            warnings: convert::warnings_view(warnings),
        }))
    }

    async fn decide_without(
        &self,
        request: Request<v1::DecideWithoutRequest>,
    ) -> Reply<v1::DecideWithoutResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::decide_without(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::DecideWithoutResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn record_sentence(
        &self,
        request: Request<v1::RecordSentenceRequest>,
    ) -> Reply<v1::RecordSentenceResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::record_sentence(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::RecordSentenceResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn receive(&self, request: Request<v1::ReceiveRequest>) -> Reply<v1::ReceiveResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::receive(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::ReceiveResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn register_cases(
        &self,
        request: Request<Streaming<v1::RegisterCasesRequest>>,
    ) -> Reply<Self::RegisterCasesStream> {
        register_cases::take(self.calls.clone(), request).map(Response::new)
    }

    async fn take_off(&self, request: Request<v1::TakeOffRequest>) -> Reply<v1::TakeOffResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let input = convert::take_off(message, &actor);
        let case = Some(self.calls.act_on_case(input, &actor).await?);
        Ok(Response::new(v1::TakeOffResponse { case }))
    }

    async fn enter_stage(
        &self,
        request: Request<v1::EnterStageRequest>,
    ) -> Reply<v1::EnterStageResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let input = convert::enter_stage(message, &actor);
        let case = Some(self.calls.act_on_case(input, &actor).await?);
        Ok(Response::new(v1::EnterStageResponse { case }))
    }

    async fn cover(&self, request: Request<v1::CoverRequest>) -> Reply<v1::CoverResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let input = convert::cover(message, &actor);
        let case = Some(self.calls.act_on_case(input, &actor).await?);
        Ok(Response::new(v1::CoverResponse { case }))
    }

    async fn set_aside(
        &self,
        request: Request<v1::SetAsideRequest>,
    ) -> Reply<v1::SetAsideResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let input = convert::set_aside(message, &actor);
        let case = Some(self.calls.act_on_case(input, &actor).await?);
        Ok(Response::new(v1::SetAsideResponse { case }))
    }

    async fn list_earlier_answers(
        &self,
        request: Request<v1::ListEarlierAnswersRequest>,
    ) -> Reply<v1::ListEarlierAnswersResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let query = convert::earlier_answers_query(message).map_err(status::unreadable)?;
        let (case, requirement) = query;
        let broker = &self.calls.broker;
        let found = broker.earlier_answers(case, requirement, &actor).await;
        let found = found.map_err(status::broker)?;
        Ok(Response::new(convert::earlier_answers_view(&found)))
    }

    async fn reassign(&self, request: Request<v1::ReassignRequest>) -> Reply<v1::ReassignResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let input = convert::reassign(message, &actor).map_err(status::unreadable)?;
        let mut response = v1::ReassignResponse::default();
        match input {
            Ok(input) => {
                response.case = Some(self.calls.act_on_case(Ok(input), &actor).await?);
            }
            Err(input) => {
                let open = self.calls.act(Ok(input), &actor).await?;
                response.enquiry = Some(convert::enquiry_view(&open));
            }
        }
        Ok(Response::new(response))
    }

    async fn get_case(&self, request: Request<v1::GetCaseRequest>) -> Reply<v1::GetCaseResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let id = convert::case_query(message).map_err(status::unreadable)?;
        let open = self.calls.broker.get_case(id, &actor).await;
        let case = Some(convert::case_view(&open.map_err(status::broker)?));
        Ok(Response::new(v1::GetCaseResponse { case }))
    }

    async fn list_cases(
        &self,
        request: Request<v1::ListCasesRequest>,
    ) -> Reply<v1::ListCasesResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let (input, scope) = convert::cases_query(message).map_err(status::unreadable)?;
        let show = |open: &OpenCase| convert::sized(convert::case_line_view(open));
        let page = self.calls.broker.list_cases(&input, &actor, show).await;
        let (cases, next) = page.map_err(status::broker)?;
        Ok(Response::new(v1::ListCasesResponse {
            cases,
            next_page_token: next
                .map(|position| token::position(scope, position))
                .unwrap_or_default(),
        }))
    }

    async fn case_history(
        &self,
        request: Request<v1::CaseHistoryRequest>,
    ) -> Reply<v1::CaseHistoryResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Enquiries, request)?;
        let (input, scope) = convert::case_history_query(message).map_err(status::unreadable)?;
        let page = self.calls.broker.case_history(&input, &actor).await;
        let (events, next) = page.map_err(status::broker)?;
        Ok(Response::new(v1::CaseHistoryResponse {
            events: events.iter().filter_map(convert::case_event_view).collect(),
            next_page_token: next
                .map(|after| token::history(scope, after))
                .unwrap_or_default(),
        }))
    }
}
