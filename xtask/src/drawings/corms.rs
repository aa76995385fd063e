//! A corm, a tuber and a bulb of loose scales, drawn as `bulbs` are.

use super::{
    bulbs::{stem, straps},
    colour::*,
    flowers::{ring, star},
    geometry::{Curve, Path, Placement, Point, polar},
    leaves::Leaf,
    scene::section,
    svg::Drawing,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "crocus-pickwick" => (SAGE, crocus),
        "dahlia-cafe-au-lait" => (MIST, dahlia),
        "lily-stargazer" => (SAGE, lily),
        _ => return false,
    };
    section(d, tint);
    plant(d);
    true
}

fn crocus(d: &mut Drawing) {
    for (x, top, lean, size) in [
        (104.0, 196.0, -12.0, 66.0),
        (296.0, 198.0, 12.0, 64.0),
        (200.0, 182.0, 0.0, 78.0),
    ] {
        straps(
            d,
            (x, 300.0),
            &[(-44.0, 196.0), (44.0, 194.0), (-20.0, 176.0), (24.0, 178.0)],
            7.0,
            DEEP,
        );
        d.tube(
            &Curve::stem((x, 304.0), (x + lean, top + 20.0)).path(),
            WHITE.mix(MAUVE, 0.3),
            8.0,
        );
        d.under(
            Placement::at((x + lean, top + 26.0))
                .turned(lean)
                .sized(size),
            |d| {
                goblet(d);
            },
        );
        corm(d, (x, 316.0), 30.0);
    }
}

/// A striped crocus, open enough to show its stigma; foot at the origin, size 1.
fn goblet(d: &mut Drawing) {
    let (pale, stripe) = (WHITE.mix(MAUVE, 0.32), VIOLET);
    let petal = |tip: Point, wide: f64| {
        Path::from((0.0, 0.0))
            .cubic((tip.0 * 0.2 - wide, -0.2), (tip.0 - wide, tip.1 * 0.8), tip)
            .cubic(
                (tip.0 + wide, tip.1 * 0.8),
                (tip.0 * 0.2 + wide, -0.2),
                (0.0, 0.0),
            )
            .close()
    };
    for tip in [(-0.24, -1.3), (0.24, -1.3)] {
        d.shape(&petal(tip, 0.28), pale.shade());
    }
    d.tube(&Path::through(&[(0.0, -0.5), (0.0, -1.08)]), ORANGE, 5.0);
    for tip in [(-0.6, -1.12), (0.6, -1.12), (0.0, -1.02)] {
        d.shape(
            &petal(tip, 0.34),
            if tip.0 > 0.1 {
                pale.mix(pale.shade(), 0.5)
            } else {
                pale
            },
        );
        let mut veins = Path::default();
        for side in [-0.16, 0.0, 0.16] {
            let end = (tip.0 * 0.86 + side, tip.1 * (0.84 - side.abs() * 0.6));
            veins = veins.and(
                &Path::from((tip.0 * 0.12, -0.12))
                    .quad((tip.0 * 0.36 + side * 1.3, tip.1 * 0.5), end),
            );
        }
        d.line(&veins, stripe, 2.0);
    }
}

/// A flat corm in its netted skin.
fn corm(d: &mut Drawing, (x, y): Point, size: f64) {
    let roots = [-18.0, -9.0, 0.0, 9.0, 18.0]
        .map(|out| Path::through(&[(x + out, y + size * 0.4), (x + out * 1.5, y + size * 1.05)]));
    d.line(
        &roots
            .iter()
            .fold(Path::default(), |all, root| all.and(root)),
        CREAM,
        2.2,
    );
    let body = [
        (0.0, -1.0),
        (-0.4, -0.62),
        (-1.0, -0.2),
        (-0.8, 0.6),
        (0.8, 0.6),
        (1.0, -0.2),
        (0.4, -0.62),
    ];
    d.shape(
        &Path::soft(&body.map(|(px, py): Point| (x + px * size, y + py * size))),
        WOOD,
    );
    let seams = [-0.5, 0.0, 0.5].map(|out| {
        Path::from((x + out * size * 0.3, y - size * 0.6)).quad(
            (x + out * size * 1.3, y - size * 0.2),
            (x + out * size, y + size * 0.4),
        )
    });
    d.line(
        &seams
            .iter()
            .fold(Path::default(), |all, seam| all.and(seam)),
        BARK,
        1.8,
    );
}

