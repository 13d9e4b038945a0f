//! Every bound of usher, in one place, each with its reason. Names end in unit and qualifier.

/// Checks of one enquiry that responders have, or had. A family over sixteen responders is beyond any that inspectors describe.
pub const RESPONDER_CHECKS_PER_ENQUIRY_MAX: usize = 16;
/// Checks of one enquiry. What leads nowhere at submission is never refused: the operators have room for one more than responders have,
/// and for one of each kind where fewer than sixteen responders are asked.
pub const CHECKS_PER_ENQUIRY_MAX: usize = RESPONDER_CHECKS_PER_ENQUIRY_MAX + 1;
/// Addresses of one enquiry: the defendant's, partners', children's and previous ones.
pub const ADDRESSES_PER_ENQUIRY_MAX: usize = 24;
/// Digits of a unique property reference number.
pub const UPRN_CHARS_MAX: usize = 12;
/// Children named in one enquiry.
pub const CHILDREN_PER_ENQUIRY_MAX: usize = 24;
/// Other household members and partners named in one enquiry.
pub const OTHERS_PER_ENQUIRY_MAX: usize = 24;
/// Former names and aliases of one person.
pub const ALIASES_PER_PERSON_MAX: usize = 8;
/// Codes in one list (concerns, legal gateways, information asked for).
pub const CODES_PER_LIST_MAX: usize = 16;
/// Authorities that an enquiry names directly.
pub const AUTHORITIES_PER_LIST_MAX: usize = 16;
/// Authorities that one responder serves: all 175 of England and Wales, and room for successors. The Metropolitan Police
/// serve 33.
pub const AUTHORITIES_PER_RESPONDER_MAX: usize = 256;
/// Reasons kept for routing one check: each address and each named authority of an enquiry, and some hand-overs.
pub const REASONS_PER_CHECK_MAX: usize = 48;
/// Questions that a responder may ask back on one check.
pub const QUESTIONS_PER_CHECK_MAX: usize = 16;
/// Versions of one check's answer.
pub const ANSWERS_PER_CHECK_MAX: usize = 16;
/// Episodes, matches or remarks listed in one answer.
pub const ITEMS_PER_ANSWER_MAX: usize = 64;
/// People of a responder's system that a program shows its desk, since they may be one of the people: more settle nothing.
pub const CANDIDATES_MAX: usize = 10;
/// What they weigh, in bytes of text: ten with two names and addresses each.
pub const CANDIDATES_BYTES_MAX: usize = 8 * 1_024;
/// Moves of one hearing that the record itself keeps; older ones stay in the history.
pub const HEARING_MOVES_KEPT_MAX: usize = 32;
/// Decisions at court that one enquiry keeps.
pub const COURT_DECISIONS_KEPT_MAX: usize = 32;
/// Mutations whose `request_id` an enquiry remembers; older ones are protected by the state alone.
pub const REQUESTS_REMEMBERED_MAX: usize = 32;
/// Checks that one case may need in its life: a handful at court, and some for each review.
pub const REQUIREMENTS_PER_CASE_MAX: usize = 128;
/// Stages that the record of a case keeps; older ones stay in the history.
pub const STAGES_PER_CASE_MAX: usize = 64;
/// Enquiries that are kept as covering one needed check: any one of them is enough.
pub const ENQUIRIES_PER_REQUIREMENT_MAX: usize = 8;
/// Cases that one list names: a year of a large region.
pub const CASES_PER_LIST_MAX: usize = 200_000;
/// How long a list on its way in may pause, in seconds.
pub const LIST_IDLE_SECONDS_MAX: u64 = 60;
/// Rules about what cases need.
pub const REQUIREMENT_RULES_MAX: usize = 64;
/// Alerts that one enquiry keeps; ended ones beyond it stay in the history only. Live ones are always kept: seventeen checks with every
/// step and trouble open have a few more.
pub const ALERTS_KEPT_MAX: usize = 256;
/// What people write and who they are, in bytes, of one enquiry: with everything else at its bound it fits [`RECORD_BYTES_MAX`].
pub const PERSONAL_BYTES_MAX: usize = 50 * 1_024;
/// What an answer, a question, a decision, an acknowledgement weighs besides its texts and names, in bytes: no less than it takes.
pub const ENTRY_BYTES: usize = 64;
/// Steps of one ladder, and of what follows an answer. Nine is the longest that comes with usher.
pub const STEPS_PER_LADDER_MAX: usize = 12;
/// Moments of which a step takes the earliest.
pub const OFFSETS_PER_STEP_MAX: usize = 4;

/// A name, title, team, school or one line of an address, in characters.
pub const LINE_CHARS_MAX: usize = 200;
/// A question, a reason, a note, in characters.
pub const NOTE_CHARS_MAX: usize = 4_000;
/// The narrative of an answer, in characters.
pub const NARRATIVE_CHARS_MAX: usize = 16_000;
/// A client identity (the URI of its certificate), in bytes. SPIFFE allows 2,048; 255 is ample.
pub const CLIENT_ID_CHARS_MAX: usize = 255;
/// A responder's id, in characters.
pub const RESPONDER_ID_CHARS_MAX: usize = 48;
/// An agreement's id, in characters.
pub const AGREEMENT_ID_CHARS_MAX: usize = 48;
/// An agreement's version, in characters.
pub const AGREEMENT_VERSION_CHARS_MAX: usize = 32;
/// A step's name, in characters.
pub const STEP_NAME_CHARS_MAX: usize = 32;

