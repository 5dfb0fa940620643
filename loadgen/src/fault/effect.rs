//! What each fault does. All have one form: do it, wait until the fault is over, undo it. What can be undone without
//! waiting is undone by a guard, so that it is undone too when the whole run is dropped.

use crate::scenario::{Fault, FaultKind};

use super::detour::Wish;
use super::ground::{FaultError, Ground};
use super::over::Over;
use super::{NoticeRule, listener, load, notice, queue, server, session};

/// Lets a fault happen from its beginning to its end.
pub(super) async fn carry_out(ground: &Ground, fault: &Fault, over: &Over) -> Result<(), FaultError> {
    let replica = fault.replica;
    match fault.kind {
        FaultKind::DropNotifications(share) => {
            notice::rule(ground, replica, NoticeRule::Drop(share), over).await?;
        }
        FaultKind::DelayNotifications(by) => {
            notice::rule(ground, replica, NoticeRule::Delay(by), over).await?;
        }
        FaultKind::DuplicateNotifications(share) => {
            notice::rule(ground, replica, NoticeRule::Duplicate(share), over).await?;
        }
        FaultKind::MalformedNotifications(rate) => notice::malform(ground, rate, over).await?,
        FaultKind::KillListener => listener::kill(ground, replica).await?,
        FaultKind::DeafListener => listener::deafen(ground, replica, over).await?,
        FaultKind::BlackholeListener => listener::swallow(ground, replica, over).await?,
        FaultKind::DatabaseLatency(by) => ground.lead(replica, &Wish::Latency(by), over).await?,
        FaultKind::DatabasePause => server::pause(ground, over).await?,
        FaultKind::DatabaseRestart => server::restart(ground).await?,
        FaultKind::DatabaseKill => server::kill(ground, over).await?,
        FaultKind::NetworkCut => server::cut(ground, over).await?,
        FaultKind::PausePosters => load::pause_posters(ground, over).await,
        FaultKind::CancelWorkers(share) => load::cancel_workers(ground, share, replica),
        FaultKind::CrashWorkers(share) => load::crash_workers(ground, share, replica, over).await,
        FaultKind::ExhaustPool => session::exhaust(ground, over).await?,
        FaultKind::LongTransaction => session::pin(ground, over).await?,
        FaultKind::FillNotifyQueue => queue::fill(ground, over).await?,
    }
    Ok(())
}
