"""An independent client of usher: another language, another gRPC implementation, code of its own made from proto/.

It submits as an officer, leases and answers as a borough's adapter, sees the answer on the officer's watch, and receives
it, all over mutual TLS; then it is refused where it should be. It ends with 0 when everything was as the contract says.

    python client.py --address 127.0.0.1:7443 --tls FOLDER --hearing 2026-11-23T14:00

FOLDER has ca.pem, and officer.pem, officer.key, adapter.pem and adapter.key.
"""

import argparse
import pathlib
import queue
import sys
import tempfile
import threading
import uuid

import grpc
from grpc_tools import protoc

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"
LIMIT_SECONDS = 20


def generate(folder):
    """Makes the code of the contract, and lets it be imported."""
    files = sorted(str(file) for file in (PROTO / "usher" / "v1").glob("*.proto"))
    well_known = pathlib.Path(protoc.__file__).resolve().parent / "_proto"
    code = protoc.main(
        ["protoc", f"-I{PROTO}", f"-I{well_known}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]
    )
    if code != 0:
        sys.exit("protoc cannot read proto/usher/v1")
    sys.path.insert(0, str(folder))


def channel(arguments, who):
    """A connection with mutual TLS."""
    read = lambda name: (arguments.tls / name).read_bytes()
    credentials = grpc.ssl_channel_credentials(read("ca.pem"), read(f"{who}.key"), read(f"{who}.pem"))
    return grpc.secure_channel(arguments.address, credentials)


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def refused(call, request, code, reason):
    """Fails unless the call is refused with this code, and with this reason among its details."""
    try:
        call(request, timeout=LIMIT_SECONDS)
    except grpc.RpcError as error:
        expect(error.code(), code, reason)
        details = dict(error.trailing_metadata())["grpc-status-details-bin"]
        for word in (reason.encode(), b"usher"):
            if word not in details:
                sys.exit(f"{reason}: the details do not say {word!r}")
        return
    sys.exit(f"{reason}: the call went through")


def fresh():
    return str(uuid.uuid4())


def play(arguments):
    from usher.v1 import adapter_service_pb2 as adapters
    from usher.v1 import adapter_service_pb2_grpc, court_service_pb2_grpc
    from usher.v1 import alert_pb2 as alert
    from usher.v1 import answer_pb2 as answer
    from usher.v1 import court_service_pb2 as courts
    from usher.v1 import enquiry_pb2 as enquiry
    from usher.v1 import event_pb2 as event
    from usher.v1 import personal_pb2 as personal
    from usher.v1.actor_pb2 import Person

    court = court_service_pb2_grpc.CourtServiceStub(channel(arguments, "officer"))
    adapter = adapter_service_pb2_grpc.AdapterServiceStub(channel(arguments, "adapter"))
    officer = Person(name="Olive Officer", post="Court duty")

    watch = court.Watch(courts.WatchRequest())
    seen = queue.Queue()

    def listen():
        try:
            for message in watch:
                seen.put(message)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.CANCELLED:
                seen.put(error)

    threading.Thread(target=listen, daemon=True).start()

    def next_event(kind):
        message = seen.get(timeout=LIMIT_SECONDS)
        expect(message.WhichOneof("payload"), "event", "the watch")
        expect(event.EventType.Name(message.event.type), kind, "the watch")
        return message.event

    expect(seen.get(timeout=LIMIT_SECONDS).WhichOneof("payload"), "snapshot_end", "the watch of nothing")

    submit = courts.SubmitRequest(
        request_id=fresh(),
        person=officer,
        purpose=enquiry.PURPOSE_COURT_REPORT,
        report=enquiry.REPORT_TYPE_ORAL,
        deadline=enquiry.Deadline(hearing=enquiry.Hearing(court_code="B01IX", local_time=arguments.hearing)),
        personal=personal.Personal(
            subject=personal.Subject(name=personal.PersonName(family="Example", given="Ada")),
            addresses=[personal.Address(role=personal.ADDRESS_ROLE_HOME, postcode="E8 1EA")],
        ),
    )
    receipt = court.Submit(submit, timeout=LIMIT_SECONDS)
    expect([check.responder_id for check in receipt.checks], ["hackney"], "the receipt")
    expect(court.Submit(submit, timeout=LIMIT_SECONDS).enquiry_id, receipt.enquiry_id, "the repeat")
    next_event("EVENT_TYPE_SUBMITTED")
    next_event("EVENT_TYPE_OPENED")

    call = adapters.LeaseChecksRequest(request_id=fresh(), max_checks=4)
    call.wait.seconds = 10
    leased = adapter.LeaseChecks(call, timeout=LIMIT_SECONDS).checks
    expect([lease.check.reference for lease in leased], [receipt.reference], "the lease")
    expect(leased[0].check.personal.subject.name.family, "Example", "the lease")
    next_event("EVENT_TYPE_LEASED")

    said = adapters.AnswerRequest(
        request_id=fresh(),
        check_id=leased[0].check.id,
        lease_id=leased[0].lease_id,
        disposition=answer.DISPOSITION_KNOWN_RELEVANT,
        content=answer.AnswerContent(
            remarks=[answer.Remark(topic=answer.TOPIC_ADULT_CONCERNS, text="An open plan since May: \u00e9t\u00e9.")]
        ),
    )
    stale = adapters.AnswerRequest()
    stale.CopyFrom(said)
    stale.lease_id, stale.request_id = fresh(), fresh()
    refused(adapter.Answer, stale, grpc.StatusCode.FAILED_PRECONDITION, "LEASE_LOST")
    answered = adapter.Answer(said, timeout=LIMIT_SECONDS)
    expect(answered.check.state, alert.CHECK_STATE_ANSWERED, "the answer")
    expect(next_event("EVENT_TYPE_ANSWERED").answer_version, 1, "the watch")

    got = court.Get(courts.GetRequest(enquiry_id=receipt.enquiry_id), timeout=LIMIT_SECONDS).enquiry
    expect(got.checks[0].answers[0].content, said.content, "what the officer reads")
    read = courts.ReceiveRequest(request_id=fresh(), person=officer, check_id=got.checks[0].id, answer_version=1)
    expect(court.Receive(read, timeout=LIMIT_SECONDS).enquiry.open, False, "the receipt of the answer")
    next_event("EVENT_TYPE_RECEIVED")

    submit.unit.office = "Another body"
    refused(court.Submit, submit, grpc.StatusCode.ALREADY_EXISTS, "REQUEST_REUSED")
    nothing = courts.GetRequest(enquiry_id="00000000-0000-5000-8000-000000000000")
    refused(court.Get, nothing, grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    refused(court.Get, courts.GetRequest(enquiry_id="none"), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    wrong_role = court_service_pb2_grpc.CourtServiceStub(channel(arguments, "adapter"))
    submit.request_id = fresh()
    refused(wrong_role.Submit, submit, grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED")
    watch.cancel()
    print(f"{receipt.reference}: submitted, leased, answered, watched and received")


def main():
    parser = argparse.ArgumentParser(description="An independent client of usher.")
    parser.add_argument("--address", required=True, help="host and port of the broker")
    parser.add_argument("--tls", required=True, type=pathlib.Path, help="folder of certificates and keys")
    parser.add_argument("--hearing", required=True, help="date and time of the hearing, such as 2026-11-23T14:00")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generate(folder)
        play(arguments)


if __name__ == "__main__":
    main()
