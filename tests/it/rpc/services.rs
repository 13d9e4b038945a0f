//! What a client finds without our protos: the services by reflection, and their health.

use super::*;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const OURS: [&str; 3] = [
    "usher.v1.AdapterService",
    "usher.v1.CourtService",
    "usher.v1.OperationsService",
];

#[tokio::test]
async fn reflection_lists_every_service() {
    let kit = Kit::start().await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(kit.channel(OFFICER));
    let replies = client
        .server_reflection_info(tokio_stream::iter([request]))
        .await;
    let reply = replies.unwrap().into_inner().message().await.unwrap();
    let Some(MessageResponse::ListServicesResponse(listed)) = reply.unwrap().message_response
    else {
        panic!("a list of services was asked for");
    };
    let names: Vec<String> = listed.service.into_iter().map(|one| one.name).collect();
    for service in OURS {
        assert!(names.iter().any(|name| name == service), "{names:?}");
    }
}

#[tokio::test]
async fn every_service_says_that_it_serves_and_an_unknown_one_is_not_found() {
    let kit = Kit::start().await;
    let mut client = HealthClient::new(kit.channel(OFFICER));
    let mut ask = async |service: &str| {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        client.check(request).await
    };
    for service in OURS.into_iter().chain([""]) {
        let reply = ask(service).await.unwrap().into_inner();
        assert_eq!(reply.status(), ServingStatus::Serving, "{service}");
    }
    let refused = ask("usher.v2.CourtService").await;
    check_refused(refused, Code::NotFound, "NOT_FOUND");
}
