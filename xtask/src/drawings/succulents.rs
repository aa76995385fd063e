//! Succulents and cacti.

use super::{
    colour::*,
    flowers::ring,
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    leaves::{Leaf, strap},
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
    vessels::{Form, Motif, Pot},
};

const FOOT: Point = (MIDDLE, FLOOR);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "string-of-pearls" => (BUTTER, pearls),
        "aloe-vera" => (BLUSHED, aloe),
        "jade-plant" => (SKY, jade),
        "echeveria" => (SAND, echeveria),
        "golden-barrel-cactus" => (LILAC, barrel),
        "bunny-ear-cactus" => (SAND, bunny_ears),
        _ => return false,
    };
    ledge(
        d,
        tint,
        if slug == "string-of-pearls" {
            0.0
        } else {
            64.0
        },
    );
    plant(d);
    true
}

fn pearls(d: &mut Drawing) {
    let foot = (MIDDLE, 196.0);
    for side in [-1.0, 1.0] {
        let cord = Path::through(&[(MIDDLE, 0.0), (MIDDLE + side * 56.0, 138.0)]);
        d.tube(&cord, JUTE, 3.0);
    }
    let pot = Pot::new(Form::Bowl, CORAL, 118.0, 62.0).motif(Motif::Bands(CREAM));
    pot.soil(d, foot);
    pot.draw(d, foot);
    let colour = LEAF.mix(BLUE_LEAF, 0.3);
    for (x, out, low) in [
        (148.0, -44.0, 258.0),
        (158.0, -30.0, 318.0),
        (170.0, -18.0, 284.0),
        (182.0, -12.0, 352.0),
        (196.0, -2.0, 268.0),
        (208.0, 6.0, 330.0),
        (220.0, 14.0, 292.0),
        (232.0, 28.0, 344.0),
        (244.0, 34.0, 272.0),
        (252.0, 46.0, 310.0),
    ] {
        let string =
            Path::from((x, 134.0)).cubic((x + out, 122.0), (x + out, 170.0), (x + out, low));
        d.line(&string, DEEP, 1.8);
        d.beads(&string, colour, 10.0, 13.5);
    }
    for (x, y) in [(152.0, 130.0), (248.0, 130.0)] {
        let heap = Path::from((x, y)).quad((MIDDLE, y - 16.0), (400.0 - x, y));
        d.beads(&heap, colour, 10.0, 12.0);
    }
}

/// An aloe.
fn aloe(d: &mut Drawing) {
    let pot = Pot::clay(104.0, 82.0);
    pot.soil(d, FOOT);
    let colour = BLUE_LEAF.mix(LEAF, 0.5);
    let leaves = [
        (-26.0, 88.0, 2.0),
        (30.0, 96.0, 0.0),
        (-74.0, 120.0, 30.0),
        (76.0, 118.0, 30.0),
        (-104.0, 164.0, 36.0),
        (106.0, 160.0, 36.0),
        (2.0, 66.0, 0.0),
        (-54.0, 152.0, 10.0),
        (56.0, 156.0, 10.0),
        (-20.0, 138.0, 0.0),
        (22.0, 142.0, 0.0),
        (-84.0, 206.0, 22.0),
        (86.0, 208.0, 22.0),
    ];
    for (index, (x, y, rise)) in leaves.into_iter().enumerate() {
        let foot = (MIDDLE + x * 0.16, 268.0);
        let curve = Curve::arch(foot, (MIDDLE + x, y), rise);
        let curve = if rise < 3.0 {
            Curve::stem(foot, (MIDDLE + x, y))
        } else {
            curve
        };
        let colour = if index % 2 == 0 {
            colour
        } else {
            colour.light().mix(LEAF, 0.35)
        };
        strap(d, &curve, 21.0, colour);
        for side in [-1.0, 1.0] {
            let tooth = |part: f64| {
                polar(
                    curve.point(part),
                    curve.angle(part) + 90.0 * side,
                    14.0 * (1.0 - part * 0.85),
                )
            };
            d.specks(&[0.2, 0.34, 0.48, 0.62, 0.76].map(tooth), WHITE, 3.2);
        }
    }
    pot.draw(d, FOOT);
}

