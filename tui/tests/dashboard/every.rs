//! What holds of every view, whatever it shows, at every size and in every dress.

use std::sync::Arc;

use clearance::picture::{PictureTheme, svg};
use clearance::theme::Theme;
use clearance::update::Message;
use crossterm::event::KeyCode;
use ratatui::style::Color;

use crate::desk::{Desk, text};
use crate::fixtures::{domain_page, dropping, log_lines, warned};
use crate::{database, faults, wakeups};

const SIZES: [(u16, u16); 5] = [(40, 12), (60, 20), (80, 24), (120, 40), (200, 60)];

type Show = fn(Theme, (u16, u16)) -> Desk;

/// Every view in trouble, a domain's page, a wakeup's story, and what lies over views.
const VIEWS: [(&str, Show); 11] = [
    ("overview", |theme, size| pressed(theme, size, "1")),
    ("domains", |theme, size| pressed(theme, size, "2j")),
    ("page", |theme, size| {
        let mut desk = pressed(theme, size, "2");
        desk.press(KeyCode::Enter).tell(Message::Domain(Arc::new(domain_page(1))));
        desk
    }),
    ("wakeups", wakeups::desk),
    ("story", |theme, size| {
        let mut desk = wakeups::desk(theme, size);
        desk.keys("R").press(KeyCode::Enter);
        desk
    }),
    ("latency", |theme, size| pressed(theme, size, "4")),
    ("database", |theme, size| database::desk(database::busy(), theme, size)),
    ("faults", |theme, (width, height)| {
        let mut desk = Desk::with(theme, width, height);
        desk.show(faults::breaking()).keys("6");
        desk
    }),
    ("log", |theme, size| {
        let mut desk = pressed(theme, size, "7");
        desk.tell(Message::Log(log_lines(100), 17)).press(KeyCode::PageUp);
        desk
    }),
    ("help", |theme, size| pressed(theme, size, "2?")),
    ("warnings", |theme, (width, height)| {
        let mut desk = Desk::with(theme, width, height);
        desk.show(warned()).keys("!");
        desk
    }),
];

fn pressed(theme: Theme, (width, height): (u16, u16), keys: &str) -> Desk {
    let mut desk = Desk::with(theme, width, height);
    desk.show(dropping()).keys(keys);
    desk
}

fn for_each(check: impl Fn(&str, Show, (u16, u16))) {
    for (name, show) in VIEWS {
        for size in SIZES {
            check(&format!("{name} at {}×{}", size.0, size.1), show, size);
        }
    }
}

#[test]
fn at_sixty_columns_what_is_cut_is_cut_by_its_rank() {
    for (name, show) in VIEWS {
        insta::assert_snapshot!(format!("{name}_60x20"), show(Theme::new(false, false), (60, 20)).screen());
    }
}

#[test]
fn ascii_screens_of_tables_and_lines() {
    for (name, show) in VIEWS.into_iter().filter(|(name, _)| ["domains", "log", "help"].contains(name)) {
        for size in SIZES {
            let screen = show(Theme::new(true, false), size).screen();
            insta::assert_snapshot!(format!("{name}_ascii_{}x{}", size.0, size.1), screen);
        }
    }
}

#[test]
fn nothing_but_ascii_is_drawn_when_that_is_asked_for() {
    for_each(|name, show, size| {
        let screen = show(Theme::new(true, true), size).screen();
        assert!(screen.is_ascii(), "{name}\n{screen}");
    });
}

#[test]
fn no_color_shows_the_same_text_and_no_colour() {
    for_each(|name, show, size| {
        let plain = show(Theme::new(false, true), size).buffer();
        assert_eq!(text(&plain), show(Theme::new(false, false), size).screen(), "{name}");
        for cell in plain.content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{name}");
        }
    });
}

#[test]
fn colours_are_the_terminals_own_and_no_background_is_set() {
    for_each(|name, show, size| {
        for cell in show(Theme::new(false, false), size).buffer().content() {
            assert_eq!(cell.bg, Color::Reset, "{name}");
            assert!(!matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_)), "{name}");
        }
    });
}

#[test]
fn light_and_dark_pictures_differ_in_nothing_but_colours() {
    /// Everything but the values of colours.
    fn without_colours(picture: &str) -> String {
        let mut parts = picture.split('#');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| all + "#" + &part[6..])
    }
    for_each(|name, show, size| {
        let buffer = show(Theme::new(false, false), size).buffer();
        let [light, dark] = [PictureTheme::Light, PictureTheme::Dark].map(|theme| svg(&buffer, theme));
        let sorted = |picture: &str| {
            let mut parts: Vec<String> = without_colours(picture).split('<').map(str::to_owned).collect();
            // Shapes are sorted by their colour.
            parts.sort_unstable();
            parts
        };
        assert_ne!(light, dark, "{name}");
        assert_eq!(sorted(&light), sorted(&dark), "{name}");
    });
}
