//! Shrubs and a small maple, most of them in a bed. What bears fruit stands in `fruit`.

use super::{
    colour::*,
    flowers::{ball, full},
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    growth::{crown, leafy, stems, trunk, upward},
    leaves::Leaf,
    scene::{BED, FLOOR, MIDDLE, bed, ledge},
    svg::Drawing,
    vessels::{Form, Motif, Pot},
};

const EARTHED: Point = (MIDDLE, BED + 8.0);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "hydrangea" => (BUTTER, hydrangea),
        "boxwood-ball" => (SAND, boxwood),
        "shrub-rose" => (SKY, rose),
        "japanese-maple" => (SAGE, maple),
        "dwarf-mountain-pine" => (BLUSHED, pine),
        "camellia" => (MIST, camellia),
        _ => return false,
    };
    if slug == "boxwood-ball" {
        ledge(d, tint, 74.0);
    } else {
        bed(d, tint);
    }
    plant(d);
    true
}

fn hydrangea(d: &mut Drawing) {
    let tips = [
        (90.0, 208.0),
        (310.0, 204.0),
        (142.0, 112.0),
        (258.0, 108.0),
        (200.0, 200.0),
    ];
    let curves = stems(d, EARTHED, &tips, BARK.mix(STEM, 0.5), 5.0);
    let mut dice = Dice::new(3);
    for curve in &curves {
        for (part, side) in [(0.34, -1.0), (0.5, 1.0), (0.74, -1.0), (0.84, 1.0)] {
            let leaf = Leaf::new(62.0, 40.0, DEEP.mix(LEAF, 0.4).vary(&mut dice)).belly(0.44);
            leaf.draw(d, curve.point(part), curve.angle(part) + side * 78.0);
        }
    }
    for (tip, size) in tips.into_iter().zip([41.0, 41.0, 45.0, 46.0, 43.0]) {
        let colour = BLUE.mix(WHITE, 0.1 + (size - 41.0) * 0.05);
        d.pen(1.5, |d| ball(d, tip, size, (4, size * 0.3), colour));
    }
}

fn boxwood(d: &mut Drawing) {
    let pot = Pot::new(Form::Taper, SLATE, 130.0, 96.0).motif(Motif::Ribs);
    d.tube(
        &Path::through(&[(MIDDLE, 262.0), (MIDDLE, 220.0)]),
        BARK,
        10.0,
    );
    pot.soil(d, (MIDDLE, FLOOR));
    let (centre, radius) = ((MIDDLE, 152.0), 98.0);
    let mut edge = Path::default();
    let rim = |index: f64, away: f64| polar(centre, index * 12.0, away);
    for index in 0..30 {
        let step = f64::from(index);
        edge = if index == 0 {
            Path::from(rim(0.0, radius))
        } else {
            edge
        };
        edge = edge.quad(rim(step + 0.5, radius * 1.1), rim(step + 1.0, radius));
    }
    d.shape(&edge.close(), DEEP.shade());
    for (at, size, tone) in [
        ((-10.0, -8.0), 0.9, DEEP),
        ((-20.0, -18.0), 0.72, DEEP.mix(LEAF, 0.5)),
        ((-30.0, -30.0), 0.46, LEAF),
    ] {
        d.spot((centre.0 + at.0, centre.1 + at.1), radius * size, tone);
    }
    let mut tufts = [Path::default(), Path::default()];
    for (index, (at, angle)) in crown(
        centre,
        (radius, radius),
        &[(20, 0.86), (16, 0.66), (11, 0.44), (6, 0.2)],
    )
    .into_iter()
    .enumerate()
    {
        let turn = angle * 0.3 + if index % 2 == 0 { 30.0 } else { -40.0 };
        let leaf = Path::through(&[polar(at, turn - 42.0, 8.0), at, polar(at, turn + 42.0, 8.0)]);
        let light = at.0 + at.1 < centre.0 + centre.1;
        tufts[usize::from(light)] = std::mem::take(&mut tufts[usize::from(light)]).and(&leaf);
    }
    d.line(&tufts[0], LEAF.mix(DEEP, 0.4), 3.0);
    d.line(&tufts[1], FRESH, 3.0);
    pot.draw(d, (MIDDLE, FLOOR));
}