fn jade(d: &mut Drawing) {
    let pot = Pot::new(Form::Bowl, GLAZE, 124.0, 70.0).motif(Motif::Specks(CREAM));
    pot.soil(d, FOOT);
    let trunk = (200.0, 284.0);
    let tips = [
        (132.0, 156.0),
        (176.0, 108.0),
        (232.0, 104.0),
        (276.0, 152.0),
        (112.0, 204.0),
        (292.0, 206.0),
        (204.0, 160.0),
    ];
    for tip in tips {
        d.tube(&Curve::stem(trunk, tip).path(), BARK.mix(OLIVE, 0.3), 9.0);
    }
    d.tube(
        &Path::through(&[trunk, (200.0, 236.0)]),
        BARK.mix(OLIVE, 0.3),
        17.0,
    );
    let mut dice = Dice::new(11);
    for tip in tips {
        let stem = Curve::stem(trunk, tip);
        for (part, open) in [(0.7, 84.0), (0.88, 64.0), (1.0, 32.0)] {
            let (at, angle) = (stem.point(part), stem.angle(part) * 0.5);
            for side in [-1.0, 1.0] {
                let leaf = Leaf::new(38.0, 27.0, LEAF.vary(&mut dice)).belly(0.66);
                plump(d, leaf, at, angle + side * open);
            }
        }
        plump(
            d,
            Leaf::new(31.0, 22.0, FRESH).belly(0.66),
            tip,
            stem.angle(1.0) * 0.5,
        );
        d.line(
            &Path::through(&[(tip.0 - 5.0, tip.1 - 13.0), (tip.0 - 4.0, tip.1 - 20.0)]),
            WHITE,
            3.0,
        );
    }
    pot.draw(d, FOOT);
}

/// A fleshy leaf with a red edge.
fn plump(d: &mut Drawing, leaf: Leaf, at: Point, angle: f64) {
    d.under(Placement::at(at).turned(angle), |d| {
        let edge = CRIMSON.mix(INK, 0.3);
        d.outlined(&leaf.outline(), leaf.colour, edge);
    });
}

/// A rosette in a shallow bowl.
fn echeveria(d: &mut Drawing) {
    let pot = Pot::new(Form::Bowl, CREAM, 150.0, 84.0).motif(Motif::Zigzag(TEAL));
    pot.soil(d, FOOT);
    let centre = (MIDDLE, 196.0);
    let stem = Curve([(214.0, 200.0), (250.0, 120.0), (252.0, 76.0), (286.0, 66.0)]);
    d.tube(&stem.path(), ROSE, 3.6);
    for (part, turn) in [(0.72, 150.0), (0.84, 176.0), (0.94, 160.0), (1.0, 130.0)] {
        Leaf::new(24.0, 16.0, CORAL)
            .belly(0.4)
            .draw(d, stem.point(part), turn);
    }
    let colour = BLUE_LEAF.mix(WHITE, 0.35);
    d.under(Placement::at(centre).stretched(1.0, 0.84), |d| {
        for (index, (count, radius)) in [
            (13_u32, 104.0),
            (12, 86.0),
            (10, 68.0),
            (8, 50.0),
            (6, 33.0),
            (4, 18.0),
        ]
        .into_iter()
        .enumerate()
        {
            let step = index as f64;
            let tone = colour.mix(FRESH, step * 0.07).mix(WHITE, step * 0.03);
            d.under(Placement::NONE.turned(13.0 * step), |d| {
                ring(d, count, radius, radius * 0.56, tone)
            });
        }
    });
    for (x, size) in [(128.0, 26.0), (276.0, 22.0)] {
        d.under(Placement::at((x, 264.0)).stretched(1.0, 0.8), |d| {
            ring(d, 8, size, size * 0.6, colour);
            d.under(Placement::NONE.turned(22.0), |d| {
                ring(d, 5, size * 0.55, size * 0.4, colour.light())
            });
        });
    }
    pot.draw(d, FOOT);
}

