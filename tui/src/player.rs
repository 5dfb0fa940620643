//! A recording that is shown moment by moment.
//!
//! Reading is work, so it has a thread of its own: whoever wants a moment asks and goes on. Of questions of a kind that
//! came while it was busy only the last is answered. When nobody asks, it looks through the recording once, ahead of
//! what is shown, and tells what it comes by; from then on every moment is near.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::Duration;

use loadgen::measure::Events;
use loadgen::record::{Missing, RecordError, Replay, Survey};
use loadgen::snapshot::{DomainNumber, DomainPage, Snapshot};
use tokio::sync::mpsc as answers;

/// So many answers may wait to be taken; the thread waits when there are more.
const ANSWERS_WAITING: usize = 4;

/// Reads a recording on a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Player {
    wanted: Sender<Wish>,
    answers: answers::Receiver<Result<Answer, RecordError>>,
    length: Duration,
    missing: Missing,
}

/// What has been read.
#[derive(Debug)]
pub enum Answer {
    /// What the run looked like at a moment, and the events up to it that are news since the last answer; all that
    /// are kept, if it is earlier than that.
    Moment(Arc<Snapshot>, Events),
    /// A domain looked at closely, at the moment that was read last.
    Domain(Arc<DomainPage>),
    /// What the next stretch holds.
    Survey(Survey),
}

impl Player {
    /// Begins to read a recording.
    pub fn start(replay: Replay) -> io::Result<Self> {
        let (length, missing) = (replay.length(), replay.missing());
        let (wanted, wishes) = mpsc::channel();
        let (tell, answers) = answers::channel(ANSWERS_WAITING);
        thread::Builder::new().name("player".to_owned()).spawn(move || {
            let mut reading =
                Reading { replay, events_told: 0, moment: None, domain: None, is_surveyed: false };
            while reading.hear(&wishes) {
                let answer = reading.answer().transpose();
                let is_over = matches!(answer, Some(Err(_)));
                if answer.is_some_and(|answer| tell.blocking_send(answer).is_err()) || is_over {
                    return;
                }
            }
        })?;
        Ok(Self { wanted, answers, length, missing })
    }

    /// How long the recording is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.length
    }

    /// What it doesn't hold of its run.
    #[must_use]
    pub fn missing(&self) -> Missing {
        self.missing
    }

    /// Asks for a moment.
    pub fn seek(&self, at: Duration) {
        // A thread that ended has said why.
        let _ = self.wanted.send(Wish::Moment(at));
    }

    /// Asks for a domain, at the moment that was asked for last.
    pub fn look(&self, number: DomainNumber) {
        let _ = self.wanted.send(Wish::Domain(number));
    }

    /// What has been read; `None` when the thread has ended.
    pub async fn next(&mut self) -> Option<Result<Answer, RecordError>> {
        self.answers.recv().await
    }
}

/// What somebody wants to see.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Moment(Duration),
    Domain(DomainNumber),
}

struct Reading {
    replay: Replay,
    /// Events before this one were told.
    events_told: u64,
    /// The moment that is wanted.
    moment: Option<Duration>,
    /// The domain that is wanted.
    domain: Option<DomainNumber>,
    is_surveyed: bool,
}

impl Reading {
    /// Takes in what is wanted, and waits for it if there is nothing else to do; `false` when nobody can want
    /// anything any more.
    fn hear(&mut self, wishes: &Receiver<Wish>) -> bool {
        if self.is_surveyed && self.moment.is_none() && self.domain.is_none() {
            let Ok(wish) = wishes.recv() else { return false };
            self.want(wish);
        }
        loop {
            match wishes.try_recv() {
                Ok(wish) => self.want(wish),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn want(&mut self, wish: Wish) {
        match wish {
            Wish::Moment(at) => self.moment = Some(at),
            Wish::Domain(number) => self.domain = Some(number),
        }
    }

    /// Answers one wish, a moment before a domain in it; without any, looks through the next stretch.
    fn answer(&mut self) -> Result<Option<Answer>, RecordError> {
        if let Some(at) = self.moment.take() {
            let snapshot = self.replay.snapshot_at(at)?;
            let mut events = self.replay.events(self.events_told);
            if events.next < self.events_told {
                events = self.replay.events(0);
            }
            self.events_told = events.next;
            return Ok(Some(Answer::Moment(Arc::new(snapshot), events)));
        }
        if let Some(number) = self.domain.take() {
            return Ok(self.replay.domain(number).map(|page| Answer::Domain(Arc::new(page))));
        }
        let survey = self.replay.survey()?;
        self.is_surveyed = survey.is_none();
        Ok(survey.map(Answer::Survey))
    }
}
