//! Carries envelopes between nodes over NATS JetStream, which is neither trusted nor needed to be
//! durable.
//!
//! A server may lose, repeat, reorder or keep back what it is given, and forget everything it held:
//! the protocol notices and mends it. What it cannot do is read or change an envelope. So a
//! broker's acknowledgement means nothing here but that less has to be sent again.
//!
//! Each space has a connection of its own, because it has credentials of its own:
//!
//! ```text
//! send -> queue -> publisher -> stream of the sender -> consumer of the recipient -> pull -> space
//!                           \-> signals, never stored ----------------------------------^
//! ```

mod carrier;
mod check;
mod events;
mod examine;
mod guests;
mod keeper;
mod layout;
mod login;
mod plan;
mod publish;
mod pull;
mod settings;
mod signals;
mod status;
mod subject;

pub use carrier::{Carrier, Delivery, Receiver};
pub use check::{Attempt, Checked, Deed, Verdict, check, forbidden};
pub use examine::{Finding, Severity, examine, examine_server};
pub use layout::{ACK_WAIT, WAITING_MAX, consumer_of, stream_of};
pub use login::{Login, NoLogin, login_in};
pub use plan::{BadPlan, Making, Permissions, Plan, PlannedSpace, ServerFiles, apply};
pub use pull::Taken;
pub use settings::{BadSettings, Credentials, Settings, Tls};
pub use status::Status;
pub use subject::{Class, consumer, inbox, stored, stream, subject};
