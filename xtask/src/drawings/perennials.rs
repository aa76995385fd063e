//! Perennials in a bed.

use super::{
    colour::*,
    flowers::{cone, daisy, full, ring, spike, umbel},
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    leaves::{Leaf, Pinnate, strap},
    scene::{BED, MIDDLE, bed},
    svg::Drawing,
};

const FOOT: Point = (MIDDLE, BED + 8.0);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "english-lavender" => (LILAC, lavender),
        "purple-coneflower" => (SAND, coneflower),
        "black-eyed-susan" => (SKY, rudbeckia),
        "shasta-daisy" => (SAGE, shasta),
        "blue-hosta" => (BLUSHED, hosta),
        "meadow-sage" => (BUTTER, meadow_sage),
        "yarrow" => (SAND, yarrow),
        "japanese-anemone" => (LILAC, anemone),
        "autumn-stonecrop" => (MIST, stonecrop),
        "peony" => (SAGE, peony),
        "feather-reed-grass" => (SKY, reed_grass),
        "delphinium" => (BLUSHED, delphinium),
        _ => return false,
    };
    bed(d, tint);
    plant(d);
    true
}

/// Stems from one foot to many tips.
fn stems(d: &mut Drawing, tips: &[Point], colour: Colour, width: f64) -> Vec<Curve> {
    let root = |tip: &Point| (FOOT.0 + (tip.0 - FOOT.0) * 0.22, FOOT.1);
    let curves: Vec<Curve> = tips.iter().map(|tip| Curve::stem(root(tip), *tip)).collect();
    for curve in &curves {
        d.tube(&curve.path(), colour, width);
    }
    curves
}

/// Pairs of leaves along a stem.
fn leafy(d: &mut Drawing, stem: &Curve, parts: &[f64], leaf: Leaf, open: f64) {
    for (index, &part) in parts.iter().enumerate() {
        let side = if index % 2 == 0 { -1.0 } else { 1.0 };
        leaf.bend(side * leaf.length * 0.12).draw(d, stem.point(part), stem.angle(part) + side * open);
    }
}

/// Leaves around the foot.
fn skirt(d: &mut Drawing, leaf: Leaf, angles: &[f64]) {
    let mut dice = Dice::new(angles.len() as u64);
    for &angle in angles {
        let foot = (FOOT.0 + angle * 0.34, FOOT.1 + 2.0);
        leaf.bend(angle * 0.14).colour(leaf.colour.vary(&mut dice)).draw(d, foot, angle);
    }
}

/// Lavender: a silver cushion under violet spikes.
pub(super) fn lavender(d: &mut Drawing) {
    let tips = [
        (84.0, 150.0), (112.0, 108.0), (146.0, 84.0), (182.0, 66.0), (220.0, 68.0), (256.0, 86.0), (290.0, 112.0), (318.0, 152.0), (130.0, 158.0), (204.0, 128.0), (272.0, 160.0),
    ];
    let curves = stems(d, &tips, SILVER, 2.4);
    d.pen(1.5, |d| {
        for curve in &curves {
            spike(d, curve, (0.72, 1.0), 5, (9.0, 11.0), VIOLET);
        }
    });
    for (index, angle) in [-64.0, 64.0, -46.0, 46.0, -28.0, 28.0, -10.0, 10.0].into_iter().enumerate() {
        let foot = (MIDDLE + angle * 0.5, FOOT.1);
        let stem = Curve::stem(foot, polar(foot, angle, 92.0));
        let colour = if index % 2 == 0 { SILVER } else { SILVER.mix(DEEP, 0.25) };
        d.line(&stem.path(), INK, 3.0);
        d.pen(1.5, |d| Pinnate { count: 6, length: 34.0, width: 8.0, open: 40.0, from: 0.1, taper: 0.8, colour }.draw(d, &stem));
    }
}

/// Purple coneflowers.
pub(super) fn coneflower(d: &mut Drawing) {
    let tips = [(108.0, 150.0), (168.0, 88.0), (236.0, 118.0), (296.0, 168.0)];
    let curves = stems(d, &tips, STEM, 4.0);
    for curve in &curves {
        leafy(d, curve, &[0.3, 0.48, 0.64], Leaf::new(50.0, 17.0, DEEP).belly(0.35), 56.0);
    }
    skirt(d, Leaf::new(92.0, 28.0, DEEP), &[-70.0, 70.0, -44.0, 46.0, -16.0, 20.0]);
    for (curve, size) in curves.iter().zip([40.0, 44.0, 42.0, 36.0]) {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.4);
        cone(d, place, size, ROSE.mix(VIOLET, 0.3), COPPER.mix(WINE, 0.25));
    }
}

