//! A configuration's text, with the place of every mistake.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use loadgen::scenario::reader::{self, Table};
use loadgen::scenario::shape::{Key, Shape, Value, key};
use ratatui::style::Style;

use super::{Config, ConfigError};
use crate::keymap::{Keymap, SECTIONS, Stroke};
use crate::picture::PictureTheme;
use crate::theme::{Palette, Role, parse_style};

/// What saved pictures may look like, by name.
const PICTURES: [(&str, PictureTheme); 2] = [("dark", PictureTheme::Dark), ("light", PictureTheme::Light)];

/// All that can be set.
pub(super) fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let palettes = Palette::ALL.map(Palette::name).to_vec();
        let pictures = PICTURES.map(|(name, _)| name).to_vec();
        Shape::new(
            "a configuration",
            "How the dashboard looks, and its keys.",
            [
                key("theme", Value::Word(palettes), "How everything looks; NO_COLOR wins over it."),
                key("ascii", Value::Truth, "Neither box nor braille characters, as --ascii."),
                key(
                    "mouse",
                    Value::Truth,
                    "The wheel scrolls, clicks show views and select rows, double clicks open. The terminal's own selecting \
                     then takes Shift.",
                ),
                key(
                    "save_directory",
                    Value::Text,
                    "Where `s` saves screens; `.` is where clearance was started.",
                ),
                key("picture", Value::Word(pictures), "The colours of saved pictures."),
                key("roles", Value::Table(roles_shape), "How single things look."),
                key("keys", Value::Table(keys_shape), "Keys, by what they do."),
            ],
        )
    });
    &SHAPE
}

fn roles_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let keys = Role::ALL.map(|role| key(role.name(), Value::Text, role.about()));
        Shape::new("[roles]", "How single things look.", keys)
    });
    &SHAPE
}

fn keys_shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let tables: [fn() -> &'static Shape; SECTIONS.len()] = [
            section_shape::<0>,
            section_shape::<1>,
            section_shape::<2>,
            section_shape::<3>,
            section_shape::<4>,
            section_shape::<5>,
            section_shape::<6>,
            section_shape::<7>,
        ];
        let sections = SECTIONS.iter().zip(tables);
        let keys = sections.map(|(section, shape)| key(section.name, Value::Table(shape), ""));
        Shape::new("[keys]", "Keys, by what they do.", keys)
    });
    &SHAPE
}

fn section_shape<const N: usize>() -> &'static Shape {
    static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
        let shape = |section: &'static crate::keymap::Section| {
            let keys: Vec<Key> = section
                .bindings
                .iter()
                .map(|binding| key(section.short_name(binding), Value::Text, binding.help))
                .collect();
            Shape::new(section.heading, "", keys)
        };
        SECTIONS.iter().map(shape).collect()
    });
    &SHAPES[N]
}

/// Reads the text of `file`.
pub fn read(file: &str, text: &str) -> Result<Config, ConfigError> {
    reader::read(file, text, shape(), settle).map_err(|place| ConfigError::Invalid(Box::new(place)))
}

fn settle(root: &Table<'_>) -> Config {
    let unsaid = Config::default();
    let palettes = Palette::ALL.map(|palette| (palette.name(), palette));
    Config {
        palette: root.word("theme", &palettes).unwrap_or_default(),
        roles: root.table("roles").map(|table| roles(&table)).unwrap_or_default(),
        ascii: root.boolean("ascii").is_some_and(|(yes, _)| yes),
        mouse: root.boolean("mouse").is_some_and(|(yes, _)| yes),
        save_directory: root
            .text("save_directory")
            .map_or(unsaid.save_directory, |(directory, _)| PathBuf::from(directory)),
        picture: root.word("picture", &PICTURES).unwrap_or(unsaid.picture),
        keymap: Arc::new(root.table("keys").map(|table| keymap(&table)).unwrap_or_default()),
    }
}

fn roles(table: &Table<'_>) -> Vec<(Role, Style)> {
    let style = |role: Role| {
        let (text, span) = table.text(role.name())?;
        match parse_style(&text) {
            Ok(style) => Some((role, style)),
            Err(error) => {
                table.mistake(span, format!("{}: {error}", role.name()));
                None
            }
        }
    };
    Role::ALL.into_iter().filter_map(style).collect()
}

fn keymap(keys: &Table<'_>) -> Keymap {
    let mut changed = BTreeMap::new();
    let mut places = BTreeMap::new();
    for section in &SECTIONS {
        let Some(table) = keys.table(section.name) else { continue };
        for binding in section.bindings {
            if let Some((strokes, place)) = strokes(&table, section.short_name(binding)) {
                if strokes.is_empty() && binding.name == "quit" {
                    table.mistake(place.clone(), "quit needs a key, or nobody could ever leave");
                }
                changed.insert(binding.name, strokes);
                places.insert(binding.name, place);
            }
        }
    }
    Keymap::with(&changed).unwrap_or_else(|clash| {
        let place = places.get(clash.second).or_else(|| places.get(clash.first)).cloned();
        keys.mistake(place.unwrap_or_else(|| keys.span.clone()), clash.to_string());
        Keymap::default()
    })
}

/// The keys of one binding, which may be none.
fn strokes(table: &Table<'_>, name: &str) -> Option<(Vec<Stroke>, Range<usize>)> {
    let (texts, place) = table.texts(name, "a key such as \"x\", or several as [\"x\", \"Ctrl-X\"]")?;
    let mut strokes = Vec::new();
    for (text, span) in texts {
        match text.parse() {
            Ok(stroke) => strokes.push(stroke),
            Err(error) => table.mistake(span, format!("{name}: {error}")),
        }
    }
    Some((strokes, place))
}
