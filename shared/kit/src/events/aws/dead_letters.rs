//! What was set aside in a queue of its own: to look at, and to put back.

use std::{collections::BTreeMap, time::Duration};

use aws::sqs::{BATCH, Message, NewMessage, Queue};
use uuid::Uuid;

use super::{DeadLetter, Fault, read};

/// For how long nobody else gets what is looked at.
const HIDDEN: Duration = Duration::from_mins(5);

/// After how long without a message all have been seen. A shorter one asks a part of the servers alone.
const WAIT: Duration = Duration::from_secs(2);

/// The dead letters of a queue, at most `limit`. They are where they were afterwards.
pub(super) async fn list(queue: &Queue, limit: usize) -> Result<Vec<DeadLetter>, Fault> {
    let dead = of(queue).await?;
    let mut seen = look(&dead, limit).await?;
    let_go(&dead, &seen).await;
    seen.truncate(limit);
    Ok(seen.iter().map(letter).collect())
}

/// Puts the events among them back into the queue; how many.
pub(super) async fn replay(queue: &Queue) -> Result<usize, Fault> {
    let dead = of(queue).await?;
    // All are taken before one is put back: its consumer may set it aside again at once.
    let seen = look(&dead, usize::MAX).await?;
    let (mut replayed, mut staying) = (0, Vec::new());
    for message in seen {
        let Some(event) = read(&message) else {
            staying.push(message);
            continue;
        };
        // Under a name of its own: within five minutes the queue takes it for the one that it has had.
        let again = NewMessage {
            body: &message.body,
            group: &event.key,
            once: &Uuid::now_v7().to_string(),
            reason: None,
        };
        queue.send(again).await?;
        dead.delete(&[&message]).await?;
        replayed += 1;
    }
    let_go(&dead, &staying).await;
    Ok(replayed)
}

async fn of(queue: &Queue) -> Result<Queue, Fault> {
    let dead = queue.dead_letters().await?;
    dead.ok_or_else(|| "the queue has no other for what is set aside".into())
}

/// Receives what is there, `limit` or a few more.
async fn look(dead: &Queue, limit: usize) -> Result<Vec<Message>, Fault> {
    let mut seen: Vec<Message> = Vec::new();
    while seen.len() < limit {
        let mut found = dead.receive(BATCH, WAIT, HIDDEN).await?;
        // Who looks for long sees some again.
        found.retain(|message| seen.iter().all(|it| it.id != message.id));
        if found.is_empty() {
            break;
        }
        seen.extend(found);
    }
    Ok(seen)
}

/// Lets others look at them at once; what this fails for is theirs in five minutes.
async fn let_go(dead: &Queue, messages: &[Message]) {
    for message in messages {
        if let Err(fault) = dead.hide(message, Duration::ZERO).await {
            tracing::debug!(%fault, "a dead letter stays hidden for five minutes");
        }
    }
}

fn letter(message: &Message) -> DeadLetter {
    let event = read(message);
    let fields = match event {
        Some(_) => BTreeMap::new(),
        None => BTreeMap::from([("body".to_owned(), message.body.clone())]),
    };
    // The queue sets aside by itself what a process that died had too often.
    let tried = || format!("it was received {} times", message.receives);
    DeadLetter {
        place: message.id.clone(),
        event,
        fields,
        reason: message.reason.clone().unwrap_or_else(tried),
    }
}
