//! Seed packets: one envelope, with what grows from the seeds on its front.

use super::{
    colour::*,
    flowers::ring,
    geometry::{Path, Placement, Point, polar},
    leaves::{Leaf, coin},
    produce::{carrot, pea_pod, radish},
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
};

/// The envelope's left edge, top, and size.
const EDGE: Point = (112.0, 66.0);
const SIZE: Point = (176.0, 274.0);

/// The middle of the picture on its front.
const FRONT: Point = (MIDDLE, 204.0);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, paper, seed, front): (Tint, Colour, Colour, fn(&mut Drawing)) = match slug {
        "carrot-seeds" => (SKY, TEAL, JUTE, carrots),
        "radish-seeds" => (BUTTER, DEEP, COPPER, radishes),
        "sugar-snap-pea-seeds" => (BLUSHED, MUSTARD, FRESH, peas),
        "butterhead-lettuce-seeds" => (LILAC, CORAL, CREAM, lettuce),
        "sunflower-seeds" => (SKY, GLAZE, SLATE, sunflower),
        "nasturtium-seeds" => (MIST, WINE, WOOD, nasturtium),
        _ => return false,
    };
    ledge(d, tint, 92.0);
    envelope(d, paper);
    front(d);
    seeds(d, seed);
    true
}

fn envelope(d: &mut Drawing, paper: Colour) {
    let ((x, y), (wide, high)) = (EDGE, SIZE);
    d.shape(&Path::block(EDGE, SIZE, 4.0), paper);
    d.flat(
        &Path::block((x + wide - 13.0, y + 1.0), (12.0, high - 2.0), 3.0),
        paper.shade(),
    );
    let flap = Path::from((x, y + 3.0))
        .line((x + 10.0, y + 34.0))
        .line((x + wide - 10.0, y + 34.0))
        .line((x + wide, y + 3.0))
        .close();
    d.shape(&flap, paper.mix(WHITE, 0.22));
    d.shape(&Path::ellipse(FRONT, 70.0, 88.0), PAPER);
    // The name, as far as a small picture can show one.
    let line = |y: f64, half: f64| Path::through(&[(MIDDLE - half, y), (MIDDLE + half, y)]);
    d.line(&line(310.0, 40.0), PAPER, 7.0);
    d.line(&line(325.0, 24.0), PAPER.mix(paper, 0.4), 4.0);
    d.dots(&line(EDGE.1 + 17.0, 58.0), paper.shade(), 4.0, 11.6);
}

/// A few seeds that lie before the packet.
fn seeds(d: &mut Drawing, colour: Colour) {
    for (x, y, turn) in [
        (308.0, FLOOR + 2.0, 60.0),
        (322.0, FLOOR - 9.0, 100.0),
        (332.0, FLOOR + 8.0, 30.0),
        (86.0, FLOOR + 4.0, 110.0),
        (72.0, FLOOR - 6.0, 70.0),
    ] {
        let seed = Path::ellipse((0.0, 0.0), 4.4, 6.6).placed(Placement::at((x, y)).turned(turn));
        d.shape(&seed, colour);
    }
}

fn carrots(d: &mut Drawing) {
    for (x, angle) in [(182.0, 16.0), (218.0, -16.0), (200.0, 0.0)] {
        carrot(d, (x, 190.0), angle, 78.0);
    }
}

fn radishes(d: &mut Drawing) {
    for (x, y, angle) in [
        (172.0, 206.0, -18.0),
        (230.0, 206.0, 18.0),
        (200.0, 200.0, 0.0),
    ] {
        radish(d, (x, y), angle, 62.0);
    }
}

fn peas(d: &mut Drawing) {
    for (at, angle) in [
        ((166.0, 262.0), 10.0),
        ((232.0, 254.0), -8.0),
        ((196.0, 276.0), 2.0),
    ] {
        pea_pod(d, at, angle, 134.0);
    }
}

