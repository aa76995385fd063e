//! Vegetables and berries, sold as young plants. Seeds stand in `packets`.

use super::{
    colour::*,
    flowers::ring,
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    growth::{shoot, stems},
    leaves::{Leaf, lobed},
    produce::{berry, cherry, chilli as pod, marrow},
    scene::{BED, FLOOR, MIDDLE, bed, ledge},
    svg::Drawing,
    vessels::{Form, Motif, Pot},
};

const FOOT: Point = (MIDDLE, FLOOR);
const TOP: Point = (MIDDLE, FLOOR - 80.0);
const EARTHED: Point = (MIDDLE, BED + 8.0);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "cherry-tomato" => (SKY, tomato),
        "cayenne-chilli" => (BUTTER, chilli),
        "strawberry" => (SKY, strawberry),
        "courgette" => (SAND, courgette),
        "lacinato-kale" => (BLUSHED, kale),
        "rainbow-chard" => (SKY, chard),
        _ => return false,
    };
    match slug {
        "courgette" | "lacinato-kale" | "rainbow-chard" => bed(d, tint),
        _ => ledge(d, tint, 66.0),
    }
    plant(d);
    true
}

fn tomato(d: &mut Drawing) {
    let pot = Pot::clay(116.0, 84.0);
    pot.soil(d, FOOT);
    d.tube(&Path::through(&[(212.0, 262.0), (212.0, 34.0)]), JUTE, 5.0);
    let stem = Curve([
        (198.0, 262.0),
        (190.0, 190.0),
        (214.0, 120.0),
        (202.0, 60.0),
    ]);
    d.tube(&stem.path(), STEM, 6.0);
    let mut dice = Dice::new(4);
    for (part, side, length) in [
        (0.2, -1.0, 92.0),
        (0.26, 1.0, 92.0),
        (0.46, -1.0, 96.0),
        (0.54, 1.0, 96.0),
        (0.72, -1.0, 86.0),
        (0.8, 1.0, 82.0),
        (0.96, -1.0, 62.0),
        (1.0, 1.0, 54.0),
    ] {
        let leaf = Curve::arch(
            stem.point(part),
            polar(stem.point(part), side * 84.0, length),
            16.0 + 16.0 * part,
        );
        compound(d, &leaf, length, LEAF.mix(DEEP, 0.4).vary(&mut dice));
    }
    for y in [204.0, 128.0] {
        d.tube(
            &Path::through(&[(199.0, y), (214.0, y - 4.0)]),
            JUTE.light(),
            3.0,
        );
    }
    for (root, side) in [(0.36, 1.0), (0.5, -1.0), (0.76, 1.0)] {
        let from = stem.point(root);
        let truss = Curve::arch(from, (from.0 + side * 52.0, from.1 + 54.0), 4.0);
        d.tube(&truss.path(), STEM, 3.0);
        for (part, out, tone) in [
            (0.5, -1.0, RED),
            (0.66, 1.0, RED),
            (0.84, -1.0, CORAL),
            (1.0, 0.6, GOLD.mix(FRESH, 0.5)),
        ] {
            let at = truss.point(part);
            cherry(d, (at.0 + out * 11.0, at.1 + 11.0), 13.5, tone);
        }
    }
    pot.draw(d, FOOT);
}

/// A tomato's leaf: few broad leaflets along an arching stalk.
fn compound(d: &mut Drawing, stalk: &Curve, length: f64, colour: Colour) {
    d.tube(&stalk.path(), STEM, 2.4);
    for (part, open) in [(0.45, 66.0), (0.74, 56.0)] {
        for side in [-1.0, 1.0] {
            let leaf = Leaf::new(length * 0.36, length * 0.22, colour).belly(0.4);
            leaf.draw(d, stalk.point(part), stalk.angle(part) + side * open);
        }
    }
    Leaf::new(length * 0.42, length * 0.26, colour)
        .belly(0.4)
        .draw(d, stalk.point(0.96), stalk.angle(1.0));
}