fn rudbeckia(d: &mut Drawing) {
    let tips = [(96.0, 164.0), (150.0, 112.0), (206.0, 82.0), (262.0, 116.0), (312.0, 166.0), (184.0, 174.0), (246.0, 192.0)];
    let curves = stems(d, &tips, STEM, 3.6);
    for curve in &curves[..5] {
        leafy(d, curve, &[0.35, 0.55], Leaf::new(44.0, 18.0, DEEP), 54.0);
    }
    skirt(d, Leaf::new(88.0, 36.0, DEEP), &[-76.0, 76.0, -50.0, 52.0, -24.0, 26.0, 0.0]);
    for (curve, size) in curves.iter().zip([33.0, 36.0, 40.0, 36.0, 33.0, 34.0, 30.0]) {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.5);
        daisy(d, place, (12, size, size * 0.42), (GOLD, BARK.mix(INK, 0.4)), 0.86);
    }
}

fn shasta(d: &mut Drawing) {
    let tips = [(104.0, 140.0), (164.0, 92.0), (236.0, 84.0), (300.0, 136.0), (200.0, 162.0)];
    let curves = stems(d, &tips, STEM, 3.6);
    for curve in &curves {
        leafy(d, curve, &[0.28, 0.44, 0.6], Leaf::new(42.0, 13.0, LEAF), 46.0);
    }
    skirt(d, Leaf::new(84.0, 20.0, DEEP), &[-78.0, 78.0, -56.0, 56.0, -34.0, 34.0, -12.0, 12.0]);
    for (curve, size) in curves.iter().zip([41.0, 44.0, 46.0, 41.0, 42.0]) {
        daisy(d, Placement::at(curve.point(1.0)), (15, size, size * 0.33), (WHITE, GOLD), 0.9);
    }
}

fn hosta(d: &mut Drawing) {
    for (tip, rows) in [((156.0, 74.0), 6), ((250.0, 84.0), 6)] {
        let stem = stems(d, &[tip], STEM, 3.4)[0];
        spike(d, &stem, (0.72, 1.0), rows, (13.0, 16.0), MAUVE);
    }
    let colour = BLUE_LEAF;
    for (angle, length) in [
        (-88.0, 118.0), (88.0, 118.0), (-64.0, 138.0), (66.0, 138.0), (-40.0, 144.0), (42.0, 142.0), (0.0, 138.0), (-22.0, 116.0), (24.0, 112.0), (-76.0, 84.0), (78.0, 84.0), (-4.0, 86.0),
    ] {
        let foot = (MIDDLE + angle * 0.2, FOOT.1);
        let leaf = Leaf::new(length, length * 0.56, colour).belly(0.46).bend(angle * 0.16);
        leaf.draw(d, foot, angle);
        d.under(Placement::at(foot).turned(angle), |d| {
            let mut ribs = Path::default();
            for part in [-0.26, -0.13, 0.13, 0.26] {
                let (wide, tip) = (length * part, (leaf.bend * 0.8, -length * 0.84));
                ribs = ribs.and(&Path::from((0.0, -length * 0.12)).cubic((wide, -length * 0.3), (wide, -length * 0.6), tip));
            }
            d.line(&ribs, colour.shade(), 1.4);
        });
    }
}

fn meadow_sage(d: &mut Drawing) {
    let tips = [(92.0, 138.0), (128.0, 90.0), (170.0, 62.0), (214.0, 56.0), (258.0, 78.0), (298.0, 120.0), (192.0, 140.0)];
    let curves = stems(d, &tips, WINE.mix(INK, 0.3), 3.0);
    for curve in &curves {
        spike(d, curve, (0.46, 1.0), 10, (9.5, 12.0), VIOLET.mix(NAVY, 0.35));
    }
    skirt(d, Leaf::new(82.0, 30.0, LEAF), &[-80.0, 80.0, -58.0, 58.0, -36.0, 36.0, -14.0, 14.0]);
}

