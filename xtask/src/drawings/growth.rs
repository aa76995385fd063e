//! How plants are put together: stems from one foot, leaves along a stem, leaves around the foot, and
//! crowns over a trunk.

use super::{
    colour::Colour,
    geometry::{Curve, Dice, Path, Point, polar},
    leaves::Leaf,
    svg::Drawing,
};

/// Stems from a foot to many tips; they leave it side by side, as far apart as their tips ask.
pub(super) fn stems(
    d: &mut Drawing,
    foot: Point,
    tips: &[Point],
    colour: Colour,
    width: f64,
) -> Vec<Curve> {
    let root = |tip: &Point| (foot.0 + (tip.0 - foot.0) * 0.22, foot.1);
    let curves: Vec<Curve> = tips
        .iter()
        .map(|tip| Curve::stem(root(tip), *tip))
        .collect();
    for curve in &curves {
        d.tube(&curve.path(), colour, width);
    }
    curves
}

/// Leaves along a stem, left and right in turn.
pub(super) fn leafy(d: &mut Drawing, stem: &Curve, parts: &[f64], leaf: Leaf, open: f64) {
    for (index, &part) in parts.iter().enumerate() {
        let side = if index % 2 == 0 { -1.0 } else { 1.0 };
        let leaf = leaf.bend(side * leaf.length * 0.12);
        leaf.draw(d, stem.point(part), stem.angle(part) + side * open);
    }
}

/// Pairs of leaves along a stem, smaller to the tip, and two at the tip itself.
pub(super) fn paired(d: &mut Drawing, stem: &Curve, parts: &[f64], leaf: Leaf, dice: &mut Dice) {
    for &part in parts {
        let size = 1.0 - 0.45 * part;
        for side in [-1.0, 1.0] {
            let leaf = Leaf {
                length: leaf.length * size,
                width: leaf.width * size,
                ..leaf
            };
            let leaf = leaf
                .bend(side * leaf.length * 0.14)
                .colour(leaf.colour.vary(dice));
            let open = 78.0 - 46.0 * part;
            leaf.draw(d, stem.point(part), stem.angle(part) + side * open);
        }
    }
}

/// Leaves around a foot, one at each angle.
pub(super) fn skirt(d: &mut Drawing, foot: Point, leaf: Leaf, angles: &[f64]) {
    let mut dice = Dice::new(angles.len() as u64);
    for &angle in angles {
        let foot = (foot.0 + angle * 0.34, foot.1 + 2.0);
        let leaf = leaf.bend(angle * 0.14).colour(leaf.colour.vary(&mut dice));
        leaf.draw(d, foot, angle);
    }
}

/// The line from a foot at an angle, as long as said, that leans over as a stem does.
pub(super) fn shoot(foot: Point, angle: f64, length: f64) -> Curve {
    Curve::stem(foot, polar(foot, angle, length))
}

/// Places spread evenly over a round crown, from its edge inward, and the angle each looks out at.
pub(super) fn crown(centre: Point, half: Point, rings: &[(u32, f64)]) -> Vec<(Point, f64)> {
    let mut places = Vec::new();
    for &(count, part) in rings {
        for index in 0..count {
            let angle = 360.0 / f64::from(count) * f64::from(index) + 47.0 * part;
            let out = polar((0.0, 0.0), angle, part);
            places.push((
                (centre.0 + out.0 * half.0, centre.1 + out.1 * half.1),
                angle,
            ));
        }
    }
    places
}

/// The same angle, counted from up to either side.
pub(super) fn upward(angle: f64) -> f64 {
    (angle + 180.0).rem_euclid(360.0) - 180.0
}

/// A crown of leaves over a dark inside.
pub(super) fn foliage(
    d: &mut Drawing,
    centre: Point,
    half: Point,
    rings: &[(u32, f64)],
    leaf: Leaf,
) {
    d.shape(
        &Path::ellipse(centre, half.0 * 0.94, half.1 * 0.94),
        leaf.colour.shade().shade(),
    );
    let mut dice = Dice::new(rings.len() as u64 + leaf.length as u64);
    for (at, angle) in crown(centre, half, rings) {
        let tone = leaf.colour.vary(&mut dice);
        leaf.colour(tone)
            .draw(d, at, upward(angle) * 0.8 + dice.throw(-24.0, 24.0));
    }
}

/// A crooked trunk that forks at its top.
pub(super) fn trunk(d: &mut Drawing, foot: Point, top: Point, width: f64, colour: Colour) {
    let curve = Curve([
        foot,
        (foot.0 - 8.0, foot.1 - 30.0),
        (top.0 + 8.0, top.1 + 40.0),
        top,
    ]);
    d.tube(&curve.path(), colour, width);
    for side in [-1.0, 1.0] {
        d.tube(
            &Path::from(top).quad(
                (top.0 + side * 8.0, top.1 - 16.0),
                (top.0 + side * 40.0, top.1 - 44.0),
            ),
            colour,
            width * 0.6,
        );
    }
}
