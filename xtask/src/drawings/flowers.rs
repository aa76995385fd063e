//! Flower heads. Each is drawn around the origin of a placement and faces up or the viewer.

use super::{
    colour::{BARK, Colour, FRESH, GOLD, LEAF, MUSTARD, PAPER},
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    leaves::Leaf,
    svg::Drawing,
};

/// A ring of petals around the origin, longest `radius`.
pub(super) fn ring(d: &mut Drawing, petals: u32, radius: f64, width: f64, colour: Colour) {
    let petal = Leaf::new(radius, width, colour).belly(0.62);
    for index in 0..petals {
        let angle = 360.0 * f64::from(index) / f64::from(petals);
        let outline = petal.outline().placed(Placement::NONE.turned(angle));
        let up = polar((0.0, 0.0), angle, 1.0);
        let colour = if d.lit(up) { colour } else { colour.mix(colour.shade(), 0.45) };
        d.shape(&outline, colour);
    }
}

/// A daisy: petals round an eye. `tilt` squashes it as if it looked up.
pub(super) fn daisy(d: &mut Drawing, place: Placement, petals: (u32, f64, f64), colours: (Colour, Colour), tilt: f64) {
    d.under(place.stretched(1.0, tilt), |d| {
        let (count, radius, width) = petals;
        ring(d, count, radius, width, colours.0);
        let eye = radius * 0.3;
        d.disc((0.0, 0.0), eye, colours.1);
        d.flat(&Path::ellipse((eye * 0.2, eye * 0.25), eye * 0.7, eye * 0.6), colours.1.shade());
        d.flat(&Path::ellipse((-eye * 0.12, -eye * 0.1), eye * 0.62, eye * 0.55), colours.1);
    });
}

/// A coneflower: drooping petals below a raised cone.
pub(super) fn cone(d: &mut Drawing, place: Placement, radius: f64, petal: Colour, centre: Colour) {
    d.under(place, |d| {
        for (angle, length) in [(112.0, 0.95), (-112.0, 0.95), (132.0, 1.0), (-132.0, 1.0), (154.0, 0.95), (-154.0, 0.95), (180.0, 0.9)] {
            Leaf::new(radius * length, radius * 0.34, petal).belly(0.6).draw(d, (0.0, 0.0), angle);
        }
        let dome = Path::from((-radius * 0.42, radius * 0.1))
            .cubic((-radius * 0.44, -radius * 0.5), (radius * 0.44, -radius * 0.5), (radius * 0.42, radius * 0.1))
            .quad((0.0, radius * 0.26), (-radius * 0.42, radius * 0.1))
            .close();
        d.shape(&dome, centre);
        for (y, half) in [(-0.22, 0.22), (-0.06, 0.32), (0.08, 0.3)] {
            let row = Path::from((-radius * half, radius * y)).quad((0.0, radius * (y + 0.1)), (radius * half, radius * y));
            d.dots(&row, GOLD, 3.0, 5.0);
        }
    });
}

/// Florets along a stem, thinner to the tip: lavender, sage, delphinium, hyacinth. `size` is the
/// floret's, `wide` how far they stand out.
pub(super) fn spike(d: &mut Drawing, stem: &Curve, span: (f64, f64), rows: u32, (size, wide): Point, colour: Colour) {
    let mut dice = Dice::new(u64::from(rows) * 31 + 5);
    let petal = Leaf::new(size * 1.5, size, colour).belly(0.6);
    for row in 0..rows {
        let along = f64::from(row) / f64::from(rows - 1);
        let part = span.0 + (span.1 - span.0) * along;
        let (at, angle) = (stem.point(part), stem.angle(part));
        let shrink = 1.0 - 0.5 * along;
        for (side, open) in [(1.0, 62.0), (-1.0, -62.0), (0.0, dice.throw(-14.0, 14.0))] {
            let root = polar(at, angle + 90.0 * side, wide * shrink * 0.4 * f64::abs(side));
            let place = Placement::at(root).turned(angle + open).sized(shrink);
            let tone = if side > 0.0 { colour.shade() } else { colour.vary(&mut dice) };
            d.shape(&petal.outline().placed(place), tone);
        }
    }
}

