//! Leafy houseplants that stand upright, each in a pot of its own. Those that arch and trail stand in
//! `trailing`, succulents and cacti in `succulents`.

use super::{
    colour::*,
    flowers::ring,
    geometry::{Curve, Dice, Path, Placement, Point, polar},
    leaves::{Leaf, Pinnate, coin, split, strap},
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
    vessels::{Form, Motif, Pot},
};

const FOOT: Point = (MIDDLE, FLOOR);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, plant): (Tint, fn(&mut Drawing)) = match slug {
        "monstera" => (SAND, monstera),
        "snake-plant" => (SKY, snake_plant),
        "zz-plant" => (BUTTER, zz_plant),
        "peace-lily" => (SKY, peace_lily),
        "rubber-plant" => (SAGE, rubber_plant),
        "chinese-money-plant" => (BLUSHED, money_plant),
        "prayer-plant" => (MIST, prayer_plant),
        "moth-orchid" => (SAGE, orchid),
        _ => return false,
    };
    ledge(d, tint, 66.0);
    plant(d);
    true
}

/// A Swiss cheese plant in a clay pot.
fn monstera(d: &mut Drawing) {
    let pot = Pot::new(Form::Cylinder, CREAM, 112.0, 88.0).motif(Motif::Bands(TEAL));
    pot.soil(d, FOOT);
    let leaves = [
        ((150.0, 205.0), -62.0, 92.0, DEEP),
        ((262.0, 200.0), 70.0, 96.0, DEEP),
        ((136.0, 138.0), -38.0, 96.0, LEAF),
        ((200.0, 118.0), 2.0, 92.0, DEEP),
        ((262.0, 136.0), 38.0, 104.0, LEAF),
        ((176.0, 190.0), -104.0, 84.0, LEAF),
        ((216.0, 182.0), 24.0, 74.0, FRESH),
    ];
    for (foot, ..) in leaves {
        let stem = Curve::stem((MIDDLE + (foot.0 - MIDDLE) * 0.15, FLOOR - 86.0), foot);
        d.tube(&stem.path(), STEM, 4.0);
    }
    for (foot, angle, length, colour) in leaves {
        split(d, foot, angle, length, colour);
    }
    pot.draw(d, FOOT);
}

fn snake_plant(d: &mut Drawing) {
    let pot = Pot::new(Form::Taper, MUSTARD, 104.0, 84.0).motif(Motif::Dipped(CREAM));
    pot.soil(d, FOOT);
    let swords = [
        ((180.0, 262.0), (140.0, 118.0), 22.0),
        ((222.0, 262.0), (268.0, 104.0), 23.0),
        ((194.0, 262.0), (176.0, 58.0), 25.0),
        ((210.0, 262.0), (224.0, 76.0), 25.0),
        ((172.0, 264.0), (112.0, 168.0), 19.0),
        ((228.0, 264.0), (292.0, 172.0), 19.0),
        ((200.0, 264.0), (204.0, 136.0), 22.0),
    ];
    for (foot, tip, width) in swords {
        let lean = (tip.0 - foot.0) * 0.2;
        let curve = Curve([
            foot,
            (foot.0 + lean, foot.1 - 50.0),
            (tip.0 - lean, tip.1 + 60.0),
            tip,
        ]);
        d.shape(&curve.ribbon(width), GOLD.mix(FRESH, 0.35));
        d.flat(&curve.ribbon(width - 6.0), DEEP);
        for index in 1..9 {
            let part = 0.09 * f64::from(index);
            let (at, angle) = (curve.point(part), curve.angle(part));
            let half = (width - 9.0) * 0.56 * (1.0 - part * part * 0.6);
            let (left, right) = (polar(at, angle - 90.0, half), polar(at, angle + 90.0, half));
            let low = polar(at, angle, if index % 2 == 0 { -6.0 } else { 5.0 });
            d.line(&Path::from(left).quad(low, right), SILVER, 2.6);
        }
    }
    pot.draw(d, FOOT);
}

fn zz_plant(d: &mut Drawing) {
    let pot = Pot::new(Form::Cylinder, SLATE, 104.0, 84.0).motif(Motif::Ribs);
    pot.soil(d, FOOT);
    let stems = [
        (104.0, 142.0),
        (300.0, 140.0),
        (140.0, 86.0),
        (262.0, 84.0),
        (200.0, 62.0),
        (128.0, 196.0),
        (276.0, 198.0),
    ];
    for (index, tip) in stems.into_iter().enumerate() {
        let foot = (MIDDLE + (tip.0 - MIDDLE) * 0.2, FLOOR - 82.0);
        let stem = Curve::stem(foot, tip);
        d.tube(&stem.path(), STEM, 4.5);
        let count = if tip.1 > 180.0 { 6 } else { 9 };
        let colour = if index % 2 == 0 { DEEP } else { LEAF };
        Pinnate {
            count,
            length: 40.0,
            width: 16.0,
            open: 52.0,
            from: 0.24,
            taper: 0.62,
            colour,
        }
        .draw(d, &stem);
    }
    pot.draw(d, FOOT);
}

