//! Where a Postgres server's messages begin and end, as far as it takes to leave out notifications.
//!
//! Every message is a byte that says its kind, four that say how long the rest is (themselves included), and
//! the rest. Before the first there may be a single byte that answers a wish for encryption; when it grants the
//! wish nothing can be told apart any more.

/// What the kind of a message is that brings a notification.
const NOTIFICATION: u8 = b'A';
const ENCRYPTION_REFUSED: u8 = b'N';
const ENCRYPTION_GRANTED: u8 = b'S';

/// Follows what one server sends over one connection.
#[derive(Debug)]
pub(super) struct Frames {
    at: At,
    /// The message that is under way is left out.
    leaves_out: bool,
}

#[derive(Debug, Clone, Copy)]
enum At {
    /// Nothing was sent yet.
    Start,
    /// The next byte says the kind of a message.
    Kind,
    /// So many bytes of the length were read, and this is what they say.
    Length { read: u8, length: u32 },
    /// So many bytes of a message are left.
    Rest(u32),
    /// Not to be understood.
    Encrypted,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { at: At::Start, leaves_out: false }
    }

    /// Follows these bytes, and keeps those that pass: all, or with `no_notices` all that belong to no
    /// notification. What is encrypted might be one.
    pub(super) fn keep(&mut self, bytes: &mut Vec<u8>, no_notices: bool) {
        let mut kept = 0;
        let mut from = 0;
        while from < bytes.len() {
            let length = self.stretch(&bytes[from..], no_notices);
            if !self.leaves_out {
                bytes.copy_within(from..from + length, kept);
                kept += length;
            }
            from += length;
        }
        bytes.truncate(kept);
    }

    /// How many of the bytes, at least one, share their fate with the first.
    fn stretch(&mut self, bytes: &[u8], no_notices: bool) -> usize {
        match self.at {
            At::Start if bytes[0] == ENCRYPTION_GRANTED => {
                self.at = At::Encrypted;
                1
            }
            At::Start if bytes[0] == ENCRYPTION_REFUSED => {
                self.at = At::Kind;
                1
            }
            At::Start | At::Kind => {
                self.leaves_out = no_notices && bytes[0] == NOTIFICATION;
                self.at = At::Length { read: 0, length: 0 };
                1
            }
            At::Length { read, length } => {
                let length = length << 8 | u32::from(bytes[0]);
                self.at = match (read, length.saturating_sub(4)) {
                    (0..3, _) => At::Length { read: read + 1, length },
                    (_, 0) => At::Kind,
                    (_, rest) => At::Rest(rest),
                };
                1
            }
            At::Rest(rest) => {
                let length = bytes.len().min(rest as usize);
                self.at = match rest - length as u32 {
                    0 => At::Kind,
                    rest => At::Rest(rest),
                };
                length
            }
            At::Encrypted => {
                self.leaves_out = no_notices;
                bytes.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u8, rest: &[u8]) -> Vec<u8> {
        let length = u32::try_from(rest.len() + 4).expect("it is short");
        [&[kind][..], &length.to_be_bytes(), rest].concat()
    }

    proptest! {
        #[test]
        fn notifications_are_left_out_wherever_the_bytes_are_cut(
            kinds in prop::collection::vec((prop::sample::select(vec![b'A', b'R', b'Z', b'D']), 0_usize..40), 0..12),
            cuts in prop::collection::vec(1_usize..9, 1..60),
            was_refused in any::<bool>(),
        ) {
            let start = if was_refused { vec![ENCRYPTION_REFUSED] } else { Vec::new() };
            let messages: Vec<Vec<u8>> =
                kinds.iter().map(|(kind, length)| message(*kind, &vec![b'A'; *length])).collect();
            let sent = [start.clone(), messages.concat()].concat();
            let wanted: Vec<Vec<u8>> =
                messages.into_iter().filter(|message| message[0] != NOTIFICATION).collect();
            let (mut frames, mut kept, mut from) = (Frames::new(), Vec::new(), 0);
            for cut in cuts.into_iter().chain([sent.len()]) {
                let to = (from + cut).min(sent.len());
                let mut piece = sent[from..to].to_vec();
                frames.keep(&mut piece, true);
                kept.extend(piece);
                from = to;
            }
            prop_assert_eq!(kept, [start, wanted.concat()].concat());
        }
    }

    #[test]
    fn what_is_under_way_is_finished_when_notifications_begin_to_be_left_out() {
        let notice = message(NOTIFICATION, b"hello");
        let mut frames = Frames::new();
        let (mut first, mut rest) = (notice[..3].to_vec(), [&notice[3..], &notice].concat());
        frames.keep(&mut first, false);
        frames.keep(&mut rest, true);
        assert_eq!((first, rest), (notice[..3].to_vec(), notice[3..].to_vec()));
    }

    #[test]
    fn nothing_encrypted_passes_while_notifications_are_left_out() {
        let mut frames = Frames::new();
        let mut granted = vec![ENCRYPTION_GRANTED];
        frames.keep(&mut granted, false);
        let mut secret = vec![7; 100];
        frames.keep(&mut secret, true);
        assert_eq!((granted, secret), (vec![ENCRYPTION_GRANTED], vec![]));
        let mut secret = vec![7; 100];
        frames.keep(&mut secret, false);
        assert_eq!(secret.len(), 100);
    }
}
