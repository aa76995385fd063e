//! Perennials in a bed that are known by their large flowers.

use super::{
    colour::*,
    flowers::{cone, daisy, full, ring},
    geometry::{Curve, Path, Placement, Point, polar},
    growth::{leafy, skirt, stems},
    leaves::Leaf,
    scene::{BED, MIDDLE, bed},
    svg::Drawing,
};

const FOOT: Point = (MIDDLE, BED + 8.0);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "purple-coneflower" => (SAND, coneflower),
        "black-eyed-susan" => (SKY, rudbeckia),
        "shasta-daisy" => (SAGE, shasta),
        "japanese-anemone" => (LILAC, anemone),
        "peony" => (SAGE, peony),
        _ => return false,
    };
    bed(d, tint);
    plant(d);
    true
}

/// Purple coneflowers.
fn coneflower(d: &mut Drawing) {
    let tips = [
        (108.0, 150.0),
        (168.0, 88.0),
        (236.0, 118.0),
        (296.0, 168.0),
    ];
    let curves = stems(d, FOOT, &tips, STEM, 4.0);
    for curve in &curves {
        leafy(
            d,
            curve,
            &[0.3, 0.48, 0.64],
            Leaf::new(50.0, 17.0, DEEP).belly(0.35),
            56.0,
        );
    }
    skirt(
        d,
        FOOT,
        Leaf::new(92.0, 28.0, DEEP),
        &[-70.0, 70.0, -44.0, 46.0, -16.0, 20.0],
    );
    for (curve, size) in curves.iter().zip([40.0, 44.0, 42.0, 36.0]) {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.4);
        cone(
            d,
            place,
            size,
            ROSE.mix(VIOLET, 0.3),
            COPPER.mix(WINE, 0.25),
        );
    }
}

fn rudbeckia(d: &mut Drawing) {
    let tips = [
        (96.0, 164.0),
        (150.0, 112.0),
        (206.0, 82.0),
        (262.0, 116.0),
        (312.0, 166.0),
        (184.0, 174.0),
        (246.0, 192.0),
    ];
    let curves = stems(d, FOOT, &tips, STEM, 3.6);
    for curve in &curves[..5] {
        leafy(d, curve, &[0.35, 0.55], Leaf::new(44.0, 18.0, DEEP), 54.0);
    }
    skirt(
        d,
        FOOT,
        Leaf::new(88.0, 36.0, DEEP),
        &[-76.0, 76.0, -50.0, 52.0, -24.0, 26.0, 0.0],
    );
    for (curve, size) in curves
        .iter()
        .zip([33.0, 36.0, 40.0, 36.0, 33.0, 34.0, 30.0])
    {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.5);
        daisy(
            d,
            place,
            (12, size, size * 0.42),
            (GOLD, BARK.mix(INK, 0.4)),
            0.86,
        );
    }
}

fn shasta(d: &mut Drawing) {
    let tips = [
        (104.0, 140.0),
        (164.0, 92.0),
        (236.0, 84.0),
        (300.0, 136.0),
        (200.0, 162.0),
    ];
    let curves = stems(d, FOOT, &tips, STEM, 3.6);
    for curve in &curves {
        leafy(
            d,
            curve,
            &[0.28, 0.44, 0.6],
            Leaf::new(42.0, 13.0, LEAF),
            46.0,
        );
    }
    skirt(
        d,
        FOOT,
        Leaf::new(84.0, 20.0, DEEP),
        &[-78.0, 78.0, -56.0, 56.0, -34.0, 34.0, -12.0, 12.0],
    );
    for (curve, size) in curves.iter().zip([41.0, 44.0, 46.0, 41.0, 42.0]) {
        daisy(
            d,
            Placement::at(curve.point(1.0)),
            (15, size, size * 0.33),
            (WHITE, GOLD),
            0.9,
        );
    }
}

fn anemone(d: &mut Drawing) {
    let tips = [
        (112.0, 124.0),
        (186.0, 76.0),
        (262.0, 102.0),
        (312.0, 166.0),
        (152.0, 186.0),
    ];
    let curves = stems(d, FOOT, &tips, STEM.mix(WINE, 0.25), 3.2);
    for (x, y) in [(226.0, 58.0), (82.0, 166.0)] {
        d.tube(
            &Curve::stem((MIDDLE + (x - MIDDLE) * 0.5, 196.0), (x, y)).path(),
            STEM.mix(WINE, 0.25),
            2.6,
        );
        d.disc((x, y), 7.5, BLUSH);
    }
    for (angle, length) in [
        (-78.0, 84.0),
        (78.0, 84.0),
        (-48.0, 98.0),
        (50.0, 98.0),
        (-18.0, 92.0),
        (20.0, 92.0),
    ] {
        let hub = polar((MIDDLE + angle * 0.4, FOOT.1), angle, length * 0.4);
        d.tube(
            &Path::through(&[(MIDDLE + angle * 0.3, FOOT.1), hub]),
            STEM,
            2.6,
        );
        for turn in [-52.0, 52.0, 0.0] {
            let size = if turn == 0.0 { 0.78 } else { 0.58 };
            Leaf::new(length * size, length * size * 0.56, DEEP).draw(d, hub, angle + turn);
        }
    }
    for (curve, size) in curves.iter().zip([35.0, 40.0, 38.0, 32.0, 34.0]) {
        let at = curve.point(1.0);
        d.under(Placement::at(at).turned(20.0).stretched(1.0, 0.92), |d| {
            ring(d, 4, size * 0.96, size * 0.86, WHITE.mix(BLUSH, 0.25));
            d.under(Placement::NONE.turned(45.0), |d| {
                ring(d, 4, size * 0.9, size * 0.8, WHITE)
            });
        });
        d.under(Placement::at(at), |d| {
            d.dots(
                &Path::ellipse((0.0, 0.0), size * 0.29, size * 0.27),
                INK,
                5.4,
                6.5,
            );
            d.dots(
                &Path::ellipse((0.0, 0.0), size * 0.29, size * 0.27),
                GOLD,
                4.0,
                6.5,
            );
            d.disc((0.0, 0.0), size * 0.16, FRESH);
        });
    }
}

/// Peonies.
fn peony(d: &mut Drawing) {
    let tips = [(120.0, 148.0), (212.0, 96.0), (292.0, 164.0)];
    let curves = stems(d, FOOT, &tips, STEM.mix(WINE, 0.3), 5.0);
    for curve in &curves {
        leafy(
            d,
            curve,
            &[0.28, 0.42, 0.56, 0.68],
            Leaf::new(64.0, 23.0, DEEP),
            54.0,
        );
    }
    d.tube(
        &Curve::stem((168.0, 250.0), (158.0, 78.0)).path(),
        STEM.mix(WINE, 0.3),
        3.6,
    );
    d.disc((158.0, 76.0), 15.0, ROSE);
    for angle in [-150.0, 150.0, 180.0] {
        Leaf::new(21.0, 13.0, LEAF).draw(d, (158.0, 93.0), angle + 180.0);
    }
    skirt(
        d,
        FOOT,
        Leaf::new(98.0, 32.0, DEEP),
        &[-76.0, 76.0, -50.0, 50.0, -24.0, 24.0, 0.0],
    );
    let rings = [(9, 1.0), (9, 0.8), (8, 0.6), (6, 0.42), (5, 0.24)];
    for (curve, size) in curves.iter().zip([52.0, 60.0, 50.0]) {
        let place = Placement::at(curve.point(1.0)).stretched(1.0, 0.9);
        full(d, place, size, &rings, (BLUSH, ROSE));
    }
}
