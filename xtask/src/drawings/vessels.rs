//! Pots: what houseplants and herbs stand in, and what the shop sells on its own.

use super::{
    colour::{CLAY, Colour, EARTH, INK, WOOD},
    geometry::{Path, Placement, Point},
    svg::Drawing,
};

/// A pot's outline.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// Tapered, with a rim: the flower pot.
    Rimmed,
    /// Straight walls and soft corners.
    Cylinder,
    /// Round and wide.
    Bowl,
    /// Bellied, narrow at foot and mouth.
    Belly,
    /// Tapered without a rim.
    Taper,
}

/// What is painted on it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Motif {
    Plain,
    /// The lower half in another colour.
    Dipped(Colour),
    /// Two bands.
    Bands(Colour),
    /// A zigzag line.
    Zigzag(Colour),
    /// Specks all over.
    Specks(Colour),
    /// Upright grooves.
    Ribs,
}

/// A pot by its foot, its mouth's width and its height.
#[derive(Clone, Copy)]
pub(super) struct Pot {
    pub(super) form: Form,
    pub(super) motif: Motif,
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Pot {
    /// A plain pot.
    pub(super) fn new(form: Form, colour: Colour, width: f64, height: f64) -> Self {
        Self {
            form,
            motif: Motif::Plain,
            colour,
            width,
            height,
        }
    }

    /// A clay flower pot.
    pub(super) fn clay(width: f64, height: f64) -> Self {
        Self::new(Form::Rimmed, CLAY, width, height)
    }

    /// A painted one.
    pub(super) fn motif(self, motif: Motif) -> Self {
        Self { motif, ..self }
    }

    /// Draws it with its foot at a point.
    pub(super) fn draw(&self, d: &mut Drawing, foot: Point) {
        d.under(Placement::at(foot), |d| {
            self.side(d, (0.0, 1.0), self.colour);
            self.paint(d);
            d.line(&self.wall((0.0, 1.0), (-1.0, 1.0)), INK, 2.0);
            if self.form == Form::Rimmed {
                self.rim(d);
            }
        });
    }

    /// The soil in its mouth, seen from just above: drawn before the plant.
    pub(super) fn soil(&self, d: &mut Drawing, foot: Point) {
        let (x, y) = (foot.0, foot.1 - self.height);
        d.shape(&Path::ellipse((x, y + 1.0), self.width * 0.46, 6.0), EARTH);
    }

    /// Half the width at a height (0 at the foot, 1 at the mouth).
    fn half(&self, at: f64) -> f64 {
        let mouth = self.width / 2.0;
        match self.form {
            Form::Rimmed => mouth * (0.66 + 0.28 * at),
            Form::Taper => mouth * (0.7 + 0.3 * at),
            Form::Cylinder => mouth * (0.97 + 0.03 * at),
            Form::Bowl => mouth * (0.52 + 0.48 * (at * 1.57).sin().powf(0.75)),
            Form::Belly => mouth * (0.74 + 0.42 * (at * 3.1).sin() * (1.0 - 0.25 * at) + 0.14 * at),
        }
    }

    /// The wall between two heights (0 at the foot, 1 at the mouth) and two sides (−1 left, 1 right).
    fn wall(&self, (low, high): Point, (left, right): Point) -> Path {
        let steps = match self.form {
            Form::Bowl | Form::Belly => 9,
            Form::Rimmed | Form::Cylinder | Form::Taper => 1,
        };
        let at = |step: i32, side: f64| {
            let height = low + (high - low) * f64::from(step) / f64::from(steps);
            (side * self.half(height), -height * self.height)
        };
        let mut points: Vec<Point> = (0..=steps).map(|step| at(step, left)).collect();
        points.extend((0..=steps).rev().map(|step| at(step, right)));
        Path::polygon(&points)
    }

    /// The wall between two heights in a colour: lit on the left, in the shade on the right.
    fn side(&self, d: &mut Drawing, span: Point, colour: Colour) {
        d.flat(&self.wall(span, (-1.0, 1.0)), colour);
        d.flat(&self.wall(span, (0.52, 1.0)), colour.shade());
        let top = if self.form == Form::Rimmed {
            0.78
        } else {
            0.94
        };
        let shine = (span.0.max(0.08), span.1.min(top));
        d.flat(&self.wall(shine, (-0.74, -0.6)), colour.light());
    }

    fn rim(&self, d: &mut Drawing) {
        let (wide, high) = (self.width, (self.height * 0.2).max(11.0));
        let at = (-wide / 2.0, -self.height - 2.0);
        d.shape(&Path::block(at, (wide, high), 3.0), self.colour);
        d.flat(
            &Path::block(
                (wide * 0.26, at.1 + 1.0),
                (wide * 0.24 - 1.0, high - 2.0),
                2.0,
            ),
            self.colour.shade(),
        );
        d.flat(
            &Path::block((-wide * 0.42, at.1 + 3.0), (wide * 0.16, high * 0.3), 1.5),
            self.colour.light(),
        );
    }

    fn paint(&self, d: &mut Drawing) {
        let high = self.height;
        match self.motif {
            Motif::Plain => {}
            Motif::Dipped(colour) => self.side(d, (0.0, 0.45), colour),
            Motif::Bands(colour) => {
                self.side(d, (0.52, 0.6), colour);
                self.side(d, (0.36, 0.44), colour);
            }
            Motif::Zigzag(colour) => {
                let half = self.half(0.5) * 0.98;
                let points: Vec<Point> = (0..=12)
                    .map(|i| {
                        let y = if i % 2 == 0 { 0.38 } else { 0.58 };
                        (-half + half * f64::from(i) / 6.0, -high * y)
                    })
                    .collect();
                d.line(&Path::through(&points), colour, 4.0);
            }
            Motif::Specks(colour) => {
                let place = |index: i32| {
                    let across = f64::from(index * 5 % 14) / 7.0 - 0.93;
                    let at = 0.1 + 0.78 * f64::from(index) / 14.0;
                    (self.half(at) * across * 0.92, -high * at)
                };
                let places: Vec<Point> = (0..14).map(place).collect();
                d.specks(&places, colour, 4.2);
            }
            Motif::Ribs => {
                for part in [-0.72, -0.44, -0.15, 0.15, 0.44, 0.72] {
                    let (low, top) = (self.half(0.05) * part, self.half(0.95) * part);
                    let groove = Path::through(&[(low, -high * 0.06), (top, -high * 0.94)]);
                    d.line(&groove, self.colour.shade(), 2.0);
                }
            }
        }
    }
}

/// A wooden stand with three legs; its top is a board at a height above the foot.
pub(super) fn stand(d: &mut Drawing, foot: Point, width: f64, height: f64) {
    let (x, y) = foot;
    let top = y - height;
    for (at, to) in [(-0.32, -0.42), (0.32, 0.42)] {
        let leg = Path::through(&[(x + width * at, top + 8.0), (x + width * to, y - 2.0)]);
        d.tube(&leg, WOOD.shade(), 7.0);
    }
    let bar = Path::through(&[
        (x - width * 0.37, top + height * 0.55),
        (x + width * 0.37, top + height * 0.55),
    ]);
    d.tube(&bar, WOOD.shade(), 4.0);
    d.shape(
        &Path::block((x - width / 2.0, top), (width, 11.0), 3.0),
        WOOD,
    );
    d.flat(
        &Path::block((x + width * 0.2, top + 1.0), (width * 0.3 - 1.0, 9.0), 2.0),
        WOOD.shade(),
    );
}
