//! What all charts have: a caption, a legend, a scale at the left, and a drawing that the browser stretches.
//!
//! Words stand beside the drawing in HTML rather than in it, so that they keep their size on a phone and on a
//! wall. Each drawing has a title and a description for those who don't see it.

use maud::{Markup, html};

use super::axis::WIDTH;

/// Drawings are so high in their own units.
pub(super) const HEIGHT: f64 = 100.0;

/// A chart without its drawing.
pub(super) struct Frame<'a> {
    /// Names it among the others of the page.
    pub(super) slug: &'a str,
    /// What is drawn, with its unit.
    pub(super) title: &'a str,
    /// The same for those who don't see it, with its figures.
    pub(super) description: String,
    /// What the marks mean.
    pub(super) legend: Vec<Key>,
    /// Words at the left, each with its height as a share of the whole, 0 at the top.
    pub(super) scale: Vec<(f64, String)>,
    /// How high it is: `low`, `middle` or `high`.
    pub(super) size: &'static str,
}

/// A mark of the legend.
pub(super) struct Key {
    /// How the style sheet knows it.
    pub(super) class: &'static str,
    /// Whether it fills a place rather than drawing a line.
    pub(super) is_filled: bool,
    /// What it means.
    pub(super) name: String,
}

impl Frame<'_> {
    /// The chart around a drawing.
    pub(super) fn around(&self, drawing: &Markup) -> Markup {
        let (title, description) = (format!("{}-title", self.slug), format!("{}-text", self.slug));
        html! {
            figure.chart {
                figcaption {
                    span.name { (self.title) }
                    @if !self.legend.is_empty() { ul.legend { @for key in &self.legend { li { (key.swatch()) (key.name) } } } }
                }
                div.plot.(self.size) {
                    div.scale aria-hidden="true" {
                        @for (top, words) in &self.scale { span style=(place("top", *top * 100.0)) { (words) } }
                    }
                    div.ink {
                        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" role="img"
                            aria-labelledby=(format!("{title} {description}")) {
                            title id=(title) { (self.title) }
                            desc id=(description) { (self.description) }
                            (drawing)
                        }
                    }
                }
            }
        }
    }
}

impl Key {
    /// A line's mark.
    pub(super) fn line(class: &'static str, name: impl Into<String>) -> Self {
        Self { class, is_filled: false, name: name.into() }
    }

    /// An area's mark.
    pub(super) fn filled(class: &'static str, name: impl Into<String>) -> Self {
        Self { class, is_filled: true, name: name.into() }
    }

    fn swatch(&self) -> Markup {
        html! {
            svg.swatch viewBox="0 0 24 12" aria-hidden="true" {
                @if self.is_filled { rect.(self.class) x="1" y="1" width="22" height="10" {} }
                @else { path.line.(self.class) d="M0 6H24" {} }
            }
        }
    }
}

/// An inline style that puts something at a share of its surroundings, in percent.
pub(super) fn place(side: &str, percent: f64) -> String {
    format!("{side}:{percent:.2}%")
}

/// A path through points, in the drawing's units; one alone is a dash, which is seen where a dot isn't.
pub(super) fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    const DASH: f64 = 8.0;
    let points: Vec<_> = points.into_iter().collect();
    if let [(x, y)] = points[..] {
        return format!("M{} {}h{DASH}", coordinate(x - DASH / 2.0), coordinate(y));
    }
    let mut path = String::new();
    for (x, y) in points {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        path.push_str(&coordinate(x));
        path.push(' ');
        path.push_str(&coordinate(y));
    }
    path
}

/// A coordinate to a tenth, without a decimal that says nothing.
pub(super) fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The next round number from `value` up, so that a scale ends in words that people can halve.
pub(super) fn round_up(value: f64) -> f64 {
    const STEPS: [f64; 11] = [10.0, 12.0, 16.0, 20.0, 24.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0];
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let round = STEPS.into_iter().map(|step| step * power / 10.0).filter(|round| *round >= value);
    // Half of a count is to be a count.
    round.into_iter().find(|round| *round <= 1.0 || round % 2.0 == 0.0).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_in_round_numbers() {
        for (value, round) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (3.0, 4.0),
            (5.0, 6.0),
            (11.0, 12.0),
            (256.0, 300.0),
            (1_001.0, 1_200.0),
            (0.003, 0.003),
        ] {
            assert!((round_up(value) - round).abs() < 1e-9, "{value}: {}", round_up(value));
        }
    }

    #[test]
    fn paths_are_short() {
        assert_eq!(path([(0.0, 1.04), (12.34, 100.0)]), "M0 1L12.3 100");
        assert_eq!(path([(5.0, 5.0)]), "M1 5h8");
        assert_eq!(path([]), "");
    }
}
