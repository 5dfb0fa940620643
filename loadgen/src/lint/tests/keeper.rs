//! When a warning opens, and when it is over.

use super::*;

/// A keeper that looks at these sights, one a second from the tenth on.
fn kept(sights: impl IntoIterator<Item = Sight>) -> Keeper {
    let mut keeper = Keeper::default();
    for (second, sight) in (10..).zip(sights) {
        assert!(keeper.wants(second));
        keeper.look(second, &sight);
        assert!(!keeper.wants(second));
    }
    keeper
}

fn silent() -> Sight {
    but(|sight| sight.listeners[1] = listener(8.0, 800))
}

fn doubtful() -> Sight {
    but(|sight| sight.listeners[1] = listener(4.0, 400))
}

#[test]
fn a_warning_opens_at_the_second_look_and_is_as_old_as_the_first() {
    assert_eq!(kept([silent()]).shown().open, []);
    let shown = kept([silent(), silent()]).shown();
    let [warning] = &shown.open[..] else { panic!("{shown:?}") };
    assert_eq!(
        (warning.name.as_str(), warning.from_second, warning.to_second),
        ("listener_silent", 10, None)
    );
}

#[test]
fn who_looks_again_neither_opens_nor_forgets() {
    assert_eq!(kept([doubtful(), doubtful(), doubtful()]).shown().open, []);
    assert_eq!(kept([silent(), doubtful(), silent()]).shown().open[0].from_second, 10);
    assert_eq!(kept([silent(), calm(), silent()]).shown().open, []);
}

#[test]
fn a_warning_ends_at_the_third_look_that_finds_all_fine() {
    let open = [silent(), silent(), silent()];
    let still = kept(open.clone().into_iter().chain([calm(), calm(), doubtful(), doubtful()]));
    assert_eq!(still.shown().open.len(), 1);
    let over = kept(open.into_iter().chain([calm(), doubtful(), calm(), calm()])).shown();
    assert_eq!(over.open, []);
    assert_eq!((over.past[0].from_second, over.past[0].to_second), (10, Some(12)));
}

#[test]
fn the_end_of_measuring_ends_all_warnings() {
    let mut keeper = kept([silent(), silent()]);
    keeper.end();
    let shown = keeper.shown();
    assert_eq!((shown.open.len(), shown.past.len()), (0, 1));
    assert_eq!(shown.past[0].seconds(), "seconds 10 to 11");
    assert_eq!(keeper.all(), shown.past);
}

#[test]
fn the_gravest_comes_first() {
    let both = but(|sight| {
        sight.database_silent_for = Some(s(9.0));
        sight.listeners[1] = listener(8.0, 800);
    });
    let shown = kept([both.clone(), both]).shown();
    let names: Vec<_> = shown.open.iter().map(|warning| warning.name.as_str()).collect();
    assert_eq!(names, ["database_silent", "listener_silent"]);
}

#[test]
fn what_is_over_is_kept_up_to_a_bound_and_counted_past_it() {
    let one = [silent(), silent(), calm(), calm(), calm()];
    let shown = kept(one.into_iter().cycle().take(5 * (PAST_MAX + 7))).shown();
    assert_eq!((shown.past.len(), shown.forgotten), (PAST_MAX, 7));
    assert_eq!(shown.past[0].from_second, 10 + 5 * 7);
}
