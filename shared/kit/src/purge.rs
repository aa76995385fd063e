//! Which kept answers are out of date: who changes data names a tag of it, who keeps answers forgets
//! those with the tag. In one process that is a call; between processes it is a message on Redis.

/// Where tags are published on Redis, one a message.
pub const CHANNEL: &str = "purge";

/// Forgets the answers that have this tag; with `None` all that have one, because some messages may
/// have been missed.
pub type Forget = dyn Fn(Option<&str>) + Send + Sync;
