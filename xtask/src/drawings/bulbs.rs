//! Bulbs: the flower above the ground, and below it what is in the bag. Corms, tubers and the
//! lily stand in `corms`.

use super::{
    colour::*,
    flowers::{ball, cup, rosette, trumpet},
    geometry::{Curve, Path, Placement, Point, polar},
    leaves::{Leaf, strap},
    scene::section,
    svg::Drawing,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "tulip-queen-of-night" => (BLUSHED, tulip),
        "daffodil-tete-a-tete" => (SKY, daffodil),
        "hyacinth-delft-blue" => (BUTTER, hyacinth),
        "grape-hyacinth" => (SAND, muscari),
        "allium-purple-sensation" => (SAGE, allium),
        "snowdrop" => (SKY, snowdrop),
        _ => return false,
    };
    section(d, tint);
    plant(d);
    true
}

/// A bulb with its skin and roots; its neck meets the stem at `y`.
fn bulb(d: &mut Drawing, (x, y): Point, size: f64, colour: Colour) {
    let mut roots = Path::default();
    for turn in [-46.0, -28.0, -9.0, 9.0, 28.0, 46.0] {
        let foot = (x + turn * size * 0.008, y + size * 1.16);
        let end = polar(foot, 180.0 - turn, size * 0.5);
        let bend = (foot.0 + turn * 0.05, foot.1 + size * 0.3);
        roots = roots.and(&Path::from(foot).quad(bend, end));
    }
    d.line(&roots, CREAM, 2.4);
    d.under(Placement::at((x, y)).sized(size), |d| {
        let body = Path::from((-0.14, -0.12))
            .cubic((-0.2, 0.3), (-0.82, 0.4), (-0.72, 0.84))
            .cubic((-0.6, 1.22), (0.6, 1.22), (0.72, 0.84))
            .cubic((0.82, 0.4), (0.2, 0.3), (0.14, -0.12))
            .close();
        d.shape(&body, colour);
        let far = Path::from((0.14, -0.1))
            .cubic((0.2, 0.3), (0.82, 0.4), (0.7, 0.84))
            .cubic((0.6, 1.1), (0.3, 1.12), (0.1, 1.12))
            .cubic((0.6, 0.8), (0.3, 0.4), (0.14, -0.1))
            .close();
        d.flat(&far, colour.shade());
        for side in [-1.0, 1.0] {
            let seam = Path::from((0.05 * side, 0.0)).cubic(
                (0.1 * side, 0.4),
                (0.44 * side, 0.5),
                (0.3 * side, 1.06),
            );
            d.line(&seam, colour.shade().shade(), 1.6);
        }
    });
}

/// A straight stem from a bulb, leaning to its tip.
pub(super) fn stem(d: &mut Drawing, foot: Point, tip: Point, width: f64) -> Curve {
    let curve = Curve::stem(foot, tip);
    d.tube(&curve.path(), STEM, width);
    curve
}

/// Straps from one foot.
pub(super) fn straps(d: &mut Drawing, (x, y): Point, tips: &[Point], width: f64, colour: Colour) {
    for (index, tip) in tips.iter().enumerate() {
        let curve = Curve::stem((x, y), (x + tip.0, tip.1));
        strap(
            d,
            &curve,
            width,
            if index % 2 == 0 {
                colour
            } else {
                colour.mix(FRESH, 0.25)
            },
        );
    }
}

fn tulip(d: &mut Drawing) {
    let dark = WINE.mix(Colour(0x2a_1a2c), 0.5);
    for (x, top, lean) in [
        (112.0, 138.0, -10.0),
        (288.0, 132.0, 10.0),
        (200.0, 112.0, 2.0),
    ] {
        let curve = stem(d, (x, 292.0), (x + lean, top), 5.0);
        straps(
            d,
            (x, 288.0),
            &[(-46.0, 176.0), (44.0, 164.0)],
            27.0,
            BLUE_LEAF.mix(LEAF, 0.5),
        );
        bulb(d, (x, 290.0), 42.0, COPPER);
        cup(d, Placement::at(curve.point(1.0)).turned(lean), 66.0, dark);
    }
}

fn daffodil(d: &mut Drawing) {
    for (x, lean) in [(124.0, -18.0), (272.0, 14.0)] {
        straps(
            d,
            (x, 292.0),
            &[(-58.0, 150.0), (-28.0, 118.0), (30.0, 124.0), (60.0, 160.0)],
            12.0,
            LEAF.mix(BLUE_LEAF, 0.3),
        );
        for (out, top) in [(lean, 108.0), (lean * 0.3 - 22.0, 172.0)] {
            stem(d, (x, 292.0), (x + out, top), 4.4);
        }
        bulb(d, (x, 290.0), 40.0, COPPER.mix(JUTE, 0.3));
        for (out, top, turn, size) in [
            (lean, 104.0, -6.0, 50.0),
            (lean * 0.3 - 26.0, 172.0, 166.0, 42.0),
        ] {
            trumpet(
                d,
                Placement::at((x + out, top)).turned(turn),
                size,
                (LEMON, GOLD.mix(ORANGE, 0.5)),
            );
        }
    }
    stem(d, (272.0, 290.0), (312.0, 190.0), 4.0);
    trumpet(
        d,
        Placement::at((314.0, 186.0)).turned(14.0),
        40.0,
        (LEMON, GOLD.mix(ORANGE, 0.5)),
    );
}

