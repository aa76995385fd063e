//! A drawing in the making: shapes with an ink outline, flat shapes and lines, written as compact
//! SVG. Light falls from the top left.

use std::fmt::Write;

use super::{
    colour::{Colour, INK},
    geometry::{Path, Placement, Point, Step},
};

/// The width and the height of a picture.
const SIZE: u32 = 400;

/// The usual width of an outline.
const PEN: f64 = 2.0;

/// The group of what has no outline.
const FLAT: &str = " stroke=\"none\"";

/// Numbers in the file count a part of the picture's unit, so that they are whole and short.
const GRAIN: f64 = 0.5;

/// A picture that grows from back to front.
pub(super) struct Drawing {
    pieces: Vec<Piece>,
    place: Placement,
    pen: f64,
}

/// One element of the file.
struct Piece {
    /// Attributes that neighbours share in a group; empty for none.
    group: String,
    /// Everything before its data.
    head: String,
    /// What a piece with the same head may be added to.
    data: String,
    bounds: Bounds,
    join: Join,
}

/// When two pieces of the same paint look the same as one.
#[derive(Clone, Copy, PartialEq)]
enum Join {
    Never,
    /// Where they lie apart: an outline must not show through a fill.
    Apart,
    /// Everywhere.
    Always,
}

impl Drawing {
    /// An empty picture.
    pub(super) fn new() -> Self {
        Self {
            pieces: Vec::new(),
            place: Placement::NONE,
            pen: PEN,
        }
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

    /// How long a length comes out, here.
    pub(super) fn size_of(&self, length: f64) -> f64 {
        let (x, y) = self.place.direction((0.0, length));
        x.hypot(y)
    }

    /// A shape with an outline.
    pub(super) fn shape(&mut self, path: &Path, fill: Colour) {
        self.outlined(path, fill, INK);
    }

    /// A shape with an outline in a colour of its own.
    pub(super) fn outlined(&mut self, path: &Path, fill: Colour, outline: Colour) {
        self.path(path, fill, self.outline(outline), self.pen);
    }

    /// A shape without an outline.
    pub(super) fn flat(&mut self, path: &Path, fill: Colour) {
        self.path(path, fill, FLAT.to_owned(), 0.0);
    }

    /// A disc with an outline.
    pub(super) fn disc(&mut self, centre: Point, radius: f64, fill: Colour) {
        let Some(scale) = self.place.scale() else {
            return self.shape(&Path::ellipse(centre, radius, radius), fill);
        };
        self.circle(centre, radius * scale, fill, self.outline(INK));
    }

    /// A disc without one.
    pub(super) fn spot(&mut self, centre: Point, radius: f64, fill: Colour) {
        let Some(scale) = self.place.scale() else {
            return self.flat(&Path::ellipse(centre, radius, radius), fill);
        };
        self.circle(centre, radius * scale, fill, FLAT.to_owned());
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
        self.stroke(
            path,
            colour,
            size,
            &format!(" stroke-dasharray=\"0 {}\"", grains(distance)),
        );
    }

    /// A row of beads along a line: outlined, lit from the top left.
    pub(super) fn beads(&mut self, path: &Path, colour: Colour, size: f64, distance: f64) {
        self.dots(path, INK, size + self.pen * 1.3, distance);
        self.dots(path, colour, size, distance);
        let shine = Placement::at((-size * 0.16, -size * 0.18));
        self.dots(&path.placed(shine), colour.light(), size * 0.34, distance);
    }

    /// The picture's file.
    pub(super) fn finish(self) -> String {
        let mut file = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\"");
        let _ = write!(file, " viewBox=\"0 0 {SIZE} {SIZE}\"");
        let _ = write!(
            file,
            ">\n<g transform=\"scale({GRAIN})\" fill=\"none\" stroke=\"{INK}\""
        );
        let _ = write!(file, " stroke-width=\"{}\"", grains(PEN));
        file.push_str(" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n");
        let mut open = String::new();
        for Piece {
            group, head, data, ..
        } in self.pieces
        {
            if group != open {
                file.push_str(if open.is_empty() { "" } else { "</g>" });
                if !group.is_empty() {
                    let _ = write!(file, "<g{group}>");
                }
                open = group;
            }
            let _ = write!(file, "{head}{data}\"/>");
        }
        file.push_str(if open.is_empty() { "" } else { "</g>" });
        file.push_str("\n</g>\n</svg>\n");
        file
    }

    fn stroke(&mut self, path: &Path, colour: Colour, width: f64, more: &str) {
        let path = path.placed(self.place);
        let stroke = grains(width);
        self.add(Piece {
            group: String::new(),
            head: format!("<path stroke=\"{colour}\" stroke-width=\"{stroke}\"{more} d=\""),
            data: data(&path),
            bounds: Bounds::of(&path, width),
            join: Join::Always,
        });
    }

