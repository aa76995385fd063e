//! Leaves, from a blade of grass to a split Monstera leaf. Every leaf is two halves along its
//! middle: one in the light, one in the shade.

use super::{
    colour::Colour,
    geometry::{Curve, Path, Placement, Point, between},
    svg::Drawing,
};

/// A leaf shorter than this is drawn as one shape.
const SMALL: f64 = 34.0;

/// A simple leaf that points up from its foot.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    /// From foot to tip.
    pub(super) length: f64,
    /// At the widest place.
    pub(super) width: f64,
    /// Where it is widest: 0 at the foot, 1 at the tip.
    pub(super) belly: f64,
    /// How far the tip leans to the right.
    pub(super) bend: f64,
    /// Its colour in the light.
    pub(super) colour: Colour,
}

impl Leaf {
    /// A straight oval leaf.
    pub(super) fn new(length: f64, width: f64, colour: Colour) -> Self {
        Self {
            length,
            width,
            belly: 0.45,
            bend: 0.0,
            colour,
        }
    }

    /// With its widest place elsewhere.
    pub(super) fn belly(self, belly: f64) -> Self {
        Self { belly, ..self }
    }

    /// With a leaning tip.
    pub(super) fn bend(self, bend: f64) -> Self {
        Self { bend, ..self }
    }

    /// In another colour.
    pub(super) fn colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// Both halves, with the middle line between them; a leaf too small to show them is one shape.
    pub(super) fn draw(&self, d: &mut Drawing, foot: Point, angle: f64) {
        d.under(Placement::at(foot).turned(angle), |d| {
            if d.size_of(self.length) < SMALL {
                let colour = side_colour(d, 0.0, self.colour);
                return d.shape(&self.outline(), colour);
            }
            for side in [-1.0, 1.0] {
                d.shape(&self.half(side), side_colour(d, side, self.colour));
            }
        });
    }

    /// A leaf with side veins.
    pub(super) fn veined(&self, d: &mut Drawing, foot: Point, angle: f64, vein: Colour) {
        self.draw(d, foot, angle);
        d.under(Placement::at(foot).turned(angle), |d| {
            for (part, reach) in [(0.24, 0.3), (0.44, 0.32), (0.64, 0.24)] {
                let (bend, y) = (self.bend * part * part, -self.length * part);
                let (wide, up) = (self.width * reach, y - self.length * 0.12);
                let row = Path::through(&[(bend - wide, up), (bend, y), (bend + wide, up)]);
                d.line(&row, vein, 1.3);
            }
        });
    }

    /// The whole leaf as one outline.
    pub(super) fn outline(&self) -> Path {
        let (tip, [a, b, c, e]) = (self.tip(), self.edges());
        Path::from((0.0, 0.0))
            .cubic(a, b, tip)
            .cubic(e, c, (0.0, 0.0))
            .close()
    }

    fn half(&self, side: f64) -> Path {
        let (tip, [a, b, c, e]) = (self.tip(), self.edges());
        let (first, second) = if side < 0.0 { (a, b) } else { (c, e) };
        let edge = Path::from((0.0, 0.0)).cubic(first, second, tip);
        if self.bend == 0.0 {
            return edge.close();
        }
        let middle = (self.bend * 0.25, -self.length * 0.5);
        edge.quad(middle, (0.0, 0.0)).close()
    }

    fn tip(&self) -> Point {
        (self.bend, -self.length)
    }

    fn edges(&self) -> [Point; 4] {
        let wide = self.width / 2.0 / 0.59;
        let low = -self.length * self.belly * 0.55;
        let high = -self.length * (self.belly + (1.0 - self.belly) * 0.55);
        let bend = self.bend * 0.55;
        [
            (-wide, low),
            (bend - wide * 0.55, high),
            (wide, low),
            (bend + wide * 0.55, high),
        ]
    }
}

/// Small leaves along both sides of a stem, drawn as two shapes: `count` pairs of a length and a
/// width, from a part of the way to the tip; `open` is their angle to the stem.
#[derive(Clone, Copy)]
pub(super) struct Pinnate {
    pub(super) count: u32,
    pub(super) length: f64,
    pub(super) width: f64,
    pub(super) open: f64,
    pub(super) from: f64,
    /// How much of their length the last leaves keep.
    pub(super) taper: f64,
    pub(super) colour: Colour,
}

impl Pinnate {
    /// Leaves along a curve; the curve itself is the caller's.
    pub(super) fn draw(&self, d: &mut Drawing, stem: &Curve) {
        let mut halves = [Path::default(), Path::default()];
        let mut light = 0.0;
        for (index, part) in stem.evenly(self.from, self.count).into_iter().enumerate() {
            let along = index as f64 / f64::from(self.count.max(2) - 1);
            let angle = stem.angle(part);
            // Widest a third of the way up, as fronds are.
            let swell = 1.0 - (along - 0.3).abs() * 0.5;
            let length = self.length * swell * (1.0 - (1.0 - self.taper) * along);
            let wide = self.width * swell.min(length / self.length + 0.3);
            let leaf = lens(length, wide);
            for (half, side) in halves.iter_mut().zip([-1.0, 1.0]) {
                let open = self.open * (1.0 - along * 0.35);
                let place = Placement::at(stem.point(part)).turned(angle + side * open);
                *half = std::mem::take(half).and(&leaf.placed(place));
            }
            light += angle.to_radians().cos() + angle.to_radians().sin();
        }
        let [left, right] = halves;
        let (lit, dim) = if light >= 0.0 {
            (left, right)
        } else {
            (right, left)
        };
        d.shape(&dim, self.colour.shade());
        d.shape(&lit, self.colour);
    }
}

