//! Where the dashboard's messages come from: a run that goes on, or a recording. The views don't know which.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use loadgen::control::Control;
use loadgen::record::RecordError;
use loadgen::run::{DomainReader, EventReader};
use loadgen::snapshot::{DomainNumber, RunPhase, Snapshot};
use tokio::sync::{mpsc, watch};

use crate::model::{Playback, Timeline};
use crate::player::{Answer, Player};
use crate::update::Message;

/// What the dashboard shows.
#[derive(Debug)]
pub enum Source {
    /// A run that goes on.
    Run(RunSource),
    /// A recorded run.
    Recording(RecordingSource),
}

/// A run that goes on.
#[derive(Debug)]
pub struct RunSource {
    /// The run; the latest snapshot wins.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where interventions go.
    pub controls: mpsc::UnboundedSender<Control>,
    /// What the Wakeups view shows; `None` where nobody logs it.
    pub events: Option<EventReader>,
    /// What a domain's page shows; `None` where nobody can look.
    pub domains: Option<DomainReader>,
}

/// A recorded run.
#[derive(Debug)]
pub struct RecordingSource {
    /// Who reads it.
    pub player: Player,
    /// Where it begins to play.
    pub from: Duration,
    /// From which p99 on a second is worth going to; `None` decides by what is usual in it.
    pub breach: Option<Duration>,
}

/// What a source has to say.
pub(crate) enum News {
    /// Something for the model.
    Message(Message),
    /// The run went away without finishing.
    Lost,
}

impl Source {
    /// What is there before anything else.
    pub(crate) fn first(&mut self) -> Option<Message> {
        match self {
            Self::Run(run) => Some(Message::Snapshot(Arc::clone(&run.snapshots.borrow_and_update()))),
            Self::Recording(recording) => {
                recording.player.seek(recording.from);
                None
            }
        }
    }

    /// What comes next. One that has nothing more to say is silent for ever.
    pub(crate) async fn next(&mut self) -> Result<News, RecordError> {
        match self {
            Self::Run(run) => {
                if run.snapshots.changed().await.is_ok() {
                    return Ok(News::Message(Message::Snapshot(Arc::clone(
                        &run.snapshots.borrow_and_update(),
                    ))));
                }
                if run.snapshots.borrow().phase == RunPhase::Finished {
                    future::pending().await
                } else {
                    Ok(News::Lost)
                }
            }
            Self::Recording(recording) => match recording.player.next().await {
                Some(Ok(Answer::Moment(snapshot, events))) => {
                    Ok(News::Message(Message::Moment(snapshot, events)))
                }
                Some(Ok(Answer::Domain(page))) => Ok(News::Message(Message::Domain(page))),
                Some(Ok(Answer::Survey(survey))) => Ok(News::Message(Message::Surveyed(survey))),
                Some(Err(error)) => Err(error),
                // Whoever panicked has said so, and the dashboard goes with it.
                None => future::pending().await,
            },
        }
    }

    /// Events from `next` on, where there is something new that wasn't asked for.
    pub(crate) fn events(&self, next: u64) -> Option<Message> {
        let Self::Run(RunSource { events: Some(events), .. }) = self else { return None };
        let came = events.read(next);
        (came.next > next).then_some(Message::Events(came))
    }

    /// A close look at a domain, where somebody can look; that of a recording comes as news.
    pub(crate) fn domain(&self, number: DomainNumber) -> Option<Message> {
        match self {
            Self::Run(run) => {
                let page = run.domains.as_ref()?.read(number)?;
                Some(Message::Domain(Arc::new(page)))
            }
            Self::Recording(recording) => {
                recording.player.look(number);
                None
            }
        }
    }

    /// Does something to the run. One that has ended takes no more orders, as its last snapshot says, and a
    /// recording never did.
    pub(crate) fn order(&self, control: Control) {
        if let Self::Run(run) = self {
            let _ = run.controls.send(control);
        }
    }

    /// Asks for another moment of a recording.
    pub(crate) fn seek(&self, at: Duration) {
        if let Self::Recording(recording) = self {
            recording.player.seek(at);
        }
    }

    /// Where interventions go, if there is a run.
    pub(crate) fn controls(&self) -> Option<mpsc::UnboundedSender<Control>> {
        match self {
            Self::Run(run) => Some(run.controls.clone()),
            Self::Recording(_) => None,
        }
    }

    /// How it is played, when it is a recording.
    pub(crate) fn playback(&self) -> Option<Playback> {
        let Self::Recording(recording) = self else { return None };
        Some(Playback::new(recording.player.length(), recording.player.missing(), recording.from))
    }

    /// The timeline before anything is known.
    pub(crate) fn timeline(&self) -> Timeline {
        Timeline::new(match self {
            Self::Run(_) => None,
            Self::Recording(recording) => recording.breach,
        })
    }
}