/// A peace lily with four sails.
fn peace_lily(d: &mut Drawing) {
    let pot = Pot::new(Form::Belly, CORAL, 96.0, 84.0).motif(Motif::Zigzag(CREAM));
    pot.soil(d, FOOT);
    let top = FLOOR - 84.0;
    for (foot, x, y) in [
        (172.0, 134.0, 132.0),
        (214.0, 230.0, 108.0),
        (228.0, 284.0, 144.0),
        (190.0, 182.0, 140.0),
    ] {
        let stem = Curve::stem((foot, top), (x, y));
        d.tube(&stem.path(), STEM, 3.6);
        sail(d, (x, y), stem.angle(1.0) * 0.6);
    }
    let mut dice = Dice::new(3);
    for (angle, length) in [
        (-80.0, 104.0),
        (80.0, 108.0),
        (-56.0, 124.0),
        (60.0, 120.0),
        (-30.0, 112.0),
        (34.0, 116.0),
        (2.0, 108.0),
        (-94.0, 70.0),
        (96.0, 68.0),
    ] {
        let stalk = polar((MIDDLE + angle * 0.3, top), angle * 0.5, 16.0);
        let bend = angle * 0.24;
        Leaf::new(length, 40.0, DEEP.vary(&mut dice))
            .bend(bend)
            .veined(d, stalk, angle * 0.84, DEEP.shade());
    }
    pot.draw(d, FOOT);
}

fn sail(d: &mut Drawing, at: Point, angle: f64) {
    Leaf::new(70.0, 44.0, WHITE)
        .belly(0.36)
        .bend(8.0)
        .draw(d, at, angle + 10.0);
    let tip = polar(at, angle + 4.0, 38.0);
    d.tube(&Path::through(&[polar(at, angle, 8.0), tip]), LEMON, 8.0);
}

fn rubber_plant(d: &mut Drawing) {
    let pot = Pot::new(Form::Taper, CREAM, 108.0, 86.0).motif(Motif::Specks(BARK));
    pot.soil(d, FOOT);
    let stem = Curve([
        (200.0, 262.0),
        (196.0, 200.0),
        (206.0, 130.0),
        (200.0, 74.0),
    ]);
    d.tube(&stem.path(), BARK, 7.0);
    let colour = WINE.mix(DEEP, 0.55);
    for index in 0..9 {
        let part = 0.08 + 0.1 * f64::from(index);
        let side = if index % 2 == 0 { -1.0 } else { 1.0 };
        let size = 104.0 - 30.0 * part;
        let leaf = Leaf::new(size, size * 0.5, colour.mix(WINE, part * 0.6)).bend(side * 10.0);
        leaf.draw(d, stem.point(part), side * (78.0 - 34.0 * part));
    }
    Leaf::new(46.0, 13.0, CORAL.mix(CRIMSON, 0.4)).draw(d, (200.0, 82.0), 4.0);
    pot.draw(d, FOOT);
}

/// A Chinese money plant.
fn money_plant(d: &mut Drawing) {
    let pot = Pot::new(Form::Bowl, MUSTARD, 104.0, 78.0);
    pot.soil(d, FOOT);
    let leaves = [
        (96.0, 168.0, 25.0),
        (304.0, 172.0, 25.0),
        (122.0, 112.0, 27.0),
        (280.0, 114.0, 28.0),
        (168.0, 80.0, 27.0),
        (232.0, 78.0, 26.0),
        (88.0, 224.0, 22.0),
        (312.0, 226.0, 22.0),
        (148.0, 164.0, 29.0),
        (252.0, 162.0, 29.0),
        (200.0, 124.0, 30.0),
        (134.0, 224.0, 25.0),
        (268.0, 222.0, 25.0),
        (202.0, 196.0, 31.0),
    ];
    d.tube(
        &Path::through(&[(200.0, 272.0), (200.0, 190.0)]),
        BARK.mix(STEM, 0.4),
        9.0,
    );
    for (index, (x, y, radius)) in leaves.into_iter().enumerate() {
        let stalk = Curve::stem((200.0, 250.0 - f64::max(250.0 - y, 0.0) * 0.3), (x, y));
        d.tube(&stalk.path(), STEM, 2.6);
        let colour = if index % 3 == 0 {
            DEEP
        } else if index % 3 == 1 {
            LEAF
        } else {
            LEAF.mix(FRESH, 0.5)
        };
        coin(d, (x, y), radius, colour);
    }
    pot.draw(d, FOOT);
}