fn rose(d: &mut Drawing) {
    let tips = [
        (108.0, 176.0),
        (292.0, 172.0),
        (150.0, 112.0),
        (246.0, 100.0),
        (200.0, 168.0),
        (262.0, 236.0),
        (128.0, 242.0),
    ];
    let curves = stems(d, EARTHED, &tips, STEM, 4.6);
    let mut dice = Dice::new(14);
    for curve in &curves {
        for (part, side) in [(0.34, -1.0), (0.5, 1.0), (0.74, -1.0)] {
            let (at, angle) = (curve.point(part), curve.angle(part) + side * 66.0);
            let colour = LEAF.mix(DEEP, 0.5).vary(&mut dice);
            let end = polar(at, angle, 22.0);
            for turn in [-58.0, 58.0, 0.0] {
                Leaf::new(27.0, 18.0, colour).draw(d, end, angle + turn);
            }
        }
    }
    for (tip, size) in tips.iter().zip([36.0, 36.0, 40.0, 42.0, 40.0, 32.0, 32.0]) {
        full(
            d,
            Placement::at(*tip),
            size,
            &[(6, 1.0), (6, 0.76), (5, 0.5), (3, 0.28)],
            (WHITE, CREAM.mix(LEMON, 0.3)),
        );
    }
    for (x, y) in [(194.0, 66.0), (306.0, 116.0), (92.0, 124.0)] {
        d.tube(
            &Path::through(&[(MIDDLE + (x - MIDDLE) * 0.8, y + 54.0), (x, y)]),
            STEM,
            3.0,
        );
        Leaf::new(24.0, 16.0, CREAM)
            .belly(0.4)
            .draw(d, (x, y + 4.0), (x - MIDDLE) * 0.1);
    }
}

fn maple(d: &mut Drawing) {
    let bark = BARK.mix(WINE, 0.3);
    trunk(d, EARTHED, (196.0, 226.0), 11.0, bark);
    for tip in [(104.0, 176.0), (296.0, 168.0), (200.0, 110.0)] {
        d.tube(&Curve::stem((196.0, 232.0), tip).path(), bark, 5.0);
    }
    let mut dice = Dice::new(31);
    let colour = CRIMSON.mix(WINE, 0.4);
    for (centre, half, rings) in [
        ((104.0, 182.0), (58.0, 30.0), [(8, 0.95), (5, 0.5)]),
        ((298.0, 176.0), (56.0, 30.0), [(8, 0.95), (5, 0.5)]),
        ((150.0, 122.0), (56.0, 32.0), [(8, 0.95), (5, 0.5)]),
        ((256.0, 114.0), (56.0, 34.0), [(8, 0.95), (5, 0.5)]),
        ((202.0, 70.0), (48.0, 26.0), [(7, 0.9), (4, 0.4)]),
        ((204.0, 176.0), (50.0, 24.0), [(7, 0.9), (4, 0.4)]),
    ] {
        let inside = Path::ellipse(centre, half.0 * 0.96, half.1 * 0.9);
        d.shape(&inside, colour.shade());
        for (at, angle) in crown(centre, half, &rings) {
            let tone = colour.vary(&mut dice).mix(RED, dice.throw(0.0, 0.4));
            star_leaf(d, Placement::at(at).turned(upward(angle) * 0.9), 31.0, tone);
        }
    }
}

/// The small leaf of a Japanese maple: five points.
fn star_leaf(d: &mut Drawing, place: Placement, size: f64, colour: Colour) {
    let points = [
        (-104.0, 0.62),
        (-82.0, 0.24),
        (-52.0, 0.88),
        (-26.0, 0.3),
        (0.0, 1.0),
        (26.0, 0.3),
        (52.0, 0.88),
        (82.0, 0.24),
        (104.0, 0.62),
        (180.0, 0.1),
    ];
    let outline: Vec<Point> = points
        .iter()
        .map(|&(turn, part)| polar((0.0, 0.0), turn, size * part))
        .collect();
    d.pen(1.5, |d| {
        d.shape(&Path::polygon(&outline).placed(place), colour)
    });
}

