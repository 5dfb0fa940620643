//! What happens in the Domains view.

use std::sync::Arc;

use loadgen::snapshot::DomainPage;

use crate::keymap::Movement;
use crate::keymap::domains::Action;
use crate::model::{Model, View};
use crate::view;

use super::{FILTER_CHARS_MAX, moved};

pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::Sort(steps) => model.domains.sort = model.domains.sort.step(steps),
        Action::Neighbour(steps) => {
            let row = model.domains.selected.saturating_add_signed(steps);
            model.domains.page.scroll = 0;
            return select(model, row);
        }
        Action::ReverseSort => model.domains.reversed = !model.domains.reversed,
    }
    refresh(model);
}

/// Opens or closes the selected domain's page.
pub(super) fn open(model: &mut Model) {
    model.domains.page.scroll = 0;
    model.domains.detail = !model.domains.is_on_page() && !model.domains.rows.is_empty();
    select(model, model.domains.selected);
}

/// Closes the page, then clears the filter.
pub(super) fn back(model: &mut Model) {
    if model.domains.is_on_page() {
        model.domains.detail = false;
    } else {
        model.domains.written.clear();
        model.domains.read_filter();
    }
    refresh(model);
}

pub(super) fn go(model: &mut Model, movement: Movement) {
    if model.domains.is_on_page() {
        let (page, lines) = (view::domain_page_page(model), view::domain_page_lines(model));
        model.domains.page.scroll = moved(model.domains.page.scroll, movement, page, lines);
        return;
    }
    let row = moved(model.domains.selected, movement, view::domains_page(model), model.domains.rows.len());
    select(model, row);
}

/// Begins to write a filter.
pub(super) fn edit_filter(model: &mut Model) {
    model.domains.editing = true;
    model.domains.detail = false;
}

pub(super) fn type_into_filter(model: &mut Model, c: char) {
    if model.domains.written.chars().count() < FILTER_CHARS_MAX {
        model.domains.written.push(c);
        filter(model);
    }
}

/// Completes the filter's last word as far as there is one way to.
pub(super) fn complete_filter(model: &mut Model) {
    let completed = model.domains.completed(&model.shown);
    if let Some(written) = completed.filter(|written| written.chars().count() <= FILTER_CHARS_MAX) {
        model.domains.written = written;
        filter(model);
    }
}

pub(super) fn erase_from_filter(model: &mut Model) {
    model.domains.written.pop();
    filter(model);
}

/// The filter is done, unless there is a mistake in it, which goes on being shown.
pub(super) fn accept_filter(model: &mut Model) {
    model.domains.editing = model.domains.mistake.is_some();
}

/// Leaves the filter without one.
pub(super) fn discard_filter(model: &mut Model) {
    model.domains.editing = false;
    model.domains.written.clear();
    filter(model);
}

fn filter(model: &mut Model) {
    model.domains.read_filter();
    refresh(model);
}

/// Takes another snapshot, filter or order into account, if the view is on the screen.
pub(super) fn refresh(model: &mut Model) {
    if model.view != View::Domains {
        return;
    }
    let page = view::domains_page(model);
    model.domains.refresh(&model.shown, page);
}

/// Takes in a domain that was looked at closely.
pub(super) fn look(model: &mut Model, page: Arc<DomainPage>) {
    model.domains.page.take(page, &model.wakeups);
    model.dirty |= model.view == View::Domains && model.domains.is_on_page();
}

/// Takes another size into account.
pub(super) fn resized(model: &mut Model) {
    if model.view == View::Domains {
        select(model, model.domains.selected);
    }
}

pub(super) fn select(model: &mut Model, row: usize) {
    let page = view::domains_page(model);
    model.domains.select(row, &model.shown, page);
}
