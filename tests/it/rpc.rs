//! Every verb from a client of another process's shape to the disk and back, over real TLS: the way it is meant to go, and each way
//! in which it is refused.

mod accept;
mod acknowledge;
mod agreement;
mod alert_counts;
mod answer;
mod answer_by_phone;
mod ask;
mod bad_input;
mod big;
mod cases;
mod close;
mod cover;
mod decide_without;
mod emergency;
mod enter_stage;
mod lease;
mod move_hearing;
mod person;
mod raw;
mod reassign;
mod receive;
mod record_sentence;
mod redirect;
mod referral;
mod register;
mod release;
mod renew;
mod report;
mod reroute;
mod scope;
mod services;
mod set_aside;
mod submit;
mod supply;
mod take_off;
mod watch;
mod withdraw;

use crate::support::*;
use std::fmt::Debug;
use tonic::{Code, Response, Status};
use usher_proto::v1;

type Reply<T> = Result<Response<T>, Status>;

/// Fails unless each of `clients` is refused for its role.
async fn check_roles<T>(
    clients: &[&'static str],
    call: impl AsyncFn(&'static str) -> Result<T, Status>,
) {
    assert!(!clients.is_empty());
    for who in clients {
        let status = check_refused(call(who).await, Code::PermissionDenied, "NOT_PERMITTED");
        assert!(status.message().contains("your role"), "{who}");
    }
}

/// Sends `request` twice, which must give the same, and then `other`, which has the same id and another body.
async fn check_replay<R: Clone, T: PartialEq + Debug>(
    request: R,
    other: R,
    call: impl AsyncFn(R) -> Reply<T>,
) -> T {
    let first = call(request.clone()).await.unwrap().into_inner();
    let again = call(request.clone()).await.unwrap().into_inner();
    assert!(
        first == again,
        "the repeat gave something else:\n{first:?}\n{again:?}"
    );
    check_refused(call(other).await, Code::AlreadyExists, "REQUEST_REUSED");
    let once_more = call(request).await.unwrap().into_inner();
    assert!(first == once_more, "the refusal changed something");
    first
}

/// An enquiry whose only check is lent to Hackney's adapter.
struct Lent {
    kit: Kit,
    enquiry: String,
    check: String,
    lease: String,
}

impl Lent {
    async fn start() -> Self {
        let kit = Kit::start().await;
        let enquiry = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
        let leased = kit.lease(HACKNEY).await;
        Self {
            kit,
            enquiry,
            check: leased.check.unwrap().id,
            lease: leased.lease_id,
        }
    }

    /// The check as the officer sees it.
    async fn seen(&self) -> v1::Check {
        self.kit.get(&self.enquiry).await.checks.swap_remove(0)
    }

    async fn answered(&self) -> v1::AssignedCheck {
        let request = answer(&self.check, &self.lease);
        let answered = self.kit.adapter(HACKNEY).answer(request).await.unwrap();
        answered.into_inner().check.unwrap()
    }
}

/// What holds of every act of an adapter on a check: `call` makes it as a client, on a check, under a lease.
async fn check_adapter_verb(
    call: impl AsyncFn(&Kit, &'static str, String, String) -> Result<(), Status>,
) {
    let Lent {
        kit,
        enquiry,
        check,
        lease,
    } = Lent::start().await;
    let before = kit.store_end().await;
    let as_it_is = async |who| call(&kit, who, check.clone(), lease.clone()).await;
    check_roles(&[OFFICER, MANAGER, OPERATOR, INSPECTOR], as_it_is).await;
    let nothing = call(&kit, CAMDEN, NO_CHECK.into(), lease.clone()).await;
    same_as_nothing(as_it_is(CAMDEN).await, nothing);
    let sibling = call(&kit, HACKNEY, format!("{enquiry}/2"), lease.clone()).await;
    check_refused(sibling, Code::NotFound, "NOT_FOUND");
    let lost = Code::FailedPrecondition;
    check_refused(as_it_is(HACKNEY_DESK).await, lost, "LEASE_LOST");
    check_refused(
        call(&kit, HACKNEY, check.clone(), fresh()).await,
        lost,
        "LEASE_LOST",
    );
    let malformed = call(&kit, HACKNEY, "no id".into(), "no lease".into()).await;
    check_fields(malformed, &["check_id", "lease_id"]);
    assert_eq!(kit.store_end().await, before, "a refusal changed something");
    kit.move_to("2026-11-23T10:02").await;
    check_refused(as_it_is(HACKNEY).await, lost, "LEASE_LOST");
}

/// What holds of every act of a court's people: `call` makes it as a client, on an enquiry, in the name of a person.
async fn check_court_verb(
    lent: &Lent,
    denied: &[&'static str],
    call: impl AsyncFn(&'static str, String, Option<v1::Person>) -> Result<(), Status>,
) {
    let before = lent.kit.store_end().await;
    let id = || lent.enquiry.clone();
    let named = || person("Mia Manager");
    check_roles(denied, async |who| call(who, id(), named()).await).await;
    let nothing = call(STRANGER, NO_CHECK[..36].into(), named()).await;
    same_as_nothing(call(STRANGER, id(), named()).await, nothing);
    check_fields(call(OFFICER, id(), None).await, &["person"]);
    check_fields(call(OFFICER, id(), person(" ")).await, &["person.name"]);
    assert_eq!(
        lent.kit.store_end().await,
        before,
        "a refusal changed something"
    );
}