    /// Adds a piece: to one of the same paint when nothing that came between lies under it, else on
    /// top.
    fn add(&mut self, piece: Piece) {
        for below in self.pieces.iter_mut().rev() {
            let touches = below.bounds.touches(&piece.bounds);
            let alike = below.group == piece.group && below.head == piece.head;
            let joins = match piece.join {
                Join::Never => false,
                Join::Apart => !touches,
                Join::Always => true,
            };
            if alike && joins {
                below.data.push_str(&piece.data);
                below.bounds.take(&piece.bounds);
                return;
            }
            if touches {
                break;
            }
        }
        self.pieces.push(piece);
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

    fn circle(&mut self, centre: Point, radius: f64, fill: Colour, group: String) {
        let centre = self.place.apply(centre);
        let (x, y, r) = (grains(centre.0), grains(centre.1), grains(radius));
        self.add(Piece {
            group,
            head: format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{fill}"),
            data: String::new(),
            bounds: Bounds::of(&Path::from(centre), 2.0 * radius + self.pen),
            join: Join::Never,
        });
    }

    fn path(&mut self, path: &Path, fill: Colour, group: String, pen: f64) {
        if path.0.is_empty() {
            return;
        }
        let path = path.placed(self.place);
        self.add(Piece {
            group,
            head: format!("<path fill=\"{fill}\" d=\""),
            data: data(&path),
            bounds: Bounds::of(&path, pen),
            join: Join::Apart,
        });
    }
}

/// The rectangle that surely holds a piece, outline included.
struct Bounds {
    low: Point,
    high: Point,
}

impl Bounds {
    fn of(path: &Path, width: f64) -> Self {
        let mut bounds = Self {
            low: (f64::MAX, f64::MAX),
            high: (f64::MIN, f64::MIN),
        };
        // A grain more than half the outline: points are rounded.
        let around = width / 2.0 + GRAIN;
        for (x, y) in path.0.iter().flat_map(|step| step.points()) {
            bounds.take(&Self {
                low: (x - around, y - around),
                high: (x + around, y + around),
            });
        }
        bounds
    }

    fn take(&mut self, other: &Self) {
        self.low = (self.low.0.min(other.low.0), self.low.1.min(other.low.1));
        self.high = (self.high.0.max(other.high.0), self.high.1.max(other.high.1));
    }

    fn touches(&self, other: &Self) -> bool {
        let apart = self.high.0 < other.low.0 || other.high.0 < self.low.0;
        !(apart || self.high.1 < other.low.1 || other.high.1 < self.low.1)
    }
}

/// A path's data: relative but for its start, each step counted from where the last one really ended, so that no
/// error adds up.
fn data(path: &Path) -> String {
    let mut out = String::new();
    let (mut here, mut start) = ((0, 0), (0, 0));
    let mut last = ' ';
    for step in &path.0 {
        let letter = match step {
            Step::Move(_) if out.is_empty() => 'M',
            Step::Move(_) => 'm',
            Step::Line(_) => 'l',
            Step::Quad(..) => 'q',
            Step::Cubic(..) => 'c',
            Step::Close => 'z',
        };
        let again = letter == last && letter != 'm';
        if !again {
            out.push(letter);
        }
        // All points of a step count from where it starts.
        let from = here;
        for (index, (x, y)) in step.points().enumerate() {
            here = (grains(x), grains(y));
            put(&mut out, here.0 - from.0, again || index > 0);
            put(&mut out, here.1 - from.1, true);
        }
        match letter {
            'M' | 'm' => start = here,
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
    use super::{super::colour::PAPER, *};

    #[test]
    fn a_path_is_relative_and_returns_to_its_start() {
        let path = Path::polygon(&[(1.0, 1.0), (3.0, 1.0), (3.0, 4.0)]);
        assert_eq!(data(&path.clone().and(&path)), "M2 2l4 0 0 6zm0 0l4 0 0 6z");
    }

    #[test]
    fn neighbours_with_the_same_outline_share_a_group() {
        let mut drawing = Drawing::new();
        drawing.spot((1.0, 1.0), 1.0, INK);
        drawing.spot((2.0, 2.0), 1.0, INK);
        assert_eq!(drawing.finish().matches("<g ").count(), 2);
    }

    #[test]
    fn shapes_join_only_where_none_would_come_to_lie_elsewhere_in_the_stack() {
        let square = |x: f64| Path::polygon(&[(x, 1.0), (x + 4.0, 1.0), (x + 4.0, 5.0)]);
        let mut apart = Drawing::new();
        for (x, fill) in [(0.0, INK), (20.0, PAPER), (40.0, INK)] {
            apart.shape(&square(x), fill);
        }
        let mut stacked = Drawing::new();
        for (x, fill) in [(0.0, INK), (40.0, PAPER), (42.0, INK)] {
            stacked.shape(&square(x), fill);
        }

        assert_eq!(apart.finish().matches("<path").count(), 2);
        assert_eq!(stacked.finish().matches("<path").count(), 3);
    }
}
