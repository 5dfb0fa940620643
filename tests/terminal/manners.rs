//! What a terminal program owes the person before it: text to take along, a screen that stands any handling.

use crate::run::{LIVELY, LiveRun};

#[test]
fn the_selection_goes_to_the_clipboard_and_the_screen_into_files() {
    let mut run = LiveRun::start(LIVELY, &[]);
    run.type_("2/echo\r");
    run.await_text("filter \"echo\"");
    run.type_("y");
    run.await_text("copied 4 characters");
    // OSC 52 with "echo" in base64.
    run.await_line("the clipboard's sequence", |line| line.contains("\u{1b}]52;c;ZWNobw==").then_some(()));

    run.type_("s");
    run.await_text("saved clearance-live-");
    let (picture, words) = (run.take_file("svg"), run.take_file("txt"));
    assert!(picture.starts_with("<svg ") && picture.contains("2 Domains"), "{picture:.200}");
    assert!(words.contains("[2 Domains]") && words.contains("filter \"echo\""), "{words}");

    run.type_("q");
    assert_eq!(run.end().code, 130);
}
