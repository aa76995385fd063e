//! Flower heads. Each is drawn around the origin of a placement and faces up or the viewer.

use super::{
    colour::{BARK, Colour, FRESH, GOLD, LEAF, MUSTARD, PAPER},
    geometry::{Curve, Path, Placement, Point, polar},
    leaves::{Leaf, lens},
    svg::Drawing,
};

/// A ring of petals around the origin, longest `radius`: every second one lies on top.
pub(super) fn ring(d: &mut Drawing, petals: u32, radius: f64, width: f64, colour: Colour) {
    let petal = Leaf::new(radius, width, colour).belly(0.62).outline();
    for layer in 0..2 {
        let mut sides = [Path::default(), Path::default()];
        for index in (layer..petals).step_by(2) {
            let angle = 360.0 * f64::from(index) / f64::from(petals);
            let side = &mut sides[usize::from(d.lit(polar((0.0, 0.0), angle, 1.0)))];
            *side = std::mem::take(side).and(&petal.placed(Placement::NONE.turned(angle)));
        }
        let [dim, lit] = sides;
        d.shape(&dim, colour.mix(colour.shade(), 0.45));
        d.shape(&lit, colour);
    }
}

/// A daisy: petals round an eye. `tilt` squashes it as if it looked up.
pub(super) fn daisy(
    d: &mut Drawing,
    place: Placement,
    petals: (u32, f64, f64),
    colours: (Colour, Colour),
    tilt: f64,
) {
    d.under(place.stretched(1.0, tilt), |d| {
        let (count, radius, width) = petals;
        ring(d, count, radius, width, colours.0);
        let eye = radius * 0.3;
        d.disc((0.0, 0.0), eye, colours.1);
        d.flat(
            &Path::ellipse((eye * 0.2, eye * 0.25), eye * 0.7, eye * 0.6),
            colours.1.shade(),
        );
        d.flat(
            &Path::ellipse((-eye * 0.12, -eye * 0.1), eye * 0.62, eye * 0.55),
            colours.1,
        );
    });
}

/// A coneflower: drooping petals below a raised cone.
pub(super) fn cone(d: &mut Drawing, place: Placement, radius: f64, petal: Colour, centre: Colour) {
    d.under(place, |d| {
        for (angle, length) in [
            (112.0, 0.95),
            (-112.0, 0.95),
            (132.0, 1.0),
            (-132.0, 1.0),
            (154.0, 0.95),
            (-154.0, 0.95),
            (180.0, 0.9),
        ] {
            Leaf::new(radius * length, radius * 0.34, petal)
                .belly(0.6)
                .draw(d, (0.0, 0.0), angle);
        }
        let dome = Path::from((-radius * 0.42, radius * 0.1))
            .cubic(
                (-radius * 0.44, -radius * 0.5),
                (radius * 0.44, -radius * 0.5),
                (radius * 0.42, radius * 0.1),
            )
            .quad((0.0, radius * 0.26), (-radius * 0.42, radius * 0.1))
            .close();
        d.shape(&dome, centre);
        for (y, half) in [(-0.22, 0.22), (-0.06, 0.32), (0.08, 0.3)] {
            let row = Path::from((-radius * half, radius * y))
                .quad((0.0, radius * (y + 0.1)), (radius * half, radius * y));
            d.dots(&row, GOLD, 3.0, 5.0);
        }
    });
}

