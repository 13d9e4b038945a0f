//! `OperationsService`: each method converts, calls the broker, converts.

use super::call::Calls;
use super::stream::{self, Stream};
use super::{alert_counts, convert, status, token};
use crate::broker::AlertEntry;
use tonic::{Request, Response, Status};
use usher_domain::actor::Role;
use usher_domain::permit::Read;
use usher_proto::v1;
use usher_proto::v1::operations_service_server::OperationsService;

/// The service for operators and other overseers.
#[derive(Clone)]
pub struct Operations {
    calls: Calls,
}

impl Operations {
    /// The service over `calls`.
    pub fn new(calls: Calls) -> Self {
        Self { calls }
    }
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl OperationsService for Operations {
    type WatchAlertsStream = Stream<v1::WatchAlertsResponse>;
    type WatchAlertCountsStream = Stream<v1::WatchAlertCountsResponse>;

    async fn list_alerts(
        &self,
        request: Request<v1::ListAlertsRequest>,
    ) -> Reply<v1::ListAlertsResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Alerts, request)?;
        let (input, scope) = convert::alerts_query(message).map_err(status::unreadable)?;
        let cards = self.calls.broker.cards();
        let show = |entry: &AlertEntry| convert::sized(convert::alert_entry_view(entry, &cards));
        let (alerts, next) = self
            .calls
            .broker
            .list_alerts(&input, &actor, show)
            .await
            .map_err(status::broker)?;
        let next_page_token = next
            .map(|position| token::position(scope, position))
            .unwrap_or_default();
        Ok(Response::new(v1::ListAlertsResponse {
            alerts,
            next_page_token,
        }))
    }

    async fn count_alerts(
        &self,
        request: Request<v1::CountAlertsRequest>,
    ) -> Reply<v1::CountAlertsResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Alerts, request)?;
        let input = convert::count_alerts_query(message).map_err(status::unreadable)?;
        alert_counts::count(&self.calls, &actor, input)
            .await
            .map(Response::new)
    }

    async fn watch_alert_counts(
        &self,
        request: Request<v1::WatchAlertCountsRequest>,
    ) -> Reply<Self::WatchAlertCountsStream> {
        let (actor, message) = self.calls.enter_to_read(Read::Alerts, request)?;
        let input = convert::watch_alert_counts_query(message).map_err(status::unreadable)?;
        alert_counts::watch(self.calls.clone(), &actor, input).map(Response::new)
    }

    async fn watch_alerts(
        &self,
        request: Request<v1::WatchAlertsRequest>,
    ) -> Reply<Self::WatchAlertsStream> {
        let (actor, message) = self.calls.enter_to_read(Read::Alerts, request)?;
        let input = convert::watch_alerts_query(message).map_err(status::unreadable)?;
        stream::alerts(self.calls.clone(), actor, input)
            .await
            .map(Response::new)
    }

    async fn acknowledge(
        &self,
        request: Request<v1::AcknowledgeRequest>,
    ) -> Reply<v1::AcknowledgeResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let input = convert::acknowledge(message, &actor).map_err(status::unreadable)?;
        let broker = &self.calls.broker;
        let entry = broker.acknowledge(input, &actor).await;
        let entry = entry.map_err(status::broker)?;
        let alert = entry.map(|entry| convert::alert_entry_view(&entry, &broker.cards()));
        Ok(Response::new(v1::AcknowledgeResponse { alert }))
    }

    async fn answer_by_phone(
        &self,
        request: Request<v1::AnswerByPhoneRequest>,
    ) -> Reply<v1::AnswerByPhoneResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::answer_by_phone(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::AnswerByPhoneResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn reroute(&self, request: Request<v1::RerouteRequest>) -> Reply<v1::RerouteResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::reroute(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::RerouteResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn close(&self, request: Request<v1::CloseRequest>) -> Reply<v1::CloseResponse> {
        let (actor, message) = self.calls.enter(request)?;
        let open = self
            .calls
            .act(convert::close(message, &actor), &actor)
            .await?;
        Ok(Response::new(v1::CloseResponse {
            enquiry: Some(convert::enquiry_view(&open)),
        }))
    }

    async fn list_responders(
        &self,
        request: Request<v1::ListRespondersRequest>,
    ) -> Reply<v1::ListRespondersResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Directory, request)?;
        let (input, scope) = convert::responders_query(message).map_err(status::unreadable)?;
        let (found, more) = self
            .calls
            .broker
            .list_responders(&input)
            .await
            .map_err(status::broker)?;
        let shown = input
            .skip
            .saturating_add(u32::try_from(found.len()).unwrap_or(u32::MAX));
        let responders = found
            .into_iter()
            .map(|responder| {
                let own = actor.role != Role::Adapter || actor.answers_for(&responder.id);
                let view = convert::responder_view(responder);
                if own { view } else { without_workload(view) }
            })
            .collect();
        let next_page_token = if more {
            token::ordinal(scope, shown)
        } else {
            String::new()
        };
        Ok(Response::new(v1::ListRespondersResponse {
            responders,
            next_page_token,
        }))
    }

    async fn lookup_postcode(
        &self,
        request: Request<v1::LookupPostcodeRequest>,
    ) -> Reply<v1::LookupPostcodeResponse> {
        let (_, message) = self.calls.enter_to_read(Read::Directory, request)?;
        let postcode = convert::lookup_query(message).map_err(status::unreadable)?;
        Ok(Response::new(convert::lookup_view(
            self.calls.broker.lookup(&postcode),
        )))
    }

    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Reply<v1::GetStatusResponse> {
        self.calls.enter_to_read(Read::Status, request)?;
        let found = self.calls.broker.status().await.map_err(status::broker)?;
        let end = self.calls.place(found.feed_end).await?;
        Ok(Response::new(convert::status_view(found, end)))
    }

    async fn report(&self, request: Request<v1::ReportRequest>) -> Reply<v1::ReportResponse> {
        let (actor, message) = self.calls.enter_to_read(Read::Reports, request)?;
        let input = convert::report_query(message).map_err(status::unreadable)?;
        let counted = async {
            let counted = self.calls.broker.report(&input, &actor).await;
            counted.map_err(status::broker)
        };
        let counted = self.calls.until_stop(counted).await?;
        Ok(Response::new(convert::report_view(&input, counted)))
    }
}

/// How busy a borough is concerns its own people and the overseers.
fn without_workload(responder: v1::Responder) -> v1::Responder {
    v1::Responder {
        connected_adapters: None,
        waiting_count: None,
        nearest_deadline_time: None,
        oldest_wait_time: None,
        adapters_absent_since_time: None,
        adapters: Vec::new(),
        ..responder
    }
}