fn chilli(d: &mut Drawing) {
    let pot = Pot::new(Form::Taper, GLAZE, 112.0, 84.0).motif(Motif::Zigzag(CREAM));
    pot.soil(d, FOOT);
    let tips = [
        (200.0, 74.0),
        (140.0, 92.0),
        (262.0, 94.0),
        (98.0, 140.0),
        (304.0, 142.0),
    ];
    d.tube(&Path::through(&[TOP, (200.0, 214.0)]), STEM, 7.0);
    let curves = stems(d, (MIDDLE, 224.0), &tips, STEM, 4.0);
    let mut dice = Dice::new(8);
    for curve in &curves {
        for (part, side) in [
            (0.34, -1.0),
            (0.5, 1.0),
            (0.68, -1.0),
            (0.84, 1.0),
            (1.0, 0.0),
        ] {
            let leaf = Leaf::new(50.0, 23.0, DEEP.mix(LEAF, 0.3).vary(&mut dice)).belly(0.38);
            leaf.draw(d, curve.point(part), curve.angle(part) + side * 74.0);
        }
    }
    for (x, y, lean, tone) in [
        (112.0, 160.0, -8.0, RED),
        (146.0, 132.0, 4.0, RED),
        (174.0, 164.0, -6.0, CRIMSON.mix(RED, 0.5)),
        (208.0, 128.0, 6.0, RED),
        (238.0, 162.0, -4.0, RED),
        (266.0, 130.0, 8.0, LEAF),
        (296.0, 164.0, 8.0, RED),
        (204.0, 196.0, 6.0, FRESH),
    ] {
        pod(d, (x, y), 62.0, lean, tone);
    }
    pot.draw(d, FOOT);
}

fn strawberry(d: &mut Drawing) {
    let pot = Pot::clay(128.0, 86.0);
    pot.soil(d, FOOT);
    let foot = (MIDDLE, FLOOR - 84.0);
    let tips = [
        (88.0, 176.0),
        (312.0, 174.0),
        (118.0, 122.0),
        (282.0, 120.0),
        (166.0, 92.0),
        (236.0, 92.0),
        (200.0, 164.0),
    ];
    let curves = stems(d, foot, &tips, STEM.mix(WINE, 0.15), 3.6);
    let mut dice = Dice::new(5);
    for curve in &curves {
        let (tip, angle) = (curve.point(1.0), curve.angle(1.0) * 0.8);
        for turn in [-72.0, 72.0, 0.0] {
            let leaf = Leaf::new(46.0, 38.0, LEAF.mix(DEEP, 0.3).vary(&mut dice)).belly(0.6);
            leaf.veined(d, tip, angle + turn, DEEP.shade());
        }
    }
    for (x, y) in [(148.0, 190.0), (258.0, 186.0), (206.0, 112.0)] {
        d.under(Placement::at((x, y)), |d| {
            ring(d, 5, 19.0, 17.0, WHITE);
            d.disc((0.0, 0.0), 6.0, GOLD);
        });
    }
    pot.draw(d, FOOT);
    for (x, y, size, tone) in [
        (124.0, 262.0, 25.0, RED),
        (168.0, 282.0, 27.0, RED),
        (226.0, 270.0, 26.0, RED),
        (276.0, 266.0, 24.0, RED),
        (200.0, 244.0, 19.0, CREAM.mix(FRESH, 0.4)),
    ] {
        let from = (MIDDLE + (x - MIDDLE) * 0.7, 256.0);
        d.tube(&Curve::arch(from, (x, y), 10.0).path(), STEM, 3.0);
        berry(d, (x, y), size, tone);
    }
}

fn courgette(d: &mut Drawing) {
    for (angle, length) in [
        (-70.0, 126.0),
        (70.0, 126.0),
        (-42.0, 164.0),
        (40.0, 166.0),
        (-12.0, 188.0),
        (16.0, 150.0),
    ] {
        let stalk = shoot((MIDDLE + angle * 0.3, EARTHED.1), angle, length);
        d.tube(&stalk.path(), FRESH, 6.0);
        let place = Placement::at(stalk.point(1.0)).turned(angle * 0.9);
        let lobes = [
            (-142.0, 34.0),
            (-98.0, 52.0),
            (-50.0, 58.0),
            (0.0, 66.0),
            (50.0, 58.0),
            (98.0, 52.0),
            (142.0, 34.0),
        ];
        lobed(d, place, &lobes, (0.62, 14.0), LEAF.mix(DEEP, 0.4));
        d.under(place, |d| {
            let flecks = [-74.0, -24.0, 24.0, 74.0].map(|turn| polar((0.0, 0.0), turn, 30.0));
            d.specks(&flecks, SILVER, 5.0);
        });
    }
    for (foot, angle, length) in [
        ((164.0, 326.0), -98.0, 92.0),
        ((236.0, 326.0), 96.0, 96.0),
        ((206.0, 330.0), 128.0, 60.0),
    ] {
        marrow(d, foot, angle, length);
    }
    for (x, y, size) in [(196.0, 262.0, 42.0), (112.0, 336.0, 24.0)] {
        d.tube(
            &Path::through(&[(MIDDLE, EARTHED.1), (x, y + 8.0)]),
            FRESH,
            5.0,
        );
        d.under(Placement::at((x, y)).stretched(1.0, 0.86), |d| {
            ring(d, 5, size, size * 0.62, GOLD);
            ring(d, 5, size * 0.4, size * 0.3, ORANGE);
        });
    }
}

