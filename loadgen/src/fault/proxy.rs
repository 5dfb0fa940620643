//! A proxy of our own between clients and their server, which can be told to swallow bytes.
//!
//! It listens on a unix socket in a directory of its own, or on a local TCP port, and forwards to either.
//! Connections can then be made half-open (what one side sends is swallowed while both sockets stay open), be
//! restored, or cut. While a direction is swallowed its end is swallowed too: a server isn't told that its client
//! has gone, as when a firewall forgets a connection. What was swallowed is gone: after a restoration only what
//! is sent from then on arrives.
//!
//! Bytes can also arrive later than they were sent, and a server's notifications can be left out of what it
//! sends. Of Postgres it knows the name of its sockets, and how to tell a notification from an answer.

mod frames;
mod pump;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, split};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Verdict;

/// The port in the name of the proxy's unix socket, and of a private cluster's.
const SOCKET_PORT: u16 = 5432;

/// Where one can connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

/// What becomes of the bytes of a connection, by direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Of what the client sends.
    pub to_server: Verdict,
    /// Of what the server sends.
    pub to_client: Verdict,
    /// Of the notifications among that; a delay is the other bytes' too, and said there. Over an encrypted
    /// connection nothing tells them apart: nothing that the server sends arrives while they are dropped.
    pub notices: Verdict,
}

impl Rule {
    /// Everything arrives.
    pub const FORWARD: Self =
        Self { to_server: Verdict::Pass, to_client: Verdict::Pass, notices: Verdict::Pass };
    /// Nothing arrives: the connection is half-open at both ends.
    pub const SWALLOW: Self = Self { to_server: Verdict::Drop, to_client: Verdict::Drop, ..Self::FORWARD };
    /// The server hears, and is not heard.
    pub const SWALLOW_ANSWERS: Self = Self { to_client: Verdict::Drop, ..Self::FORWARD };
    /// The client gets answers, and no notification.
    pub const SWALLOW_NOTICES: Self = Self { notices: Verdict::Drop, ..Self::FORWARD };

    fn of(self, direction: Direction) -> Verdict {
        match direction {
            Direction::ToServer => self.to_server,
            Direction::ToClient => self.to_client,
        }
    }
}

/// A connection through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Its number, counted from 0 in the order in which they were made.
    pub id: u64,
    /// What becomes of its bytes.
    pub rule: Rule,
    /// What the server got and what was swallowed on the way there, in bytes.
    pub to_server: Carried,
    /// The same on the way to the client.
    pub to_client: Carried,
}

/// What became of the bytes of one direction so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Bytes that arrived.
    pub forwarded: u64,
    /// Bytes that didn't.
    pub swallowed: u64,
}

/// A proxy; dropping it cuts its connections and stops listening.
#[derive(Debug)]
pub struct Proxy {
    place: Place,
    hub: Arc<Hub>,
    _directory: Option<TempDir>,
    _stop: DropGuard,
}

#[derive(Debug)]
struct Hub {
    server: Place,
    state: Mutex<State>,
    /// Says that the state changed.
    changed: watch::Sender<()>,
    stop: CancellationToken,
}

#[derive(Debug)]
struct State {
    rule_for_new: Rule,
    refuses: bool,
    made: u64,
    links: BTreeMap<u64, Link>,
}

#[derive(Debug)]
struct Link {
    connection: Connection,
    rule: watch::Sender<Rule>,
    cut: CancellationToken,
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    ToServer,
    ToClient,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
type AnyStream = Box<dyn Stream>;

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Proxy {
    /// A proxy before a server, on a unix socket named as Postgres names its own.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn unix(server: Place) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("clearance-proxy-").tempdir()?;
        let path = directory.path().join(format!(".s.PGSQL.{SOCKET_PORT}"));
        let listener = Listener::Unix(UnixListener::bind(&path)?);
        Ok(Self::start(Place::Unix(path), server, listener, Some(directory)))
    }

