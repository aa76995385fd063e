//! Houseplants that arch over their pots or hang down from a stand.

use super::{
    colour::*,
    geometry::{Curve, Path, Placement, Point, polar},
    leaves::{Pinnate, heart, lens},
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
    vessels::{Form, Motif, Pot, stand},
};

const FOOT: Point = (MIDDLE, FLOOR);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "golden-pothos" => (BLUSHED, pothos),
        "spider-plant" => (LILAC, spider_plant),
        "boston-fern" => (SAND, fern),
        "parlour-palm" => (BLUSHED, palm),
        _ => return false,
    };
    ledge(d, tint, 66.0);
    plant(d);
    true
}

/// Golden pothos on a stand, its vines hanging down.
fn pothos(d: &mut Drawing) {
    let foot = (MIDDLE, 246.0);
    stand(d, FOOT, 108.0, 100.0);
    let pot = Pot::new(Form::Bowl, TEAL, 104.0, 66.0).motif(Motif::Specks(CREAM));
    pot.soil(d, foot);
    let crown = [
        (168.0, 150.0, -34.0),
        (232.0, 148.0, 30.0),
        (200.0, 128.0, 0.0),
    ];
    for (x, y, angle) in crown {
        d.tube(&Curve::stem((MIDDLE, 184.0), (x, y)).path(), STEM, 3.0);
        golden_leaf(d, (x, y), angle, 54.0);
    }
    pot.draw(d, foot);
    let vines = [
        (
            Curve([
                (164.0, 184.0),
                (110.0, 150.0),
                (98.0, 210.0),
                (112.0, 318.0),
            ]),
            6,
            0.0,
        ),
        (
            Curve([
                (236.0, 184.0),
                (290.0, 146.0),
                (306.0, 220.0),
                (286.0, 284.0),
            ]),
            5,
            8.0,
        ),
        (
            Curve([
                (178.0, 186.0),
                (150.0, 176.0),
                (146.0, 220.0),
                (156.0, 262.0),
            ]),
            2,
            4.0,
        ),
        (
            Curve([
                (224.0, 186.0),
                (246.0, 178.0),
                (250.0, 200.0),
                (240.0, 236.0),
            ]),
            2,
            2.0,
        ),
    ];
    for (vine, ..) in &vines {
        d.tube(&vine.path(), STEM, 3.0);
    }
    for (vine, count, turn) in vines {
        for index in 1..=count {
            let part = f64::from(index) / f64::from(count);
            let side = if index % 2 == 0 { 1.0 } else { -1.0 };
            let angle = 180.0 + side * 38.0 + turn;
            golden_leaf(d, vine.point(part), angle, 48.0 - 12.0 * part);
        }
    }
}

fn golden_leaf(d: &mut Drawing, foot: Point, angle: f64, length: f64) {
    heart(d, foot, angle, length, LEAF);
    d.under(Placement::at(foot).turned(angle).sized(length), |d| {
        let splash = |at: Point, turn: f64, long: f64| {
            lens(long, 0.09).placed(Placement::at(at).turned(turn))
        };
        let all = splash((-0.2, -0.12), -6.0, 0.42).and(&splash((0.17, -0.36), -4.0, 0.32));
        d.flat(&all.and(&splash((0.24, -0.06), 16.0, 0.22)), LEMON);
    });
}

fn spider_plant(d: &mut Drawing) {
    let foot = (MIDDLE, 264.0);
    stand(d, FOOT, 100.0, 82.0);
    let pot = Pot::clay(100.0, 72.0);
    pot.soil(d, foot);
    tuft(d, (MIDDLE, 194.0), 1.0);
    pot.draw(d, foot);
    for (curve, size) in [
        (
            Curve([(186.0, 188.0), (120.0, 130.0), (74.0, 190.0), (76.0, 262.0)]),
            0.3,
        ),
        (
            Curve([
                (214.0, 188.0),
                (290.0, 140.0),
                (332.0, 200.0),
                (322.0, 292.0),
            ]),
            0.34,
        ),
    ] {
        d.tube(&curve.path(), LEMON.mix(FRESH, 0.5), 2.4);
        d.pen(1.5, |d| tuft(d, curve.point(1.0), size));
    }
}