fn yarrow(d: &mut Drawing) {
    let tips = [(108.0, 190.0), (164.0, 130.0), (232.0, 152.0), (294.0, 198.0)];
    let curves = stems(d, &tips, STEM.mix(SILVER, 0.4), 3.6);
    d.pen(1.4, |d| {
        for (index, curve) in curves.iter().enumerate() {
            for (part, side) in [(0.25, -1.0), (0.45, 1.0), (0.62, -1.0)] {
                feather(d, curve.point(part), curve.angle(part) + side * 48.0, 46.0, index);
            }
        }
        for (index, angle) in [-74.0, 74.0, -50.0, 50.0, -26.0, 26.0].into_iter().enumerate() {
            feather(d, (MIDDLE + angle * 0.4, FOOT.1), angle, 86.0, index);
        }
    });
    for (curve, half) in curves.iter().zip([44.0, 54.0, 50.0, 42.0]) {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.4);
        umbel(d, place, half, 44.0, (9.0, RED.mix(CRIMSON, 0.3)));
        d.under(place, |d| {
            let row = Path::from((-half * 0.8, -44.0)).quad((0.0, -58.0), (half * 0.8, -44.0));
            d.dots(&row, GOLD, 3.4, 14.0);
        });
    }
}

/// A finely cut leaf.
fn feather(d: &mut Drawing, foot: Point, angle: f64, length: f64, index: usize) {
    let stem = Curve::stem(foot, polar(foot, angle, length));
    let colour = if index % 2 == 0 { LEAF } else { LEAF.mix(SILVER, 0.4) };
    Pinnate { count: 8, length: length * 0.2, width: 5.0, open: 56.0, from: 0.1, taper: 0.5, colour }.draw(d, &stem);
}

fn anemone(d: &mut Drawing) {
    let tips = [(112.0, 124.0), (186.0, 76.0), (262.0, 102.0), (312.0, 166.0), (152.0, 186.0)];
    let curves = stems(d, &tips, STEM.mix(WINE, 0.25), 3.2);
    for (x, y) in [(226.0, 58.0), (82.0, 166.0)] {
        d.tube(&Curve::stem((MIDDLE + (x - MIDDLE) * 0.5, 196.0), (x, y)).path(), STEM.mix(WINE, 0.25), 2.6);
        d.disc((x, y), 7.5, BLUSH);
    }
    for (angle, length) in [(-78.0, 84.0), (78.0, 84.0), (-48.0, 98.0), (50.0, 98.0), (-18.0, 92.0), (20.0, 92.0)] {
        let hub = polar((MIDDLE + angle * 0.4, FOOT.1), angle, length * 0.4);
        d.tube(&Path::through(&[(MIDDLE + angle * 0.3, FOOT.1), hub]), STEM, 2.6);
        for turn in [-52.0, 52.0, 0.0] {
            let size = if turn == 0.0 { 0.78 } else { 0.58 };
            Leaf::new(length * size, length * size * 0.56, DEEP).draw(d, hub, angle + turn);
        }
    }
    for (curve, size) in curves.iter().zip([35.0, 40.0, 38.0, 32.0, 34.0]) {
        let at = curve.point(1.0);
        d.under(Placement::at(at).turned(20.0).stretched(1.0, 0.92), |d| {
            ring(d, 4, size * 0.96, size * 0.86, WHITE.mix(BLUSH, 0.25));
            d.under(Placement::NONE.turned(45.0), |d| ring(d, 4, size * 0.9, size * 0.8, WHITE));
        });
        d.under(Placement::at(at), |d| {
            d.dots(&Path::ellipse((0.0, 0.0), size * 0.29, size * 0.27), INK, 5.4, 6.5);
            d.dots(&Path::ellipse((0.0, 0.0), size * 0.29, size * 0.27), GOLD, 4.0, 6.5);
            d.disc((0.0, 0.0), size * 0.16, FRESH);
        });
    }
}

fn stonecrop(d: &mut Drawing) {
    let tips = [(94.0, 206.0), (146.0, 166.0), (204.0, 146.0), (262.0, 164.0), (312.0, 204.0)];
    let curves = stems(d, &tips, FRESH.mix(SILVER, 0.5), 6.0);
    let leaf = Leaf::new(44.0, 25.0, LEAF.mix(SILVER, 0.45)).belly(0.58);
    for curve in &curves {
        leafy(d, curve, &[0.16, 0.24, 0.4, 0.48, 0.64, 0.72, 0.86, 0.92], leaf, 62.0);
    }
    for (curve, half) in curves.iter().zip([40.0, 46.0, 52.0, 46.0, 40.0]) {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.4);
        umbel(d, place, half, 36.0, (10.0, ROSE.mix(COPPER, 0.3)));
    }
}

