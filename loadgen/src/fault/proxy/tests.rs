#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

use super::*;

/// A server that sends back what it hears, and where it is.
async fn echo() -> (Place, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let place = Place::Tcp(listener.local_addr().unwrap());
    let serve = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    (place, serve)
}

async fn exchange(client: &mut AnyStream, words: &[u8]) {
    client.write_all(words).await.unwrap();
    expect(client, words).await;
}

async fn expect(client: &mut AnyStream, words: &[u8]) {
    let mut heard = vec![0; words.len()];
    client.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, words);
}

async fn ends(client: &mut AnyStream) {
    let mut rest = Vec::new();
    // A cut may show as an end or as a reset.
    let _ = client.read_to_end(&mut rest).await;
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn bytes_go_both_ways_over_tcp_and_unix_sockets() {
    let (server, _serve) = echo().await;
    for proxy in [Proxy::tcp(server.clone()).await.unwrap(), Proxy::unix(server).unwrap()] {
        let mut client = proxy.place().connect().await.unwrap();
        exchange(&mut client, b"hello").await;
        exchange(&mut client, &vec![7; 100_000]).await;
        proxy.wait_for(|connections| connections[0].to_client.forwarded == 100_005).await;
        let connection = proxy.connections()[0];
        assert_eq!(connection.to_server, Carried { forwarded: 100_005, swallowed: 0 });
        client.shutdown().await.unwrap();
        ends(&mut client).await;
        proxy.wait_for(<[Connection]>::is_empty).await;
    }
}

#[tokio::test]
async fn swallowed_answers_are_gone_and_the_sockets_stay() {
    let (server, _serve) = echo().await;
    let proxy = Proxy::unix(server).unwrap();
    let mut client = proxy.place().connect().await.unwrap();
    exchange(&mut client, b"before").await;
    proxy.rule_all(Rule::SWALLOW_ANSWERS);
    client.write_all(b"lost").await.unwrap();
    proxy.wait_for(|connections| connections[0].to_client.swallowed == 4).await;
    assert_eq!(proxy.connections()[0].to_server.swallowed, 0);
    proxy.rule_all(Rule::FORWARD);
    exchange(&mut client, b"after").await;
}

#[tokio::test]
async fn what_is_swallowed_on_its_way_to_the_server_has_no_answer() {
    let (server, _serve) = echo().await;
    let proxy = Proxy::tcp(server).await.unwrap();
    let mut client = proxy.place().connect().await.unwrap();
    exchange(&mut client, b"before").await;
    assert!(proxy.rule(0, Rule::SWALLOW));
    client.write_all(b"lost").await.unwrap();
    proxy.wait_for(|connections| connections[0].to_server.swallowed == 4).await;
    // Others are not affected.
    let mut other = proxy.place().connect().await.unwrap();
    exchange(&mut other, b"other").await;
    assert!(proxy.rule(0, Rule::FORWARD));
    exchange(&mut client, b"after").await;
}

#[tokio::test]
async fn an_end_is_swallowed_too_until_the_connection_is_restored() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxy = Proxy::unix(Place::Tcp(listener.local_addr().unwrap())).unwrap();
    let mut client = proxy.place().connect().await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    proxy.wait_for(|connections| connections.len() == 1).await;
    proxy.rule_all(Rule::SWALLOW);
    client.write_all(b"lost").await.unwrap();
    drop(client);
    proxy.wait_for(|connections| connections[0].to_server.swallowed == 4).await;
    let mut byte = [0];
    let end = tokio::time::timeout(std::time::Duration::from_millis(20), server.read(&mut byte)).await;
    assert!(end.is_err(), "the server was told");
    proxy.rule_all(Rule::FORWARD);
    assert_eq!(server.read(&mut byte).await.unwrap(), 0);
    drop(server);
    proxy.wait_for(<[Connection]>::is_empty).await;
}

#[tokio::test]
async fn a_cut_ends_the_connection_at_both_ends() {
    let (server, _serve) = echo().await;
    let proxy = Proxy::unix(server).unwrap();
    let mut clients = [proxy.place().connect().await.unwrap(), proxy.place().connect().await.unwrap()];
    for client in &mut clients {
        exchange(client, b"before").await;
    }
    assert!(proxy.cut(0));
    ends(&mut clients[0]).await;
    exchange(&mut clients[1], b"other").await;
    proxy.rule_all(Rule::SWALLOW);
    proxy.cut_all();
    ends(&mut clients[1]).await;
    proxy.wait_for(<[Connection]>::is_empty).await;
    assert!(!proxy.cut(0) && !proxy.rule(0, Rule::FORWARD));
}

#[tokio::test]
async fn new_connections_follow_their_own_rule() {
    let (server, _serve) = echo().await;
    let proxy = Proxy::unix(server).unwrap();
    let mut old = proxy.place().connect().await.unwrap();
    exchange(&mut old, b"old").await;
    proxy.rule_new(Rule::SWALLOW);
    let mut new = proxy.place().connect().await.unwrap();
    new.write_all(b"new").await.unwrap();
    proxy.wait_for(|connections| connections.len() == 2 && connections[1].to_server.swallowed == 3).await;
    exchange(&mut old, b"still").await;
}

#[tokio::test]
async fn what_is_late_arrives_whole_and_the_end_after_it() {
    let (server, _serve) = echo().await;
    let proxy = Proxy::unix(server).unwrap();
    let delay = std::time::Duration::from_millis(80);
    proxy.rule_new(Rule { to_client: Verdict::Delay(delay), ..Rule::FORWARD });
    let mut client = proxy.place().connect().await.unwrap();
    let sent = tokio::time::Instant::now();
    client.write_all(b"late ").await.unwrap();
    client.write_all(b"and late").await.unwrap();
    client.shutdown().await.unwrap();
    expect(&mut client, b"late and late").await;
    assert!(sent.elapsed() >= delay, "{:?}", sent.elapsed());
    ends(&mut client).await;
    proxy.wait_for(<[Connection]>::is_empty).await;
}

#[tokio::test]
async fn a_server_that_is_down_closes_what_comes() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let place = Place::Tcp(listener.local_addr().unwrap());
    drop(listener);
    let proxy = Proxy::unix(place).unwrap();
    ends(&mut proxy.place().connect().await.unwrap()).await;
}

#[tokio::test]
async fn dropping_the_proxy_cuts_everything_and_removes_its_socket() {
    let (server, _serve) = echo().await;
    let proxy = Proxy::unix(server).unwrap();
    let Place::Unix(path) = proxy.place().clone() else { panic!("a unix socket") };
    let mut client = proxy.place().connect().await.unwrap();
    exchange(&mut client, b"before").await;
    drop(proxy);
    ends(&mut client).await;
    assert!(!path.exists());
}