fn lettuce(d: &mut Drawing) {
    d.under(Placement::at((MIDDLE, 206.0)).stretched(1.0, 0.94), |d| {
        for (count, radius, tone) in [
            (7_u32, 62.0, LEAF),
            (6, 48.0, LEAF.mix(FRESH, 0.55)),
            (5, 34.0, FRESH),
            (4, 21.0, FRESH.mix(LEMON, 0.4)),
        ] {
            for index in 0..count {
                let turn = 360.0 / f64::from(count) * f64::from(index) + radius;
                frilled(d, Placement::NONE.turned(turn).sized(radius), tone);
            }
        }
        d.shape(
            &Path::soft(&[
                (-9.0, -4.0),
                (0.0, -10.0),
                (10.0, -4.0),
                (7.0, 8.0),
                (-6.0, 9.0),
            ]),
            LEMON.mix(FRESH, 0.3),
        );
    });
}

/// A broad wavy leaf of length 1.
fn frilled(d: &mut Drawing, place: Placement, colour: Colour) {
    d.under(place, |d| {
        let edge = [
            (0.0, 0.1),
            (-0.4, -0.3),
            (-0.62, -0.56),
            (-0.46, -0.72),
            (-0.5, -0.98),
            (-0.2, -0.94),
            (0.0, -1.1),
            (0.2, -0.94),
            (0.5, -0.98),
            (0.46, -0.72),
            (0.62, -0.56),
            (0.4, -0.3),
        ];
        d.shape(&Path::soft(&edge), colour);
        d.line(
            &Path::through(&[(0.0, -0.2), (0.0, -0.82)]),
            colour.light(),
            2.0,
        );
    });
}

fn sunflower(d: &mut Drawing) {
    d.tube(
        &Path::through(&[(MIDDLE, 288.0), (MIDDLE, 190.0)]),
        STEM,
        6.0,
    );
    for side in [-1.0, 1.0] {
        Leaf::new(48.0, 30.0, LEAF)
            .belly(0.36)
            .draw(d, (MIDDLE, 272.0), side * 58.0);
    }
    d.under(Placement::at((MIDDLE, 184.0)), |d| {
        ring(d, 14, 58.0, 19.0, ORANGE);
        d.under(Placement::NONE.turned(13.0), |d| {
            ring(d, 14, 53.0, 19.0, GOLD)
        });
        d.disc((0.0, 0.0), 26.0, BARK.mix(INK, 0.3));
        for radius in [19.0, 11.0] {
            d.dots(&Path::ellipse((0.0, 0.0), radius, radius), WOOD, 3.6, 7.0);
        }
    });
}

fn nasturtium(d: &mut Drawing) {
    for (x, y, size) in [
        (158.0, 250.0, 27.0),
        (240.0, 248.0, 25.0),
        (200.0, 266.0, 22.0),
        (246.0, 162.0, 20.0),
    ] {
        coin(d, (x, y), size, LEAF);
        let mut veins = Path::default();
        for index in 0..7 {
            let tip = polar((x, y), 51.4 * f64::from(index), size * 0.7);
            veins = veins.and(&Path::through(&[(x, y), tip]));
        }
        d.line(&veins, FRESH, 1.6);
    }
    for (x, y, size, tone, eye) in [
        (170.0, 176.0, 38.0, ORANGE, RED),
        (226.0, 212.0, 34.0, GOLD, CRIMSON),
        (216.0, 146.0, 26.0, RED, WINE),
    ] {
        d.under(Placement::at((x, y)), |d| {
            d.shape(&super::flowers::rosette(5, size), tone);
            let mut marks = Path::default();
            for index in 0..5 {
                let tip = polar((0.0, 0.0), 72.0 * f64::from(index), size * 0.5);
                marks = marks.and(&Path::through(&[(0.0, 0.0), tip]));
            }
            d.line(&marks, eye, 3.0);
            d.disc((0.0, 0.0), size * 0.16, LEMON);
        });
    }
}