fn kale(d: &mut Drawing) {
    d.tube(&Path::through(&[EARTHED, (MIDDLE, 258.0)]), STEM, 13.0);
    let colour = DEEP.mix(NAVY, 0.34);
    for (angle, length, width) in [
        (-18.0, 200.0, 44.0),
        (20.0, 196.0, 44.0),
        (-44.0, 188.0, 46.0),
        (46.0, 186.0, 46.0),
        (-70.0, 166.0, 46.0),
        (72.0, 164.0, 46.0),
        (-96.0, 138.0, 44.0),
        (98.0, 138.0, 44.0),
        (0.0, 180.0, 42.0),
        (-32.0, 128.0, 36.0),
        (34.0, 124.0, 36.0),
        (0.0, 104.0, 30.0),
    ] {
        let foot = (MIDDLE + angle * 0.08, 272.0);
        puckered(
            d,
            Placement::at(foot).turned(angle),
            (length, width),
            colour,
        );
    }
}

/// A long blistered leaf with a pale rib.
fn puckered(d: &mut Drawing, place: Placement, (length, width): Point, colour: Colour) {
    d.under(place, |d| {
        let half = width / 2.0;
        let mut edge = vec![(0.0, 0.0)];
        let rows = 8;
        let out = |row: i32| {
            let along = f64::from(row) / f64::from(rows);
            let wave = if row % 2 == 0 { 1.08 } else { 0.9 };
            (
                half * wave * (along * 2.9 + 0.2).sin().powf(0.6),
                -length * (0.14 + 0.84 * along),
            )
        };
        edge.extend((0..=rows).map(|row| (-out(row).0, out(row).1)));
        edge.extend((0..=rows).rev().map(out));
        let outline = Path::soft(&edge);
        d.shape(&outline, colour);
        let rib = Path::through(&[(0.0, 0.0), (0.0, -length * 0.94)]);
        d.line(&rib, SILVER, 4.0);
        for side in [-1.0, 1.0] {
            for row in [0.36, 0.64] {
                let bumps = Path::through(&[
                    (side * half * row, -length * 0.24),
                    (side * half * row * 0.8, -length * 0.86),
                ]);
                let tone = if side < 0.0 {
                    colour.light()
                } else {
                    colour.shade()
                };
                d.dots(&bumps, tone.mix(colour, 0.45), 5.0, 10.0);
            }
        }
    });
}

fn chard(d: &mut Drawing) {
    for (angle, length, stalk) in [
        (-64.0, 178.0, ORANGE),
        (64.0, 178.0, ROSE),
        (-40.0, 226.0, RED),
        (40.0, 224.0, LEMON),
        (-16.0, 258.0, GOLD),
        (18.0, 254.0, CRIMSON),
        (0.0, 190.0, CORAL),
        (-52.0, 120.0, ROSE.mix(CRIMSON, 0.4)),
        (54.0, 118.0, ORANGE),
    ] {
        let foot = (MIDDLE + angle * 0.6, EARTHED.1);
        let curve = shoot(foot, angle * 0.7, length);
        let blade = curve.point(0.42);
        let turn = curve.angle(0.7);
        d.tube(&Path::from(foot).quad(curve.point(0.2), blade), stalk, 11.0);
        let (long, wide) = (length * 0.6, length * 0.36);
        let colour = LEAF.mix(DEEP, if angle < 0.0 { 0.2 } else { 0.6 });
        d.under(Placement::at(blade).turned(turn), |d| {
            let edge = [
                (0.0, 6.0),
                (-0.5, -0.04),
                (-0.4, -0.2),
                (-0.58, -0.36),
                (-0.42, -0.54),
                (-0.5, -0.72),
                (-0.2, -0.94),
                (0.0, -1.06),
                (0.22, -0.94),
                (0.5, -0.72),
                (0.42, -0.54),
                (0.58, -0.36),
                (0.4, -0.2),
                (0.5, -0.04),
            ]
            .map(|(x, y): Point| (x * wide, if y > 1.0 { y } else { y * long }));
            d.shape(&Path::soft(&edge), colour);
            d.tube(
                &Path::through(&[(0.0, 2.0), (0.0, -long * 0.34)]),
                stalk,
                6.5,
            );
            let mut veins = Path::through(&[(0.0, -long * 0.3), (0.0, -long * 0.84)]);
            for part in [0.14, 0.3, 0.46, 0.62] {
                for side in [-1.0, 1.0] {
                    let tip = (side * wide * (0.36 - 0.2 * part), -long * (part + 0.16));
                    veins = veins.and(&Path::through(&[(0.0, -long * part), tip]));
                }
            }
            d.line(&veins, stalk, 2.4);
        });
    }
}
