//! Shrubs and small trees that bear fruit, each in a tub.

use super::{
    colour::*,
    flowers::ring,
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    growth::{crown, foliage, stems, trunk, upward},
    leaves::{Leaf, Pinnate, lobed},
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
    vessels::{Form, Motif, Pot},
};

const FOOT: Point = (MIDDLE, FLOOR);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "olive-tree" => (BLUSHED, olive),
        "meyer-lemon" => (SKY, lemon),
        "blueberry" => (SAND, blueberry),
        "fig-tree" => (LILAC, fig),
        "dwarf-apple" => (SKY, apple),
        _ => return false,
    };
    ledge(d, tint, 74.0);
    plant(d);
    true
}

fn olive(d: &mut Drawing) {
    let pot = Pot::clay(128.0, 88.0);
    pot.soil(d, FOOT);
    trunk(
        d,
        (MIDDLE, 264.0),
        (198.0, 176.0),
        10.0,
        BARK.mix(STONE, 0.4),
    );
    let mut dice = Dice::new(10);
    for (index, (at, angle)) in crown(
        (MIDDLE, 118.0),
        (62.0, 50.0),
        &[(11, 0.9), (8, 0.55), (4, 0.14)],
    )
    .into_iter()
    .enumerate()
    {
        let stem = Curve::stem(
            at,
            polar(at, upward(angle) * 0.8 + dice.throw(-16.0, 16.0), 50.0),
        );
        let colour = if index % 2 == 0 {
            SILVER.mix(OLIVE, 0.25)
        } else {
            OLIVE.mix(DEEP, 0.45)
        };
        d.line(&stem.path(), BARK, 2.0);
        d.pen(1.4, |d| {
            Pinnate {
                count: 4,
                length: 27.0,
                width: 8.6,
                open: 40.0,
                from: 0.1,
                taper: 0.8,
                colour,
            }
            .draw(d, &stem)
        });
    }
    for (x, y) in [
        (146.0, 110.0),
        (186.0, 74.0),
        (238.0, 96.0),
        (262.0, 132.0),
        (170.0, 150.0),
        (218.0, 150.0),
        (124.0, 146.0),
    ] {
        let fruit = Path::ellipse((x, y), 7.0, 9.4);
        d.shape(&fruit, WINE.mix(INK, 0.4));
        d.spot((x - 2.0, y - 3.0), 1.8, MAUVE);
    }
    pot.draw(d, FOOT);
}

fn lemon(d: &mut Drawing) {
    let pot = Pot::new(Form::Belly, GLAZE, 116.0, 92.0).motif(Motif::Zigzag(CREAM));
    pot.soil(d, FOOT);
    trunk(d, (MIDDLE, 260.0), (200.0, 196.0), 9.0, BARK);
    foliage(
        d,
        (MIDDLE, 128.0),
        (96.0, 78.0),
        &[(15, 0.86), (11, 0.56), (6, 0.24)],
        Leaf::new(42.0, 22.0, DEEP.mix(LEAF, 0.4)),
    );
    for (x, y, turn) in [
        (126.0, 142.0, 16.0),
        (178.0, 176.0, -8.0),
        (252.0, 168.0, 10.0),
        (206.0, 110.0, -14.0),
        (276.0, 112.0, -18.0),
        (146.0, 84.0, 12.0),
    ] {
        d.under(Placement::at((x, y)).turned(turn), |d| {
            let fruit = Path::from((0.0, -22.0))
                .cubic((12.0, -20.0), (21.0, -10.0), (19.0, 4.0))
                .cubic((18.0, 16.0), (7.0, 20.0), (3.0, 28.0))
                .quad((0.0, 31.0), (-3.0, 28.0))
                .cubic((-7.0, 20.0), (-18.0, 16.0), (-19.0, 4.0))
                .cubic((-21.0, -10.0), (-12.0, -20.0), (0.0, -22.0))
                .close();
            d.shape(&fruit, LEMON.mix(GOLD, 0.3));
            let far = Path::from((18.0, -6.0))
                .cubic((22.0, 12.0), (8.0, 20.0), (3.0, 27.0))
                .cubic((2.0, 16.0), (14.0, 10.0), (18.0, -6.0))
                .close();
            d.flat(&far, GOLD.shade());
            d.line(
                &Path::from((-11.0, -2.0)).quad((-11.0, -9.0), (-6.0, -13.0)),
                WHITE,
                3.0,
            );
            Leaf::new(22.0, 12.0, LEAF).draw(d, (0.0, -21.0), 64.0);
        });
    }
    for (x, y) in [(222.0, 62.0), (106.0, 108.0), (234.0, 138.0)] {
        d.under(Placement::at((x, y)), |d| {
            ring(d, 5, 16.0, 9.0, WHITE);
            d.disc((0.0, 0.0), 4.0, GOLD);
        });
    }
    pot.draw(d, FOOT);
}

