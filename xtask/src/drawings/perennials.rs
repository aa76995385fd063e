//! Perennials in a bed that are known by their spikes, plates or leaves. Those with single large
//! flowers stand in `blooms`.

use super::{
    colour::*,
    flowers::{rosette, spike, umbel},
    geometry::{Curve, Path, Placement, Point},
    growth::{leafy, shoot, skirt, stems},
    leaves::{Leaf, Pinnate, strap},
    scene::{BED, MIDDLE, bed},
    svg::Drawing,
};

const FOOT: Point = (MIDDLE, BED + 8.0);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "english-lavender" => (LILAC, lavender),
        "blue-hosta" => (BLUSHED, hosta),
        "meadow-sage" => (BUTTER, meadow_sage),
        "yarrow" => (SAND, yarrow),
        "autumn-stonecrop" => (MIST, stonecrop),
        "feather-reed-grass" => (SKY, reed_grass),
        "delphinium" => (BLUSHED, delphinium),
        _ => return false,
    };
    bed(d, tint);
    plant(d);
    true
}

/// Lavender: a silver cushion under violet spikes.
fn lavender(d: &mut Drawing) {
    let tips = [
        (84.0, 150.0),
        (112.0, 108.0),
        (146.0, 84.0),
        (182.0, 66.0),
        (220.0, 68.0),
        (256.0, 86.0),
        (290.0, 112.0),
        (318.0, 152.0),
        (130.0, 158.0),
        (204.0, 128.0),
        (272.0, 160.0),
    ];
    let curves = stems(d, FOOT, &tips, SILVER, 2.4);
    d.pen(1.5, |d| {
        for curve in &curves {
            spike(d, curve, (0.68, 1.0), 5, (10.5, 11.0), VIOLET);
        }
    });
    for (index, angle) in [-64.0, 64.0, -46.0, 46.0, -28.0, 28.0, -10.0, 10.0]
        .into_iter()
        .enumerate()
    {
        let foot = (MIDDLE + angle * 0.5, FOOT.1);
        let stem = shoot(foot, angle, 92.0);
        let colour = if index % 2 == 0 {
            SILVER
        } else {
            SILVER.mix(DEEP, 0.25)
        };
        d.line(&stem.path(), INK, 3.0);
        d.pen(1.5, |d| {
            Pinnate {
                count: 5,
                length: 36.0,
                width: 9.0,
                open: 40.0,
                from: 0.1,
                taper: 0.8,
                colour,
            }
            .draw(d, &stem)
        });
    }
}

fn hosta(d: &mut Drawing) {
    for (tip, rows) in [((156.0, 74.0), 6), ((250.0, 84.0), 6)] {
        let stem = stems(d, FOOT, &[tip], STEM, 3.4)[0];
        spike(d, &stem, (0.72, 1.0), rows, (13.0, 16.0), MAUVE);
    }
    let colour = BLUE_LEAF;
    for (angle, length) in [
        (-88.0, 118.0),
        (88.0, 118.0),
        (-64.0, 138.0),
        (66.0, 138.0),
        (-40.0, 144.0),
        (42.0, 142.0),
        (0.0, 138.0),
        (-22.0, 116.0),
        (24.0, 112.0),
        (-76.0, 84.0),
        (78.0, 84.0),
        (-4.0, 86.0),
    ] {
        let foot = (MIDDLE + angle * 0.2, FOOT.1);
        let leaf = Leaf::new(length, length * 0.56, colour)
            .belly(0.46)
            .bend(angle * 0.16);
        leaf.draw(d, foot, angle);
        d.under(Placement::at(foot).turned(angle), |d| {
            let mut ribs = Path::default();
            for part in [-0.26, -0.13, 0.13, 0.26] {
                let (wide, tip) = (length * part, (leaf.bend * 0.8, -length * 0.84));
                ribs = ribs.and(&Path::from((0.0, -length * 0.12)).cubic(
                    (wide, -length * 0.3),
                    (wide, -length * 0.6),
                    tip,
                ));
            }
            d.line(&ribs, colour.shade(), 1.4);
        });
    }
}

fn meadow_sage(d: &mut Drawing) {
    let tips = [
        (92.0, 138.0),
        (128.0, 90.0),
        (170.0, 62.0),
        (214.0, 56.0),
        (258.0, 78.0),
        (298.0, 120.0),
        (192.0, 140.0),
    ];
    let curves = stems(d, FOOT, &tips, WINE.mix(INK, 0.3), 3.0);
    for curve in &curves {
        spike(
            d,
            curve,
            (0.46, 1.0),
            10,
            (9.5, 12.0),
            VIOLET.mix(NAVY, 0.35),
        );
    }
    skirt(
        d,
        FOOT,
        Leaf::new(82.0, 30.0, LEAF),
        &[-80.0, 80.0, -58.0, 58.0, -36.0, 36.0, -14.0, 14.0],
    );
}