    /// A proxy before a server, on a TCP port of this machine.
    pub async fn tcp(server: Place) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let place = Place::Tcp(listener.local_addr()?);
        Ok(Self::start(place, server, Listener::Tcp(listener), None))
    }

    /// A proxy before a database, and how to connect through it.
    pub async fn before(database: &PgConnectOptions) -> io::Result<(Self, PgConnectOptions)> {
        let proxy = Self::unix(Place::of(database).await?)?;
        let Place::Unix(path) = &proxy.place else { unreachable!("it was made with a unix socket") };
        let directory = path.parent().unwrap_or(path);
        let options = database.clone().socket(directory).port(SOCKET_PORT);
        Ok((proxy, options))
    }

    fn start(place: Place, server: Place, listener: Listener, directory: Option<TempDir>) -> Self {
        let stop = CancellationToken::new();
        let state = State { rule_for_new: Rule::FORWARD, refuses: false, made: 0, links: BTreeMap::new() };
        let changed = watch::Sender::new(());
        let hub = Arc::new(Hub { server, state: Mutex::new(state), changed, stop: stop.clone() });
        let accept = Arc::clone(&hub).accept(listener);
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept));
        Self { place, hub, _directory: directory, _stop: stop.drop_guard() }
    }

    /// Where clients connect to.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The connections that stand, oldest first.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.hub.connections()
    }

    /// Waits until the connections are as wanted.
    pub async fn wait_for(&self, mut is_wanted: impl FnMut(&[Connection]) -> bool) {
        let mut changed = self.hub.changed.subscribe();
        while !is_wanted(&self.connections()) {
            // The sender is our own.
            let _ = changed.changed().await;
        }
    }

    /// Sets what becomes of the bytes of every connection that stands.
    pub fn rule_all(&self, rule: Rule) {
        for link in self.hub.state().links.values_mut() {
            link.obey(rule);
        }
        self.hub.changed.send_replace(());
    }

    /// Sets what becomes of the bytes of one connection; `false` when it is gone.
    #[must_use]
    pub fn rule(&self, connection: u64, rule: Rule) -> bool {
        let is_known = self.hub.state().links.get_mut(&connection).map(|link| link.obey(rule)).is_some();
        self.hub.changed.send_replace(());
        is_known
    }

    /// Sets what becomes of the bytes of connections that are made from now on.
    pub fn rule_new(&self, rule: Rule) {
        self.hub.state().rule_for_new = rule;
    }

    /// Cuts every connection that stands and refuses new ones, until it is told otherwise.
    pub fn refuse(&self, refuses: bool) {
        self.hub.state().refuses = refuses;
        if refuses {
            self.cut_all();
        }
    }

    /// Cuts every connection that stands: both sides see its end.
    pub fn cut_all(&self) {
        for link in self.hub.state().links.values() {
            link.cut.cancel();
        }
    }

    /// Cuts one connection; `false` when it is gone.
    #[must_use]
    pub fn cut(&self, connection: u64) -> bool {
        self.hub.state().links.get(&connection).map(|link| link.cut.cancel()).is_some()
    }
}

impl Place {
    /// The server of a database.
    pub async fn of(database: &PgConnectOptions) -> io::Result<Self> {
        let (host, port) = (database.get_host(), database.get_port());
        let directory = database.get_socket().map(PathBuf::as_path);
        let directory = directory.or_else(|| host.starts_with('/').then(|| host.as_ref()));
        if let Some(directory) = directory {
            return Ok(Self::Unix(directory.join(format!(".s.PGSQL.{port}"))));
        }
        let mut found = tokio::net::lookup_host((host, port)).await?;
        found.next().map(Self::Tcp).ok_or_else(|| io::Error::other(format!("no address for {host}")))
    }

    async fn connect(&self) -> io::Result<AnyStream> {
        Ok(match self {
            Self::Tcp(address) => Box::new(without_delay(TcpStream::connect(address).await?)),
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

impl Listener {
    async fn accept(&self) -> io::Result<AnyStream> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(without_delay(listener.accept().await?.0)),
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

/// What the proxy adds in time is to be as little as can be.
fn without_delay(stream: TcpStream) -> TcpStream {
    let _ = stream.set_nodelay(true);
    stream
}

impl Link {
    fn obey(&mut self, rule: Rule) {
        self.connection.rule = rule;
        self.rule.send_replace(rule);
    }
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> Vec<Connection> {
        self.state().links.values().map(|link| link.connection).collect()
    }

    async fn accept(self: Arc<Self>, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok(client) => {
                    let hub = Arc::clone(&self);
                    tokio::spawn(self.stop.clone().run_until_cancelled_owned(hub.serve(client)));
                }
                // Out of file descriptors, most likely: others may be freed meanwhile.
                Err(error) => {
                    tracing::warn!(%error, "the proxy cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            }
        }
    }

    /// One connection, from its first byte to its end.
    async fn serve(self: Arc<Self>, client: AnyStream) {
        let server = match self.server.connect().await {
            Ok(server) => server,
            // The client sees its connection closed, as a server that is down would do it.
            Err(error) => return tracing::debug!(%error, "the proxy cannot reach its server"),
        };
        let Some((id, rule, cut)) = self.enlist() else { return };
        let (from_client, to_client) = split(client);
        let (from_server, to_server) = split(server);
        let both = async {
            tokio::try_join!(
                self.pump(id, Direction::ToServer, rule.clone(), from_client, to_server),
                self.pump(id, Direction::ToClient, rule, from_server, to_client),
            )
        };
        // A side that can't be written to has ended the connection; so does a cut.
        let _ = cut.run_until_cancelled(both).await;
        self.state().links.remove(&id);
        self.changed.send_replace(());
    }

    /// `None` while new ones are refused.
    fn enlist(&self) -> Option<(u64, watch::Receiver<Rule>, CancellationToken)> {
        let mut state = self.state();
        if state.refuses {
            return None;
        }
        let (id, rule) = (state.made, state.rule_for_new);
        state.made += 1;
        let (sender, receiver) = watch::channel(rule);
        let cut = CancellationToken::new();
        let (to_server, to_client) = (Carried::default(), Carried::default());
        let connection = Connection { id, rule, to_server, to_client };
        state.links.insert(id, Link { connection, rule: sender, cut: cut.clone() });
        drop(state);
        self.changed.send_replace(());
        Some((id, receiver, cut))
    }

    fn carried(&self, id: u64, direction: Direction, forwarded: usize, swallowed: usize) {
        if let Some(link) = self.state().links.get_mut(&id) {
            let carried = match direction {
                Direction::ToServer => &mut link.connection.to_server,
                Direction::ToClient => &mut link.connection.to_client,
            };
            carried.forwarded += forwarded as u64;
            carried.swallowed += swallowed as u64;
        }
        self.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests;
