//! Every maximum of the protocol and of stored state, in one place.
//!
//! A limit is checked before memory is set aside for what it bounds.

/// Largest encoded entry, header and payload together, in bytes.
pub const ENTRY_BYTES_MAX: usize = 512 * 1024;

/// Most entries in one envelope.
pub const ENVELOPE_ENTRIES_MAX: usize = 256;

/// Size at which an envelope is closed although more entries wait, in bytes of entries. One entry
/// always fits, however large.
pub const ENVELOPE_BYTES_SOFT: usize = 256 * 1024;

/// Largest envelope accepted, in bytes: one entry of the largest size, its framing, the header,
/// the signature, rounded up.
pub const ENVELOPE_BYTES_MAX: usize = 640 * 1024;

/// Room for what an envelope holds beside its entries, in bytes: header, sealing, signature,
/// rounded up.
pub const ENVELOPE_FRAME_BYTES_MAX: usize = 4 * 1024;

/// Largest part of an export, the file as it lies on a medium, in bytes. A reader holds one part at
/// a time.
pub const PART_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of one piece of an object (a package) inside an envelope.
pub const PIECE_BYTES_MAX: usize = 128 * 1024;

/// Pieces that one want may ask for.
pub const WANT_PIECES_MAX: usize = 16;

/// Largest object (package), in bytes.
pub const OBJECT_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// Ranges beyond the contiguous part that one ack may name.
pub const ACK_RANGES_MAX: usize = 32;

/// Envelopes that a recipient keeps while an earlier one is missing, for each link.
pub const HOLD_BACK_ENVELOPES_MAX: usize = 64;

/// Bytes that a recipient keeps while an earlier envelope is missing, for each link.
pub const HOLD_BACK_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Entries that await a key of another space, which signed what they bring, for each link and
/// such space.
pub const AWAITING_KEYS_ENTRIES_MAX: usize = 8_192;

/// Bytes of entries that await a key of another space, for each link and such space.
pub const AWAITING_KEYS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Entries sent and not yet acknowledged, for each link.
pub const IN_FLIGHT_ENTRIES_MAX: u64 = 16_384;

/// Bytes of entries sent and not yet acknowledged, for each link; one entry more may be under way.
pub const IN_FLIGHT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Refused envelopes remembered with their reason, for each space; older ones are only counted.
pub const QUARANTINE_MAX: usize = 256;

/// Longest name of a space, project, environment, lifecycle, person or step, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// Longest value of a secret, in bytes.
pub const SECRET_BYTES_MAX: usize = 32 * 1024;

/// Secrets of one project.
pub const SECRETS_OF_ONE_MAX: usize = 64;

/// Times that one step is tried again after it failed.
pub const RETRIES_MAX: u32 = 100;

/// Longest free text inside one event: notes, a reason, a help text, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Largest document (certificate, bundle, receipt) in its JSON form, in bytes. It rides in an
/// entry and must leave room for the entry's own fields.
pub const DOCUMENT_BYTES_MAX: usize = 480 * 1024;

/// Key statements in one certificate.
pub const CERTIFICATE_STATEMENTS_MAX: usize = 256;

/// Largest key statement in its JSON form, in bytes.
pub const KEY_STATEMENT_BYTES_MAX: usize = 16 * 1024;

/// Key statements in one envelope of kind *keys*: all that a certificate may have but the first.
pub const STATEMENTS_TOLD_MAX: usize = CERTIFICATE_STATEMENTS_MAX - 1;

/// Largest certificate, with its offer, in an invitation or in an envelope of kind *join*, in
/// bytes: some fifty replacements of keys. Beyond, certificate files are exchanged.
pub const INVITATION_CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// Invitations of one space that are open at one time.
pub const INVITATIONS_OPEN_MAX: usize = 16;

/// Longest time for which an invitation is open, in milliseconds: a week.
pub const INVITATION_LIFE_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1_000;

/// Envelopes of kind *join* that a space opens in one second; more are refused unopened.
pub const JOINS_A_SECOND_MAX: u32 = 16;

/// Longest line of an archive, in bytes, its line feed not counted: a block of 48 MiB. Blocks are
/// what came in during one turn of a space, which is rarely more than a few hundred KiB.
pub const ARCHIVE_LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest proof of a contradiction in its JSON form, in bytes.
pub const PROOF_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Envelopes on one side of a proof.
pub const PROOF_ENVELOPES_MAX: usize = 16;

/// Output kept of one step of a deployment, in bytes; more is cut, and the cut is marked.
pub const STEP_OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// Values that one step may pass on to later steps.
pub const STEP_OUTPUTS_MAX: usize = 32;

/// Names and values that all steps of one deployment together may pass on, in bytes: receipts quote
/// them.
pub const OUTPUTS_BYTES_MAX: usize = 8 * 1024;

/// Output of one step that a receipt quotes at level *full*, in bytes.
pub const RECEIPT_OUTPUT_BYTES_MAX: usize = 4 * 1024;

/// Largest receipt in its JSON form, in bytes; outputs of steps are left out until it fits.
pub const RECEIPT_BYTES_MAX: usize = 128 * 1024;

/// Bytes of packages that are fetched ahead of acceptance, for each peer; more wait until a person
/// or a rule has accepted the release.
pub const AHEAD_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Times that policy starts a deployment again which was cut short by a stop of the node.
pub const INTERRUPTED_RESTARTS_MAX: u32 = 25;

/// API tokens of one person that are good at one time.
pub const TOKENS_OF_ONE_MAX: usize = 64;

/// First interval of beats once something is unacknowledged, in milliseconds; doubles up to
/// [`BEAT_BUSY_MS`].
pub const BEAT_BUSY_MS_MIN: u64 = 1_000;

/// Longest interval of beats while something is unacknowledged, in milliseconds.
pub const BEAT_BUSY_MS: u64 = 15_000;

/// Interval of beats on an idle link, in milliseconds.
pub const BEAT_IDLE_MS: u64 = 60_000;

/// First interval of hellos on a link that has not answered yet, in milliseconds; doubles up to
/// [`BEAT_BUSY_MS`].
pub const HELLO_RETRY_MS_MIN: u64 = 1_000;

/// A peer is stale when nothing was heard for this many tenths of the promised interval.
pub const STALE_TENTHS: u64 = 25;

/// Difference between a peer's clock and this one, in milliseconds, from which on people are told
/// of it. Nothing else follows from it.
pub const SKEW_MS_MAX: u64 = 300_000;

/// Longest delay of an ack, in milliseconds.
pub const ACK_DELAY_MS: u64 = 200;

/// Envelopes after which an ack is due at once.
pub const ACK_ENVELOPES: u32 = 8;

/// First wait before unacknowledged entries are sent again, in milliseconds; doubles up to
/// [`RESEND_MS_MAX`].
pub const RESEND_MS_MIN: u64 = 1_000;

/// Longest wait before unacknowledged entries are sent again, in milliseconds.
pub const RESEND_MS_MAX: u64 = 15_000;