/// Florets along a stem, thinner to the tip: lavender, sage, delphinium, hyacinth. `size` is the
/// floret's, `wide` how far they stand out.
pub(super) fn spike(
    d: &mut Drawing,
    stem: &Curve,
    span: (f64, f64),
    rows: u32,
    (size, wide): Point,
    colour: Colour,
) {
    let petal = lens(size * 1.5, size * 0.85);
    for (side, open, tone) in [
        (1.0, 62.0, colour.shade()),
        (-1.0, -62.0, colour),
        (0.0, 0.0, colour.mix(PAPER, 0.08)),
    ] {
        let mut florets = Path::default();
        for row in 0..rows {
            let along = f64::from(row) / f64::from(rows - 1);
            let part = span.0 + (span.1 - span.0) * along;
            let (at, angle) = (stem.point(part), stem.angle(part));
            let shrink = 1.0 - 0.5 * along;
            // Those in the middle lean to one side and the other.
            let lean = match row % 2 {
                _ if side != 0.0 => 0.0,
                0 => 11.0,
                _ => -11.0,
            };
            let root = polar(
                at,
                angle + 90.0 * side,
                wide * shrink * 0.4 * f64::abs(side),
            );
            let place = Placement::at(root)
                .turned(angle + open + lean)
                .sized(shrink);
            florets = florets.and(&petal.placed(place));
        }
        d.shape(&florets, tone);
    }
}

/// A ball of small flowers, in rings from its edge to its middle: each has `petals` petals and a
/// radius of `floret`.
pub(super) fn ball(
    d: &mut Drawing,
    centre: Point,
    radius: f64,
    (petals, floret): (u32, f64),
    colour: Colour,
) {
    d.disc(centre, radius * 0.9, colour.shade());
    let step = floret * 1.55;
    let mut eyes = Vec::new();
    for ring in (0..=(radius / step).floor() as u32).rev() {
        let count = (f64::from(ring) * 5.0).max(1.0);
        let mut sides = [Path::default(), Path::default()];
        for index in 0..count as u32 {
            let angle = 360.0 * f64::from(index) / count + 20.0 * f64::from(ring);
            let at = polar(centre, angle, step * f64::from(ring));
            let far = at.0 + at.1 > centre.0 + centre.1 + radius * 0.4;
            let place = Placement::at(at).turned(angle * 1.7);
            let side = &mut sides[usize::from(far)];
            *side = std::mem::take(side).and(&rosette(petals, floret).placed(place));
            eyes.push(at);
        }
        let [lit, dim] = sides;
        d.shape(&dim, colour.mix(colour.shade(), 0.5));
        d.shape(
            &lit,
            if ring % 2 == 0 {
                colour
            } else {
                colour.mix(PAPER, 0.16)
            },
        );
    }
    d.specks(&eyes, PAPER, floret * 0.36);
}

/// The outline of a small flower.
pub(super) fn rosette(petals: u32, radius: f64) -> Path {
    let step = 360.0 / f64::from(petals);
    let notch = |index: u32| polar((0.0, 0.0), step * (f64::from(index) - 0.5), radius * 0.42);
    let mut path = Path::from(notch(0));
    for index in 0..petals {
        let angle = step * f64::from(index);
        let out = |turn: f64| polar((0.0, 0.0), angle + turn * step, radius * 1.24);
        path = match petals {
            // What is this small needs no round petals.
            _ if radius < 11.5 && radius > 1.0 => {
                path.quad(polar((0.0, 0.0), angle, radius * 1.75), notch(index + 1))
            }
            _ => path.cubic(out(-0.42), out(0.42), notch(index + 1)),
        };
    }
    path.close()
}

