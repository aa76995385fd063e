//! Kitchen herbs, each in a pot of its own.

use super::{
    colour::*,
    flowers::{spike, umbel},
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    growth::{paired, shoot, stems},
    leaves::{Leaf, Pinnate, lobed},
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
    vessels::{Form, Motif, Pot},
};

const FOOT: Point = (MIDDLE, FLOOR);

/// Where the soil lies in these pots.
const TOP: Point = (MIDDLE, FLOOR - 80.0);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let plain = |form, colour| Pot::new(form, colour, 112.0, 82.0);
    let (tint, pot, plant): (Tint, Pot, fn(&mut Drawing)) = match slug {
        "basil" => (SAND, Pot::clay(112.0, 82.0), basil),
        "rosemary" => (
            SKY,
            plain(Form::Taper, CREAM).motif(Motif::Bands(GLAZE)),
            rosemary,
        ),
        "thyme" => (
            BUTTER,
            plain(Form::Bowl, CLAY).motif(Motif::Zigzag(CREAM)),
            thyme,
        ),
        "spearmint" => (
            BLUSHED,
            plain(Form::Cylinder, STEEL).motif(Motif::Ribs),
            spearmint,
        ),
        "chives" => (
            SAGE,
            plain(Form::Taper, MUSTARD).motif(Motif::Specks(CREAM)),
            chives,
        ),
        "sage" => (
            LILAC,
            plain(Form::Belly, TEAL).motif(Motif::Bands(CREAM)),
            sage,
        ),
        "flat-leaf-parsley" => (
            SKY,
            plain(Form::Cylinder, CORAL).motif(Motif::Dipped(CREAM)),
            parsley,
        ),
        "dill" => (
            MIST,
            plain(Form::Taper, GLAZE).motif(Motif::Specks(CREAM)),
            dill,
        ),
        _ => return false,
    };
    ledge(d, tint, 66.0);
    pot.soil(d, FOOT);
    plant(d);
    pot.draw(d, FOOT);
    true
}

fn basil(d: &mut Drawing) {
    let tips = [
        (200.0, 92.0),
        (138.0, 128.0),
        (264.0, 124.0),
        (106.0, 188.0),
        (296.0, 186.0),
        (200.0, 172.0),
    ];
    let curves = stems(d, TOP, &tips, FRESH, 4.0);
    let mut dice = Dice::new(2);
    let leaf = Leaf::new(66.0, 46.0, FRESH.mix(LEAF, 0.4)).belly(0.5);
    for (index, curve) in curves.iter().enumerate() {
        let parts: &[f64] = if index < 3 {
            &[0.5, 0.78, 1.0]
        } else {
            &[0.66, 1.0]
        };
        paired(d, curve, parts, leaf, &mut dice);
        Leaf::new(30.0, 20.0, FRESH).veined(
            d,
            curve.point(1.0),
            curve.angle(1.0) * 0.4,
            LEAF.shade(),
        );
    }
}

fn rosemary(d: &mut Drawing) {
    let tips = [
        (96.0, 150.0),
        (128.0, 96.0),
        (166.0, 66.0),
        (206.0, 50.0),
        (244.0, 72.0),
        (278.0, 104.0),
        (306.0, 156.0),
        (182.0, 128.0),
        (228.0, 138.0),
    ];
    let curves = stems(d, TOP, &tips, BARK, 3.0);
    d.pen(1.4, |d| {
        for (index, curve) in curves.iter().enumerate() {
            let colour = if index % 2 == 0 {
                DEEP.mix(SILVER, 0.2)
            } else {
                LEAF.mix(SILVER, 0.35)
            };
            Pinnate {
                count: 10,
                length: 27.0,
                width: 5.6,
                open: 42.0,
                from: 0.16,
                taper: 0.75,
                colour,
            }
            .draw(d, curve);
        }
    });
    for (curve, part) in curves.iter().zip([0.8, 0.72, 0.8, 0.68, 0.8, 0.72, 0.82]) {
        let flowers = [(-1.0, 0.0), (1.0, 0.06), (-1.0, 0.12)].map(|(side, along)| {
            polar(
                curve.point(part + along),
                curve.angle(part) + side * 80.0,
                9.0,
            )
        });
        d.specks(&flowers, NAVY, 11.0);
        d.specks(&flowers, BLUE.light(), 8.0);
    }
}