fn yarrow(d: &mut Drawing) {
    let tips = [
        (108.0, 190.0),
        (164.0, 130.0),
        (232.0, 152.0),
        (294.0, 198.0),
    ];
    let curves = stems(d, FOOT, &tips, STEM.mix(SILVER, 0.4), 3.6);
    d.pen(1.4, |d| {
        for curve in &curves {
            for (part, side) in [(0.3, -1.0), (0.54, 1.0)] {
                let angle = curve.angle(part) + side * 48.0;
                feather(d, curve.point(part), angle, 46.0);
            }
        }
        for angle in [-74.0, 74.0, -50.0, 50.0, -26.0, 26.0] {
            feather(d, (MIDDLE + angle * 0.4, FOOT.1), angle, 86.0);
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
fn feather(d: &mut Drawing, foot: Point, angle: f64, length: f64) {
    let stem = shoot(foot, angle, length);
    d.line(&stem.path(), DEEP, 2.0);
    // Silvery on the side away from the light.
    let colour = LEAF.mix(SILVER, if angle < 0.0 { 0.0 } else { 0.4 });
    Pinnate {
        count: 5,
        length: length * 0.27,
        width: 7.0,
        open: 54.0,
        from: 0.1,
        taper: 0.5,
        colour,
    }
    .draw(d, &stem);
}

fn stonecrop(d: &mut Drawing) {
    let tips = [
        (94.0, 206.0),
        (146.0, 166.0),
        (204.0, 146.0),
        (262.0, 164.0),
        (312.0, 204.0),
    ];
    let curves = stems(d, FOOT, &tips, FRESH.mix(SILVER, 0.5), 6.0);
    let leaf = Leaf::new(44.0, 25.0, LEAF.mix(SILVER, 0.45)).belly(0.58);
    for curve in &curves {
        leafy(d, curve, &[0.2, 0.32, 0.46, 0.58, 0.72, 0.84], leaf, 62.0);
    }
    for (curve, half) in curves.iter().zip([40.0, 46.0, 52.0, 46.0, 40.0]) {
        let place = Placement::at(curve.point(1.0)).turned(curve.angle(1.0) * 0.4);
        umbel(d, place, half, 36.0, (10.0, ROSE.mix(COPPER, 0.3)));
    }
}

fn reed_grass(d: &mut Drawing) {
    let tips = [
        (112.0, 90.0),
        (142.0, 64.0),
        (170.0, 46.0),
        (198.0, 38.0),
        (226.0, 44.0),
        (254.0, 60.0),
        (284.0, 88.0),
    ];
    let curves = stems(d, FOOT, &tips, JUTE.mix(OLIVE, 0.4), 2.4);
    d.pen(1.5, |d| {
        for curve in &curves {
            Pinnate {
                count: 9,
                length: 22.0,
                width: 7.0,
                open: 16.0,
                from: 0.62,
                taper: 0.6,
                colour: MUSTARD.mix(BLUSH, 0.3),
            }
            .draw(d, curve);
        }
    });
    for (index, (x, y)) in [
        (64.0, 214.0),
        (336.0, 210.0),
        (92.0, 172.0),
        (308.0, 170.0),
        (124.0, 150.0),
        (278.0, 148.0),
        (158.0, 138.0),
        (244.0, 138.0),
        (200.0, 150.0),
        (104.0, 244.0),
        (296.0, 246.0),
    ]
    .into_iter()
    .enumerate()
    {
        let foot = (MIDDLE + (x - MIDDLE) * 0.2, FOOT.1 + 2.0);
        let colour = if index % 2 == 0 { LEAF } else { FRESH };
        strap(d, &Curve::stem(foot, (x, y)), 9.0, colour);
    }
}

fn delphinium(d: &mut Drawing) {
    let tips = [(128.0, 92.0), (206.0, 38.0), (280.0, 104.0)];
    let curves = stems(d, FOOT, &tips, STEM, 5.0);
    for (angle, length) in [
        (-74.0, 104.0),
        (74.0, 104.0),
        (-42.0, 112.0),
        (44.0, 112.0),
        (0.0, 100.0),
    ] {
        let place = Placement::at((MIDDLE + angle * 0.4, FOOT.1)).turned(angle);
        let lobes = [
            (-62.0, length * 0.66),
            (-32.0, length * 0.9),
            (0.0, length),
            (32.0, length * 0.9),
            (62.0, length * 0.66),
        ];
        super::leaves::lobed(d, place, &lobes, (0.5, 9.0), LEAF);
    }
    for (curve, rows) in curves.iter().zip([7_u32, 9, 7]) {
        let mut eyes = Vec::new();
        for row in 0..rows {
            let along = f64::from(row) / f64::from(rows - 1);
            let (at, size) = (curve.point(0.4 + 0.58 * along), 19.0 - 11.0 * along);
            for (side, tone) in [
                (1.0, NAVY),
                (-1.0, NAVY.mix(VIOLET, 0.25)),
                (0.0, NAVY.mix(BLUE, 0.25)),
            ] {
                let up = if side == 0.0 { 9.0 } else { 0.0 };
                let at = (at.0 + side * (15.0 - 10.0 * along), at.1 - up);
                let floret = rosette(5, size).placed(Placement::at(at).turned(side * 24.0));
                d.shape(&floret, tone);
                eyes.push(at);
            }
        }
        d.specks(&eyes, INK, 7.0);
    }
}