fn blueberry(d: &mut Drawing) {
    let pot = Pot::new(Form::Cylinder, MUSTARD, 124.0, 88.0).motif(Motif::Bands(CREAM));
    pot.soil(d, FOOT);
    let tips = [
        (96.0, 136.0),
        (304.0, 132.0),
        (140.0, 82.0),
        (258.0, 78.0),
        (200.0, 60.0),
        (176.0, 150.0),
        (236.0, 148.0),
    ];
    let curves = stems(d, (MIDDLE, 262.0), &tips, COPPER, 4.4);
    let mut dice = Dice::new(16);
    for curve in &curves {
        for (part, side) in [
            (0.4, 1.0),
            (0.56, -1.0),
            (0.72, 1.0),
            (0.86, -1.0),
            (1.0, 0.0),
        ] {
            let tone = if part > 0.95 {
                CORAL.mix(LEAF, 0.3)
            } else {
                LEAF.mix(BLUE_LEAF, 0.3).vary(&mut dice)
            };
            Leaf::new(46.0, 25.0, tone).draw(d, curve.point(part), curve.angle(part) + side * 62.0);
        }
    }
    for (x, y) in [
        (112.0, 170.0),
        (160.0, 126.0),
        (226.0, 118.0),
        (290.0, 168.0),
        (198.0, 184.0),
    ] {
        for (dx, dy, tone) in [
            (-10.0, -8.0, NAVY),
            (10.0, -9.0, BLUE),
            (-12.0, 10.0, NAVY.mix(BLUE, 0.5)),
            (12.0, 9.0, NAVY),
            (0.0, 3.0, NAVY.mix(BLUE, 0.4)),
        ] {
            let at = (x + dx, y + dy);
            d.disc(at, 11.0, tone);
            d.specks(&[(at.0 + 1.0, at.1 + 2.0)], INK, 5.0);
            d.specks(&[(at.0 - 4.0, at.1 - 4.0)], BLUE.light(), 4.0);
        }
    }
    pot.draw(d, FOOT);
}

fn fig(d: &mut Drawing) {
    let pot = Pot::clay(132.0, 92.0);
    pot.soil(d, FOOT);
    let tips = [
        (94.0, 150.0),
        (306.0, 146.0),
        (142.0, 92.0),
        (256.0, 88.0),
        (200.0, 132.0),
    ];
    let curves = stems(d, (MIDDLE, 260.0), &tips, BARK.mix(STONE, 0.4), 7.0);
    let mut dice = Dice::new(19);
    for (index, curve) in curves.iter().enumerate() {
        for (part, side) in [(0.56, -1.0), (0.68, 1.0), (1.0, 0.0)] {
            let size = if side == 0.0 { 66.0 } else { 54.0 };
            let lobes = [
                (-112.0, size * 0.5),
                (-56.0, size * 0.86),
                (0.0, size),
                (56.0, size * 0.86),
                (112.0, size * 0.5),
            ];
            let turn = curve.angle(part) * 0.8 + side * 78.0;
            let place = Placement::at(curve.point(part)).turned(turn);
            let tone = LEAF
                .mix(DEEP, if index % 2 == 0 { 0.7 } else { 0.3 })
                .vary(&mut dice);
            lobed(d, place, &lobes, (0.52, 25.0), tone);
        }
    }
    for (curve, part) in curves.iter().zip([0.8, 0.8, 0.82, 0.84, 0.76]) {
        let (x, y) = curve.point(part);
        let tone = WINE.mix(MAUVE, 0.15);
        let body = Path::from((x - 3.0, y - 6.0))
            .cubic(
                (x - 6.0, y + 8.0),
                (x - 19.0, y + 10.0),
                (x - 17.0, y + 26.0),
            )
            .cubic(
                (x - 12.0, y + 42.0),
                (x + 12.0, y + 42.0),
                (x + 17.0, y + 26.0),
            )
            .cubic((x + 19.0, y + 10.0), (x + 6.0, y + 8.0), (x + 3.0, y - 6.0))
            .close();
        d.shape(&body, tone);
        d.line(
            &Path::from((x - 8.0, y + 14.0)).quad((x - 11.0, y + 22.0), (x - 9.0, y + 30.0)),
            MAUVE,
            2.6,
        );
        d.line(
            &Path::from((x + 6.0, y + 12.0)).quad((x + 11.0, y + 24.0), (x + 6.0, y + 34.0)),
            tone.shade(),
            2.6,
        );
    }
    pot.draw(d, FOOT);
}