/// A ball of small flowers: allium, chives, hydrangea.
pub(super) fn ball(d: &mut Drawing, centre: Point, radius: f64, floret: f64, colour: Colour) {
    d.disc(centre, radius * 0.9, colour.shade());
    let mut dice = Dice::new((radius * 10.0) as u64);
    let step = floret * 1.55;
    let rings = (radius / step).floor() as u32;
    for ring in (0..=rings).rev() {
        let away = step * f64::from(ring);
        let count = if ring == 0 { 1 } else { (f64::from(ring) * 5.6).round() as u32 };
        for index in 0..count {
            let angle = 360.0 * f64::from(index) / f64::from(count) + 20.0 * f64::from(ring);
            let at = polar(centre, angle, away);
            let dark = ((at.0 - centre.0 + at.1 - centre.1) / radius * 0.28).max(0.0);
            let tone = colour.mix(colour.shade(), (dark * 2.2).min(1.0)).vary(&mut dice);
            let turn = dice.throw(0.0, 90.0);
            floret_of_four(d, Placement::at(at).turned(turn).sized(floret), tone);
        }
    }
}

/// The outline of a small flower of round petals.
pub(super) fn rosette(petals: u32, radius: f64) -> Path {
    let step = 360.0 / f64::from(petals);
    let notch = |index: u32| polar((0.0, 0.0), step * (f64::from(index) - 0.5), radius * 0.4);
    let mut path = Path::from(notch(0));
    for index in 0..petals {
        let angle = step * f64::from(index);
        let out = |turn: f64| polar((0.0, 0.0), angle + turn * step, radius * 1.24);
        path = path.cubic(out(-0.42), out(0.42), notch(index + 1));
    }
    path.close()
}

/// Four round petals and an eye, of size 1.
fn floret_of_four(d: &mut Drawing, place: Placement, colour: Colour) {
    d.under(place, |d| {
        d.shape(&rosette(4, 1.0), colour);
        d.spot((0.0, 0.0), 0.24, PAPER);
    });
}

/// A flat plate of tiny flowers on branching stalks: yarrow, stonecrop, dill. The stalks meet at
/// the origin, `high` below the plate.
pub(super) fn umbel(d: &mut Drawing, place: Placement, half: f64, high: f64, (dot, colour): (f64, Colour)) {
    d.under(place, |d| {
        for part in [-0.8, -0.4, 0.0, 0.4, 0.8] {
            let ray = Path::from((0.0, 0.0)).quad((half * part * 0.3, -high * 0.6), (half * part, -high));
            d.line(&ray, LEAF.shade(), 2.4);
        }
        for (row, tone) in [(0.35, colour.shade()), (0.0, colour), (-0.35, colour.light())] {
            let width = half * (1.0 - (row - 0.1_f64).abs() * 0.5);
            let y = -high + row * dot * 2.2;
            let line = Path::from((-width, y)).quad((0.0, y - dot * 1.6), (width, y));
            d.dots(&line, super::colour::INK, dot + 3.0, dot * 1.12);
            d.dots(&line, tone, dot, dot * 1.12);
        }
    });
}

/// A tulip's cup, foot at the origin.
pub(super) fn cup(d: &mut Drawing, place: Placement, size: f64, colour: Colour) {
    d.under(place.sized(size), |d| {
        let inner = Path::from((-0.42, -0.6)).line((-0.18, -1.12)).line((0.04, -0.8)).line((0.24, -1.12)).line((0.42, -0.6)).close();
        d.shape(&inner, colour.shade());
        for side in [-1.0, 1.0] {
            let petal = Path::from((0.0, 0.0))
                .cubic((0.5 * side, 0.0), (0.62 * side, -0.5), (0.44 * side, -1.1))
                .cubic((0.2 * side, -0.95), (0.02 * side, -0.6), (0.0, 0.0))
                .close();
            d.shape(&petal, if side < 0.0 { colour } else { colour.mix(colour.shade(), 0.6) });
        }
        let front = Path::from((0.0, 0.0))
            .cubic((-0.4, -0.1), (-0.36, -0.7), (0.0, -1.02))
            .cubic((0.36, -0.7), (0.4, -0.1), (0.0, 0.0))
            .close();
        d.shape(&front, colour);
        d.line(&Path::from((-0.14, -0.3)).quad((-0.17, -0.55), (-0.04, -0.8)), colour.light(), 2.0);
    });
}