fn pine(d: &mut Drawing) {
    d.shape(
        &Path::ellipse((MIDDLE, 244.0), 104.0, 76.0),
        DEEP.shade().shade(),
    );
    d.tube(&Path::through(&[EARTHED, (MIDDLE, 312.0)]), BARK, 14.0);
    let mut dice = Dice::new(23);
    for (at, angle) in crown(
        (MIDDLE, 236.0),
        (108.0, 84.0),
        &[(13, 0.92), (10, 0.66), (7, 0.38), (2, 0.1)],
    ) {
        tuft(
            d,
            at,
            upward(angle) * 0.5 + dice.throw(-10.0, 10.0),
            DEEP.mix(LEAF, dice.throw(0.0, 0.7)),
        );
    }
    for (x, y, turn) in [
        (122.0, 190.0, -16.0),
        (164.0, 152.0, -8.0),
        (204.0, 140.0, 2.0),
        (246.0, 156.0, 10.0),
        (282.0, 194.0, 18.0),
        (206.0, 200.0, 0.0),
        (150.0, 226.0, -8.0),
        (258.0, 230.0, 8.0),
    ] {
        let tip = polar((x, y), turn, 24.0);
        d.tube(&Path::through(&[(x, y), tip]), JUTE.mix(FRESH, 0.3), 6.0);
    }
}

/// A bundle of needles at the end of a twig.
fn tuft(d: &mut Drawing, at: Point, angle: f64, colour: Colour) {
    let mut points = Vec::new();
    for index in 0..7 {
        let turn = angle - 84.0 + 28.0 * f64::from(index);
        points.push(polar(at, turn, 38.0));
        points.push(polar(at, turn + 14.0, 15.0));
    }
    points.push(polar(at, angle + 180.0, 7.0));
    d.pen(1.5, |d| d.shape(&Path::polygon(&points), colour));
    let middle = [-44.0, 0.0, 44.0].map(|turn| Path::through(&[at, polar(at, angle + turn, 24.0)]));
    d.line(
        &middle.iter().fold(Path::default(), |all, one| all.and(one)),
        colour.shade(),
        1.6,
    );
}

fn camellia(d: &mut Drawing) {
    let tips = [
        (104.0, 190.0),
        (296.0, 184.0),
        (142.0, 122.0),
        (258.0, 114.0),
        (200.0, 84.0),
        (200.0, 190.0),
    ];
    let curves = stems(d, EARTHED, &tips, BARK, 5.0);
    let leaf = Leaf::new(52.0, 28.0, DEEP).belly(0.5);
    for curve in &curves {
        leafy(d, curve, &[0.34, 0.48, 0.62, 0.76, 0.88, 0.96], leaf, 66.0);
        let shine =
            [0.62, 0.88].map(|part| polar(curve.point(part), curve.angle(part) - 62.0, 24.0));
        d.specks(&shine, LEAF, 5.0);
    }
    for (at, size) in [
        ((112.0, 184.0), 36.0),
        ((286.0, 188.0), 38.0),
        ((152.0, 112.0), 36.0),
        ((254.0, 108.0), 38.0),
        ((200.0, 170.0), 42.0),
    ] {
        full(
            d,
            Placement::at(at),
            size,
            &[(8, 1.0), (7, 0.76), (6, 0.54), (4, 0.32)],
            (ROSE, CRIMSON.mix(ROSE, 0.5)),
        );
    }
    for (x, y) in [(202.0, 72.0), (320.0, 130.0)] {
        Leaf::new(26.0, 20.0, ROSE.mix(CRIMSON, 0.3))
            .belly(0.4)
            .draw(d, (x, y + 14.0), 4.0);
    }
}
