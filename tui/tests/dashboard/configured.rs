//! A dashboard that somebody has made their own: keys, colours, mouse.

use std::sync::Arc;

use clearance::config::{Config, read, template};
use clearance::keymap::{Keymap, SECTIONS};
use clearance::theme::{Palette, Role, Theme};
use clearance::update::Command;
use crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier, Style};

use crate::desk::Desk;
use crate::fixtures::{calm, dropping, finished};

fn configured(text: &str) -> Config {
    read("config.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn desk(config: &Config, width: u16, height: u16) -> Desk {
    let mut desk = Desk::with(config.theme(false), width, height);
    desk.model.keymap = Arc::clone(&config.keymap);
    desk
}

/// The template with every setting in force.
fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => setting.to_owned(),
        _ => line.to_owned(),
    };
    template().lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_template_sets_nothing_and_says_what_holds() {
    for text in [template(), uncommented()] {
        let (config, unsaid) = (configured(&text), Config::default());
        assert_eq!(config.theme(false), unsaid.theme(false));
        assert_eq!((config.mouse, config.picture), (unsaid.mouse, unsaid.picture));
        assert_eq!(config.save_directory, unsaid.save_directory);
        for binding in SECTIONS.iter().flat_map(|section| section.bindings) {
            assert_eq!(
                config.keymap.keys(binding.name),
                unsaid.keymap.keys(binding.name),
                "{}",
                binding.name
            );
        }
    }
    for name in Role::ALL.map(Role::name).into_iter().chain(["theme", "mouse", "ascii", "picture"]) {
        assert!(uncommented().contains(&format!("\n{name} = ")), "{name}");
    }
}

#[test]
fn keys_that_were_changed_do_what_they_are_bound_to_and_the_help_shows_them() {
    let config =
        configured("[keys.everywhere]\nquit = \"Q\"\nhelp = [\"F2\"]\n[keys.domains]\nsort_next = \"x\"\n");
    let mut desk = desk(&config, 120, 40);
    desk.show(calm()).keys("q?");
    assert_eq!(desk.commands, []);
    desk.keys("2").keys("x");
    assert!(desk.screen().contains("Q quit"), "{}", desk.screen());
    desk.press(KeyCode::F(2));
    assert!(desk.screen().contains("│ x                order by the next column"), "{}", desk.screen());
    desk.press(KeyCode::Esc).show(finished());
    assert!(desk.screen().contains("run finished: Q to leave"), "{}", desk.screen());
    desk.keys("Q");
    assert_eq!(desk.commands, [Command::LeaveFinished]);
}

#[test]
fn screens_name_no_key_that_is_not_bound() {
    let config = configured(
        "[keys.everywhere]\nfreeze = \"F5\"\nback = \"F9\"\nrate_up = []\nrate_down = []\ntimeline_next_fault = []\n\
         [keys.log]\nhold = \"x\"\n",
    );
    let mut desk = desk(&config, 120, 40);
    desk.show(calm()).press(KeyCode::F(5));
    let screen = desk.screen();
    assert!(screen.contains("F5 unfreeze") && !screen.contains(" rate"), "{screen}");
    assert!(screen.contains(" I fault ") && screen.contains(" v/V rescued "), "{screen}");
    desk.press(KeyCode::F(5));
    assert!(desk.keys("7x").screen().contains("HELD: x follows"), "{}", desk.screen());
    assert!(desk.keys("!").screen().contains("F9 closes"), "{}", desk.screen());
    desk.press(KeyCode::F(9));
    desk.keys("2/nobody").press(KeyCode::Enter);
    assert!(desk.screen().contains("the filter hides every domain; F9 clears it"), "{}", desk.screen());
}

#[test]
fn single_roles_look_as_they_are_told_to_and_the_others_as_the_theme_has_them() {
    let config = configured("theme = \"high-contrast\"\n[roles]\nalarm = \"#ff8800 on black underlined\"\n");
    let theme = config.theme(false);
    let alarm =
        Style::new().fg(Color::Rgb(0xff, 0x88, 0)).bg(Color::Black).add_modifier(Modifier::UNDERLINED);
    assert_eq!(theme.style(Role::Alarm), alarm);
    assert_eq!(theme.style(Role::Found), Style::new().fg(Color::LightGreen));
    assert_eq!(config.theme(true).style(Role::Alarm), Style::new().add_modifier(Modifier::UNDERLINED));
}

#[test]
fn every_theme_shows_the_same_text_and_sets_no_background() {
    let shown = |theme| {
        let mut desk = Desk::with(theme, 80, 24);
        desk.show(dropping());
        assert!(desk.buffer().content().iter().all(|cell| cell.bg == Color::Reset));
        desk.screen()
    };
    let plain = shown(Theme::new(false, false));
    for palette in Palette::ALL {
        assert_eq!(shown(Theme::of(palette, &[], false, false)), plain, "{palette:?}");
    }
}

#[test]
fn mistakes_are_told_with_their_place_and_the_nearest_right_word() {
    let wrong = [
        "theme = \"monochrom\"",
        "them = \"mono\"",
        "mouse = \"yes\"",
        "[roles]\nalarms = \"red\"",
        "[roles]\nalarm = \"rde bold\"",
        "[keys.everywhere]\nfreze = \"x\"",
        "[keys.everwhere]\nfreeze = \"x\"",
        "[keys.everywhere]\nfreeze = \"spcae\"",
        "[keys.everywhere]\nfreeze = [\"F5\", 7]",
        "[keys.everywhere]\nfreeze = \"y\"",
        "[keys.everywhere]\nquit = []",
        "[keys.domains]\nsort_next = \"q\"",
        "[keys.everywhere]\nquit = \"O\"",
        "[keys.everywhere\nquit = \"O\"",
    ];
    let told = wrong.map(|text| read("config.toml", text).expect_err(text).to_string());
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn the_default_keymap_is_the_one_of_an_empty_file() {
    let keymap = configured("").keymap;
    for binding in SECTIONS.iter().flat_map(|section| section.bindings) {
        assert_eq!(keymap.keys(binding.name), Keymap::default().keys(binding.name));
    }
}