/// The simplest leaf: two bends, for where there are hundreds.
pub(super) fn lens(length: f64, width: f64) -> Path {
    Path::from((0.0, 0.0))
        .quad((-width, -length * 0.45), (0.0, -length))
        .quad((width, -length * 0.45), (0.0, 0.0))
        .close()
}

/// A strap: grass, daffodil, spider plant. Two halves along a curve.
pub(super) fn strap(d: &mut Drawing, curve: &Curve, width: f64, colour: Colour) {
    let angle = curve.angle(0.5).to_radians();
    for side in [-1.0, 1.0] {
        let facing = (side * angle.cos(), side * angle.sin());
        let colour = if d.lit(facing) {
            colour
        } else {
            colour.shade()
        };
        d.shape(&curve.half_ribbon(width, side), colour);
    }
}

/// A heart-shaped leaf whose stalk meets it at the origin; its tip points up.
pub(super) fn heart(d: &mut Drawing, foot: Point, angle: f64, length: f64, colour: Colour) {
    d.under(Placement::at(foot).turned(angle).sized(length), |d| {
        for side in [-1.0, 1.0] {
            let [lobe, edge] = heart_edge(side);
            let half = Path::from(lobe[0])
                .cubic(lobe[1], lobe[2], lobe[3])
                .cubic(edge[1], edge[2], edge[3])
                .close();
            d.shape(&half, side_colour(d, side, colour));
        }
    });
}

/// A round leaf held by its middle.
pub(super) fn coin(d: &mut Drawing, centre: Point, radius: f64, colour: Colour) {
    d.disc(centre, radius, colour);
    let (x, y) = centre;
    let far = Path::from((x + radius * 0.86, y - radius * 0.4))
        .cubic(
            (x + radius, y + radius * 0.5),
            (x + radius * 0.3, y + radius),
            (x - radius * 0.4, y + radius * 0.86),
        )
        .cubic(
            (x + radius * 0.2, y + radius * 0.6),
            (x + radius * 0.6, y + radius * 0.2),
            (x + radius * 0.86, y - radius * 0.4),
        )
        .close();
    d.flat(&far, colour.shade());
    d.spot(
        (x - radius * 0.1, y - radius * 0.12),
        radius * 0.13,
        colour.light(),
    );
}

/// A Monstera leaf: a heart, cut from the edge toward the middle.
pub(super) fn split(d: &mut Drawing, foot: Point, angle: f64, length: f64, colour: Colour) {
    d.under(Placement::at(foot).turned(angle).sized(length), |d| {
        for side in [-1.0, 1.0] {
            let [lobe, edge] = heart_edge(side);
            let curve = Curve(edge);
            let mut half = Path::from((0.0, -0.04)).cubic(lobe[1], lobe[2], lobe[3]);
            for index in 0..4 {
                let from = 0.04 + 0.24 * f64::from(index);
                let out = curve.point(from);
                let notch = between((0.0, out.1 + 0.12), out, 0.36);
                let (next, mid) = (curve.point(from + 0.06), curve.point(from + 0.15));
                half = half.line(out).line(notch).line(next);
                half = half.quad((mid.0 * 1.06, mid.1 + 0.02), curve.point(from + 0.24));
            }
            half = half.line((0.0, -1.0)).close();
            d.shape(&half, side_colour(d, side, colour));
        }
        for (x, y) in [(-0.1, -0.2), (0.11, -0.26), (-0.1, -0.4), (0.08, -0.48)] {
            let hole = Path::through(&[(x, y), (x * 1.7, y - 0.06)]);
            d.line(&hole, colour.shade().shade(), length * 0.045);
        }
    });
}

/// A lobed leaf: fig, maple, dahlia. Each lobe has an angle and a length; `waist` is how deep the
/// cuts go (0 to the foot, 1 not at all).
pub(super) fn lobed(
    d: &mut Drawing,
    place: Placement,
    lobes: &[Point],
    shape: Point,
    colour: Colour,
) {
    let (waist, plump) = shape;
    d.under(place, |d| {
        let at = |angle: f64, distance: f64| super::geometry::polar((0.0, 0.0), angle, distance);
        let mut edge = Path::from((0.0, 0.0));
        let mut before: Option<Point> = None;
        for &(angle, length) in lobes {
            if let Some((last, size)) = before {
                let notch = at((last + angle) / 2.0, waist * (size + length) / 2.0);
                edge = edge.quad(at(last + plump, size * 0.66), notch);
            }
            edge = edge.quad(at(angle - plump, length * 0.66), at(angle, length));
            before = Some((angle, length));
        }
        if let Some((last, size)) = before {
            edge = edge.quad(at(last + plump, size * 0.6), (0.0, 0.0)).close();
        }
        d.shape(&edge, colour);
        for &(angle, length) in lobes {
            d.line(
                &Path::through(&[(0.0, 0.0), at(angle, length * 0.72)]),
                colour.shade(),
                1.4,
            );
        }
    });
}

/// The lobe and the long edge of one side of a heart of length 1.
fn heart_edge(side: f64) -> [[Point; 4]; 2] {
    let widest = (0.47 * side, -0.24);
    [
        [(0.0, 0.0), (0.1 * side, 0.22), (0.45 * side, 0.2), widest],
        [
            widest,
            (0.5 * side, -0.62),
            (0.14 * side, -0.8),
            (0.0, -1.0),
        ],
    ]
}

/// The colour of a leaf's left side (−1) or right side (1), or of its tip (0).
fn side_colour(d: &Drawing, side: f64, colour: Colour) -> Colour {
    let facing = (side, side.abs() - 1.0);
    if d.lit(facing) {
        colour
    } else {
        colour.shade()
    }
}