/// Arching leaves with a white stripe.
fn tuft(d: &mut Drawing, foot: Point, size: f64) {
    let tips = [
        (-128.0, 22.0, 92.0),
        (128.0, 26.0, 92.0),
        (-112.0, -34.0, 70.0),
        (114.0, -30.0, 70.0),
        (-86.0, -82.0, 44.0),
        (88.0, -78.0, 44.0),
        (-50.0, -120.0, 22.0),
        (54.0, -118.0, 22.0),
        (0.0, -136.0, 4.0),
        (-70.0, 4.0, 66.0),
        (72.0, 0.0, 66.0),
        (-28.0, -84.0, 30.0),
        (32.0, -88.0, 30.0),
    ];
    d.under(Placement::at(foot).sized(size), |d| {
        // A plantlet is too small for the last few leaves.
        let count = if size < 1.0 { 9 } else { tips.len() };
        for (index, (x, y, rise)) in tips.into_iter().take(count).enumerate() {
            let curve = Curve::arch((x * 0.08, 0.0), (x, y), rise);
            let colour = if index % 2 == 0 {
                LEAF
            } else {
                FRESH.mix(LEAF, 0.4)
            };
            d.shape(&curve.ribbon(11.0), colour);
            d.flat(&curve.ribbon(4.2), WHITE);
        }
    });
}

fn fern(d: &mut Drawing) {
    let foot = (MIDDLE, 272.0);
    stand(d, FOOT, 116.0, 74.0);
    let pot = Pot::new(Form::Cylinder, JUTE, 104.0, 66.0).motif(Motif::Ribs);
    pot.soil(d, foot);
    let fronds = [
        (-60.0, -112.0, 24.0),
        (66.0, -114.0, 24.0),
        (2.0, -132.0, 6.0),
        (-122.0, -66.0, 46.0),
        (124.0, -60.0, 46.0),
        (-138.0, 6.0, 62.0),
        (138.0, 12.0, 62.0),
        (-92.0, 52.0, 76.0),
        (92.0, 54.0, 76.0),
    ];
    for (index, (x, y, rise)) in fronds.into_iter().enumerate() {
        let stem = Curve::arch((MIDDLE + x * 0.12, 206.0), (MIDDLE + x, 206.0 + y), rise);
        let colour = if index % 2 == 0 {
            LEAF
        } else {
            FRESH.mix(LEAF, 0.4)
        };
        let mut leaflets = stem.path();
        for (index, part) in stem.evenly(0.1, 15).into_iter().enumerate() {
            let along = index as f64 / 14.0;
            let length = 17.0 * (1.0 - along * along * 0.8);
            let (at, angle) = (stem.point(part), stem.angle(part));
            let ends = [-72.0, 72.0].map(|open| polar(at, angle + open, length));
            leaflets = leaflets.and(&Path::through(&[ends[0], at, ends[1]]));
        }
        d.tube(&leaflets, colour, 4.6);
        d.line(&stem.path(), DEEP, 1.6);
    }
    pot.draw(d, foot);
}

fn palm(d: &mut Drawing) {
    let pot = Pot::new(Form::Taper, TEAL, 104.0, 84.0).motif(Motif::Zigzag(CREAM));
    pot.soil(d, FOOT);
    let fronds = [
        (62.0, 196.0, 40.0),
        (338.0, 190.0, 40.0),
        (80.0, 112.0, 26.0),
        (322.0, 104.0, 26.0),
        (154.0, 56.0, 4.0),
        (246.0, 50.0, 4.0),
    ];
    for (index, (x, y, rise)) in fronds.into_iter().enumerate() {
        let stem = Curve::arch((MIDDLE + (x - MIDDLE) * 0.12, 264.0), (x, y), rise);
        d.tube(&stem.path(), STEM, 3.0);
        let colour = if index % 2 == 0 { LEAF } else { DEEP };
        d.pen(1.5, |d| {
            Pinnate {
                count: 10,
                length: 42.0,
                width: 10.0,
                open: 50.0,
                from: 0.34,
                taper: 0.7,
                colour,
            }
            .draw(d, &stem);
        });
    }
    pot.draw(d, FOOT);
}