/// A full flower of many petals: peony, dahlia, camellia, rose. `rings` from outside in, each a
/// number of petals and a part of the radius.
pub(super) fn full(d: &mut Drawing, place: Placement, radius: f64, rings: &[(u32, f64)], colours: (Colour, Colour)) {
    d.under(place, |d| {
        let last = rings.len().max(2) - 1;
        for (index, &(petals, part)) in rings.iter().enumerate() {
            let tone = colours.0.mix(colours.1, index as f64 / last as f64);
            let turn = 360.0 / f64::from(petals) * 0.5 * index as f64;
            d.under(Placement::NONE.turned(turn), |d| {
                let wide = radius * part * 4.2 / f64::from(petals);
                round_ring(d, petals, radius * part, wide, tone);
            });
        }
    });
}

/// A ring of broad petals with round ends.
fn round_ring(d: &mut Drawing, petals: u32, radius: f64, width: f64, colour: Colour) {
    let half = width / 2.0;
    let petal = Path::from((0.0, 0.0))
        .cubic((-half * 1.5, -radius * 0.4), (-half * 1.2, -radius * 1.02), (0.0, -radius))
        .cubic((half * 1.2, -radius * 1.02), (half * 1.5, -radius * 0.4), (0.0, 0.0))
        .close();
    for index in 0..petals {
        let angle = 360.0 * f64::from(index) / f64::from(petals);
        let tone = if d.lit(polar((0.0, 0.0), angle, 1.0)) { colour } else { colour.mix(colour.shade(), 0.4) };
        d.shape(&petal.placed(Placement::NONE.turned(angle)), tone);
    }
}

/// Five or six pointed petals in a star, with a stripe on each: lilies.
pub(super) fn star(d: &mut Drawing, place: Placement, radius: f64, colours: (Colour, Colour), spots: Colour) {
    d.under(place, |d| {
        for index in 0..6_u32 {
            let angle = 60.0 * f64::from(index) + 30.0;
            let long = if index % 2 == 0 { 1.0 } else { 0.94 };
            let place = Placement::NONE.turned(angle);
            d.under(place, |d| {
                d.shape(&Leaf::new(radius * long, radius * 0.46, colours.0).outline(), colours.0);
                d.flat(&Leaf::new(radius * 0.88 * long, radius * 0.3, colours.1).outline(), colours.1);
                for (x, y) in [(0.05, 0.3), (-0.06, 0.4), (0.03, 0.5)] {
                    d.spot((radius * x, -radius * y), 1.6, spots);
                }
            });
        }
        d.spot((0.0, 0.0), radius * 0.1, FRESH);
        for angle in [-50.0, -15.0, 20.0, 55.0] {
            let tip = polar((0.0, 0.0), angle, radius * 0.5);
            d.line(&Path::through(&[(0.0, 0.0), tip]), FRESH, 1.8);
            d.flat(&Path::ellipse(tip, 4.0, 2.4), BARK);
        }
    });
}

/// A daffodil seen half from the side.
pub(super) fn trumpet(d: &mut Drawing, place: Placement, size: f64, colours: (Colour, Colour)) {
    d.under(place.sized(size), |d| {
        d.under(Placement::NONE.stretched(0.8, 1.0), |d| ring(d, 6, 1.0, 0.62, colours.0));
        let crown = Path::from((-0.3, -0.16))
            .line((0.42, -0.36))
            .quad((0.62, 0.0), (0.46, 0.4))
            .line((-0.28, 0.24))
            .close();
        d.shape(&crown, colours.1);
        let mouth = Path::ellipse((0.46, 0.02), 0.15, 0.4);
        d.shape(&mouth, colours.1.shade());
        d.spot((0.45, 0.04), 0.07, MUSTARD);
    });
}
