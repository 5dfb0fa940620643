//! The HTTP server. Its connections are few and short: one request each, within bounds.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::DOMAINS_MAX;
use super::families::FAMILIES;
use super::page::{self, Figures, Format};
use crate::run::FigureReader;

/// So many are answered at once; others wait to be accepted.
const CONNECTIONS_MAX: usize = 8;
/// How long a request and its answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after a connection could not be accepted, which is when there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text";

/// Answers for ever. Connections end with it.
pub(super) async fn serve(listener: TcpListener, figures: FigureReader) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection to the metrics");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let figures = figures.clone();
        connections.spawn(async move {
            let answer = service_fn(move |request| {
                std::future::ready(Ok::<_, Infallible>(answer(&request, &figures)))
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
            // Whoever leaves early or sends what is no HTTP has no answer.
            let _ = timeout(PATIENCE, server.serve_connection(TokioIo::new(stream), answer)).await;
            drop(permit);
        });
    }
}

fn answer(request: &Request<Incoming>, figures: &FigureReader) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refusal =
            said(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD are answered\n".to_owned());
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refusal;
    }
    match request.uri().path() {
        "/metrics" => metrics(request, figures),
        "/healthz" => said(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/" => said(StatusCode::OK, "text/html; charset=utf-8", index()),
        _ => said(StatusCode::NOT_FOUND, TEXT, "nothing is here; the figures are at /metrics\n".to_owned()),
    }
}

fn metrics(request: &Request<Incoming>, figures: &FigureReader) -> Response<Full<Bytes>> {
    let accepted = request.headers().get_all(ACCEPT).iter().filter_map(|accepted| accepted.to_str().ok());
    let is_open_metrics = accepted.into_iter().any(|accepted| accepted.contains(OPEN_METRICS));
    let (format, kind) = if is_open_metrics {
        (Format::OpenMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    } else {
        (Format::Text, prometheus_client::encoding::prometheus_text::CONTENT_TYPE)
    };
    let (snapshot, tallies) = figures.read(DOMAINS_MAX);
    match page::render(Figures { snapshot, tallies }, format) {
        Ok(page) => said(StatusCode::OK, kind, page),
        Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
    }
}

fn said(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// What there is.
fn index() -> String {
    let mut page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>clearance</title>\
        <h1>clearance</h1><p><a href=\"/metrics\">/metrics</a> has the figures of the run that goes on:</p><ul>\n"
        .to_owned();
    for family in FAMILIES {
        let (name, kind) = (family.full_name(), family.kind());
        let _ = writeln!(page, "<li><code>{name}</code> ({kind}): {}</li>", family.help);
    }
    page.push_str("</ul></html>\n");
    page
}