fn hyacinth(d: &mut Drawing) {
    let stalk = stem(d, (200.0, 290.0), (200.0, 70.0), 13.0);
    straps(
        d,
        (200.0, 288.0),
        &[(-96.0, 180.0), (96.0, 176.0)],
        29.0,
        LEAF,
    );
    for row in 0..8 {
        let along = f64::from(row) / 7.0;
        let (x, y) = stalk.point(0.46 + 0.53 * along);
        let wide = 46.0 - 26.0 * along;
        let shift = if row % 2 == 0 { 0.0 } else { 0.5 };
        for across in [-1.0, 1.0, -0.5 + shift, 0.5 - shift] {
            let at = (x + across * wide, y + across * across * 8.0);
            let tone = BLUE
                .mix(VIOLET, 0.22)
                .mix(PAPER, if row % 2 == 0 { 0.0 } else { 0.12 });
            d.under(
                Placement::at(at)
                    .turned(across * 50.0)
                    .sized(21.0 - 5.0 * along),
                |d| {
                    d.shape(
                        &rosette(6, 1.0),
                        if across > 0.6 { tone.shade() } else { tone },
                    );
                },
            );
        }
    }
    straps(
        d,
        (200.0, 290.0),
        &[(-56.0, 148.0), (60.0, 156.0)],
        29.0,
        LEAF,
    );
    bulb(d, (200.0, 286.0), 62.0, WINE.mix(MAUVE, 0.4));
}

fn muscari(d: &mut Drawing) {
    for (x, top, tips) in [
        (108.0, 116.0, [(-50.0, 186.0), (34.0, 168.0)]),
        (292.0, 120.0, [(-34.0, 170.0), (52.0, 186.0)]),
        (200.0, 90.0, [(-46.0, 162.0), (46.0, 158.0)]),
    ] {
        let stalk = stem(d, (x, 296.0), (x, top), 5.0);
        straps(d, (x, 294.0), &tips, 11.0, LEAF);
        straps(d, (x, 294.0), &[(-70.0, 236.0), (70.0, 234.0)], 10.0, DEEP);
        let colour = BLUE.mix(NAVY, 0.5);
        for row in 0..8 {
            let along = f64::from(row) / 7.0;
            let (cx, cy) = stalk.point(0.54 + 0.46 * along);
            let wide = 18.0 * (1.0 - (along - 0.2).abs() * 0.95);
            for across in [-1.0, 1.0, 0.0] {
                let tone = if along > 0.8 {
                    colour.light()
                } else if across > 0.0 {
                    colour.shade()
                } else {
                    colour
                };
                let at = (
                    cx + across * wide,
                    cy + if across == 0.0 { 5.0 } else { 0.0 },
                );
                d.pen(1.5, |d| d.disc(at, 8.6 - 3.4 * along, tone));
            }
        }
        bulb(d, (x, 298.0), 27.0, JUTE.mix(COPPER, 0.2));
    }
}

fn allium(d: &mut Drawing) {
    for (x, top, size) in [(124.0, 140.0, 48.0), (262.0, 100.0, 66.0)] {
        stem(d, (x, 292.0), (x + 4.0, top), 5.4);
        straps(
            d,
            (x, 292.0),
            &[(-72.0, 222.0), (66.0, 216.0), (-34.0, 194.0), (38.0, 204.0)],
            19.0,
            BLUE_LEAF.mix(LEAF, 0.5),
        );
        bulb(d, (x, 290.0), 42.0, CREAM.mix(WOOD, 0.4));
        d.pen(1.4, |d| {
            ball(
                d,
                (x + 4.0, top),
                size,
                (5, size * 0.172),
                VIOLET.mix(ROSE, 0.3),
            )
        });
    }
}

fn snowdrop(d: &mut Drawing) {
    for (x, top, side) in [
        (96.0, 146.0, -1.0),
        (304.0, 152.0, 1.0),
        (176.0, 104.0, 1.0),
        (232.0, 170.0, 1.0),
    ] {
        let lean = side * 14.0;
        let stalk = Curve([
            (x, 294.0),
            (x + lean * 0.2, 220.0),
            (x + lean, top - 22.0),
            (x + lean + side * 26.0, top + 6.0),
        ]);
        d.tube(&stalk.path(), STEM, 4.0);
        straps(
            d,
            (x, 294.0),
            &[(-30.0, 176.0), (28.0, 182.0)],
            11.0,
            BLUE_LEAF.mix(DEEP, 0.4),
        );
        bulb(d, (x, 296.0), 28.0, WOOD);
        let (hx, hy) = stalk.point(1.0);
        Leaf::new(34.0, 9.0, FRESH).draw(d, stalk.point(0.86), side * 24.0);
        d.under(Placement::at((hx, hy)), |d| {
            let skirt = Path::from((-12.0, 8.0))
                .line((-14.0, 38.0))
                .quad((-7.0, 44.0), (0.0, 37.0))
                .quad((7.0, 44.0), (14.0, 38.0))
                .line((12.0, 8.0))
                .close();
            d.shape(&skirt, WHITE);
            d.line(
                &Path::from((-8.0, 36.0)).quad((0.0, 24.0), (8.0, 36.0)),
                DEEP,
                3.4,
            );
            for turn in [146.0, -146.0] {
                Leaf::new(50.0, 25.0, WHITE)
                    .belly(0.6)
                    .draw(d, (0.0, 8.0), turn);
            }
            d.shape(&Path::ellipse((0.0, 3.0), 6.0, 9.0), LEAF);
        });
    }
}
