//! A drawing in the making: shapes with an ink outline, flat shapes and lines, written as compact
//! SVG. Light falls from the top left.

use std::fmt::Write;

use super::{
    colour::{Colour, INK},
    geometry::{Path, Placement, Point, Step},
};

/// The usual width of an outline.
const PEN: f64 = 2.0;

/// Numbers in the file count a part of the picture's unit, so that they are whole and short.
const GRAIN: f64 = 0.5;

/// A picture that grows from back to front.
pub(super) struct Drawing {
    size: (u32, u32),
    body: String,
    place: Placement,
    pen: f64,
    open: Open,
}

/// What the next shape may join.
#[derive(PartialEq)]
enum Open {
    Nothing,
    /// A group with these attributes.
    Group(String),
    /// One path of several lines with these attributes.
    Lines(String),
}

impl Drawing {
    /// An empty picture.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let size = (width, height);
        Self { size, body: String::new(), place: Placement::NONE, pen: PEN, open: Open::Nothing }
    }

    /// Draws under a placement: in the coordinates of a leaf, a flower or a whole pot.
    pub(super) fn under(&mut self, place: Placement, draw: impl FnOnce(&mut Self)) {
        let before = self.place;
        self.place = before.then(place);
        draw(self);
        self.place = before;
    }

    /// Draws with another width of outline.
    pub(super) fn pen(&mut self, width: f64, draw: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.pen, width);
        draw(self);
        self.pen = before;
    }

    /// Whether a side that faces this way, here, is in the light.
    pub(super) fn lit(&self, direction: Point) -> bool {
        let (x, y) = self.place.direction(direction);
        x + y < 1e-9
    }

    /// A shape with an outline.
    pub(super) fn shape(&mut self, path: &Path, fill: Colour) {
        self.outlined(path, fill, INK);
    }

    /// A shape with an outline in a colour of its own.
    pub(super) fn outlined(&mut self, path: &Path, fill: Colour, outline: Colour) {
        self.group(self.outline(outline));
        self.path(path, fill);
    }

    /// A shape without an outline.
    pub(super) fn flat(&mut self, path: &Path, fill: Colour) {
        self.group(" stroke=\"none\"".to_owned());
        self.path(path, fill);
    }

    /// A disc with an outline.
    pub(super) fn disc(&mut self, centre: Point, radius: f64, fill: Colour) {
        let Some(scale) = self.place.scale() else {
            return self.shape(&Path::ellipse(centre, radius, radius), fill);
        };
        self.group(self.outline(INK));
        self.circle(centre, radius * scale, fill);
    }

    /// A disc without one.
    pub(super) fn spot(&mut self, centre: Point, radius: f64, fill: Colour) {
        let Some(scale) = self.place.scale() else {
            return self.flat(&Path::ellipse(centre, radius, radius), fill);
        };
        self.group(" stroke=\"none\"".to_owned());
        self.circle(centre, radius * scale, fill);
    }

    /// A line. Its width does not change with the placement.
    pub(super) fn line(&mut self, path: &Path, colour: Colour, width: f64) {
        self.stroke(path, colour, width, "");
    }

    /// A line with an ink outline: a stem, a wire, a handle.
    pub(super) fn tube(&mut self, path: &Path, colour: Colour, width: f64) {
        self.line(path, INK, width + self.pen * 1.6);
        self.line(path, colour, width);
    }

    /// Round dots of one size, all in one path.
    pub(super) fn specks(&mut self, places: &[Point], colour: Colour, size: f64) {
        for &place in places {
            self.line(&Path::through(&[place, place]), colour, size);
        }
    }

    /// A row of dots along a line: their size, and the distance from one to the next.
    pub(super) fn dots(&mut self, path: &Path, colour: Colour, size: f64, distance: f64) {
        self.stroke(path, colour, size, &format!(" stroke-dasharray=\"0 {}\"", grains(distance)));
    }

    /// A row of beads along a line: outlined, lit from the top left.
    pub(super) fn beads(&mut self, path: &Path, colour: Colour, size: f64, distance: f64) {
        self.dots(path, INK, size + self.pen * 1.3, distance);
        self.dots(path, colour, size, distance);
        let shine = Placement::at((-size * 0.16, -size * 0.18));
        self.dots(&path.placed(shine), colour.light(), size * 0.34, distance);
    }

    /// The picture's file.
    pub(super) fn finish(mut self) -> String {
        self.end();
        let (width, height) = self.size;
        let mut file = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\"");
        let _ = write!(file, ">\n<g transform=\"scale({GRAIN})\" stroke=\"{INK}\"");
        let _ = write!(file, " stroke-width=\"{}\"", grains(PEN));
        file.push_str(" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n");
        file.push_str(&self.body);
        file.push_str("\n</g>\n</svg>\n");
        file
    }

    fn stroke(&mut self, path: &Path, colour: Colour, width: f64, more: &str) {
        let width = grains(width);
        let key = format!(" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{more}");
        let lines = Open::Lines(key);
        if self.open != lines {
            self.end();
            if let Open::Lines(key) = &lines {
                let _ = write!(self.body, "<path{key} d=\"");
            }
            self.open = lines;
        }
        let data = data(&path.placed(self.place));
        self.body.push_str(&data);
    }

    fn outline(&self, colour: Colour) -> String {
        let mut key = String::new();
        if colour != INK {
            let _ = write!(key, " stroke=\"{colour}\"");
        }
        if (self.pen - PEN).abs() > 1e-9 {
            let _ = write!(key, " stroke-width=\"{}\"", grains(self.pen));
        }
        key
    }

    fn circle(&mut self, centre: Point, radius: f64, fill: Colour) {
        let (x, y) = self.place.apply(centre);
        let (x, y, r) = (grains(x), grains(y), grains(radius));
        let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{fill}\"/>");
    }

    fn path(&mut self, path: &Path, fill: Colour) {
        let data = data(&path.placed(self.place));
        let _ = write!(self.body, "<path fill=\"{fill}\" d=\"{data}\"/>");
    }

    fn group(&mut self, key: String) {
        let group = if key.is_empty() { Open::Nothing } else { Open::Group(key) };
        if self.open != group {
            self.end();
            if let Open::Group(key) = &group {
                let _ = write!(self.body, "<g{key}>");
            }
            self.open = group;
        }
    }

    fn end(&mut self) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Group(_) => self.body.push_str("</g>"),
            Open::Lines(_) => self.body.push_str("\"/>"),
        }
    }
}