/// Peonies.
pub(super) fn peony(d: &mut Drawing) {
    let tips = [(120.0, 148.0), (212.0, 96.0), (292.0, 164.0)];
    let curves = stems(d, &tips, STEM.mix(WINE, 0.3), 5.0);
    for curve in &curves {
        leafy(d, curve, &[0.28, 0.42, 0.56, 0.68], Leaf::new(64.0, 23.0, DEEP), 54.0);
    }
    d.tube(&Curve::stem((168.0, 250.0), (158.0, 78.0)).path(), STEM.mix(WINE, 0.3), 3.6);
    d.disc((158.0, 76.0), 15.0, ROSE);
    for angle in [-150.0, 150.0, 180.0] {
        Leaf::new(21.0, 13.0, LEAF).draw(d, (158.0, 93.0), angle + 180.0);
    }
    skirt(d, Leaf::new(98.0, 32.0, DEEP), &[-76.0, 76.0, -50.0, 50.0, -24.0, 24.0, 0.0]);
    let rings = [(9, 1.0), (9, 0.8), (8, 0.6), (6, 0.42), (5, 0.24)];
    for (curve, size) in curves.iter().zip([52.0, 60.0, 50.0]) {
        let place = Placement::at(curve.point(1.0)).stretched(1.0, 0.9);
        full(d, place, size, &rings, (BLUSH, ROSE));
    }
}

fn reed_grass(d: &mut Drawing) {
    let tips = [(112.0, 90.0), (142.0, 64.0), (170.0, 46.0), (198.0, 38.0), (226.0, 44.0), (254.0, 60.0), (284.0, 88.0)];
    let curves = stems(d, &tips, JUTE.mix(OLIVE, 0.4), 2.4);
    d.pen(1.5, |d| {
        for curve in &curves {
            Pinnate { count: 9, length: 22.0, width: 7.0, open: 16.0, from: 0.62, taper: 0.6, colour: MUSTARD.mix(BLUSH, 0.3) }.draw(d, curve);
        }
    });
    for (index, (x, y)) in [
        (64.0, 214.0), (336.0, 210.0), (92.0, 172.0), (308.0, 170.0), (124.0, 150.0), (278.0, 148.0), (158.0, 138.0), (244.0, 138.0), (200.0, 150.0), (104.0, 244.0), (296.0, 246.0),
    ].into_iter().enumerate() {
        let foot = (MIDDLE + (x - MIDDLE) * 0.2, FOOT.1 + 2.0);
        let colour = if index % 2 == 0 { LEAF } else { FRESH };
        strap(d, &Curve::stem(foot, (x, y)), 9.0, colour);
    }
}

fn delphinium(d: &mut Drawing) {
    let tips = [(128.0, 92.0), (206.0, 38.0), (280.0, 104.0)];
    let curves = stems(d, &tips, STEM, 5.0);
    for (angle, length) in [(-74.0, 104.0), (74.0, 104.0), (-42.0, 112.0), (44.0, 112.0), (0.0, 100.0)] {
        let place = Placement::at((MIDDLE + angle * 0.4, FOOT.1)).turned(angle);
        let lobes = [(-62.0, length * 0.66), (-32.0, length * 0.9), (0.0, length), (32.0, length * 0.9), (62.0, length * 0.66)];
        super::leaves::lobed(d, place, &lobes, (0.5, 9.0), LEAF);
    }
    let mut dice = Dice::new(21);
    for (curve, rows) in curves.iter().zip([7_u32, 9, 7]) {
        for row in 0..rows {
            let along = f64::from(row) / f64::from(rows - 1);
            let part = 0.4 + 0.58 * along;
            let size = 19.0 - 11.0 * along;
            for side in [-1.0, 1.0, 0.0] {
                let x = side * (15.0 - 10.0 * along);
                let at = curve.point(part);
                let tone = NAVY.mix(VIOLET, 0.25).vary(&mut dice);
                let place = Placement::at((at.0 + x, at.1 + if side == 0.0 { -9.0 } else { 0.0 })).turned(side * 24.0);
                d.under(place, |d| {
                    d.shape(&super::flowers::rosette(5, size), tone);
                    d.spot((0.0, 0.0), size * 0.24, INK);
                });
            }
        }
    }
}
