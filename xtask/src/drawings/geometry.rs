//! Points, paths, curves and placements: the geometry under every drawing. Lengths are in units of
//! the picture, angles in degrees clockwise, and `y` grows downward.

/// A place in the picture.
pub(super) type Point = (f64, f64);

/// The point that lies `part` of the way from `a` to `b`.
pub(super) fn between(a: Point, b: Point, part: f64) -> Point {
    (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part)
}

/// The point `distance` away from `from`; 0° is up, 90° is to the right.
pub(super) fn polar(from: Point, angle: f64, distance: f64) -> Point {
    let (sin, cos) = angle.to_radians().sin_cos();
    (from.0 + sin * distance, from.1 - cos * distance)
}

/// A placement: moves, turns and stretches what is drawn under it.
#[derive(Clone, Copy)]
pub(super) struct Placement([f64; 6]);

impl Placement {
    /// Leaves everything where it is.
    pub(super) const NONE: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// Moves the origin to a point.
    pub(super) fn at(point: Point) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, point.0, point.1])
    }

    /// Then turns what stands there.
    pub(super) fn turned(self, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        self.then(Self([cos, sin, -sin, cos, 0.0, 0.0]))
    }

    /// Then stretches it; a negative factor mirrors.
    pub(super) fn stretched(self, x: f64, y: f64) -> Self {
        self.then(Self([x, 0.0, 0.0, y, 0.0, 0.0]))
    }

    /// Then enlarges it.
    pub(super) fn sized(self, factor: f64) -> Self {
        self.stretched(factor, factor)
    }

    /// This placement around an inner one.
    pub(super) fn then(self, inner: Self) -> Self {
        let ([a, b, c, d, e, f], [p, q, r, s, u, v]) = (self.0, inner.0);
        Self([
            a * p + c * q,
            b * p + d * q,
            a * r + c * s,
            b * r + d * s,
            a * u + c * v + e,
            b * u + d * v + f,
        ])
    }

    /// Where a point comes to lie.
    pub(super) fn apply(&self, (x, y): Point) -> Point {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// Where a direction comes to point.
    pub(super) fn direction(&self, (x, y): Point) -> Point {
        let [a, b, c, d, ..] = self.0;
        (a * x + c * y, b * x + d * y)
    }

    /// The factor by which circles grow; `None` when they become ellipses.
    pub(super) fn scale(&self) -> Option<f64> {
        let [a, b, c, d, ..] = self.0;
        let (x, y) = (a.hypot(b), c.hypot(d));
        ((x - y).abs() < 1e-6).then_some(x)
    }
}

/// One step of a path.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Move(Point),
    Line(Point),
    Quad(Point, Point),
    Cubic(Point, Point, Point),
    Close,
}

impl Step {
    /// Its points; the last is where it ends.
    pub(super) fn points(&self) -> impl Iterator<Item = Point> + use<> {
        let (points, count) = match *self {
            Self::Move(p) | Self::Line(p) => ([p; 3], 1),
            Self::Quad(a, p) => ([a, p, p], 2),
            Self::Cubic(a, b, p) => ([a, b, p], 3),
            Self::Close => ([(0.0, 0.0); 3], 0),
        };
        points.into_iter().take(count)
    }
}

/// An outline, or a line.
#[derive(Clone, Default)]
pub(super) struct Path(pub(super) Vec<Step>);

impl Path {
    /// Starts at a point.
    pub(super) fn from(start: Point) -> Self {
        Self(vec![Step::Move(start)])
    }

    /// Goes straight.
    pub(super) fn line(mut self, to: Point) -> Self {
        self.0.push(Step::Line(to));
        self
    }

    /// Bends once.
    pub(super) fn quad(mut self, by: Point, to: Point) -> Self {
        self.0.push(Step::Quad(by, to));
        self
    }

    /// Bends twice.
    pub(super) fn cubic(mut self, first: Point, second: Point, to: Point) -> Self {
        self.0.push(Step::Cubic(first, second, to));
        self
    }

    /// Goes back to the start.
    pub(super) fn close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }

    /// Adds another path as a part of this one.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.0.extend(&other.0);
        self
    }

    /// The path as it lies under a placement.
    pub(super) fn placed(&self, place: Placement) -> Self {
        let at = |point| place.apply(point);
        let step = |step: &Step| match *step {
            Step::Move(p) => Step::Move(at(p)),
            Step::Line(p) => Step::Line(at(p)),
            Step::Quad(a, p) => Step::Quad(at(a), at(p)),
            Step::Cubic(a, b, p) => Step::Cubic(at(a), at(b), at(p)),
            Step::Close => Step::Close,
        };
        Self(self.0.iter().map(step).collect())
    }

    /// Straight lines from point to point, closed.
    pub(super) fn polygon(points: &[Point]) -> Self {
        Self::through(points).close()
    }

    /// Straight lines from point to point, open.
    pub(super) fn through(points: &[Point]) -> Self {
        let mut path = Self::default();
        for (index, &point) in points.iter().enumerate() {
            path.0.push(if index == 0 {
                Step::Move(point)
            } else {
                Step::Line(point)
            });
        }
        path
    }

    /// A closed soft outline: the points are pulled at, their midpoints are met.
    pub(super) fn soft(points: &[Point]) -> Self {
        let next = |index: usize| points[(index + 1) % points.len()];
        let mut path = Self::from(between(points[points.len() - 1], points[0], 0.5));
        for (index, &point) in points.iter().enumerate() {
            path = path.quad(point, between(point, next(index), 0.5));
        }
        path.close()
    }

    /// A rectangle with round corners, by its top left corner and size.
    pub(super) fn block(at: Point, size: Point, round: f64) -> Self {
        let ((left, top), (right, bottom)) = (at, (at.0 + size.0, at.1 + size.1));
        Self::from((left + round, top))
            .line((right - round, top))
            .quad((right, top), (right, top + round))
            .line((right, bottom - round))
            .quad((right, bottom), (right - round, bottom))
            .line((left + round, bottom))
            .quad((left, bottom), (left, bottom - round))
            .line((left, top + round))
            .quad((left, top), (left + round, top))
            .close()
    }

    /// An ellipse.
    pub(super) fn ellipse((x, y): Point, rx: f64, ry: f64) -> Self {
        let (kx, ky) = (rx * 0.5523, ry * 0.5523);
        Self::from((x, y - ry))
            .cubic((x + kx, y - ry), (x + rx, y - ky), (x + rx, y))
            .cubic((x + rx, y + ky), (x + kx, y + ry), (x, y + ry))
            .cubic((x - kx, y + ry), (x - rx, y + ky), (x - rx, y))
            .cubic((x - rx, y - ky), (x - kx, y - ry), (x, y - ry))
            .close()
    }
}

