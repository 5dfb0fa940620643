//! A guided demo, for somebody who doesn't stay to its end.

use crate::run::LiveRun;

#[test]
fn a_demo_shows_its_captions_in_turn_goes_back_and_forth_and_leaves_cleanly() {
    let mut run = LiveRun::demo("backup-poll");
    run.await_text("demo backup-poll · 1 of 6");
    run.await_text("which wakes one of them");
    run.await_text("demo backup-poll · 2 of 6");
    run.await_text("Now every notice is swallowed");
    run.await_screen("the fault that it speaks of", |screen| {
        screen.contents().contains("!! drop_notifications 100%").then_some(())
    });

    // Past the first there is nothing, and the third may have come by now.
    run.type_("::");
    run.await_text("demo backup-poll · 1 of 6");
    run.type_(";");
    run.await_text("demo backup-poll · 2 of 6");
    run.type_("`");
    run.await_no_text("demo backup-poll · ");
    run.type_("`");
    run.await_text("demo backup-poll · ");

    run.type_("q");
    let summary = run.end().expect_interrupted();
    assert!(summary.contains("none lost, doubled or stranded"), "{summary}");
}