/// A flat plate of tiny flowers on branching stalks: yarrow, stonecrop, dill. The stalks meet at
/// the origin, `high` below the plate.
pub(super) fn umbel(
    d: &mut Drawing,
    place: Placement,
    half: f64,
    high: f64,
    (dot, colour): (f64, Colour),
) {
    d.under(place, |d| {
        for part in [-0.8, -0.4, 0.0, 0.4, 0.8] {
            let ray =
                Path::from((0.0, 0.0)).quad((half * part * 0.3, -high * 0.6), (half * part, -high));
            d.line(&ray, LEAF.shade(), 2.4);
        }
        for (row, tone) in [
            (0.35, colour.shade()),
            (0.0, colour),
            (-0.35, colour.light()),
        ] {
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
        let inner = Path::from((-0.42, -0.6))
            .line((-0.18, -1.12))
            .line((0.04, -0.8))
            .line((0.24, -1.12))
            .line((0.42, -0.6))
            .close();
        d.shape(&inner, colour.shade());
        for side in [-1.0, 1.0] {
            let petal = Path::from((0.0, 0.0))
                .cubic((0.5 * side, 0.0), (0.62 * side, -0.5), (0.44 * side, -1.1))
                .cubic((0.2 * side, -0.95), (0.02 * side, -0.6), (0.0, 0.0))
                .close();
            d.shape(
                &petal,
                if side < 0.0 {
                    colour
                } else {
                    colour.mix(colour.shade(), 0.6)
                },
            );
        }
        let front = Path::from((0.0, 0.0))
            .cubic((-0.4, -0.1), (-0.36, -0.7), (0.0, -1.02))
            .cubic((0.36, -0.7), (0.4, -0.1), (0.0, 0.0))
            .close();
        d.shape(&front, colour);
        d.line(
            &Path::from((-0.14, -0.3)).quad((-0.17, -0.55), (-0.04, -0.8)),
            colour.light(),
            2.0,
        );
    });
}

/// A full flower of many petals: peony, dahlia, camellia, rose. `rings` from outside in, each a
/// number of petals and a part of the radius.
pub(super) fn full(
    d: &mut Drawing,
    place: Placement,
    radius: f64,
    rings: &[(u32, f64)],
    colours: (Colour, Colour),
) {
    d.under(place, |d| {
        let last = rings.len().max(2) - 1;
        for (index, &(petals, part)) in rings.iter().enumerate() {
            let tone = colours.0.mix(colours.1, index as f64 / last as f64);
            let turn = 360.0 / f64::from(petals) * 0.5 * index as f64;
            d.under(Placement::NONE.turned(turn), |d| {
                round_ring(d, petals, radius * part, tone);
            });
        }
    });
}

/// A ring of broad petals with round ends, in one shape toward the light and one away from it.
fn round_ring(d: &mut Drawing, petals: u32, radius: f64, colour: Colour) {
    let step = 360.0 / f64::from(petals);
    let mut sides = [Path::default(), Path::default()];
    for index in 0..petals {
        let angle = step * f64::from(index);
        let at = |turn: f64, part: f64| polar((0.0, 0.0), angle + turn * step, radius * part);
        let petal = Path::from((0.0, 0.0))
            .line(at(-0.5, 0.8))
            .cubic(at(-0.5, 1.12), at(0.5, 1.12), at(0.5, 0.8))
            .close();
        let side = &mut sides[usize::from(d.lit(at(0.0, 1.0)))];
        *side = std::mem::take(side).and(&petal);
    }
    let [dim, lit] = sides;
    d.shape(&dim, colour.mix(colour.shade(), 0.4));
    d.shape(&lit, colour);
}

/// Five or six pointed petals in a star, with a stripe on each: lilies.
pub(super) fn star(
    d: &mut Drawing,
    place: Placement,
    radius: f64,
    colours: (Colour, Colour),
    spots: Colour,
) {
    d.under(place, |d| {
        for index in 0..6_u32 {
            let angle = 60.0 * f64::from(index) + 30.0;
            let long = if index % 2 == 0 { 1.0 } else { 0.94 };
            let place = Placement::NONE.turned(angle);
            d.under(place, |d| {
                d.shape(
                    &Leaf::new(radius * long, radius * 0.46, colours.0).outline(),
                    colours.0,
                );
                d.flat(
                    &Leaf::new(radius * 0.88 * long, radius * 0.3, colours.1).outline(),
                    colours.1,
                );
            });
        }
        for (turn, part) in [
            (-26.0, 0.34),
            (34.0, 0.36),
            (-88.0, 0.42),
            (92.0, 0.34),
            (150.0, 0.36),
            (-148.0, 0.4),
        ] {
            d.specks(
                &[
                    polar((0.0, 0.0), turn, radius * part),
                    polar((0.0, 0.0), turn + 9.0, radius * (part + 0.12)),
                ],
                spots,
                3.2,
            );
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
        d.under(Placement::NONE.stretched(0.8, 1.0), |d| {
            ring(d, 6, 1.0, 0.62, colours.0)
        });
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