/// How far ahead a hearing may lie, in days: further is a typing error.
pub const HEARING_AHEAD_DAYS_MAX: i64 = 550;
/// How far ahead working time is searched, in days, before giving up.
pub const WORKING_SEARCH_DAYS_MAX: i32 = 1_100;
/// How far a step of a ladder may lie from where it counts, in days; the same number bounds working days and hours, so
/// that the search of working time never gives up on one.
pub const SPAN_DAYS_MAX: u32 = 120;

/// Ways into a responder's systems that an adapter may tell of.
pub const CONNECTORS_MAX: usize = 16;
/// Checks that the programs of one responder may hold at once, where its file says nothing.
pub const LENT_DEFAULT: usize = 256;
/// The most that a responder's file may allow its programs to hold at once.
pub const LENT_MAX: usize = 4_096;
/// Checks that one lease call may take.
pub const LEASE_BATCH_MAX: usize = 64;
/// How long a lease call may wait for work, in seconds.
pub const LEASE_WAIT_SECONDS_MAX: u64 = 120;
/// Lease calls whose outcome is remembered for a repeat, per broker.
pub const LEASE_CALLS_REMEMBERED_MAX: usize = 4_096;
/// Lease calls that one responder may have waiting.
pub const LEASE_WAITERS_PER_RESPONDER_MAX: usize = 64;
/// Tries of one command when others write the same enquiry.
pub const CONFLICT_RETRIES_MAX: u32 = 16;

/// Entries of one page when the caller says nothing.
pub const PAGE_SIZE_DEFAULT: usize = 100;
/// Entries of one page.
pub const PAGE_SIZE_MAX: usize = 1_000;
/// What one page, or one batch of leased checks, holds, in bytes on the wire: it ends before it would hold more, and leaves its
/// response a quarter of [`RESPONSE_BYTES_MAX`] for what is not counted.
pub const PAGE_BYTES_MAX: usize = 3 * 1_024 * 1_024;
/// Records that one page of a listing may look at before it answers with a token.
pub const PAGE_RECORDS_EXAMINED_MAX: usize = 10_000;
/// Records that a look-up by reference finds: references are forty bits, so that several with the same one are rare.
pub const REFERENCE_RECORDS_MAX: usize = 16;
/// How long a list that shows somebody the same record again is the same viewing, in seconds: no longer than a page may stay open before
/// its reader.
pub const VIEWING_SECONDS: i64 = 15 * 60;
/// Viewings that a broker remembers; more are recorded again.
pub const VIEWINGS_REMEMBERED_MAX: usize = 100_000;

/// Rows of one report, besides one for all others: offices are free text, and nobody reads more. Its cells fit one response.
pub const REPORT_ROWS_MAX: usize = 1_000;

/// Reports that one broker counts at once: each reads every record in scope, beside the work of the day.
pub const REPORTS_AT_ONCE_MAX: usize = 2;

/// Members of one group commit.
pub const GROUP_COMMIT_MAX: usize = 512;
/// Commits waiting for the writer.
pub const COMMIT_QUEUE_MAX: usize = 2_048;
/// Changes in one batch.
pub const BATCH_CHANGES_MAX: usize = 128;
/// One encoded record, in bytes. sled's recipe wants sixteen times the largest value below a quarter of
/// its 8 MiB segment; the same bound holds for every engine.
pub const RECORD_BYTES_MAX: usize = 128 * 1_024 - 1;
/// One feed entry, in bytes; the writer ends a group before it would grow larger.
pub const FEED_ENTRY_BYTES_MAX: usize = 128 * 1_024 - 1;
/// What is kept of one session of the console, drafts of forms included, in bytes: one value of an engine, and twice what an enquiry holds of text.
pub const SESSION_BYTES_MAX: usize = 120 * 1_024;
/// Sessions that one store keeps, those included that nobody has signed in to yet.
pub const SESSIONS_MAX: usize = 100_000;
/// Commits of one enquiry that its history reaches; the oldest ones drop off the list, not off the feed.
pub const HISTORY_ENTRIES_MAX: usize = 2_048;

/// Due enquiries taken in one activation of the scheduler.
pub const DUE_BATCH_MAX: usize = 256;
/// Watches that one broker serves at once.
pub const WATCHES_MAX: usize = 1_024;
/// Watches that one client has at once: no client takes more than an eighth of them all.
pub const WATCHES_PER_CLIENT_MAX: usize = 128;
/// Between two counts of alerts for one watch, in seconds: a count reads every alert, and people cannot follow more.
pub const ALERT_COUNTS_APART_SECONDS_MIN: u64 = 3;
/// Events waiting for one slow watcher before it is told to resume.
pub const WATCH_QUEUE_MAX: usize = 1_024;
/// Past checks of one responder that the forecast rests on.
pub const FORECAST_CHECKS_MAX: usize = 512;

/// One request message, in bytes.
pub const REQUEST_BYTES_MAX: usize = 256 * 1_024;
/// One response message, in bytes.
pub const RESPONSE_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Connections that one broker accepts.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Connections from one address before their certificates are known.
pub const CONNECTIONS_PER_PEER_MAX: usize = 1_024;
/// Streams of one connection.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 256;
/// Resets that the peer causes before its connection ends (RUSTSEC-2024-0003).
pub const PENDING_RESETS_MAX: usize = 20;
/// Resets that we send for the peer's errors before its connection ends.
pub const LOCAL_RESETS_MAX: usize = 256;
/// Header list of one request, in bytes.
pub const HEADER_LIST_BYTES_MAX: u32 = 16 * 1_024;
