//! The sending end of a subscription: a bounded queue that never blocks whoever feeds it.

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Message;

/// Feeds one subscription. When its queue is full, what comes is dropped and the queue's last message
/// is [`Message::MayHaveDropped`].
///
/// One slot is kept for that message. Whoever takes it out of a full queue does so after everything
/// that was dropped had arrived, and so finds by a query what the dropped payloads told of.
#[derive(Debug)]
pub(super) struct Feed {
    queue: mpsc::Sender<Message>,
}

impl Feed {
    /// A feed and its receiving end, with room for `capacity` messages.
    pub(super) fn new(capacity: usize) -> (Self, mpsc::Receiver<Message>) {
        let (queue, messages) = mpsc::channel(capacity.max(1) + 1);
        (Self { queue }, messages)
    }

    /// Appends a message, or notes that one was dropped. `false` when the subscription is gone.
    ///
    /// `&mut`, since the kept slot is only safe with one sender.
    pub(super) fn push(&mut self, message: Message) -> bool {
        let message = if self.queue.capacity() > 1 { message } else { Message::MayHaveDropped };
        !matches!(self.queue.try_send(message), Err(TrySendError::Closed(_)))
    }
}