fn prayer_plant(d: &mut Drawing) {
    let pot = Pot::new(Form::Bowl, CREAM, 116.0, 80.0).motif(Motif::Bands(CORAL));
    pot.soil(d, FOOT);
    let leaves = [
        (-40.0, 104.0),
        (42.0, 102.0),
        (-12.0, 112.0),
        (18.0, 108.0),
        (-92.0, 92.0),
        (94.0, 92.0),
        (-66.0, 100.0),
        (68.0, 98.0),
        (-28.0, 70.0),
        (32.0, 68.0),
    ];
    for (angle, length) in leaves {
        let foot = polar((MIDDLE, 268.0), angle * 0.9, 40.0);
        d.tube(
            &Path::through(&[(MIDDLE + angle * 0.2, 268.0), foot]),
            STEM,
            3.0,
        );
        let leaf = Leaf::new(length, length * 0.58, DEEP)
            .belly(0.5)
            .bend(angle * 0.1);
        leaf.draw(d, foot, angle);
        d.under(Placement::at(foot).turned(angle), |d| {
            for side in [-1.0, 1.0] {
                let x = side * length * 0.13;
                let row = Path::from((x * 0.8, -length * 0.24))
                    .quad((x * 1.4, -length * 0.5), (x, -length * 0.76));
                d.dots(&row, FRESH.mix(DEEP, 0.25), 9.0, length * 0.165);
            }
        });
        leaf.colour(DEEP).veins(d, foot, angle);
    }
    pot.draw(d, FOOT);
}

impl Leaf {
    /// Crimson veins and middle.
    fn veins(&self, d: &mut Drawing, foot: Point, angle: f64) {
        d.under(Placement::at(foot).turned(angle), |d| {
            let mut path = Path::from((0.0, 0.0)).quad(
                (self.bend * 0.25, -self.length * 0.5),
                (self.bend * 0.94, -self.length * 0.95),
            );
            for part in [0.16, 0.34, 0.52, 0.7] {
                let root = (self.bend * part * part, -self.length * part);
                let reach = self.width * 0.34 * (1.0 - (part - 0.4_f64).abs());
                for side in [-1.0, 1.0] {
                    let tip = (root.0 + side * reach, root.1 - self.length * 0.12);
                    path = path.and(
                        &Path::from(root).quad((root.0 + side * reach * 0.6, root.1 - 2.0), tip),
                    );
                }
            }
            d.line(&path, CRIMSON, 2.2);
        });
    }
}

/// A moth orchid with one arching spray.
fn orchid(d: &mut Drawing) {
    let pot = Pot::new(Form::Taper, WHITE, 92.0, 84.0).motif(Motif::Dipped(ROSE));
    pot.soil(d, FOOT);
    let spray = Curve([(204.0, 262.0), (160.0, 90.0), (230.0, 10.0), (330.0, 96.0)]);
    d.tube(&spray.path(), STEM.mix(WINE, 0.3), 4.0);
    for (tip, rise, width) in [
        ((92.0, 240.0), 34.0, 38.0),
        ((308.0, 246.0), 34.0, 38.0),
        ((140.0, 206.0), 26.0, 36.0),
        ((262.0, 212.0), 22.0, 36.0),
    ] {
        strap(d, &Curve::arch((MIDDLE, 264.0), tip, rise), width, DEEP);
    }
    pot.draw(d, FOOT);
    for (part, size) in [(0.42, 37.0), (0.56, 38.0), (0.7, 36.0), (0.84, 31.0)] {
        let at = spray.point(part);
        let below = (at.0 - 4.0, at.1 + size * 0.5);
        blossom(d, below, size);
    }
    for part in [0.95, 1.0] {
        let at = spray.point(part);
        Leaf::new(15.0, 12.0, ROSE).draw(d, at, 170.0);
    }
}

fn blossom(d: &mut Drawing, at: Point, size: f64) {
    d.under(Placement::at(at).sized(size), |d| {
        for angle in [0.0, 125.0, -125.0] {
            Leaf::new(0.92, 0.5, BLUSH)
                .belly(0.5)
                .draw(d, (0.0, 0.0), angle);
        }
        for (side, colour) in [(-1.0, ROSE), (1.0, ROSE.mix(CRIMSON, 0.25))] {
            let petal = Path::from((0.0, 0.0))
                .cubic((0.2 * side, -0.8), (1.1 * side, -0.7), (1.0 * side, -0.1))
                .cubic((0.9 * side, 0.4), (0.3 * side, 0.3), (0.0, 0.0))
                .close();
            d.shape(&petal, colour);
        }
        d.under(Placement::at((0.0, 0.12)).turned(180.0), |d| {
            ring(d, 3, 0.32, 0.26, CRIMSON)
        });
        d.spot((0.0, 0.06), 0.1, LEMON);
    });
}
