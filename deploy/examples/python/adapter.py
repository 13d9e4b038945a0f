"""A whole adapter for usher in Python: one file, no Rust. It looks people up in an SQLite file and shows what every adapter must do.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python adapter.py --people people.sqlite --journal journal.sqlite

Where the broker is, and as whom to call it, stands in the environment: USHER_SERVER (https://HOST:PORT), USHER_CA, USHER_CERTIFICATE and
USHER_KEY (files, PEM), and USHER_SERVER_NAME where the broker's certificate has another name than the host.

The rules that make it one:
  * A check is kept leased while it is looked up. When its lease is lost, it is dropped: it is in the queue again.
  * What was decided is written down before the broker is told, and told again after a crash, in the same words.
  * The same act under the same lease has the same request id, however often it is sent.
  * Only what is certain is answered. Everything else is left to people.
  * When it stops, it gives back what it has in hand.
"""

import argparse
import difflib
import logging
import os
import pathlib
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import unicodedata
import uuid
from urllib.parse import urlsplit

import grpc
from grpc_tools import protoc

VERSION = "python-example/1"
WORKERS = 4
CALL_SECONDS = 30
WAIT_SECONDS = 60
FILES_SECONDS = 10
FIRST_PAUSE, LAST_PAUSE = 0.2, 15.0
PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
}
log = logging.getLogger("adapter")


