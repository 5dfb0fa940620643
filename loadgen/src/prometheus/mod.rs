//! A run's figures for Prometheus, served over HTTP while the run lasts.
//!
//! [`Exporter::bind`] takes the port before anything is begun, [`Exporter::serve`] answers `/metrics` with the figures
//! that `METRICS.md` explains, `/` with a list of them, and `/healthz`. A scrape costs the load nothing but a copy
//! of counts under the recorder's short lock. Nothing is encrypted and nobody is asked for a password: it is meant
//! for the loopback interface or a network of one's own.

mod families;
mod page;
mod server;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::str::FromStr;

use tokio_util::task::AbortOnDropHandle;

use crate::run::FigureReader;

/// So many domains have figures of their own, the first that there were.
pub const DOMAINS_MAX: u32 = 100;

/// Where to listen: a host or an address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExporterAddress(String);

/// Why figures can't be served there.
#[derive(Debug, thiserror::Error)]
pub enum ExporterError {
    /// It isn't a host and a port.
    #[error("it takes HOST:PORT, such as 127.0.0.1:9187, or [::1]:9187")]
    Malformed,
    /// Nobody knows the host, or it isn't this machine's.
    #[error(
        "cannot serve metrics at {address}: {cause}; name an address of this machine, such as 127.0.0.1:9187"
    )]
    NotHere {
        /// What was asked for.
        address: String,
        /// What the system says.
        cause: io::Error,
    },
    /// Somebody else listens there.
    #[error(
        "cannot serve metrics at {address}: the port is taken; choose another, or 0 for any that is free"
    )]
    Taken {
        /// What was asked for.
        address: String,
    },
    /// The system doesn't let us.
    #[error("cannot serve metrics at {address}: {cause}; choose a port from 1024 on")]
    Refused {
        /// What was asked for.
        address: String,
        /// What the system says.
        cause: io::Error,
    },
}

/// Listens, and answers nobody yet.
#[derive(Debug)]
pub struct Exporter {
    listener: TcpListener,
    address: SocketAddr,
}

impl FromStr for ExporterAddress {
    type Err = ExporterError;

    fn from_str(text: &str) -> Result<Self, ExporterError> {
        let (host, port) = text.rsplit_once(':').ok_or(ExporterError::Malformed)?;
        let is_bracketed = host.starts_with('[') && host.ends_with(']');
        let is_host =
            !host.is_empty() && !host.contains(['/', ' ', '@']) && (is_bracketed || !host.contains(':'));
        if !is_host || port.parse::<u16>().is_err() {
            return Err(ExporterError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Exporter {
    /// Takes the port.
    pub fn bind(ExporterAddress(address): &ExporterAddress) -> Result<Self, ExporterError> {
        let failed = |cause: io::Error| {
            let address = address.clone();
            match cause.kind() {
                io::ErrorKind::AddrInUse => ExporterError::Taken { address },
                io::ErrorKind::PermissionDenied => ExporterError::Refused { address, cause },
                _ => ExporterError::NotHere { address, cause },
            }
        };
        let places: Vec<SocketAddr> = address.to_socket_addrs().map_err(failed)?.collect();
        let listener = TcpListener::bind(&*places).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens: the port that was free when 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers on the current tokio runtime, until what it returns is dropped.
    pub fn serve(self, figures: FigureReader) -> io::Result<AbortOnDropHandle<()>> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        Ok(AbortOnDropHandle::new(tokio::spawn(server::serve(listener, figures))))
    }
}