fn thyme(d: &mut Drawing) {
    let mut tips = Vec::new();
    for (angle, length) in [
        (-2.0, 118.0),
        (-22.0, 122.0),
        (20.0, 124.0),
        (-42.0, 124.0),
        (40.0, 124.0),
        (-62.0, 120.0),
        (60.0, 122.0),
        (-82.0, 108.0),
        (80.0, 108.0),
        (-12.0, 80.0),
        (10.0, 78.0),
        (-34.0, 82.0),
        (32.0, 82.0),
        (-56.0, 78.0),
        (54.0, 78.0),
    ] {
        tips.push(polar(TOP, angle, length));
    }
    let curves = stems(d, TOP, &tips, BARK.mix(OLIVE, 0.3), 1.6);
    d.pen(1.3, |d| {
        for (index, curve) in curves.iter().enumerate() {
            let colour = if index % 2 == 0 {
                OLIVE.mix(LEAF, 0.5)
            } else {
                LEAF.mix(SILVER, 0.5)
            };
            Pinnate {
                count: 5,
                length: 20.0,
                width: 16.0,
                open: 62.0,
                from: 0.24,
                taper: 0.62,
                colour,
            }
            .draw(d, curve);
        }
        for curve in curves.iter().take(9) {
            let flowers = [(-50.0, 6.0), (50.0, 6.0), (0.0, 10.0)]
                .map(|(turn, far)| polar(curve.point(1.0), curve.angle(1.0) + turn, far));
            d.specks(&flowers, INK, 11.0);
            d.specks(&flowers, MAUVE.light(), 8.4);
        }
    });
}

fn spearmint(d: &mut Drawing) {
    let tips = [
        (200.0, 74.0),
        (146.0, 96.0),
        (256.0, 92.0),
        (104.0, 152.0),
        (298.0, 148.0),
    ];
    let curves = stems(d, TOP, &tips, STEM.mix(WINE, 0.2), 4.0);
    let colour = LEAF.mix(TEAL, 0.25);
    for (index, curve) in curves.iter().enumerate() {
        let parts: &[f64] = if index < 3 {
            &[0.4, 0.66, 0.92]
        } else {
            &[0.56, 0.92]
        };
        for &part in parts {
            for side in [-1.0, 1.0] {
                let size = 68.0 - 26.0 * part;
                let angle = curve.angle(part) + side * (76.0 - 32.0 * part);
                let leaf = Leaf::new(size, size * 0.46, colour)
                    .belly(0.36)
                    .bend(side * 5.0);
                leaf.veined(d, curve.point(part), angle, colour.shade().shade());
            }
        }
        Leaf::new(20.0, 11.0, FRESH).draw(d, curve.point(1.0), curve.angle(1.0) * 0.4);
    }
}

fn chives(d: &mut Drawing) {
    let mut dice = Dice::new(9);
    for index in 0..21 {
        let across = f64::from(index * 8 % 21) / 10.0 - 1.0;
        let tip = (
            MIDDLE + across * 112.0,
            96.0 + across.abs() * 62.0 + dice.throw(-14.0, 26.0),
        );
        let stem = Curve::stem((MIDDLE + across * 42.0, TOP.1), tip);
        let colour = if index % 2 == 0 {
            LEAF
        } else {
            DEEP.mix(LEAF, 0.4)
        };
        d.tube(&stem.path(), colour, 4.4);
    }
    for (x, y, size) in [
        (142.0, 92.0, 19.0),
        (204.0, 62.0, 22.0),
        (262.0, 96.0, 19.0),
        (108.0, 148.0, 16.0),
        (300.0, 156.0, 16.0),
    ] {
        let foot = (MIDDLE + (x - MIDDLE) * 0.3, TOP.1);
        d.tube(&Curve::stem(foot, (x, y)).path(), LEAF, 3.6);
        pompom(d, (x, y - size * 0.5), size);
    }
}

/// A flower head of many narrow petals.
fn pompom(d: &mut Drawing, centre: Point, radius: f64) {
    let petal = super::leaves::lens(radius, radius * 0.34);
    for (count, size, colour) in [
        (12, 1.0, MAUVE.mix(VIOLET, 0.3)),
        (8, 0.64, MAUVE.mix(ROSE, 0.2)),
        (5, 0.34, MAUVE.light()),
    ] {
        let mut ring = Path::default();
        for index in 0..count {
            let angle = 360.0 / f64::from(count) * f64::from(index);
            ring = ring.and(&petal.placed(Placement::at(centre).turned(angle).sized(size)));
        }
        d.pen(1.4, |d| d.shape(&ring, colour));
    }
}