fn apple(d: &mut Drawing) {
    barrel(d);
    trunk(d, (MIDDLE, 262.0), (200.0, 188.0), 10.0, BARK);
    d.tube(&Path::through(&[(228.0, 262.0), (228.0, 130.0)]), JUTE, 5.0);
    foliage(
        d,
        (MIDDLE, 122.0),
        (98.0, 78.0),
        &[(15, 0.88), (11, 0.6), (6, 0.26)],
        Leaf::new(40.0, 25.0, LEAF.mix(DEEP, 0.25)),
    );
    for (x, y) in [
        (122.0, 140.0),
        (166.0, 96.0),
        (172.0, 166.0),
        (222.0, 132.0),
        (246.0, 78.0),
        (274.0, 152.0),
    ] {
        d.tube(
            &Path::through(&[(x, y - 14.0), (x + 3.0, y - 26.0)]),
            BARK,
            3.0,
        );
        let body = Path::from((x, y - 15.0))
            .cubic(
                (x - 16.0, y - 24.0),
                (x - 27.0, y - 4.0),
                (x - 18.0, y + 11.0),
            )
            .cubic((x - 12.0, y + 22.0), (x - 5.0, y + 19.0), (x, y + 17.0))
            .cubic(
                (x + 5.0, y + 19.0),
                (x + 12.0, y + 22.0),
                (x + 18.0, y + 11.0),
            )
            .cubic((x + 27.0, y - 4.0), (x + 16.0, y - 24.0), (x, y - 15.0))
            .close();
        d.shape(&body, RED.mix(ORANGE, 0.3));
        d.flat(
            &Path::ellipse((x - 8.0, y - 1.0), 8.0, 10.0),
            GOLD.mix(FRESH, 0.3),
        );
        d.line(
            &Path::from((x + 10.0, y + 13.0)).quad((x + 19.0, y + 3.0), (x + 16.0, y - 8.0)),
            RED.shade(),
            4.0,
        );
        Leaf::new(20.0, 12.0, FRESH).draw(d, (x + 2.0, y - 20.0), 62.0);
    }
}

/// Half a barrel with two hoops.
fn barrel(d: &mut Drawing) {
    d.shape(&Path::ellipse((MIDDLE, 262.0), 68.0, 7.0), EARTH);
    let body = Path::from((130.0, 262.0))
        .quad((134.0, 310.0), (146.0, FLOOR))
        .line((254.0, FLOOR))
        .quad((266.0, 310.0), (270.0, 262.0))
        .close();
    d.shape(&body, WOOD);
    let far = Path::from((238.0, 262.0))
        .line((234.0, FLOOR))
        .line((253.0, FLOOR))
        .quad((265.0, 310.0), (269.0, 263.0))
        .close();
    d.flat(&far, WOOD.shade());
    for (top, low) in [
        (152.0, 162.0),
        (176.0, 181.0),
        (200.0, 200.0),
        (224.0, 219.0),
        (248.0, 238.0),
    ] {
        d.line(
            &Path::through(&[(top, 264.0), (low, FLOOR - 1.0)]),
            BARK,
            1.6,
        );
    }
    for (y, half) in [(278.0, 68.0), (322.0, 59.0)] {
        d.tube(
            &Path::through(&[(MIDDLE - half, y), (MIDDLE + half, y)]),
            SLATE,
            6.0,
        );
    }
}
