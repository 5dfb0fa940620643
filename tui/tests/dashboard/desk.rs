//! A dashboard that is driven by key scripts, and what is on its screen.

use std::sync::Arc;
use std::time::Duration;

use clearance::model::Model;
use clearance::theme::Theme;
use clearance::update::{Command, Message, update};
use clearance::view::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use loadgen::snapshot::Snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

/// A dashboard and a person.
pub(crate) struct Desk {
    pub(crate) model: Model,
    pub(crate) commands: Vec<Command>,
}

impl Desk {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(Theme::new(false, false), width, height)
    }

    pub(crate) fn with(theme: Theme, width: u16, height: u16) -> Self {
        Self { model: Model::new(theme, Size::new(width, height), true), commands: Vec::new() }
    }

    pub(crate) fn tell(&mut self, message: Message) -> &mut Self {
        self.commands.extend(update(&mut self.model, message));
        self
    }

    pub(crate) fn show(&mut self, snapshot: Snapshot) -> &mut Self {
        self.tell(Message::Snapshot(Arc::new(snapshot)))
    }

    pub(crate) fn tick(&mut self, seconds: f64) -> &mut Self {
        self.tell(Message::Tick(Duration::from_secs_f64(seconds)))
    }

    pub(crate) fn press(&mut self, code: KeyCode) -> &mut Self {
        self.tell(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// Does something with the mouse.
    pub(crate) fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        self.tell(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    }

    /// Clicks where `text` begins on the screen.
    #[track_caller]
    pub(crate) fn click(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        let found = screen.lines().zip(0..).find_map(|(line, row)| {
            let before = &line[..line.find(text)?];
            Some((before.chars().count() as u16, row))
        });
        let (column, row) = found.unwrap_or_else(|| panic!("no {text:?} on\n{screen}"));
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row)
    }

    /// Presses every character of `text`.
    pub(crate) fn keys(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
        self
    }

    pub(crate) fn buffer(&self) -> Buffer {
        let area = Rect::new(0, 0, self.model.size.width, self.model.size.height);
        let mut buffer = Buffer::empty(area);
        view(&self.model, area, &mut buffer);
        buffer
    }

    pub(crate) fn screen(&self) -> String {
        text(&self.buffer())
    }
}

/// The characters of `buffer`, line by line, without the blanks at their ends.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let line: String =
            (buffer.area.left()..buffer.area.right()).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