/// A cubic curve: the line of a stem, a leaf's middle, a vine.
#[derive(Clone, Copy)]
pub(super) struct Curve(pub(super) [Point; 4]);

impl Curve {
    /// A stem that leaves its foot upward and leans over to its tip.
    pub(super) fn stem(foot: Point, tip: Point) -> Self {
        let rise = tip.1 - foot.1;
        let lean = tip.0 - foot.0;
        let first = (foot.0 + lean * 0.1, foot.1 + rise * 0.45);
        Self([
            foot,
            first,
            (foot.0 + lean * 0.55, foot.1 + rise * 0.8),
            tip,
        ])
    }

    /// An arch: up from its foot, over, and down to its tip; `rise` is how far it climbs.
    pub(super) fn arch(foot: Point, tip: Point, rise: f64) -> Self {
        let reach = tip.0 - foot.0;
        let top = foot.1.min(tip.1) - rise;
        Self([
            foot,
            (foot.0 + reach * 0.25, top),
            (foot.0 + reach * 0.85, top),
            tip,
        ])
    }

    /// The point at a part of the way.
    pub(super) fn point(&self, part: f64) -> Point {
        let [a, b, c, d] = self.0;
        let (u, t) = (1.0 - part, part);
        let mix = |a: f64, b: f64, c: f64, d: f64| {
            u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
        };
        (mix(a.0, b.0, c.0, d.0), mix(a.1, b.1, c.1, d.1))
    }

    /// The parts of the way at which `count` points lie evenly, from a part to the tip.
    pub(super) fn evenly(&self, from: f64, count: u32) -> Vec<f64> {
        const STEPS: u32 = 48;
        let part = |step: u32| from + (1.0 - from) * f64::from(step) / f64::from(STEPS);
        let mut lengths = vec![0.0];
        for step in 0..STEPS {
            let (a, b) = (self.point(part(step)), self.point(part(step + 1)));
            lengths.push(lengths[step as usize] + (b.0 - a.0).hypot(b.1 - a.1));
        }
        let whole = lengths[STEPS as usize];
        let at = |index: u32| {
            let goal = whole * f64::from(index) / f64::from(count.max(2) - 1);
            // The push keeps the last point off the edge of two steps.
            let step = lengths
                .iter()
                .position(|&length| length >= goal - 1e-6)
                .unwrap_or(0);
            part(step as u32)
        };
        (0..count).map(at).collect()
    }

    /// The angle in which the curve runs at a part of the way.
    pub(super) fn angle(&self, part: f64) -> f64 {
        let (from, to) = (
            self.point((part - 0.02).max(0.0)),
            self.point((part + 0.02).min(1.0)),
        );
        (to.0 - from.0).atan2(from.1 - to.1).to_degrees()
    }

    /// The curve as a line.
    pub(super) fn path(&self) -> Path {
        let [a, b, c, d] = self.0;
        Path::from(a).cubic(b, c, d)
    }

    /// A ribbon's edge on one side (`side` −1 left, 1 right), from its foot to its tip, where the
    /// ribbon ends in a point. The way back is the curve itself.
    pub(super) fn half_ribbon(&self, width: f64, side: f64) -> Path {
        let [a, b, c, d] = self.0;
        let off = |point: Point, part: f64, wide: f64| {
            polar(point, self.angle(part) + 90.0 * side, width * wide)
        };
        Path::from(off(a, 0.0, 0.4))
            .cubic(off(b, 0.33, 0.75), off(c, 0.66, 0.6), d)
            .cubic(c, b, a)
            .close()
    }

    /// A ribbon around the curve that ends in a point.
    pub(super) fn ribbon(&self, width: f64) -> Path {
        let [a, b, c, d] = self.0;
        let off = |point: Point, part: f64, wide: f64| {
            polar(point, self.angle(part) + 90.0, width * wide)
        };
        Path::from(off(a, 0.0, -0.4))
            .cubic(off(b, 0.33, -0.75), off(c, 0.66, -0.6), d)
            .cubic(off(c, 0.66, 0.6), off(b, 0.33, 0.75), off(a, 0.0, 0.4))
            .close()
    }
}

/// Repeatable chance: the same seed throws the same numbers on every machine.
pub(super) struct Dice(u64);

impl Dice {
    /// Dice with a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number from `low` to `high`.
    pub(super) fn throw(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let part = f64::from((self.0 >> 40) as u32) / f64::from(1_u32 << 24);
        low + (high - low) * part
    }
}