fn dahlia(d: &mut Drawing) {
    let foot = (200.0, 282.0);
    for (turn, long) in [
        (116.0, 78.0),
        (-118.0, 80.0),
        (146.0, 82.0),
        (-148.0, 84.0),
        (180.0, 80.0),
    ] {
        let tuber = Leaf::new(long, 34.0, WOOD.mix(COPPER, 0.3)).belly(0.6);
        d.under(Placement::at(foot).turned(turn), |d| {
            d.shape(&tuber.outline(), tuber.colour)
        });
        d.line(
            &Path::through(&[polar(foot, turn, long), polar(foot, turn, long + 14.0)]),
            CREAM,
            2.2,
        );
    }
    d.disc(foot, 14.0, WOOD);
    let curves = [
        stem(d, foot, (190.0, 130.0), 7.0),
        stem(d, foot, (290.0, 172.0), 5.0),
        stem(d, foot, (104.0, 190.0), 5.0),
    ];
    for (curve, parts) in curves.iter().zip([[0.42, 0.6], [0.5, 0.7], [0.5, 0.7]]) {
        for (part, side) in parts.into_iter().zip([-1.0, 1.0]) {
            Leaf::new(62.0, 36.0, DEEP).belly(0.4).veined(
                d,
                curve.point(part),
                curve.angle(part) + side * 66.0,
                DEEP.shade(),
            );
        }
    }
    let (edge, heart) = (CREAM.mix(BLUSH, 0.55), WOOD.mix(ROSE, 0.3));
    for (at, size) in [((290.0, 168.0), 40.0), ((190.0, 112.0), 82.0)] {
        let rings: &[(u32, f64)] = if size > 50.0 {
            &[(13, 1.0), (12, 0.82), (11, 0.63), (9, 0.45), (6, 0.27)]
        } else {
            &[(11, 1.0), (10, 0.76), (8, 0.5), (5, 0.28)]
        };
        d.under(Placement::at(at), |d| {
            for (index, &(count, part)) in rings.iter().enumerate() {
                let tone = edge.mix(heart, index as f64 * 0.2);
                let turn = f64::from(count) * 7.0;
                d.under(Placement::NONE.turned(turn), |d| {
                    ring(d, count, size * part, size * part * 0.46, tone)
                });
            }
        });
    }
    d.disc((104.0, 184.0), 15.0, edge);
    for turn in [-70.0, 70.0, 0.0] {
        Leaf::new(22.0, 12.0, LEAF).draw(d, (104.0, 202.0), turn);
    }
}

fn lily(d: &mut Drawing) {
    let foot = (200.0, 294.0);
    let main = stem(d, foot, (200.0, 110.0), 6.4);
    for tip in [(114.0, 154.0), (288.0, 150.0)] {
        d.tube(
            &Curve([
                (200.0, 214.0),
                (200.0, 176.0),
                ((tip.0 + 200.0) / 2.0, 160.0),
                tip,
            ])
            .path(),
            STEM,
            4.4,
        );
    }
    for (index, part) in [0.24, 0.32, 0.4, 0.48, 0.56, 0.64].into_iter().enumerate() {
        let side = if index % 2 == 0 { -1.0 } else { 1.0 };
        Leaf::new(66.0, 17.0, DEEP)
            .bend(side * 10.0)
            .draw(d, main.point(part), side * 66.0);
    }
    scaly(d, foot);
    for (at, size, turn) in [
        ((110.0, 148.0), 58.0, -14.0),
        ((292.0, 144.0), 56.0, 16.0),
        ((200.0, 94.0), 72.0, 0.0),
    ] {
        star(
            d,
            Placement::at(at).turned(turn).stretched(1.0, 0.92),
            size,
            (BLUSH.mix(WHITE, 0.5), CRIMSON.mix(ROSE, 0.35)),
            WINE,
        );
    }
    d.tube(
        &Curve::stem((206.0, 200.0), (256.0, 216.0)).path(),
        STEM,
        3.4,
    );
    Leaf::new(48.0, 19.0, ROSE)
        .belly(0.5)
        .draw(d, (250.0, 218.0), 66.0);
}

/// A lily's bulb of loose scales.
fn scaly(d: &mut Drawing, (x, y): Point) {
    let roots = [-22.0, -8.0, 8.0, 22.0]
        .map(|out| Path::through(&[(x + out, y + 62.0), (x + out * 1.8, y + 88.0)]));
    d.line(
        &roots
            .iter()
            .fold(Path::default(), |all, root| all.and(root)),
        CREAM,
        2.4,
    );
    let colour = CREAM.mix(GOLD, 0.3);
    for (turn, long) in [
        (-52.0, 50.0),
        (52.0, 50.0),
        (-30.0, 62.0),
        (30.0, 62.0),
        (0.0, 68.0),
        (-58.0, 34.0),
        (58.0, 34.0),
        (-22.0, 44.0),
        (22.0, 44.0),
    ] {
        Leaf::new(long, 30.0, colour)
            .belly(0.45)
            .draw(d, (x + turn * 0.24, y + 68.0), turn * 0.7);
    }
}
