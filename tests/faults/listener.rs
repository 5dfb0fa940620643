//! The listening connection is lost: terminated, or half-open without anybody saying so (`S12`).

use std::time::Duration;

use acquirer::pubsub::postgres::Probe;
use acquirer::runtime::Event;
use acquirer::wakeup::RootCause;
use loadgen::fault::proxy::{Place, Proxy, Rule};
use sqlx::postgres::PgConnectOptions;

use crate::cluster::database;
use crate::world::{LISTENER, Ways, World, terminate};

/// Short, so that a test is.
const PROBE: Probe = Probe { silence: Duration::from_millis(100), patience: Duration::from_millis(500) };

#[tokio::test]
async fn a_terminated_listener_listens_again_and_misses_nothing() {
    let mut world = World::open(database().await, 1).await;
    world.hire(0, 2);
    world.replicas[0].asleep().await;
    let mut admin = world.connection().await;
    for round in 1..=5 {
        assert!(terminate(&mut admin, LISTENER).await > 0);
        // In the gap, or just before or after it.
        world.post(3).await;
        world.replicas[0].losses_signalled().await;
        world.await_jobs(3 * round).await;
    }
    world.expect_all_well().await;
}

/// A world whose one replica listens through a proxy, and two of its callers asleep.
async fn listening_through(direct: PgConnectOptions, proxied: PgConnectOptions) -> World {
    let ways = Ways { listener: proxied, probe: PROBE, ..Ways::straight(&direct) };
    let mut world = World::reached_by(direct, vec![ways]).await;
    world.hire(0, 2);
    world.replicas[0].asleep().await;
    world
}

/// A notice is swallowed, and its job is found all the same, by what follows from a probe.
async fn a_deaf_listener_is_found(world: &mut World, proxy: &Proxy, rule: Rule) {
    proxy.wait_for(|connections| !connections.is_empty()).await;
    let deaf = proxy.connections()[0].id;
    assert!(proxy.rule(deaf, rule));
    world.post(1).await;
    proxy.wait_for(|connections| connections[0].to_client.swallowed > 0).await;
    world.replicas[0].losses_signalled().await;
    let root = world.replicas[0].until("the job is looked for", |event| match event {
        Event::Cleared(clearance) => Some(clearance.root),
        _ => None,
    });
    assert_eq!(root.await, RootCause::Recovered);
    world.await_jobs(1).await;
    // The proxy keeps the end of a connection to itself until it is restored: its client had closed it.
    proxy.rule_all(Rule::FORWARD);
    let is_closed = proxy.wait_for(|connections| connections.iter().all(|connection| connection.id != deaf));
    tokio::time::timeout(Duration::from_mins(1), is_closed).await.expect("the deaf connection was closed");
}

#[tokio::test]
async fn a_half_open_unix_socket_is_noticed_and_its_notices_are_made_up_for() {
    let options = database().await;
    let (proxy, proxied) = Proxy::before(&options).await.unwrap();
    let mut world = listening_through(options, proxied).await;
    a_deaf_listener_is_found(&mut world, &proxy, Rule::SWALLOW).await;
    world.expect_all_well().await;
}

#[tokio::test]
async fn a_half_open_tcp_connection_is_noticed_and_its_notices_are_made_up_for() {
    let options = database().await;
    let proxy = Proxy::tcp(Place::of(&options).await.unwrap()).await.unwrap();
    let Place::Tcp(address) = proxy.place() else { panic!("a TCP address") };
    let proxied = PgConnectOptions::new_without_pgpass()
        .host(&address.ip().to_string())
        .port(address.port())
        .username("postgres")
        .database(options.get_database().unwrap());
    let mut world = listening_through(options, proxied).await;
    a_deaf_listener_is_found(&mut world, &proxy, Rule::SWALLOW).await;
    world.expect_all_well().await;
}

#[tokio::test]
async fn a_listener_that_is_only_not_heard_is_noticed_too() {
    let options = database().await;
    let (proxy, proxied) = Proxy::before(&options).await.unwrap();
    let mut world = listening_through(options, proxied).await;
    a_deaf_listener_is_found(&mut world, &proxy, Rule::SWALLOW_ANSWERS).await;
    world.expect_all_well().await;
}

#[tokio::test]
async fn a_network_that_is_gone_for_a_while_is_survived() {
    let options = database().await;
    let (proxy, proxied) = Proxy::before(&options).await.unwrap();
    let ways = Ways {
        store: proxied.clone(),
        listener: proxied,
        probe: PROBE,
        patience: Duration::from_millis(500),
    };
    let mut world = World::reached_by(options, vec![ways]).await;
    world.hire(0, 2);
    world.replicas[0].asleep().await;
    proxy.rule_all(Rule::SWALLOW);
    world.post(5).await;
    proxy.wait_for(|connections| connections.iter().any(|one| one.to_client.swallowed > 0)).await;
    world.replicas[0].losses_signalled().await;
    world.expect_all_well().await;
}