fn sage(d: &mut Drawing) {
    let flowers = [(152.0, 66.0), (204.0, 46.0), (254.0, 74.0)];
    let curves = stems(d, TOP, &flowers, STEM.mix(SILVER, 0.3), 3.4);
    for curve in &curves {
        spike(d, curve, (0.6, 1.0), 6, (11.0, 14.0), VIOLET.mix(BLUE, 0.3));
    }
    let tips = [
        (92.0, 176.0),
        (308.0, 174.0),
        (124.0, 128.0),
        (276.0, 128.0),
        (176.0, 138.0),
        (228.0, 142.0),
    ];
    let curves = stems(d, TOP, &tips, SILVER, 4.0);
    let mut dice = Dice::new(6);
    let leaf = Leaf::new(70.0, 26.0, SILVER.mix(LEAF, 0.22)).belly(0.52);
    for curve in &curves {
        paired(d, curve, &[0.54, 0.92], leaf, &mut dice);
        Leaf::new(34.0, 14.0, SILVER.light()).draw(d, curve.point(1.0), curve.angle(1.0) * 0.5);
    }
}

fn parsley(d: &mut Drawing) {
    let tips = [
        (90.0, 170.0),
        (310.0, 168.0),
        (116.0, 116.0),
        (284.0, 112.0),
        (166.0, 86.0),
        (236.0, 82.0),
        (146.0, 176.0),
        (254.0, 174.0),
        (200.0, 138.0),
    ];
    let curves = stems(d, TOP, &tips, STEM, 3.6);
    for (index, curve) in curves.iter().enumerate() {
        let colour = if index % 2 == 0 {
            LEAF.mix(DEEP, 0.4)
        } else {
            LEAF
        };
        let (tip, angle) = (curve.point(1.0), curve.angle(1.0) * 0.6);
        for (turn, size) in [(-84.0, 30.0), (84.0, 30.0), (0.0, 36.0)] {
            let lobes = [
                (-58.0, size * 0.8),
                (-26.0, size),
                (0.0, size * 1.15),
                (26.0, size),
                (58.0, size * 0.8),
            ];
            let place = Placement::at(polar(tip, angle + turn, 6.0)).turned(angle + turn);
            lobed(d, place, &lobes, (0.66, 7.0), colour);
        }
    }
}

fn dill(d: &mut Drawing) {
    let tips = [(122.0, 150.0), (204.0, 120.0), (284.0, 156.0)];
    let curves = stems(d, TOP, &tips, STEM, 4.0);
    let mut threads = Path::default();
    for (angle, length) in [
        (-84.0, 98.0),
        (84.0, 98.0),
        (-56.0, 124.0),
        (58.0, 124.0),
        (-28.0, 118.0),
        (30.0, 116.0),
        (2.0, 104.0),
        (-70.0, 62.0),
        (70.0, 62.0),
    ] {
        threads = threads.and(&filigree(
            &shoot((MIDDLE + angle * 0.3, TOP.1), angle, length),
            length * 0.26,
        ));
    }
    for curve in &curves {
        for (part, side) in [(0.5, -1.0), (0.66, 1.0), (0.8, -1.0)] {
            let leaf = shoot(curve.point(part), curve.angle(part) + side * 62.0, 44.0);
            threads = threads.and(&filigree(&leaf, 15.0));
        }
    }
    d.line(&threads, DEEP.mix(BLUE_LEAF, 0.3), 2.6);
    for (curve, half) in curves.iter().zip([44.0, 52.0, 42.0]) {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.4);
        umbel(d, place, half, 46.0, (8.0, LEMON.mix(FRESH, 0.25)));
    }
}

/// Threads to both sides of a middle thread, each with a fork.
fn filigree(stem: &Curve, reach: f64) -> Path {
    let mut path = stem.path();
    for (index, part) in stem.evenly(0.25, 6).into_iter().enumerate() {
        let (at, angle) = (stem.point(part), stem.angle(part));
        let length = reach * (1.0 - 0.1 * index as f64);
        for side in [-1.0, 1.0] {
            let fork = polar(at, angle + side * 44.0, length * 0.5);
            let ends = [22.0, 62.0].map(|open| polar(fork, angle + side * open, length * 0.55));
            path = path
                .and(&Path::through(&[at, fork, ends[0]]))
                .and(&Path::through(&[fork, ends[1]]));
        }
    }
    path
}