/// A path's data: relative, each step counted from where the last one really ended, so that no
/// error adds up.
fn data(path: &Path) -> String {
    let mut out = String::new();
    let (mut here, mut start) = ((0, 0), (0, 0));
    let mut last = ' ';
    for step in &path.0 {
        let (letter, points) = match *step {
            Step::Move(p) => ('M', vec![p]),
            Step::Line(p) => ('l', vec![p]),
            Step::Quad(a, p) => ('q', vec![a, p]),
            Step::Cubic(a, b, p) => ('c', vec![a, b, p]),
            Step::Close => ('z', vec![]),
        };
        let again = letter == last && letter != 'M';
        if !again {
            out.push(letter);
        }
        let from = if letter == 'M' { (0, 0) } else { here };
        for (index, &(x, y)) in points.iter().enumerate() {
            here = (grains(x), grains(y));
            put(&mut out, here.0 - from.0, again || index > 0);
            put(&mut out, here.1 - from.1, true);
        }
        match letter {
            'M' => start = here,
            'z' => here = start,
            _ => {}
        }
        last = letter;
    }
    out
}

/// Rounds to grains. The small push keeps halves on one side whatever a machine's last bit says.
fn grains(value: f64) -> i64 {
    (value / GRAIN + 1e-5).round() as i64
}

fn put(out: &mut String, number: i64, apart: bool) {
    if apart && number >= 0 {
        out.push(' ');
    }
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_and_returns_to_its_start() {
        let path = Path::polygon(&[(1.0, 1.0), (3.0, 1.0), (3.0, 4.0)]);
        assert_eq!(data(&path), "M2 2l4 0 0 6z");
    }

    #[test]
    fn neighbours_with_the_same_outline_share_a_group() {
        let mut drawing = Drawing::new(8, 8);
        drawing.spot((1.0, 1.0), 1.0, INK);
        drawing.spot((2.0, 2.0), 1.0, INK);
        assert_eq!(drawing.finish().matches("<g ").count(), 2);
    }
}