fn barrel(d: &mut Drawing) {
    let pot = Pot::new(Form::Taper, CLAY, 112.0, 76.0).motif(Motif::Bands(CREAM));
    pot.soil(d, FOOT);
    let (centre, radius) = ((MIDDLE, 188.0), 92.0);
    let colour = LEAF.mix(DEEP, 0.4);
    d.disc(centre, radius, colour);
    for half in [1.0, 0.78, 0.54, 0.28] {
        let tone = if half > 0.9 { colour.shade() } else { colour };
        let rib = Path::ellipse(centre, radius * half, radius);
        if half < 0.95 {
            d.shape(&rib, tone.mix(FRESH, (1.0 - half) * 0.4));
        }
    }
    let far = Path::from((244.0, 107.0))
        .cubic((306.0, 150.0), (306.0, 226.0), (244.0, 269.0))
        .cubic((276.0, 226.0), (276.0, 150.0), (244.0, 107.0))
        .close();
    d.flat(&far, colour.shade());
    let mut spines = Path::default();
    for half in [0.0, 0.4, 0.66, 0.9, -0.4, -0.66, -0.9] {
        for step in 0..8 {
            let high = 0.76 - 0.24 * f64::from(step);
            let across = half * (1.0_f64 - high * high * 0.92).sqrt();
            let at = (centre.0 + radius * across, centre.1 - radius * high * 0.94);
            for turn in [-70.0, -20.0, 30.0, 80.0] {
                let tip = polar(at, turn + across * 50.0, 10.0);
                spines = spines.and(&Path::through(&[at, tip]));
            }
        }
    }
    d.line(&spines, GOLD.light(), 1.7);
    let crown = Path::ellipse((MIDDLE, 101.0), 34.0, 10.0);
    d.shape(&crown, BUTTER.wall);
    for (x, y) in [(176.0, 94.0), (200.0, 90.0), (224.0, 94.0)] {
        d.under(Placement::at((x, y)).stretched(1.0, 0.8), |d| {
            ring(d, 7, 14.0, 8.0, LEMON)
        });
    }
    pot.draw(d, FOOT);
}

fn bunny_ears(d: &mut Drawing) {
    let pot = Pot::new(Form::Cylinder, TEAL, 104.0, 80.0).motif(Motif::Dipped(CREAM));
    pot.soil(d, FOOT);
    let pads = [
        ((166.0, 176.0), -30.0, 76.0, 56.0),
        ((236.0, 178.0), 34.0, 74.0, 54.0),
        ((198.0, 272.0), 0.0, 112.0, 84.0),
        ((136.0, 116.0), -20.0, 62.0, 46.0),
        ((174.0, 110.0), 16.0, 56.0, 42.0),
        ((270.0, 122.0), 22.0, 58.0, 44.0),
    ];
    for (foot, angle, length, width) in pads {
        d.under(Placement::at(foot).turned(angle), |d| {
            let pad = |part: f64| {
                Path::ellipse(
                    (0.0, -length / 2.0),
                    width / 2.0 * part,
                    length / 2.0 * part,
                )
            };
            d.shape(&pad(1.0), LEAF.shade());
            d.flat(
                &Path::ellipse((-width * 0.05, -length * 0.52), width * 0.43, length * 0.45),
                LEAF,
            );
            for row in 0..5 {
                let y = -length * (0.16 + 0.17 * f64::from(row));
                let half = width * 0.36 * (1.0 - (f64::from(row) - 2.0).abs() * 0.2);
                let shift = if row % 2 == 0 { 0.0 } else { 5.0 };
                d.dots(
                    &Path::through(&[(-half + shift, y), (half, y)]),
                    LEMON,
                    4.4,
                    11.0,
                );
            }
        });
    }
    d.under(Placement::at((148.0, 58.0)), |d| {
        ring(d, 8, 15.0, 9.0, LEMON)
    });
    pot.draw(d, FOOT);
}
