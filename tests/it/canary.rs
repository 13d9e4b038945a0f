//! No personal data in logs, metrics or errors: a day of calls, right and wrong ones, in which every field that may hold personal data
//! holds a planted word. Everything that is logged at debug level, the metrics, and every refusal to the last byte of its details must be
//! free of every one of them.

use crate::support::*;
use std::io;
use std::sync::{Arc, Mutex};
use tonic::Status;
use tracing_subscriber::fmt::MakeWriter;
use usher_proto::v1;

/// Part of every planted word; each also has a number, so that the one that leaks is known.
const PLANT: &str = "Zqxcanary";
/// Planted postcodes: one that routes, one that leads nowhere, one that is none.
const POSTCODES: [&str; 3] = [IN_HACKNEY, "ZZ99 3WZ", "QQ7 ZQX"];
const CRN: &str = "X987654";
const BORN: &str = "1987-12-31";

fn planted(number: u32) -> String {
    format!("{PLANT}{number}")
}

fn unit(office: &str) -> v1::Unit {
    v1::Unit {
        office: office.into(),
        ..v1::Unit::default()
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that was given out, by where.
#[derive(Default)]
struct Given(Vec<(String, String)>);

impl Given {
    fn note<T>(&mut self, call: &str, outcome: Result<T, Status>) -> Option<T> {
        match outcome {
            Ok(given) => Some(given),
            Err(status) => {
                let details = String::from_utf8_lossy(status.details()).into_owned();
                let metadata = format!("{:?}", status.metadata());
                self.0
                    .push((format!("message of {call}"), status.message().into()));
                self.0.push((format!("details of {call}"), details));
                self.0.push((format!("metadata of {call}"), metadata));
                None
            }
        }
    }
}

fn somebody(number: u32) -> v1::PersonName {
    v1::PersonName {
        family: planted(number),
        given: planted(number + 1),
    }
}

fn submission() -> v1::SubmitRequest {
    let address = |number: u32, postcode: &str| v1::Address {
        role: v1::AddressRole::Home.into(),
        lines: planted(number),
        postcode: postcode.into(),
        ..v1::Address::default()
    };
    let born = Some(v1::Birth {
        date: BORN.into(),
        ..v1::Birth::default()
    });
    let mut request = enquiry(&[]);
    request.person = person(&planted(90));
    request.personal = Some(v1::Personal {
        subject: Some(v1::Subject {
            name: Some(somebody(10)),
            aliases: vec![somebody(12)],
            born: born.clone(),
            crn: CRN.into(),
            ..v1::Subject::default()
        }),
        addresses: vec![
            address(20, POSTCODES[0]),
            address(21, POSTCODES[1]),
            address(22, POSTCODES[2]),
        ],
        children: vec![v1::Child {
            name: Some(somebody(30)),
            born,
            relationship: planted(32),
            school: planted(33),
            ..v1::Child::default()
        }],
        others: vec![v1::Other {
            name: Some(somebody(40)),
            relationship: planted(42),
            ..v1::Other::default()
        }],
        court_room: planted(50),
        note: planted(51),
        ..v1::Personal::default()
    });
    request
}

fn content() -> v1::AnswerContent {
    v1::AnswerContent {
        worker: Some(v1::Worker {
            name: planted(60),
            team: planted(61),
            phone: planted(62),
            email: planted(63),
        }),
        remarks: vec![v1::Remark {
            topic: v1::Topic::Narrative.into(),
            text: planted(64),
            handling: vec![],
        }],
        ..v1::AnswerContent::default()
    }
}

/// The way of an enquiry with words of people at every turn, and each turn once more where it is refused.
async fn a_day(kit: &Kit, given: &mut Given) {
    let submitted = kit.submit(submission()).await;
    let check_id = submitted.checks[0].check_id.clone();
    let leased = kit.lease(HACKNEY).await;
    let ask = v1::AskRequest {
        request_id: fresh(),
        person: person(&planted(70)),
        check_id: check_id.clone(),
        lease_id: leased.lease_id,
        question: planted(71),
    };
    for who in [HACKNEY, HACKNEY, CAMDEN, OFFICER] {
        given.note("ask", kit.adapter(who).ask(ask.clone()).await);
    }
    let supply = v1::SupplyRequest {
        request_id: fresh(),
        person: person(&planted(72)),
        check_id: check_id.clone(),
        reply: planted(73),
    };
    for who in [STRANGER, OFFICER, MANAGER] {
        given.note("supply", kit.court(who).supply(supply.clone()).await);
    }
    let leased = kit.lease(HACKNEY).await;
    for who in [CAMDEN, HACKNEY] {
        let release = unlikely(&check_id, &leased.lease_id);
        given.note("release", kit.adapter(who).release(release).await);
    }
    let answer = v1::AnswerRequest {
        person: person(&planted(74)),
        content: Some(content()),
        ..answer(&check_id, &leased.lease_id)
    };
    for who in [CAMDEN, HACKNEY_DESK, HACKNEY] {
        given.note("answer", kit.adapter(who).answer(answer.clone()).await);
    }
    let phone = v1::AnswerByPhoneRequest {
        request_id: fresh(),
        person: person(&planted(86)),
        check_id: check_id.clone(),
        by_phone: Some(v1::ByPhone {
            given_by: person(&planted(87)),
            number: planted(88),
        }),
        disposition: v1::Disposition::KnownRelevant.into(),
        content: Some(content()),
        ..v1::AnswerByPhoneRequest::default()
    };
    for who in [OFFICER, HACKNEY, OPERATOR, OPERATOR] {
        let told = kit.operations(who).answer_by_phone(phone.clone()).await;
        given.note("answer_by_phone", told);
    }
    after_the_hearing(kit, given, &submitted.enquiry_id).await;
    let seen = kit.get(&submitted.enquiry_id).await;
    let asked = &seen.checks[0].exchanges[0].question;
    assert_eq!(*asked, planted(71), "the words arrive where they belong");
}

/// Candidates, of somebody whom no enquiry has.
fn unlikely(check_id: &str, lease_id: &str) -> v1::ReleaseRequest {
    v1::ReleaseRequest {
        request_id: fresh(),
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        for_people: v1::PeopleReason::PossibleMatch.into(),
        candidates: vec![v1::Candidate {
            who: planted(91),
            system_reference: planted(92),
            names: vec![planted(93)],
            born: BORN.into(),
            addresses: vec![planted(94)],
            ..v1::Candidate::default()
        }],
        ..v1::ReleaseRequest::default()
    }
}

async fn after_the_hearing(kit: &Kit, given: &mut Given, enquiry_id: &str) {
    kit.move_to("2026-11-23T14:30").await;
    for alert in kit.alerts().await {
        let acknowledge = v1::AcknowledgeRequest {
            request_id: fresh(),
            person: person(&planted(75)),
            alert_id: alert.id,
            note: planted(76),
        };
        let acknowledged = kit.operations(OPERATOR).acknowledge(acknowledge).await;
        given.note("acknowledge", acknowledged);
    }
    let moved = v1::MoveHearingRequest {
        request_id: fresh(),
        person: person(&planted(77)),
        enquiry_id: enquiry_id.into(),
        deadline: hearing(COURT, "2026-11-23T16:00"),
        reason: planted(78),
    };
    for who in [STRANGER, OFFICER] {
        given.note(
            "move_hearing",
            kit.court(who).move_hearing(moved.clone()).await,
        );
    }
    let withdraw = v1::WithdrawRequest {
        request_id: fresh(),
        person: person(&planted(79)),
        enquiry_id: enquiry_id.into(),
        note: planted(80),
    };
    for _ in 0..2 {
        let request = v1::WithdrawRequest {
            request_id: fresh(),
            ..withdraw.clone()
        };
        given.note("withdraw", kit.court(OFFICER).withdraw(request).await);
    }
}

/// What is wrong in every field, with a planted word in its place.
async fn wrong(kit: &Kit, given: &mut Given) {
    let mut request = submission();
    request.request_id = planted(1);
    request.unit = Some(unit(&planted(2).repeat(100)));
    request.deadline = hearing(&planted(3), &planted(4));
    request.authority_codes = vec![planted(5)];
    let personal = request.personal.as_mut().unwrap();
    personal.urn = planted(6);
    personal.note = planted(7).repeat(1_000);
    personal.addresses[0].from = planted(8);
    personal.addresses[1].postcode = planted(9).repeat(4);
    let subject = personal.subject.as_mut().unwrap();
    subject.crn = planted(14);
    subject.pnc = planted(15);
    subject.born.as_mut().unwrap().date = planted(16);
    subject.name = None;
    given.note("submit", kit.court(OFFICER).submit(request).await);
    for who in [STRANGER, MANAGER, HACKNEY] {
        given.note("submit", kit.court(who).submit(submission()).await);
    }
    let used = submission();
    kit.submit(used.clone()).await;
    let other = v1::SubmitRequest {
        unit: Some(unit(&planted(17))),
        ..used
    };
    given.note("submit", kit.court(OFFICER).submit(other).await);
    let get = v1::GetRequest {
        enquiry_id: planted(18),
    };
    given.note("get", kit.court(OFFICER).get(get).await);
    let list = v1::ListRequest {
        page_token: planted(19),
        ..v1::ListRequest::default()
    };
    given.note("list", kit.court(OFFICER).list(list).await);
    let watch = v1::WatchRequest {
        resume_cursor: planted(23),
        ..v1::WatchRequest::default()
    };
    given.note("watch", kit.court(OFFICER).watch(watch).await);
    let lookup = v1::LookupPostcodeRequest {
        postcode: planted(24),
    };
    given.note(
        "lookup",
        kit.operations(OPERATOR).lookup_postcode(lookup).await,
    );
    let mut call = lease();
    call.request_id = planted(25);
    call.responder_ids = vec![planted(26)];
    given.note("lease", kit.adapter(HACKNEY).lease_checks(call).await);
    let mut huge = submission();
    huge.unit = Some(unit(&planted(27).repeat(40_000)));
    given.note("submit", kit.court(OFFICER).submit(huge).await);
}

#[tokio::test]
async fn nothing_that_is_given_out_names_anybody() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("one test a process");
    let mut kit = Kit::start().await;
    let mut given = Given::default();
    a_day(&kit, &mut given).await;
    wrong(&kit, &mut given).await;
    // A record that cannot be read, and a restart.
    let bad = kit.submit(submission()).await;
    kit.stop().await;
    kit.damage(&bad.enquiry_id);
    kit.serve().await;
    kit.move_to("2026-11-23T15:00").await;
    let get = v1::GetRequest {
        enquiry_id: bad.enquiry_id,
    };
    given.note("get", kit.court(OFFICER).get(get).await);
    given
        .0
        .push(("metrics".into(), kit.metrics.encode().unwrap()));
    kit.stop().await;
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("cannot be read"), "the log was not caught");
    assert!(given.0.len() > 60, "{} were looked at", given.0.len());
    given.0.push(("log".into(), logged));
    let secrets = [PLANT, CRN, BORN, POSTCODES[0], POSTCODES[1], POSTCODES[2]];
    for (place, text) in &given.0 {
        for secret in secrets {
            let bare = secret.replace(' ', "");
            let found = [secret, &bare].iter().find_map(|secret| text.find(secret));
            if let Some(at) = found {
                let around = text.get(at.saturating_sub(200)..text.len().min(at + 60));
                panic!("{place} has {secret}: {around:?}");
            }
        }
    }
}
