//! A configuration's file with everything that can be set, made of what the program knows of itself.

use std::fmt::Write as _;

use loadgen::report::wrapped;

use super::Config;
use super::read::shape;
use crate::keymap::{Keymap, SECTIONS};
use crate::theme::{Palette, Role, Theme, style_in_words};

/// The most columns of a line of prose.
const WIDTH: usize = 100;

const HEAD: &str = "\
How the dashboard of clearance looks, and its keys. `clearance config > FILE` begins a file of your own. It is looked \
for as `--config FILE`, else as $CLEARANCE_CONFIG, else as $XDG_CONFIG_HOME/clearance/config.toml, which is \
~/.config/clearance/config.toml where that isn't set. Every setting below stands as it is without it; take the # before \
it away to change it.";

const STYLES: &str = "\
A style is a colour, `on` and another one behind it, and any of bold, dim, italic, underlined, reversed; or \"plain\". \
Colours are default, black, red, green, yellow, blue, magenta, cyan, gray, white, dark-gray, light-red (-green, -yellow, \
-blue, -magenta, -cyan), which are the terminal's own; #rrggbb; and numbers up to 255. These are the theme's of the name \
\"terminal\".";

const KEYS: &str = "\
Each is one key such as \"x\", several such as [\"x\", \"Ctrl-X\", \"F5\"], or [] for none. Keys by name are space, Enter, \
Esc, Tab, Shift-Tab, Backspace, Delete, Up, Down, Left, Right, PgUp, PgDn, Home, End, F1 to F12. A key that would mean \
two things is refused.";

/// The file.
#[must_use]
pub fn template() -> String {
    let mut text = prose(HEAD);
    let unsaid = Config::default();
    let about = |name: &str| {
        let key = shape().keys.iter().find(|key| key.name == name);
        prose(key.map_or("", |key| key.about.as_str()))
    };
    text.push('\n');
    text.push_str(&about("theme"));
    for palette in Palette::ALL {
        let _ = writeln!(text, "#   {:<14} {}", palette.name(), palette.about());
    }
    for (name, value) in [
        ("theme", format!("{:?}", unsaid.palette.name())),
        ("ascii", unsaid.ascii.to_string()),
        ("mouse", unsaid.mouse.to_string()),
        ("save_directory", format!("\"{}\"", unsaid.save_directory.display())),
        ("picture", "\"dark\"                   # or \"light\"".to_owned()),
    ] {
        if name != "theme" {
            let _ = write!(text, "\n{}", about(name));
        }
        let _ = writeln!(text, "#{name} = {value}");
    }
    text.push_str("\n[roles]\n");
    text.push_str(&prose(STYLES));
    let theme = Theme::new(false, false);
    for role in Role::ALL {
        setting(&mut text, role.name(), &format!("{:?}", style_in_words(theme.style(role))), role.about());
    }
    text.push('\n');
    text.push_str(&prose(KEYS));
    let keymap = Keymap::default();
    for section in SECTIONS.iter().filter(|section| !section.bindings.is_empty()) {
        let _ = writeln!(text, "\n{}", section.heading);
        for binding in section.bindings {
            let keys = match keymap.keys(binding.name).as_slice() {
                [key] => format!("{key:?}"),
                keys => format!("{keys:?}"),
            };
            setting(&mut text, section.short_name(binding), &keys, binding.help);
        }
    }
    text
}

fn setting(text: &mut String, name: &str, value: &str, about: &str) {
    let setting = format!("#{name} = {value}");
    let _ = writeln!(text, "{setting:<34} # {about}");
}

/// Sentences as comments.
fn prose(sentences: &str) -> String {
    let lines = wrapped(sentences, WIDTH - 2);
    lines.into_iter().flat_map(|line| ["# ".to_owned(), line, "\n".to_owned()]).collect()
}