def generate(folder):
    """Makes the code of the contract from proto/, and lets it be imported."""
    proto = pathlib.Path(os.environ.get("USHER_PROTO", pathlib.Path(__file__).resolve().parents[3] / "proto"))
    well_known = pathlib.Path(protoc.__file__).resolve().parent / "_proto"
    files = sorted(str(file) for file in (proto / "usher" / "v1").glob("*.proto"))
    if not files or protoc.main(
        ["protoc", f"-I{proto}", f"-I{well_known}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]
    ):
        sys.exit("cannot read proto/usher/v1: set USHER_PROTO to the folder proto of usher")
    sys.path.insert(0, str(folder))


class Link:
    """The connection to the broker, made anew when the certificate's files change."""

    def __init__(self):
        self.files = [os.environ[name] for name in ("USHER_CA", "USHER_KEY", "USHER_CERTIFICATE")]
        address = urlsplit(os.environ["USHER_SERVER"])
        if address.scheme != "https" or not address.hostname:
            sys.exit("USHER_SERVER is not an address such as https://broker.example:7443")
        self.address = f"{address.hostname}:{address.port or 443}"
        self.loaded = None
        self.stub = None
        self.reload()

    def reload(self):
        try:
            loaded = [pathlib.Path(file).read_bytes() for file in self.files]
        except OSError as error:
            log.error("a certificate file cannot be read: %s", error.strerror)
            return
        if loaded == self.loaded:
            return
        from usher.v1.adapter_service_pb2_grpc import AdapterServiceStub

        options = [("grpc.keepalive_time_ms", 30_000), ("grpc.max_receive_message_length", 8 << 20)]
        if name := os.environ.get("USHER_SERVER_NAME"):
            options.append(("grpc.ssl_target_name_override", name))
        # Channels that look alike share a connection: a new certificate needs one of its own.
        options.append(("usher.generation", uuid.uuid4().hex))
        credentials = grpc.ssl_channel_credentials(*loaded)
        self.stub = AdapterServiceStub(grpc.secure_channel(self.address, credentials, options))
        self.loaded = loaded


class Journal:
    """What was decided and not yet told."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        os.chmod(path, 0o600)
        self.file.execute("PRAGMA synchronous = FULL")
        self.file.execute("CREATE TABLE IF NOT EXISTS decided (key TEXT PRIMARY KEY, verb TEXT, request BLOB)")

    def find(self, key):
        with self.lock:
            return self.file.execute("SELECT verb, request FROM decided WHERE key = ?", [key]).fetchone()

    def keep(self, key, verb, request):
        with self.lock:
            self.file.execute("INSERT OR REPLACE INTO decided VALUES (?, ?, ?)", [key, verb, request])

    def forget(self, key):
        with self.lock:
            self.file.execute("DELETE FROM decided WHERE key = ?", [key])


class People:
    """The borough's system: TABLE person (family, given, born, open), where `open` says whether there is open involvement. It is read as a
    whole for each check, which does for an example; a real one asks for what begins alike."""

    def __init__(self, path):
        self.path = path

    def look_up(self, personal):
        """The disposition and the matches where they are certain, else None and the reason why people must look."""
        from usher.v1 import answer_pb2 as answer
        from usher.v1 import enquiry_pb2 as enquiry

        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as system:
            people = system.execute("SELECT family, given, born, open FROM person").fetchall()
        matches, known = [], []
        for who, names, birth in wanted(personal):
            if not (names[0].family and names[0].given and is_sure(birth)):
                return None, enquiry.PEOPLE_REASON_TOO_LITTLE
            alike = [person for person in people if may_be(names, birth.date, *person[:3])]
            same = [person for person in alike if is_same(names[0], birth.date, *person[:3])]
            # Somebody of such a name, or born that day, may be the one: a person must say.
            if len(same) != len(alike) or len(same) > 1:
                return None, enquiry.PEOPLE_REASON_POSSIBLE_MATCH
            confidence = answer.CONFIDENCE_CERTAIN if same else answer.CONFIDENCE_NONE
            matches.append(answer.Match(who=who, confidence=confidence, basis="name and date of birth"))
            known += same
        if any(is_open for *_, is_open in known):
            # What is known of them a program does not tell: their worker does.
            return None, enquiry.PEOPLE_REASON_OTHER
        disposition = answer.DISPOSITION_KNOWN_NOTHING_RELEVANT if known else answer.DISPOSITION_NOT_KNOWN
        return disposition, matches


def wanted(personal):
    """Everybody whom an enquiry is about: how answers name them, all their names, the present one first, and their birth."""
    yield "subject", [personal.subject.name, *personal.subject.aliases], personal.subject.born
    for number, child in enumerate(personal.children, 1):
        yield f"child {number}", [child.name], child.born
    for number, other in enumerate(personal.others, 1):
        yield f"other {number}", [other.name], other.born


def is_sure(birth):
    """Whether a date of birth is known. An estimated or expected one neither finds anybody for certain nor excludes them."""
    from usher.v1 import personal_pb2 as personal

    known = (personal.BIRTH_ACCURACY_UNSPECIFIED, personal.BIRTH_ACCURACY_KNOWN)
    return bool(birth.date) and birth.accuracy in known


def is_same(name, date, family, given, born):
    return (plain(name.family), plain(name.given), date) == (plain(family), plain(given), born)


def may_be(names, date, family, given, born):
    """Whether a person of the system shares anything of note: the date of birth, also with day and month swapped, or a name."""
    year, month, day = date.split("-")
    if not born or born in (date, f"{year}-{day}-{month}"):
        return True
    # Families are told in either order, and given names alone are shared by too many.
    return any(alike(name.family, family) or (alike(name.family, given) and alike(name.given, family)) for name in names)


def alike(one, other):
    one, other = plain(one), plain(other)
    return not one or not other or difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.7


def plain(name):
    """Letters alone, without accents and case."""
    letters = unicodedata.normalize("NFKD", name or "").casefold()
    return "".join(letter for letter in letters if letter.isalpha())


class LeaseLost(Exception):
    """The check is in the queue again, or somebody else has ended it."""


class Adapter:
    def __init__(self, link, journal, people):
        self.link, self.journal, self.people = link, journal, people
        self.stopping = threading.Event()
        self.in_hand = 0

    def call(self, method, request, seconds=CALL_SECONDS):
        """Calls until the broker says yes, or no for good."""
        pause = FIRST_PAUSE
        while True:
            try:
                return getattr(self.link.stub, method)(request, timeout=seconds)
            except grpc.RpcError as error:
                code = error.code()
                if code in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND):
                    raise LeaseLost from error
                if code not in PASSING:
                    log.error("%s is refused: %s", method, code.name)
                    raise
                log.warning("the broker is away or busy: %s", code.name)
            self.stopping.wait(pause * (1 + random.random()))
            pause = min(pause * 2, LAST_PAUSE)

    def work(self):
        from usher.v1 import adapter_pb2 as adapter
        from usher.v1 import adapter_service_pb2 as service

        while not self.stopping.is_set():
            request = service.LeaseChecksRequest(
                request_id=str(uuid.uuid4()),
                max_checks=1,
                report=adapter.AdapterReport(
                    version=VERSION,
                    connectors=[adapter.ConnectorReport(name="sqlite")],
                    in_hand=self.in_hand,
                    most_in_hand=WORKERS,
                ),
            )
            request.wait.seconds = 1 if self.stopping.is_set() else WAIT_SECONDS
            try:
                leased = self.call("LeaseChecks", request, WAIT_SECONDS + 15).checks
            except (LeaseLost, grpc.RpcError):
                self.stopping.wait(LAST_PAUSE)
                continue
            for one in leased:
                self.in_hand += 1
                try:
                    self.end(one)
                except LeaseLost:
                    log.warning("lease lost: %s", one.check.id)
                except grpc.RpcError:
                    log.error("refused, left to its lease: %s", one.check.id)
                finally:
                    self.in_hand -= 1

    def end(self, leased):
        """Brings one check to an end."""
        from usher.v1 import adapter_service_pb2 as service

        requests = {"Answer": service.AnswerRequest, "Release": service.ReleaseRequest}
        check, done = leased.check, threading.Event()
        key = f"{check.id} {len(check.exchanges)}"
        renewing = threading.Thread(target=self.renew, args=[leased, done], daemon=True)
        renewing.start()
        try:
            decided = self.journal.find(key)
            if decided is None and self.stopping.is_set():
                verb, request = "Release", service.ReleaseRequest(check_id=check.id)
            elif decided is None:
                verb, request = self.decide(check)
                self.journal.keep(key, verb, request.SerializeToString())
            else:
                verb, request = decided[0], requests[decided[0]].FromString(decided[1])
            request.lease_id = leased.lease_id
            request.request_id = str(uuid.uuid5(uuid.UUID(leased.lease_id), verb))
            self.call(verb, request)
            self.journal.forget(key)
            log.info("%s: %s", verb, check.id)
        finally:
            done.set()

    def decide(self, check):
        from usher.v1 import adapter_service_pb2 as service
        from usher.v1 import answer_pb2 as answer
        from usher.v1 import enquiry_pb2 as enquiry

        try:
            disposition, found = self.people.look_up(check.personal)
        except sqlite3.Error as error:
            log.error("the system cannot be asked: %s", type(error).__name__)
            disposition, found = None, enquiry.PEOPLE_REASON_SYSTEM_AWAY
        if disposition is not None and not check.sharing.automatic_answers:
            disposition, found = None, enquiry.PEOPLE_REASON_AGREEMENT
        if disposition is None:
            return "Release", service.ReleaseRequest(check_id=check.id, for_people=found)
        content = answer.AnswerContent(matches=found, source=answer.DATA_SOURCE_LIVE)
        return "Answer", service.AnswerRequest(check_id=check.id, disposition=disposition, content=content)

    def renew(self, leased, done):
        from usher.v1 import adapter_service_pb2 as service

        lease = leased.check.lease
        span = lease.expire_time.ToMilliseconds() - lease.create_time.ToMilliseconds()
        while not done.wait(max(span / 3_000, 0.2)):
            request = service.RenewRequest(
                request_id=str(uuid.uuid4()), check_id=leased.check.id, lease_id=leased.lease_id
            )
            try:
                self.call("Renew", request)
            except (LeaseLost, grpc.RpcError):
                return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", required=True, help="SQLite file with the table person (family, given, born, open)")
    parser.add_argument("--journal", required=True, help="SQLite file of the adapter's own; made where it is not there")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with tempfile.TemporaryDirectory() as code:
        generate(code)
        adapter = Adapter(Link(), Journal(arguments.journal), People(arguments.people))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: adapter.stopping.set())
        for _ in range(WORKERS):
            threading.Thread(target=adapter.work, daemon=True).start()
        while not adapter.stopping.wait(FILES_SECONDS):
            adapter.link.reload()
        # A call for work that waits takes nothing when it is cut off; what is in hand is ended.
        for _ in range(100):
            if adapter.in_hand == 0:
                break
            threading.Event().wait(0.1)


if __name__ == "__main__":
    main()
